/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon_latency,tree: the time from one appearance of a packet to the next, in microseconds, by
 * the two components, and by their edges.
 */
#include "compat.h"
#include "statistics.h"
#include "stats-names.h"

static float microseconds(const nstime_t *duration)
{
    return (float)(nstime_to_sec(duration) * 1e6);
}

typedef const char *(*name_of_place)(const struct record_place *place, uint32_t frame,
                                     wmem_allocator_t *scope);

static const char *pair_text(const struct journey_step *step, name_of_place name,
                             const packet_info *pinfo)
{
    return wmem_strdup_printf(pinfo->pool, "%s -> %s",
                              name(step->previous_place, step->previous_frame, pinfo->pool),
                              name(step->place, pinfo->num, pinfo->pool));
}

static void add_step(stats_tree *tree, const struct journey_step *step, const packet_info *pinfo)
{
    float value = microseconds(&step->delta);
    int pairs =
        avg_stat_node_add_value_float(tree, "All appearances but the first", 0, TRUE, value);
    const char *name = stats_names_row(tree, pairs, pair_text(step, places_component_text, pinfo));
    int pair = avg_stat_node_add_value_float(tree, name, pairs, TRUE, value);

    name = stats_names_row(tree, pair, pair_text(step, places_text, pinfo));
    avg_stat_node_add_value_float(tree, name, pair, FALSE, value);
}

tap_packet_status stats_latency_packet(stats_tree *tree, packet_info *pinfo,
                                       epan_dissect_t *edt _U_, const void *data,
                                       tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;
    tap_packet_status status = TAP_PACKET_DONT_REDRAW;

    for (size_t i = 0; i < taken->step_count; i++) {
        if (!taken->steps[i].previous_place)
            continue;
        add_step(tree, &taken->steps[i], pinfo);
        status = TAP_PACKET_REDRAW;
    }
    return status;
}
