/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters as events, and what was lost. */
#include <string.h>

#include "ebpf_provider.h"
#include "hash.h"
#include "readings.h"

static void note_loss(struct ebpf_provider *provider, uint32_t component, uint64_t lost)
{
    const struct pktmon_component *lossy;
    uint64_t *told = g_hash_table_lookup(provider->losses, GUINT_TO_POINTER(component));
    uint64_t before = told ? *told : 0;

    if (lost <= before)
        return;
    g_hash_table_insert(provider->losses, GUINT_TO_POINTER(component),
                        g_memdup2(&lost, sizeof(lost)));
    lossy = pktmon_registry_find(provider->base.registry, component);
    ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, component,
                     "%" G_GUINT64_FORMAT
                     " events of %s found no room in the buffer: choose a larger "
                     "--buffer-size, or a smaller --pkt-size.",
                     lost - before, lossy->name);
}

/* What several counters of one component lost adds up. */
static void add_loss(GHashTable *lost, uint32_t component, uint64_t count)
{
    uint64_t *all = g_hash_table_lookup(lost, GUINT_TO_POINTER(component));

    if (!all)
        g_hash_table_insert(lost, GUINT_TO_POINTER(component), all = g_new0(uint64_t, 1));
    *all += count;
}

const char *ebpf_edge_name(uint16_t edge)
{
    static const char *const names[] = {
        [PKTMON_EDGE_UPPER] = "Upper",   [PKTMON_EDGE_LOWER] = "Lower",
        [PKTMON_EDGE_QDISC] = "qdisc",   [PKTMON_EDGE_PREROUTING] = "prerouting",
        [PKTMON_EDGE_INPUT] = "input",   [PKTMON_EDGE_FORWARD] = "forward",
        [PKTMON_EDGE_OUTPUT] = "output", [PKTMON_EDGE_POSTROUTING] = "postrouting",
    };

    return edge < G_N_ELEMENTS(names) ? names[edge] : NULL;
}

static void read_edges(struct ebpf_provider *provider, GHashTable *lost)
{
    g_autoptr(GArray) readings = readings_edges(provider->maps[AGENT_MAP_COUNTERS]);

    for (guint i = 0; i < readings->len; i++) {
        const struct edge_reading *reading = &g_array_index(readings, struct edge_reading, i);
        const struct edge_counters *sum = &reading->sum;
        uint32_t component = ebpf_edge_component(provider, &reading->key);
        const struct pktmon_counters counters = {.edge = reading->key.edge,
                                                 .edge_name = ebpf_edge_name(reading->key.edge),
                                                 .has_flow = true,
                                                 .packets_in = sum->packets[RECORD_RX],
                                                 .bytes_in = sum->bytes[RECORD_RX],
                                                 .packets_out = sum->packets[RECORD_TX],
                                                 .bytes_out = sum->bytes[RECORD_TX],
                                                 .lost = sum->lost};

        ebpf_push_counters(provider, component, &counters);
        add_loss(lost, component, sum->lost);
    }
}

/* The drops of one component for one reason. */
struct reason_sum {
    struct pktmon_drop_count count;
    uint64_t newest; /* ns */
};

/* All drops of one component. */
struct drop_sum {
    GArray *reasons; /* of struct reason_sum */
    uint64_t lost;
    uint64_t in_xdp; /* packets of these that an XDP program dropped as socket buffers */
};

static void drop_sum_free(void *data)
{
    struct drop_sum *sum = data;

    g_array_unref(sum->reasons);
    g_free(sum);
}

static struct drop_sum *drops_of(GHashTable *components, uint32_t component)
{
    struct drop_sum *sum = g_hash_table_lookup(components, GUINT_TO_POINTER(component));

    if (sum)
        return sum;
    sum = g_new0(struct drop_sum, 1);
    sum->reasons = g_array_new(FALSE, TRUE, sizeof(struct reason_sum));
    g_hash_table_insert(components, GUINT_TO_POINTER(component), sum);
    return sum;
}

/* Names are owned by provider->names: one reason has one. */
static struct reason_sum *reason_of(struct drop_sum *sum, const char *name)
{
    for (guint i = 0; i < sum->reasons->len; i++) {
        struct reason_sum *reason = &g_array_index(sum->reasons, struct reason_sum, i);
        if (strcmp(reason->count.reason, name) == 0)
            return reason;
    }
    g_array_append_val(sum->reasons, (struct reason_sum){.count.reason = name});
    return &g_array_index(sum->reasons, struct reason_sum, sum->reasons->len - 1);
}

