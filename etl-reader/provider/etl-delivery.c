/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-delivery.h"

#include "etl-reader/events/event-text.h"
#include "etl-reader/events/nbl.h"

#define OWN_GROUP (UINT64_C(1) << 63)

/* Limit of the search, because a damaged log may bind components in a circle. */
#define MAX_BINDINGS 8

/* Without a name, the number is the name: "4711", "0xE0004711". */
#define NUMBER_SIZE 16

static bool is_wanted_packet(struct etl_delivery *delivery, const struct pktmon_packet *packet)
{
    const struct etl_options *options = &delivery->options;
    if (!(packet->dropped ? options->drops : options->flow))
        return false;
    bool fits = options->link_type == 0 || packet->link_type == options->link_type;
    delivery->report.misfits += !fits;
    return fits;
}

/* The selected component, and those that it is bound to, because its description refers to them. */
static bool is_wanted_description(const struct etl_delivery *delivery, uint32_t id)
{
    const struct pktmon_component *bound =
        pktmon_registry_find(delivery->registry, delivery->options.component);
    for (int depth = 0; bound && bound->id != id && depth < MAX_BINDINGS; depth++)
        bound = bound->parent ? pktmon_registry_find(delivery->registry, bound->parent) : NULL;
    return delivery->options.component == 0 || (bound && bound->id == id);
}

static bool is_wanted_event(struct etl_delivery *delivery, const struct pktmon_event *event)
{
    const struct etl_options *options = &delivery->options;
    bool of_component = options->component == 0 || event->component == options->component;
    switch (event->record) {
    case PKTMON_RECORD_COMPONENT:
        return is_wanted_description(delivery, event->component);
    case PKTMON_RECORD_PACKET:
        return of_component && is_wanted_packet(delivery, &event->packet);
    case PKTMON_RECORD_COUNTERS:
        return of_component && options->counters;
    case PKTMON_RECORD_EVENT:
        return options->notices;
    default:
        return true;
    }
}

static void count_delivered(struct etl_report *report, const struct pktmon_event *event)
{
    if (event->record == PKTMON_RECORD_PACKET) {
        report->packets++;
        report->drops += event->packet.dropped;
    } else if (event->record == PKTMON_RECORD_COUNTERS) {
        report->counters++;
    } else if (event->record == PKTMON_RECORD_EVENT) {
        report->notices++;
    }
}

static void deliver_to_sink(struct etl_delivery *delivery, const struct pktmon_event *event)
{
    struct pktmon_event in_order = *event;
    delivery->time = MAX(delivery->time, event->time);
    in_order.time = delivery->time;
    delivery->sink->event(delivery->sink, &in_order);
}

void etl_deliver_own(struct etl_delivery *delivery, const struct pktmon_event *event)
{
    if (delivery->options.notices)
        deliver_to_sink(delivery, event);
}

void etl_deliver(struct etl_delivery *delivery, const struct pktmon_event *event)
{
    if (etl_budget_is_spent(delivery->budget)) {
        etl_budget_cuts(delivery->budget)->events++;
        return;
    }
    bool is_packet = event->record == PKTMON_RECORD_PACKET;
    delivery->report.packets_seen += is_packet;
    delivery->report.drops_seen += is_packet && event->packet.dropped;
    if (!is_wanted_event(delivery, event)) {
        delivery->report.left_out++;
        return;
    }
    count_delivered(&delivery->report, event);
    deliver_to_sink(delivery, event);
}

uint64_t etl_own_group(struct etl_delivery *delivery)
{
    return OWN_GROUP | ++delivery->own_groups;
}

void etl_deliver_notice(struct etl_delivery *delivery, const struct etl_record *record)
{
    if (!delivery->options.notices) {
        delivery->report.left_out++;
        return;
    }
    const struct etl_schemas *schemas = etl_catalogue_schemas(delivery->catalogue);
    g_autofree char *provider = etl_event_provider(schemas, record);
    if (!delivery->options.bare)
        etl_event_text(schemas, record, ETL_TEXT_PLAIN, delivery->text);
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = record->time,
        .notice = {.provider = provider,
                   .id = record->id,
                   .level = record->level,
                   .message = delivery->text->str},
    };
    etl_deliver(delivery, &event);
}

