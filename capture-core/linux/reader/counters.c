/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters as events, and what was lost. */
#include "ebpf_provider.h"
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

static void read_edges(struct ebpf_provider *provider, GHashTable *lost)
{
    g_autoptr(GArray) readings = readings_edges(provider->maps[AGENT_MAP_COUNTERS]);

    for (guint i = 0; i < readings->len; i++) {
        const struct edge_reading *reading = &g_array_index(readings, struct edge_reading, i);
        const struct edge_counters *sum = &reading->sum;
        uint32_t component =
            ebpf_device_component(provider, reading->key.net_cookie, reading->key.ifindex);
        struct pktmon_event *event = ebpf_push(provider, PKTMON_RECORD_COUNTERS, component);

        event->counters = (struct pktmon_counters){.edge = reading->key.edge,
                                                   .has_flow = true,
                                                   .packets_in = sum->packets[RECORD_RX],
                                                   .bytes_in = sum->bytes[RECORD_RX],
                                                   .packets_out = sum->packets[RECORD_TX],
                                                   .bytes_out = sum->bytes[RECORD_TX],
                                                   .lost = sum->lost};
        add_loss(lost, component, sum->lost);
    }
}

static void add_drop(struct ebpf_provider *provider, GHashTable *components,
                     const struct drop_reading *reading)
{
    const struct drop_key *key = &reading->key;
    const char *reason = drop_reason_name(provider->names, key->reason);
    const char *location = drop_location_name(provider->names, key->location);
    struct pktmon_counters *counters;
    uint32_t component;

    if (drop_is_copy_released(reason, location, key->flags & RECORD_OTHERS))
        return;
    component = ebpf_drop_component(provider, reason, location, key->protocol, key->net_cookie,
                                    key->ifindex);
    counters = g_hash_table_lookup(components, GUINT_TO_POINTER(component));
    if (!counters) {
        counters = g_new0(struct pktmon_counters, 1);
        counters->has_drops = true;
        g_hash_table_insert(components, GUINT_TO_POINTER(component), counters);
    }
    *(key->way == RECORD_RX ? &counters->drops_in : &counters->drops_out) += reading->sum.packets;
    *(key->way == RECORD_RX ? &counters->drop_bytes_in : &counters->drop_bytes_out) +=
        reading->sum.bytes;
    counters->lost += reading->sum.lost;
}

static void read_drops(struct ebpf_provider *provider, GHashTable *lost)
{
    g_autoptr(GArray) readings = readings_drops(provider->maps[AGENT_MAP_DROPS]);
    g_autoptr(GHashTable) components = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    GHashTableIter iterator;
    void *component, *counters;

    for (guint i = 0; i < readings->len; i++)
        add_drop(provider, components, &g_array_index(readings, struct drop_reading, i));
    g_hash_table_iter_init(&iterator, components);
    while (g_hash_table_iter_next(&iterator, &component, &counters)) {
        struct pktmon_event *event =
            ebpf_push(provider, PKTMON_RECORD_COUNTERS, GPOINTER_TO_UINT(component));

        event->counters = *(struct pktmon_counters *)counters;
        add_loss(lost, event->component, event->counters.lost);
    }
}

/* Events that no counter had room for belong to no component. */
static void read_unaccounted(struct ebpf_provider *provider, GHashTable *lost)
{
    struct unaccounted sum = readings_unaccounted(provider->maps[AGENT_MAP_UNACCOUNTED]);

    if (sum.events + sum.drops > 0)
        add_loss(lost, topology_kernel(provider->topology), sum.events + sum.drops);
}

void ebpf_read_counters(struct ebpf_provider *provider)
{
    g_autoptr(GHashTable) lost = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    GHashTableIter iterator;
    void *component, *count;

    read_edges(provider, lost);
    read_drops(provider, lost);
    read_unaccounted(provider, lost);
    g_hash_table_iter_init(&iterator, lost);
    while (g_hash_table_iter_next(&iterator, &component, &count))
        note_loss(provider, GPOINTER_TO_UINT(component), *(uint64_t *)count);
}
