/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring records as events. */
#include "record-events.h"

#include <bpf/bpf.h>
#include <string.h>

#include "attribution.h"
#include "copies.h"
#include "counter-sums.h"
#include "drop-names.h"
#include "ebpf-state.h"
#include "event-delivery.h"
#include "frames.h"
#include "kernel-notices.h"
#include "model/clock.h"
#include "model/edges.h"
#include "record-components.h"
#include "rings.h"
#include "socket-owners.h"

/* The capture points, as events have them. */
static const struct {
    enum pktmon_edge edge;
    enum pktmon_direction direction; /* NONE: that of the packet */
    enum { POINT_OF_NAMESPACE, POINT_OF_DEVICE } component;
    enum pktmon_traffic traffic;
} points[RECORD_POINTS] = {
#define X(NAME, edge, direction, component, traffic)                                               \
    [RECORD_POINT_##NAME] = {PKTMON_EDGE_##edge, PKTMON_DIRECTION_##direction,                     \
                             POINT_OF_##component, PKTMON_TRAFFIC_##traffic},
    RECORD_POINT_TABLE(X)
#undef X
};

static enum pktmon_direction direction_of(const struct packet_record *record)
{
    if (record->flags & RECORD_LEAVES)
        return PKTMON_DIRECTION_OUT;
    if (points[record->point].direction != PKTMON_DIRECTION_NONE)
        return points[record->point].direction;
    return record->direction == RECORD_RX ? PKTMON_DIRECTION_RX : PKTMON_DIRECTION_TX;
}

/* Whether a drop was only the end of a copy. The kernel programs judged by what they knew then; a
 * copy that they saw a little later counts as well. For segments and fragments, they do not know
 * which copies belong to the same piece. */
static bool is_released(struct ebpf_provider *provider, const struct packet_record *record,
                        const struct drop_key *key, const char *reason, const char *location)
{
    if (ebpf_drop_is_copy_released(provider->names, record->flags, reason, location))
        return true;
    if (!ebpf_copies_has_later(provider->copies, record->group,
                               record->number ? 0 : record->time) ||
        !ebpf_drop_is_copy_released(provider->names, record->flags | RECORD_OTHERS, reason,
                                    location))
        return false;
    ebpf_copies_correct(provider->copies, key, record->origlen);
    return true;
}

static uint32_t take_drop(struct ebpf_provider *provider, const struct packet_record *record,
                          struct pktmon_packet *packet)
{
    const struct drop_key key = {.net_cookie = record->net_cookie,
                                 .ifindex = record->ifindex,
                                 .reason = record->reason,
                                 .location = record->location,
                                 .protocol = record_drop_protocol(record->protocol),
                                 .direction = record->direction,
                                 .flags = record->flags & (RECORD_OUTCOME_FLAGS | RECORD_LEAVES),
                                 .hook = record->hook < RECORD_POINTS ? record->hook : 0,
                                 .stack = record->stack};
    struct ebpf_drop_site site;
    const struct ebpf_drop_place place = ebpf_place_drop(provider, &key, &site);

    packet->edge = place.edge;
    packet->direction = place.direction == RECORD_RX ? PKTMON_DIRECTION_RX : PKTMON_DIRECTION_TX;
    if (ebpf_drop_is_end(record->flags, site.reason, site.location)) {
        packet->end = PKTMON_END_CONSUMED;
        return place.component;
    }
    packet->drop_code = record->reason;
    packet->drop_reason = site.reason;
    packet->drop_location = site.location;
    packet->copy_released = is_released(provider, record, &key, site.reason, site.location);
    packet->dropped = !packet->copy_released;
    return place.component;
}

/* The kernel itself was the receiver: attributed to the layer of the packet's protocol; without
 * one, or without data (such as WireGuard's keepalives), to the device that received it. */
static uint32_t take_consumed(struct ebpf_provider *provider, const struct packet_record *record,
                              struct pktmon_packet *packet)
{
    packet->end = PKTMON_END_CONSUMED;
    if (record->ifindex != 0 && !ebpf_has_layer(record->protocol))
        return ebpf_device_component(provider, record->net_cookie, record->ifindex);
    return ebpf_layer_component(provider->topology, record->net_cookie, record->protocol);
}

static uint32_t take_passing(struct ebpf_provider *provider, const struct packet_record *record,
                             struct pktmon_packet *packet)
{
    bool of_device = points[record->point].component == POINT_OF_DEVICE;
    const struct device_key key = {.net_cookie = record->net_cookie,
                                   .ifindex = of_device ? record->ifindex : 0,
                                   .edge = packet->edge};

    if (record->point == RECORD_POINT_SOCKET)
        packet->end = PKTMON_END_DELIVERED;
    return ebpf_edge_component(provider, &key);
}

static uint32_t take_point(struct ebpf_provider *provider, const struct packet_record *record,
                           struct pktmon_packet *packet)
{
    switch (record->point) {
    case RECORD_POINT_DROP:
        return take_drop(provider, record, packet);
    case RECORD_POINT_CONSUMED:
        return take_consumed(provider, record, packet);
    default:
        return take_passing(provider, record, packet);
    }
}

static uint8_t linked(const struct packet_record *record)
{
    if (record->flags & RECORD_CONTENT)
        return PKTMON_LINKED_BY_CONTENT;
    return record->appearance > 1 ? PKTMON_LINKED_BY_BUFFER : 0;
}

static void take_record(struct ebpf_provider *provider, const struct packet_record *record)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_PACKET,
                                 .time = record->time,
                                 .judged = !record->undecided,
                                 .filters = record->filters};
    struct pktmon_packet *packet = &event.packet;

    if (record->point == 0 || record->point >= RECORD_POINTS)
        return;
    packet->group = record->group;
    packet->appearance = record->appearance;
    packet->copy = record->copy;
    packet->copy_of = record->copy_of;
    packet->packet_number = record->number;
    packet->linked = linked(record);
    packet->edge = points[record->point].edge;
    packet->direction = direction_of(record);
    packet->traffic = points[record->point].traffic;
    packet->packet_type = PKTMON_PACKET_ETHERNET;
    packet->cpu = record->cpu;
    packet->queue = -1;
    packet->gso_size = record->gso_size;
    packet->gso_segs = record->gso_segs;
    packet->lost = record->lost;
    packet->incomplete = record->incomplete;
    packet->repeats = record->repeats;
    event.component = take_point(provider, record, packet);
    packet->edge_name = edge_name(packet->edge);
    packet->netns = pktmon_registry_find(provider->base.registry, event.component)->netns;
    ebpf_owners_attribute(provider->owners, record->socket, record->time, packet);
    ebpf_fill_frame(packet, record, provider->frame, event.judged ? provider->options.pkt_size : 0);
    ebpf_deliver(provider, &event);
}

void ebpf_deliver_records(struct ebpf_provider *provider)
{
    const struct packet_record *record;

    while ((record = ebpf_rings_next(provider->rings))) {
        ebpf_deliver_pending(provider, record->time);
        if (record->point == RECORD_POINT_NOTICE)
            ebpf_deliver_notice(provider, record);
        else
            take_record(provider, record);
    }
    uint64_t watermark = ebpf_rings_watermark(provider->rings);
    ebpf_deliver_pending(provider, watermark);
    if (watermark > 0 && watermark < UINT64_MAX)
        provider->base.until = watermark + (uint64_t)provider->offset;
}