static void put_notes(struct etl_nbl *nbl, const struct etl_packet_event *packet,
                      const struct etl_notes *notes)
{
    if (notes && notes->has_nbl)
        etl_nbl_put_info(nbl, notes->nbl, packet->direction);
    if (notes && notes->has_context) {
        etl_nbl_put(nbl, PKTMON_FIELD_NBL_CONTEXT_TYPE, notes->context_type);
        etl_nbl_put(nbl, PKTMON_FIELD_NBL_CONTEXT, notes->context);
    }
}

/* Restores a tag that the adapter moved from the frame to the out-of-band data. */
static void put_tag(struct etl_delivery *delivery, struct etl_frame *frame,
                    const struct etl_notes *notes)
{
    if (!notes)
        return;
    uint16_t tag = notes->has_nbl ? etl_nbl_tag(notes->nbl[ETL_NBL_8021Q]) : 0;
    etl_frame_put_tag(frame, tag ? tag : notes->vlan, delivery->scratch);
}

static void set_group(struct etl_delivery *delivery, const struct etl_record *record,
                      const struct etl_packet_event *packet, const struct etl_frame *frame,
                      struct etl_nbl *nbl, struct pktmon_packet *to)
{
    to->packet_number = packet->number;
    to->has_packet_number = packet->has_group;
    if (!packet->has_group) {
        to->group = etl_own_group(delivery);
        to->appearance = 1;
    } else if (delivery->by_content || packet->appearance == 0) {
        struct etl_journey journey =
            etl_correlator_join(delivery->correlator, record->time, packet, frame);
        delivery->report.anew = *etl_correlator_anew(delivery->correlator);
        to->group = journey.group;
        to->packet_number = journey.number;
        to->appearance = journey.appearance;
        to->linked = journey.appearance > 1 ? PKTMON_LINKED_BY_CONTENT : 0;
        etl_nbl_put(nbl, PKTMON_FIELD_NBL_GROUP, packet->group);
    } else {
        to->group = packet->group;
        to->appearance = packet->appearance;
        to->linked = packet->appearance > 1 ? PKTMON_LINKED_BY_BUFFER : 0;
    }
}

static void set_drop(const struct etl_delivery *delivery, const struct etl_packet_event *packet,
                     char reason[NUMBER_SIZE], char location[NUMBER_SIZE], struct pktmon_packet *to)
{
    if (!packet->dropped)
        return;
    to->dropped = true;
    to->drop_code = packet->reason;
    to->drop_location_code = packet->location;
    to->drop_reason = etl_catalogue_reason(delivery->catalogue, packet->reason);
    to->drop_location = etl_catalogue_location(delivery->catalogue, packet->location);
    if (!to->drop_reason) {
        g_snprintf(reason, NUMBER_SIZE, "%u", packet->reason);
        to->drop_reason = reason;
    }
    if (!to->drop_location && packet->location) {
        g_snprintf(location, NUMBER_SIZE, "0x%08X", packet->location);
        to->drop_location = location;
    }
}

void etl_deliver_packet(struct etl_delivery *delivery, const struct etl_record *record,
                        const struct etl_packet_event *packet, const struct etl_notes *notes)
{
    char reason[NUMBER_SIZE], location[NUMBER_SIZE];
    struct etl_frame frame;
    struct etl_nbl nbl;
    etl_nbl_clear(&nbl);
    etl_frame_of(packet, delivery->scratch, &frame);
    put_tag(delivery, &frame, notes);
    struct pktmon_event event = {
        .record = PKTMON_RECORD_PACKET,
        .time = record->time,
        .component = packet->component,
        .packet = {.edge = packet->edge,
                   .edge_name = etl_catalogue_edge_name(delivery->catalogue, packet->component,
                                                        packet->edge),
                   .direction = packet->direction,
                   .packet_type = packet->packet_type,
                   .filter_id = packet->filter,
                   .has_filter_id = true,
                   .cpu = record->cpu,
                   .queue = -1,
                   .l2_synthesised = frame.synthesised,
                   .link_type = frame.link_type,
                   .data = frame.data,
                   .caplen = frame.size,
                   .origlen = frame.original},
    };
    set_group(delivery, record, packet, &frame, &nbl, &event.packet);
    set_drop(delivery, packet, reason, location, &event.packet);
    put_notes(&nbl, packet, notes);
    event.packet.nbl = etl_nbl_view(&nbl);
    etl_deliver(delivery, &event);
}
