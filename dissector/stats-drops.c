/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z pktmon_drops,tree: drops by reason, location and component; apart from them the copies that
 * ended with a reason while their packet went on.
 */
#include "compat.h"
#include "statistics.h"

static const char *reason_text(const struct record *record, wmem_allocator_t *scope)
{
    const char *reason = record_text(record, PKTMON_FIELD_DROP_REASON, scope);

    if (*reason)
        return reason;
    if (record_has(record, PKTMON_FIELD_DROP_CODE))
        return wmem_strdup_printf(scope, "reason %u",
                                  (unsigned)record_number(record, PKTMON_FIELD_DROP_CODE));
    return "no reason given";
}

static const char *location_text(const struct record *record, wmem_allocator_t *scope)
{
    const char *location = record_text(record, PKTMON_FIELD_DROP_LOCATION, scope);

    if (*location)
        return location;
    if (record_has(record, PKTMON_FIELD_DROP_LOCATION_CODE))
        return wmem_strdup_printf(scope, "location 0x%08x",
                                  (unsigned)record_number(record, PKTMON_FIELD_DROP_LOCATION_CODE));
    return "location not known";
}

static void count_drop(stats_tree *tree, const char *kind, const struct statistics_record *taken,
                       const packet_info *pinfo)
{
    int drops = tick_stat_node(tree, kind, 0, TRUE);
    int reason = tick_stat_node(tree, reason_text(taken->record, pinfo->pool), drops, TRUE);
    int location = tick_stat_node(tree, location_text(taken->record, pinfo->pool), reason, TRUE);

    tick_stat_node(tree, place_text(taken->place, pinfo->num, pinfo->pool), location, FALSE);
}

tap_packet_status stats_drops_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt _U_,
                                     const void *data, tap_flags_t flags _U_)
{
    const struct statistics_record *taken = data;

    if (taken->record->type != PKTMON_RECORD_PACKET)
        return TAP_PACKET_DONT_REDRAW;
    if (record_number(taken->record, PKTMON_FIELD_DROPPED) != 0)
        count_drop(tree, "Packets dropped", taken, pinfo);
    else if (record_number(taken->record, PKTMON_FIELD_COPY_RELEASED) != 0)
        count_drop(tree, "Copies released", taken, pinfo);
    else
        return TAP_PACKET_DONT_REDRAW;
    return TAP_PACKET_REDRAW;
}
