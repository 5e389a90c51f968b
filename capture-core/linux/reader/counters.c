/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters as events, and what was lost. */
#include <string.h>

#include "ebpf_provider.h"
#include "plural.h"
#include "readings.h"
#include "retirement.h"
#include "sums.h"

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

/* --- sums --- */

void ebpf_add_edge(struct ebpf_provider *provider, GHashTable *sums, const struct device_key *key,
                   const struct edge_counters *counters)
{
    sums_add_edge(sums_of(sums, ebpf_edge_component(provider, key)), key->edge, counters);
}

void ebpf_add_drops(struct ebpf_provider *provider, GHashTable *sums, const struct drop_key *key,
                    const struct drop_counters *counters)
{
    const char *name = drop_reason_name(provider->names, key->reason);
    const char *location = drop_location_name(provider->names, key->location);
    const struct drop_counters no_drops = copies_correction(provider->copies, key);
    struct drop_part part = {.reason = name,
                             .way = drop_way(name, location, key->way),
                             .in_xdp = location && strstr(location, "_xdp_"),
                             .counters = *counters};

    part.counters.packets -= MIN(part.counters.packets, no_drops.packets);
    part.counters.bytes -= MIN(part.counters.bytes, no_drops.bytes);
    if (part.counters.packets == 0 || drop_is_end(name, location) ||
        drop_is_copy_released(key->flags, name, location))
        return;
    sums_add_drops(sums_of(sums, ebpf_drop_component(provider, key, name, location)), &part);
}

/* What a driver counts, less what was told packet by packet: it may hand its XDP program socket
 * buffers as well (veth). */
static void add_xdp_drops(struct component_sum *sum, const struct xdp_reading *reading)
{
    const uint64_t known = reading->before + sum->in_xdp;
    struct drop_part part = {.reason = "XDP", .counters.newest = reading->newest};

    if (reading->newest && reading->drops > known) { /* since the capture began */
        part.counters.packets = reading->drops - known;
        sums_add_drops(sum, &part);
    }
}

static void add_all_xdp_drops(struct ebpf_provider *provider, GHashTable *sums)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, provider->xdp);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct xdp_reading *reading = value;
        const struct device_key *device = &reading->device;

        if (reading->newest)
            add_xdp_drops(
                sums_of(sums, ebpf_device_component(provider, device->net_cookie, device->ifindex)),
                reading);
    }
}

/* As of now, and what was kept of entries that were deleted. */
static GHashTable *read_sums(struct ebpf_provider *provider)
{
    g_autoptr(GArray) edges = readings_edges(provider->maps[AGENT_MAP_COUNTERS]);
    g_autoptr(GArray) drops = readings_drops(provider->maps[AGENT_MAP_DROPS]);
    GHashTable *sums = sums_copy(retirement_kept(provider->retirement));

    for (guint i = 0; i < edges->len; i++) {
        const struct edge_reading *reading = &g_array_index(edges, struct edge_reading, i);

        ebpf_add_edge(provider, sums, &reading->key, &reading->sum);
    }
    for (guint i = 0; i < drops->len; i++) {
        const struct drop_reading *reading = &g_array_index(drops, struct drop_reading, i);

        ebpf_add_drops(provider, sums, &reading->key, &reading->sum);
    }
    add_all_xdp_drops(provider, sums);
    return sums;
}

/* --- events --- */

static void push_edges(struct ebpf_provider *provider, uint32_t component,
                       const struct component_sum *sum)
{
    for (guint i = 0; i < sum->edges->len; i++) {
        const struct edge_sum *edge = &g_array_index(sum->edges, struct edge_sum, i);
        const struct edge_counters *counters = &edge->counters;

        ebpf_push_counters(provider, component,
                           &(struct pktmon_counters){.edge = edge->edge,
                                                     .edge_name = ebpf_edge_name(edge->edge),
                                                     .has_flow = true,
                                                     .packets_in = counters->packets[RECORD_RX],
                                                     .bytes_in = counters->bytes[RECORD_RX],
                                                     .packets_out = counters->packets[RECORD_TX],
                                                     .bytes_out = counters->bytes[RECORD_TX],
                                                     .lost = counters->lost});
    }
}

static int compare_newest_first(const void *a, const void *b)
{
    const struct reason_sum *one = a, *other = b;

    return one->newest > other->newest ? -1 : one->newest < other->newest;
}

static void push_drops(struct ebpf_provider *provider, uint32_t component,
                       const struct component_sum *sum)
{
    struct pktmon_counters counters = {.has_drops = true, .lost = sum->drops_lost};
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

static void push_sum(struct ebpf_provider *provider, uint32_t component,
                     const struct component_sum *sum)
{
    push_edges(provider, component, sum);
    if (sum->reasons->len > 0)
        push_drops(provider, component, sum);
    note_loss(provider, component, sums_lost(sum));
}

void ebpf_push_last_counters(struct ebpf_provider *provider, uint32_t component,
                             const struct device_key *device)
{
    GHashTable *kept = retirement_kept(provider->retirement);
    const struct xdp_reading *xdp = device ? g_hash_table_lookup(provider->xdp, device) : NULL;

    if (xdp && xdp->newest)
        add_xdp_drops(sums_of(kept, component), xdp);
    if (g_hash_table_contains(kept, GUINT_TO_POINTER(component)))
        push_sum(provider, component, sums_of(kept, component));
    g_hash_table_remove(kept, GUINT_TO_POINTER(component));
    g_hash_table_remove(provider->losses, GUINT_TO_POINTER(component));
    if (device)
        g_hash_table_remove(provider->xdp, device);
}

/* What was lost of what has no counter of its own belongs to no component. */
static void read_unaccounted(struct ebpf_provider *provider, GHashTable *sums)
{
    struct unaccounted sum = readings_unaccounted(provider->maps[AGENT_MAP_UNACCOUNTED]);
    uint64_t untraced = sum.untraced, events = sum.events + sum.edges.lost + sum.drops.lost;

    if (events > 0) {
        uint32_t kernel = topology_kernel(provider->topology);
        const struct component_sum *own = g_hash_table_lookup(sums, GUINT_TO_POINTER(kernel));

        note_loss(provider, kernel, events + (own ? sums_lost(own) : 0));
    }
    if (untraced > provider->untraced)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s not seen at the devices that sent them: the "
                         "kernel ran no tracing program for them.",
                         untraced - provider->untraced,
                         PLURAL(untraced - provider->untraced, "packet was", "packets were"));
    provider->untraced = untraced;
    shares_tell(provider,
                sum.edges.packets[RECORD_RX] + sum.edges.packets[RECORD_TX] + sum.drops.packets);
}

void ebpf_read_counters(struct ebpf_provider *provider)
{
    g_autoptr(GHashTable) sums = NULL;
    GHashTableIter iterator;
    void *component, *sum;

    /* What was deleted and has not been told is in no table: the next reading has it. */
    if (retirement_is_under_way(provider->retirement))
        return;
    sums = read_sums(provider);
    g_hash_table_iter_init(&iterator, sums);
    while (g_hash_table_iter_next(&iterator, &component, &sum))
        push_sum(provider, GPOINTER_TO_UINT(component), sum);
    read_unaccounted(provider, sums);
    shed_tell(provider);
}
