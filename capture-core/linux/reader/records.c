/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring records as events. */
#include <bpf/bpf.h>

#include "clock.h"
#include "ebpf_provider.h"
#include "frames.h"

/* How long events may wait for a namespace's name. */
#define NAME_TIMEOUT_MS 500
/* At most one part in this of the time goes into such looks. */
#define LIST_SHARE 10

/* Whoever makes namespaces all the time must not make the agent look all the time. */
static void look_again(struct ebpf_provider *provider)
{
    uint64_t begin = pktmon_clock_monotonic(), end;

    if (begin < provider->next_list)
        return;
    provider->next_list = UINT64_MAX; /* what is heard meanwhile may lead here again */
    ebpf_look_for_names(provider, NAME_TIMEOUT_MS);
    end = pktmon_clock_monotonic();
    provider->next_list = end + (end - begin) * LIST_SHARE;
}

/* What the kernel program noted of a device when it met it. */
static void meet(struct ebpf_provider *provider, uint64_t net_cookie, uint32_t ifindex)
{
    const struct device_key key = {.net_cookie = net_cookie, .ifindex = ifindex};
    struct device_value value;

    /* A namespace that came up since the last list: its name belongs into the component's. */
    if (!topology_knows_netns(provider->topology, net_cookie))
        look_again(provider);
    if (bpf_map_lookup_elem(provider->maps[AGENT_MAP_DEVICES], &key, &value) == 0)
        topology_take_met(provider->topology, &key, &value);
}

uint32_t ebpf_device_component(struct ebpf_provider *provider, uint64_t net_cookie,
                               uint32_t ifindex)
{
    uint32_t id = topology_device(provider->topology, net_cookie, ifindex);

    if (id)
        return id;
    meet(provider, net_cookie, ifindex);
    id = topology_device(provider->topology, net_cookie, ifindex);
    return id ? id : topology_layer(provider->topology, net_cookie, LAYER_OTHER_DEVICES);
}

uint32_t ebpf_drop_component(struct ebpf_provider *provider, const struct drop_key *key,
                             const char *reason, const char *location)
{
    if (key->ifindex) /* attributed to it or not, its namespace gets its name by it */
        ebpf_device_component(provider, key->net_cookie, key->ifindex);
    return drop_component(provider->topology, key, reason, location);
}

uint32_t ebpf_edge_component(struct ebpf_provider *provider, const struct device_key *key)
{
    enum layer layer = key->edge == PKTMON_EDGE_LOWER ? LAYER_SOCKETS : LAYER_NETFILTER;

    if (key->ifindex == 0)
        return topology_layer(provider->topology, key->net_cookie, layer);
    return ebpf_device_component(provider, key->net_cookie, key->ifindex);
}

/* What a record's point is in the words of a capture. Direction None: as the packet's way. */
static const struct {
    uint16_t edge;
    enum pktmon_direction direction;
    bool of_device;
} points[RECORD_POINTS] = {
    [RECORD_POINT_RX_LOWER] = {PKTMON_EDGE_LOWER, PKTMON_DIRECTION_NONE, true},
    [RECORD_POINT_RX_UPPER] = {PKTMON_EDGE_UPPER, PKTMON_DIRECTION_NONE, true},
    [RECORD_POINT_TX_UPPER] = {PKTMON_EDGE_UPPER, PKTMON_DIRECTION_NONE, true},
    [RECORD_POINT_TX_LOWER] = {PKTMON_EDGE_LOWER, PKTMON_DIRECTION_NONE, true},
    [RECORD_POINT_QDISC_IN] = {PKTMON_EDGE_QDISC, PKTMON_DIRECTION_IN, true},
    [RECORD_POINT_QDISC_OUT] = {PKTMON_EDGE_QDISC, PKTMON_DIRECTION_OUT, true},
    [RECORD_POINT_PREROUTING] = {PKTMON_EDGE_PREROUTING, PKTMON_DIRECTION_IN},
    [RECORD_POINT_INPUT] = {PKTMON_EDGE_INPUT, PKTMON_DIRECTION_IN},
    [RECORD_POINT_FORWARD] = {PKTMON_EDGE_FORWARD, PKTMON_DIRECTION_IN},
    [RECORD_POINT_OUTPUT] = {PKTMON_EDGE_OUTPUT, PKTMON_DIRECTION_IN},
    [RECORD_POINT_POSTROUTING] = {PKTMON_EDGE_POSTROUTING, PKTMON_DIRECTION_IN},
    [RECORD_POINT_SOCKET] = {PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX},
    [RECORD_POINT_CONSUMED] = {PKTMON_EDGE_NONE, PKTMON_DIRECTION_RX},
    [RECORD_POINT_DROP] = {PKTMON_EDGE_NONE, PKTMON_DIRECTION_NONE},
};

