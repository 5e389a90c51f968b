/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readings of all counters as events, and of what was lost. */
#include "reader-counters.h"

#include <glib.h>
#include <string.h>

#include "counter-sums.h"
#include "ebpf-state.h"
#include "event-delivery.h"
#include "model/plural.h"
#include "providers/netdev/topology.h"
#include "readings.h"
#include "retirement.h"
#include "shedding.h"
#include "sums.h"
#include "table-shares.h"

/* The current entries, and what was kept of deleted ones. */
static GHashTable *read_sums(struct ebpf_provider *provider)
{
    g_autoptr(GArray) edges = ebpf_read_edges(provider->maps[AGENT_MAP_COUNTERS]);
    g_autoptr(GArray) drops = ebpf_read_drops(provider->maps[AGENT_MAP_DROPS]);
    GHashTable *sums = ebpf_sums_copy(ebpf_retirement_kept(provider->retirement));

    for (guint i = 0; i < edges->len; i++) {
        const struct ebpf_edge_reading *reading =
            &g_array_index(edges, struct ebpf_edge_reading, i);

        ebpf_add_edge(provider, sums, &reading->key, &reading->sum);
    }
    for (guint i = 0; i < drops->len; i++) {
        const struct ebpf_drop_reading *reading =
            &g_array_index(drops, struct ebpf_drop_reading, i);

        ebpf_add_drops(provider, sums, &reading->key, &reading->sum);
    }
    ebpf_add_frames(provider, sums);
    return sums;
}

static void report_unseen(struct ebpf_provider *provider, uint64_t unseen)
{
    uint64_t more = unseen - provider->unseen;

    if (more > 0)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT " %s not seen at the devices that sent them: the "
                         "kernel ran no tracing program for them.",
                         more, PLURAL(more, "packet was", "packets were"));
    provider->unseen = unseen;
}

/* Not each of them need be missing in a counter: not every packet passes every kind of edge. */
static void report_untraced(struct ebpf_provider *provider, uint64_t untraced)
{
    uint64_t more = untraced - provider->untraced;

    if (more > 0)
        ebpf_push_notice(provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
                         "%" G_GUINT64_FORMAT
                         " %s passed devices while the kernel ran no tracing program, as some "
                         "kernels do while the first process (init) has the CPU: the counters of "
                         "devices, queueing disciplines and drops may be too low by as many.",
                         more, PLURAL(more, "packet", "packets"));
    provider->untraced = untraced;
}

/* Losses of edges and drops that have no counter of their own belong to no component. */
static void read_unaccounted(struct ebpf_provider *provider, GHashTable *sums)
{
    struct unaccounted sum = ebpf_read_unaccounted(provider->maps[AGENT_MAP_UNACCOUNTED]);
    uint64_t events = sum.events + sum.edges.lost + sum.drops.lost;

    if (events > 0) {
        uint32_t kernel = netdev_get_kernel(provider->topology);
        const struct ebpf_component_sum *own = g_hash_table_lookup(sums, GUINT_TO_POINTER(kernel));

        ebpf_report_loss(provider, kernel, events + (own ? ebpf_sum_lost(own) : 0));
    }
    report_unseen(provider, sum.unseen);
    report_untraced(provider, sum.untraced);
    ebpf_report_shares(provider, sum.edges.packets[RECORD_RX] + sum.edges.packets[RECORD_TX] +
                                     sum.drops.packets);
}

void ebpf_read_counters(struct ebpf_provider *provider)
{
    g_autoptr(GHashTable) sums = NULL;
    GHashTableIter iterator;
    void *component, *sum;

    if (!ebpf_settle_retirement(provider)) {
        ebpf_push_notice(
            provider, PKTMON_NOTICE_LOST, PKTMON_LEVEL_WARNING, 0,
            "The counters were not read: pktmon-agent did not report within a second what removed "
            "components had counted. The newest counters are those of the reading before.");
        return;
    }
    sums = read_sums(provider);
    g_hash_table_iter_init(&iterator, sums);
    while (g_hash_table_iter_next(&iterator, &component, &sum))
        ebpf_push_sum(provider, GPOINTER_TO_UINT(component), sum);
    read_unaccounted(provider, sums);
    ebpf_report_shed(provider);
}
