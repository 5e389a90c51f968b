/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -z flow,pktmon,standard: journeys as arrows between components. An arrow leads from the previous
 * observation of a packet to this one. A first observation comes from a lane of its own, and a drop
 * leads to one.
 */
#include <glib.h>

#include "compat.h"
#include "hop-text.h"
#include "sequence.h"
#include "statistics.h"

#define START_LANE "START"
#define DROP_LANE  "DROP"
#define LINE_WIDTH 1

/* Names of lanes, valid as long as the packet. */
struct arrow {
    const char *from, *to;
};

/* A step inside a component leads to a second lane of the same name with a blank added: Wireshark
 * before 4.4 cannot draw an arrow from a lane to itself. */
static const char *name_second_lane(const char *name, wmem_allocator_t *scope)
{
    return wmem_strconcat(scope, name, " ", NULL);
}

static struct arrow make_arrow(const struct journey_step *step, const packet_info *pinfo)
{
    const char *here = places_component_text(step->place, pinfo->num, pinfo->pool);
    const char *before;

    if (step->hop->event.packet.dropped)
        return (struct arrow){here, DROP_LANE};
    if (!step->previous_place)
        return (struct arrow){START_LANE, here};
    before = places_component_text(step->previous_place, step->previous_frame, pinfo->pool);
    if (strcmp(before, here) == 0)
        here = name_second_lane(here, pinfo->pool);
    return (struct arrow){before, here};
}

static void set_lane(address *lane, const char *name)
{
    set_address(lane, AT_STRINGZ, (int)strlen(name) + 1, name);
}

/* The item takes its ends from the addresses of a packet, and its time from that of the frame: so
 * it gets a packet from lane to lane, at the time of the step. */
static struct _seq_analysis_item *new_item(const struct arrow *arrow, const nstime_t *time,
                                           const packet_info *pinfo,
                                           struct _seq_analysis_info *info)
{
    frame_data frame = *pinfo->fd;
    packet_info lanes = *pinfo;

    frame.abs_ts = *time;
    lanes.fd = &frame;
    set_lane(&lanes.src, arrow->from);
    set_lane(&lanes.net_src, arrow->from);
    set_lane(&lanes.dst, arrow->to);
    set_lane(&lanes.net_dst, arrow->to);
    return sequence_analysis_create_sai_with_addresses(&lanes, info);
}

/* "Lower Tx", or the drop reason. */
static char *make_label(const struct frame_hop *hop, wmem_allocator_t *scope)
{
    const char *reason = hop->event.packet.drop_reason;

    return g_strdup(
        compat_format_text(scope, reason && *reason ? reason : hop_text_edge(hop, scope)));
}

/* False: Wireshark has no item for it. */
static bool draw_step(struct _seq_analysis_info *info, const struct statistics_record *taken,
                      const struct journey_step *step, const packet_info *pinfo)
{
    const struct arrow arrow = make_arrow(step, pinfo);
    struct _seq_analysis_item *item = new_item(&arrow, &step->time, pinfo, info);

    if (!item)
        return false;
    item->frame_number = pinfo->num;
    item->label = make_label(step->hop, pinfo->pool);
    item->comment =
        g_strdup(hop_text_long(taken->hops, step->hop, step->packet_number, pinfo->pool));
    item->conversation = (uint16_t)taken->state.number;
    item->line_style = LINE_WIDTH;
    item->display = TRUE;
    g_queue_push_tail(info->items, item);
    return true;
}

static tap_packet_status draw(void *tapdata, packet_info *pinfo, epan_dissect_t *edt _U_,
                              const void *data, tap_flags_t flags _U_)
{
    struct _seq_analysis_info *info = tapdata;
    const struct statistics_record *taken = data;
    tap_packet_status status = TAP_PACKET_DONT_REDRAW;

    for (size_t i = 0; i < taken->step_count && taken->state.number != 0; i++) {
        if (draw_step(info, taken, &taken->steps[i], pinfo))
            status = TAP_PACKET_REDRAW;
    }
    return status;
}

void flow_graph_register(int proto)
{
    register_seq_analysis("pktmon", "Packet Monitor", proto, STATISTICS_TAP, 0, draw);
}