static enum pktmon_direction direction_of(const struct packet_record *record)
{
    if (record->flags & RECORD_LEAVES)
        return PKTMON_DIRECTION_OUT;
    if (points[record->point].direction != PKTMON_DIRECTION_NONE)
        return points[record->point].direction;
    return record->way == RECORD_RX ? PKTMON_DIRECTION_RX : PKTMON_DIRECTION_TX;
}

/* Whether a drop was only the end of a copy. The kernel programs say what they knew then; a copy
 * that they met a little later makes the difference as well. */
static bool is_released(struct ebpf_provider *provider, const struct packet_record *record,
                        const struct drop_key *key, const char *reason, const char *location)
{
    if (drop_is_copy_released(record->flags, reason, location))
        return true;
    if (!copies_has(provider->copies, record->group) ||
        !drop_is_copy_released(record->flags | RECORD_OTHERS, reason, location))
        return false;
    copies_correct(provider->copies, key, record->origlen);
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
                                 .way = record->way,
                                 .flags = record->flags & RECORD_JUDGEMENT,
                                 .hook = record->hook};
    const char *reason = drop_reason_name(provider->names, record->reason);
    const char *location = drop_location_name(provider->names, record->location);

    if (drop_is_end(reason, location)) {
        packet->end = PKTMON_END_CONSUMED;
    } else {
        packet->drop_code = record->reason;
        packet->drop_reason = reason;
        packet->drop_location = location;
        packet->copy_released = is_released(provider, record, &key, reason, location);
        packet->dropped = !packet->copy_released;
        packet->direction = drop_way(reason, location, record->way) == RECORD_RX
                                ? PKTMON_DIRECTION_RX
                                : PKTMON_DIRECTION_TX;
    }
    if (record->hook && record->hook < RECORD_POINTS)
        packet->edge = points[record->hook].edge;
    return ebpf_drop_component(provider, &key, reason, location);
}

/* The kernel itself was the receiver: the layer of the packet's protocol. */
static uint32_t take_consumed(struct ebpf_provider *provider, const struct packet_record *record,
                              struct pktmon_packet *packet)
{
    packet->end = PKTMON_END_CONSUMED;
    return drop_network_component(provider->topology, record->net_cookie, record->protocol);
}

static uint32_t take_passing(struct ebpf_provider *provider, const struct packet_record *record,
                             struct pktmon_packet *packet)
{
    const struct device_key key = {.net_cookie = record->net_cookie,
                                   .ifindex = points[record->point].of_device ? record->ifindex : 0,
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
    packet->packet_type = PKTMON_PACKET_ETHERNET;
    packet->cpu = record->cpu;
    packet->queue = -1;
    packet->gso_size = record->gso_size;
    packet->gso_segs = record->gso_segs;
    packet->lost = record->lost;
    packet->incomplete = record->incomplete;
    event.component = take_point(provider, record, packet);
    packet->edge_name = ebpf_edge_name(packet->edge);
    packet->netns = pktmon_registry_find(provider->base.registry, event.component)->netns;
    owners_attribute(provider->owners, record->socket, record->time, packet);
    frame_of_record(packet, record, provider->frame, event.judged ? provider->options.pkt_size : 0);
    ebpf_deliver(provider, &event);
}

void ebpf_take_records(struct ebpf_provider *provider)
{
    const struct packet_record *record;

    while ((record = rings_next(provider->rings))) {
        ebpf_deliver_pending(provider, record->time);
        if (record->point == RECORD_POINT_TROUBLE)
            trouble_take(provider, record);
        else
            take_record(provider, record);
    }
    ebpf_deliver_pending(provider, rings_watermark(provider->rings));
}
