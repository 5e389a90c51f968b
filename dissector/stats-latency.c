/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon_latency,tree: the time from one appearance of a packet to the next, in microseconds,
 * by the components between which it passed, and by their edges.
 */
#include "compat.h"
#include "statistics.h"

static float microseconds(const nstime_t *duration)
{
    return (float)(nstime_to_sec(duration) * 1e6);
}

typedef const char *(*name_of_place)(const struct place *place, uint32_t frame,
                                     wmem_allocator_t *scope);

static const char *pair_text(const struct statistics_record *taken, name_of_place name,
                             const packet_info *pinfo)
{
    const struct journey_step *step = &taken->step;

    return wmem_strdup_printf(pinfo->pool, "%s -> %s",
                              name(step->previous_place, step->previous_frame, pinfo->pool),
                              name(step->place, pinfo->num, pinfo->pool));
}

tap_packet_status stats_latency_packet(stats_tree *tree, packet_info *pinfo,
                                       epan_dissect_t *edt _U_, const void *data,
                                       tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;
    float value = microseconds(&taken->step.delta);
    int pairs, pair;

    if (!taken->has_step || !taken->step.previous_place)
        return TAP_PACKET_DONT_REDRAW;
    pairs = avg_stat_node_add_value_float(tree, "All appearances but the first", 0, TRUE, value);
    pair = avg_stat_node_add_value_float(tree, pair_text(taken, place_component_text, pinfo), pairs,
                                         TRUE, value);
    avg_stat_node_add_value_float(tree, pair_text(taken, place_text, pinfo), pair, FALSE, value);
    return TAP_PACKET_REDRAW;
}
