/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon_drops,tree: drops by reason, location and component; and, in a branch of their own, the
 * copies that ended with a reason while their packet went on.
 */
#include "compat.h"
#include "statistics.h"
#include "stats-names.h"

static const char *reason_text(const struct pktmon_packet *packet, wmem_allocator_t *scope)
{
    if (packet->drop_reason && *packet->drop_reason)
        return compat_format_text(scope, packet->drop_reason);
    if (packet->drop_code != 0)
        return wmem_strdup_printf(scope, "reason %u", packet->drop_code);
    return "no reason given";
}

static const char *location_text(const struct pktmon_packet *packet, wmem_allocator_t *scope)
{
    if (packet->drop_location && *packet->drop_location)
        return compat_format_text(scope, packet->drop_location);
    if (packet->drop_location_code != 0)
        return wmem_strdup_printf(scope, "location 0x%08x", packet->drop_location_code);
    return "unknown location";
}

static int tick_row(stats_tree *tree, int parent, const char *name, gboolean has_rows)
{
    return tick_stat_node(tree, stats_names_row(tree, parent, name), parent, has_rows);
}

static void count_drop(stats_tree *tree, const char *kind, const struct journey_step *step,
                       const packet_info *pinfo)
{
    const struct pktmon_packet *packet = &step->hop->event.packet;
    int drops = tick_stat_node(tree, kind, 0, TRUE);
    int reason = tick_row(tree, drops, reason_text(packet, pinfo->pool), TRUE);
    int location = tick_row(tree, reason, location_text(packet, pinfo->pool), TRUE);

    tick_row(tree, location, places_text(step->place, pinfo->num, pinfo->pool), FALSE);
}

tap_packet_status stats_drops_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_,
                                     const void *data, tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;
    tap_packet_status status = TAP_PACKET_DONT_REDRAW;

    for (size_t i = 0; i < taken->step_count; i++) {
        const struct pktmon_packet *packet = &taken->steps[i].hop->event.packet;

        if (!packet->dropped && !packet->copy_released)
            continue;
        count_drop(tree, packet->dropped ? "Packets dropped" : "Copies released", &taken->steps[i],
                   pinfo);
        status = TAP_PACKET_REDRAW;
    }
    return status;
}
