/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon,tree: what passed. The packets by what became of them, and their appearances by
 * component, edge and direction.
 */
#include "compat.h"
#include "fields.h"
#include "statistics.h"

#define APPEARANCES "Appearances by component"

static int packets; /* the same in every tree */

void stats_flows_init(stats_tree *tree)
{
    packets = stats_tree_create_pivot(tree, "Packets by fate", 0);
}

/* A record without a group is a packet of its own, of which no more is known. */
static const char *fate_text(const struct statistics_record *taken)
{
    if (!taken->has_step)
        return "no group";
    return taken->step.fate ? taken->step.fate : "known in a second pass only";
}

static const char *edge_text(const struct statistics_record *taken, wmem_allocator_t *scope)
{
    unsigned direction = (unsigned)record_number(taken->record, PKTMON_FIELD_DIRECTION);
    const struct place *place = taken->place;
    const char *edge = place->edge_name;

    if (!edge)
        edge = place->key.edge == 0 ? "no edge"
                                    : wmem_strdup_printf(scope, "edge %u", place->key.edge);
    if (direction == DIRECTION_NONE)
        return edge;
    return wmem_strdup_printf(scope, "%s %s", edge,
                              val_to_str_const(direction, field_directions, "unknown direction"));
}

static void count_appearance(stats_tree *tree, const struct statistics_record *taken,
                             const packet_info *pinfo)
{
    int appearances = tick_stat_node(tree, APPEARANCES, 0, TRUE);
    int component = tick_stat_node(
        tree, place_component_text(taken->place, pinfo->num, pinfo->pool), appearances, TRUE);

    tick_stat_node(tree, edge_text(taken, pinfo->pool), component, FALSE);
}

tap_packet_status stats_flows_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_,
                                     const void *data, tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;

    if (taken->record->type != PKTMON_RECORD_PACKET)
        return TAP_PACKET_DONT_REDRAW;
    if (!taken->has_step || taken->step.first)
        stats_tree_tick_pivot(tree, packets, fate_text(taken));
    count_appearance(tree, taken, pinfo);
    return TAP_PACKET_REDRAW;
}
