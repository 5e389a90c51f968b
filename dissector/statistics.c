/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "statistics.h"
#include "stats-names.h"

#include <glib.h>

#include <epan/tap.h>

#include "compat.h"

#define MENU "Packet Monitor" COMPAT_MENU_SEPARATOR

#define BY_NAME (ST_SORT_COL_NAME << ST_FLG_SRTCOL_SHIFT)

static const struct {
    const char *name; /* as in tshark -z <name>,tree */
    const char *menu;
    guint sorting; /* 0: as the user prefers */
    stat_tree_packet_cb packet;
    stat_tree_init_cb init;
} trees[] = {
    {"pktmon", MENU "Flows", 0, stats_flows_packet, stats_flows_init},
    {"pktmon_drops", MENU "Drops", 0, stats_drops_packet, stats_names_init},
    {"pktmon_latency", MENU "Latency (microseconds)", 0, stats_latency_packet, stats_names_init},
    {"pktmon_counters", MENU "Counters", BY_NAME, stats_counters_packet, stats_names_init},
};

static int tap;

void statistics_register(int proto)
{
    tap = register_tap(STATISTICS_TAP);
    for (size_t i = 0; i < G_N_ELEMENTS(trees); i++)
        stats_tree_register_plugin(STATISTICS_TAP, trees[i].name, trees[i].menu, trees[i].sorting,
                                   trees[i].packet, trees[i].init, stats_names_cleanup);
    flow_graph_register(proto);
}

bool statistics_are_wanted(void)
{
    return have_tap_listener(tap);
}

/* Listeners are called once the packet is dissected. */
void statistics_queue_record(const struct statistics_record *given, const char *interface,
                             packet_info *pinfo)
{
    struct statistics_record *taken = wmem_memdup(pinfo->pool, given, sizeof *given);

    taken->record = wmem_memdup(pinfo->pool, given->record, sizeof *given->record);
    if (given->hops)
        taken->steps = journey_get_steps(given->hops, interface, pinfo, &taken->step_count);
    tap_queue_packet(tap, pinfo, taken);
}
