/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon,tree: packets by fate, and their appearances by component, edge and direction.
 */
#include "compat.h"
#include "fate.h"
#include "fields.h"
#include "statistics.h"
#include "stats-names.h"

#define APPEARANCES "Appearances by component"

static int packets; /* the same in every tree */

void stats_flows_init(stats_tree *tree)
{
    stats_names_init(tree);
    packets = stats_tree_create_pivot(tree, "Packets by fate", 0);
}

/* A record without a group counts as a packet of its own, of unknown fate. */
static const char *fate_text(const struct journey_state *state)
{
    if (state->number == 0)
        return "no group";
    return state->has_fate ? fate_name(state->fate) : "known only in a second pass";
}

static const char *edge_text(const struct journey_step *step, wmem_allocator_t *scope)
{
    unsigned direction = step->hop->event.packet.direction;
    const struct record_place *place = step->place;
    const char *edge = place->edge_name;

    if (!edge)
        edge = place->key.edge == 0 ? "no edge"
                                    : wmem_strdup_printf(scope, "edge %u", place->key.edge);
    if (direction == PKTMON_DIRECTION_NONE)
        return edge;
    return wmem_strdup_printf(scope, "%s %s", edge,
                              val_to_str_const(direction, field_directions, "unknown direction"));
}

static void count_appearance(stats_tree *tree, const struct journey_step *step,
                             const packet_info *pinfo)
{
    int appearances = tick_stat_node(tree, APPEARANCES, 0, TRUE);
    const char *name = places_component_text(step->place, pinfo->num, pinfo->pool);
    int component =
        tick_stat_node(tree, stats_names_row(tree, appearances, name), appearances, TRUE);

    name = edge_text(step, pinfo->pool);
    tick_stat_node(tree, stats_names_row(tree, component, name), component, FALSE);
}

tap_packet_status stats_flows_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_,
                                     const void *data, tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;

    if (!taken->hops)
        return TAP_PACKET_DONT_REDRAW;
    if (taken->state.first)
        stats_tree_tick_pivot(tree, packets, fate_text(&taken->state));
    for (size_t i = 0; i < taken->step_count; i++)
        count_appearance(tree, &taken->steps[i], pinfo);
    return TAP_PACKET_REDRAW;
}