static void add_drop(struct ebpf_provider *provider, GHashTable *components,
                     const struct drop_reading *reading)
{
    const struct drop_key *key = &reading->key;
    const char *name = drop_reason_name(provider->names, key->reason);
    const char *location = drop_location_name(provider->names, key->location);
    uint8_t way = drop_way(name, location, key->way);
    const struct drop_counters no_drops = copies_correction(provider->copies, key);
    uint64_t packets = reading->sum.packets - no_drops.packets;
    uint64_t bytes = reading->sum.bytes - no_drops.bytes;
    struct drop_sum *sum;
    struct reason_sum *reason;

    if (packets == 0 || drop_is_end(name, location) ||
        drop_is_copy_released(key->flags, name, location))
        return;
    sum = drops_of(components, ebpf_drop_component(provider, key, name, location));
    reason = reason_of(sum, name);
    *(way == RECORD_RX ? &reason->count.packets_in : &reason->count.packets_out) += packets;
    *(way == RECORD_RX ? &reason->count.bytes_in : &reason->count.bytes_out) += bytes;
    reason->newest = MAX(reason->newest, reading->sum.newest);
    sum->lost += reading->sum.lost;
    if (location && strstr(location, "_xdp_"))
        sum->in_xdp += packets;
}

/* What drivers count, less what was told packet by packet: a driver may hand its XDP program socket
 * buffers as well (veth). */
static void add_xdp_drops(struct ebpf_provider *provider, GHashTable *components)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, provider->xdp);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct xdp_reading *reading = value;
        const struct device_key *device = &reading->device;
        struct drop_sum *sum;
        struct reason_sum *reason;

        if (!reading->newest) /* none since the capture began */
            continue;
        sum = drops_of(components,
                       ebpf_device_component(provider, device->net_cookie, device->ifindex));
        if (reading->drops <= reading->before + sum->in_xdp)
            continue;
        reason = reason_of(sum, "XDP");
        reason->count.packets_in += reading->drops - reading->before - sum->in_xdp;
        reason->newest = MAX(reason->newest, reading->newest);
    }
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct reason_sum *one = a, *other = b;

    return one->newest > other->newest ? -1 : one->newest < other->newest;
}

static void push_drops(struct ebpf_provider *provider, uint32_t component, struct drop_sum *sum)
{
    struct pktmon_counters counters = {.has_drops = true, .lost = sum->lost};
    g_autoptr(GArray) reasons = g_array_new(FALSE, FALSE, sizeof(struct pktmon_drop_count));

    g_array_sort(sum->reasons, compare_newest_first);
    for (guint i = 0; i < sum->reasons->len; i++) {
        const struct pktmon_drop_count *count =
            &g_array_index(sum->reasons, struct reason_sum, i).count;

        g_array_append_vals(reasons, count, 1);
        counters.drops_in += count->packets_in;
        counters.drops_out += count->packets_out;
        counters.drop_bytes_in += count->bytes_in;
        counters.drop_bytes_out += count->bytes_out;
    }
    counters.reasons = (const struct pktmon_drop_count *)reasons->data;
    counters.reason_count = reasons->len;
    counters.drop_reason = counters.reasons[0].reason;
    ebpf_push_counters(provider, component, &counters);
}

static void read_drops(struct ebpf_provider *provider, GHashTable *lost)
{
    g_autoptr(GArray) readings = readings_drops(provider->maps[AGENT_MAP_DROPS]);
    g_autoptr(GHashTable) components =
        g_hash_table_new_full(pktmon_hash_id, NULL, NULL, drop_sum_free);
    GHashTableIter iterator;
    void *component, *sum;

    for (guint i = 0; i < readings->len; i++)
        add_drop(provider, components, &g_array_index(readings, struct drop_reading, i));
    add_xdp_drops(provider, components);
    g_hash_table_iter_init(&iterator, components);
    while (g_hash_table_iter_next(&iterator, &component, &sum)) {
        push_drops(provider, GPOINTER_TO_UINT(component), sum);
        add_loss(lost, GPOINTER_TO_UINT(component), ((struct drop_sum *)sum)->lost);
    }
}

/* What was lost of what has no counter of its own belongs to no component. */
static void read_unaccounted(struct ebpf_provider *provider, GHashTable *lost)
{
    struct unaccounted sum = readings_unaccounted(provider->maps[AGENT_MAP_UNACCOUNTED]);
    uint64_t untraced = sum.untraced, events = sum.events + sum.edges.lost + sum.drops.lost;

    if (events > 0)
        add_loss(lost, topology_kernel(provider->topology), events);
    if (untraced > provider->untraced)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " packets were not seen at the devices that sent "
                         "them: the kernel ran no tracing program for them.",
                         untraced - provider->untraced);
    provider->untraced = untraced;
    shares_tell(provider,
                sum.edges.packets[RECORD_RX] + sum.edges.packets[RECORD_TX] + sum.drops.packets);
}

void ebpf_read_counters(struct ebpf_provider *provider)
{
    g_autoptr(GHashTable) lost = g_hash_table_new_full(pktmon_hash_id, NULL, NULL, g_free);
    GHashTableIter iterator;
    void *component, *count;

    read_edges(provider, lost);
    read_drops(provider, lost);
    read_unaccounted(provider, lost);
    g_hash_table_iter_init(&iterator, lost);
    while (g_hash_table_iter_next(&iterator, &component, &count))
        note_loss(provider, GPOINTER_TO_UINT(component), *(uint64_t *)count);
    shed_tell(provider);
}
