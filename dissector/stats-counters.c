/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon_counters,tree: the newest reading of each counter, by component and edge.
 */
#include <glib.h>

#include "compat.h"
#include "statistics.h"
#include "stats-names.h"

/* A tree's numbers have 32 bits. A larger counter shows the greatest number, and is shown in
 * millions in a row of its own. */
#define GREATEST G_MAXUINT32
#define MILLION  1000000

static const struct counter {
    enum pktmon_field field;
    const char *name;
    const char *name_in_millions;
} flow_counters[] =
    {
        {PKTMON_FIELD_PACKETS_IN, "Packets in", "Packets in, millions"},
        {PKTMON_FIELD_BYTES_IN, "Bytes in", "Bytes in, millions"},
        {PKTMON_FIELD_PACKETS_OUT, "Packets out", "Packets out, millions"},
        {PKTMON_FIELD_BYTES_OUT, "Bytes out", "Bytes out, millions"},
},
  drop_counters[] = {
      {PKTMON_FIELD_DROPS_IN, "Packets in", "Packets in, millions"},
      {PKTMON_FIELD_DROP_BYTES_IN, "Bytes in", "Bytes in, millions"},
      {PKTMON_FIELD_DROPS_OUT, "Packets out", "Packets out, millions"},
      {PKTMON_FIELD_DROP_BYTES_OUT, "Bytes out", "Bytes out, millions"},
};

static void show_counter(stats_tree *tree, int parent, const struct counter *counter,
                         uint64_t value)
{
    set_stat_node(tree, counter->name, parent, FALSE, (gint)MIN(value, GREATEST));
    if (value > GREATEST)
        set_stat_node(tree, counter->name_in_millions, parent, FALSE,
                      (gint)MIN(value / MILLION, GREATEST));
}

static void show_counters(stats_tree *tree, int component, const char *name,
                          const struct counter *counters, size_t count, const struct record *record)
{
    int parent = tick_stat_node(tree, stats_names_row(tree, component, name), component, TRUE);

    for (size_t i = 0; i < count; i++) {
        if (record_has(record, counters[i].field))
            show_counter(tree, parent, &counters[i], record_number(record, counters[i].field));
    }
}

static const char *name_of_edge(const struct record_place *place, wmem_allocator_t *scope)
{
    return place->edge_name ? place->edge_name
                            : wmem_strdup_printf(scope, "edge %u", place->key.edge);
}

tap_packet_status stats_counters_packet(stats_tree *tree, packet_info *pinfo,
                                        epan_dissect_t *edt _U_, const void *data,
                                        tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;
    const struct record *record = taken->record;
    const char *name;
    int readings, component;

    if (record->type != PKTMON_RECORD_COUNTERS)
        return TAP_PACKET_DONT_REDRAW;
    readings = tick_stat_node(tree, "Readings of counters", 0, TRUE);
    name = places_component_text(taken->place, pinfo->num, pinfo->pool);
    component = tick_stat_node(tree, stats_names_row(tree, readings, name), readings, TRUE);
    if (record_has(record, PKTMON_FIELD_PACKETS_IN))
        show_counters(tree, component, name_of_edge(taken->place, pinfo->pool), flow_counters,
                      G_N_ELEMENTS(flow_counters), record);
    if (record_has(record, PKTMON_FIELD_DROPS_IN))
        show_counters(tree, component, "Dropped", drop_counters, G_N_ELEMENTS(drop_counters),
                      record);
    return TAP_PACKET_REDRAW;
}
