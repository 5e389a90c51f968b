/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z flow,pktmon,standard: the journeys as arrows between components. An arrow leads from where
 * the packet was seen before to where it is seen now; a first appearance comes from a lane of its
 * own, and a drop leads to one.
 */
#include <glib.h>

#include "compat.h"
#include "fields.h"
#include "sequence.h"
#include "statistics.h"

#define START_LANE "START"
#define DROP_LANE  "DROP"
#define LINE_WIDTH 1

/* Names of lanes, of the lifetime of the packet. */
struct arrow {
    const char *from, *to;
};

/* A step inside a component leads to a second lane of the same name, told apart by a blank:
 * Wireshark before 4.4 cannot draw an arrow from a lane to itself. */
static const char *second_lane(const char *name, wmem_allocator_t *scope)
{
    return wmem_strconcat(scope, name, " ", NULL);
}

static struct arrow arrow_of(const struct statistics_record *taken, const packet_info *pinfo)
{
    const struct journey_step *step = &taken->step;
    const char *here = place_component_text(step->place, pinfo->num, pinfo->pool);
    const char *before;

    if (record_number(taken->record, PKTMON_FIELD_DROPPED) != 0)
        return (struct arrow){here, DROP_LANE};
    if (!step->previous_place)
        return (struct arrow){START_LANE, here};
    before = place_component_text(step->previous_place, step->previous_frame, pinfo->pool);
    if (strcmp(before, here) == 0)
        here = second_lane(here, pinfo->pool);
    return (struct arrow){before, here};
}

static void set_lane(address *lane, const char *name)
{
    set_address(lane, AT_STRINGZ, (int)strlen(name) + 1, name);
}

/* The item takes its ends from a packet's addresses, so it gets a packet from lane to lane. */
static struct _seq_analysis_item *new_item(const struct arrow *arrow, const packet_info *pinfo,
                                           struct _seq_analysis_info *info)
{
    packet_info lanes = *pinfo;

    set_lane(&lanes.src, arrow->from);
    set_lane(&lanes.net_src, arrow->from);
    set_lane(&lanes.dst, arrow->to);
    set_lane(&lanes.net_dst, arrow->to);
    return sequence_analysis_create_sai_with_addresses(&lanes, info);
}

/* "Lower Tx", or why it was dropped. */
static char *label_of(const struct statistics_record *taken, wmem_allocator_t *scope)
{
    unsigned direction = (unsigned)record_number(taken->record, PKTMON_FIELD_DIRECTION);
    const char *reason = record_text(taken->record, PKTMON_FIELD_DROP_REASON, scope);
    const char *edge = taken->place->edge_name ? taken->place->edge_name : "";
    const char *way =
        direction == DIRECTION_NONE ? "" : val_to_str_const(direction, field_directions, "?");

    if (*reason)
        return g_strdup(reason);
    return g_strdup_printf("%s%s%s", edge, *edge && *way ? " " : "", way);
}

static tap_packet_status draw(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
                              const void *data, tap_flags_t flags _U_)
{
    struct _seq_analysis_info *info = tapdata;
    const struct statistics_record *taken = data;
    struct _seq_analysis_item *item;
    struct arrow arrow;

    if (!taken->has_step)
        return TAP_PACKET_DONT_REDRAW;
    arrow = arrow_of(taken, pinfo);
    item = new_item(&arrow, pinfo, info);
    item->frame_number = pinfo->num;
    item->label = label_of(taken, pinfo->pool);
    item->comment = g_strdup(taken->summary);
    item->conversation = (uint16_t)taken->step.journey;
    item->line_style = LINE_WIDTH;
    item->display = TRUE;
    g_queue_push_tail(info->items, item);
    return TAP_PACKET_REDRAW;
}

void flow_graph_register(int proto)
{
    register_seq_analysis("pktmon", "Packet Monitor", proto, STATISTICS_TAP, 0, draw);
}
