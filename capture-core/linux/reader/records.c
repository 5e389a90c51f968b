/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring records as events. */
#include <bpf/bpf.h>

#include "ebpf_provider.h"
#include "frames.h"

/* How long events may wait for a namespace's name. */
#define NAME_TIMEOUT_MS 500

/* What the kernel program noted of a device when it met it. */
static void meet(struct ebpf_provider *provider, uint64_t net_cookie, uint32_t ifindex)
{
    const struct device_key key = {.net_cookie = net_cookie, .ifindex = ifindex};
    struct device_value value;

    /* A namespace that came up since the last list: its name belongs into the component's. */
    if (!topology_knows_netns(provider->topology, net_cookie))
        ebpf_ask_for_list(provider, NAME_TIMEOUT_MS, NULL);
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
    return id ? id : topology_nameless_device(provider->topology, net_cookie, ifindex);
}

uint32_t ebpf_drop_component(struct ebpf_provider *provider, const char *reason,
                             const char *location, uint16_t protocol, uint64_t net_cookie,
                             uint32_t ifindex)
{
    if (ifindex) /* attributed to it or not, its namespace gets its name by it */
        ebpf_device_component(provider, net_cookie, ifindex);
    return drop_component(provider->topology, reason, location, protocol, net_cookie, ifindex);
}

static const uint16_t edges[] = {
    [RECORD_POINT_RX_LOWER] = PKTMON_EDGE_LOWER, [RECORD_POINT_RX_UPPER] = PKTMON_EDGE_UPPER,
    [RECORD_POINT_TX_UPPER] = PKTMON_EDGE_UPPER, [RECORD_POINT_TX_LOWER] = PKTMON_EDGE_LOWER,
    [RECORD_POINT_DROP] = PKTMON_EDGE_NONE,
};

static uint32_t take_drop(struct ebpf_provider *provider, const struct packet_record *record,
                          struct pktmon_packet *packet)
{
    packet->drop_code = record->reason;
    packet->drop_reason = drop_reason_name(provider->names, record->reason);
    packet->drop_location = drop_location_name(provider->names, record->location);
    packet->copy_released = drop_is_copy_released(packet->drop_reason, packet->drop_location,
                                                  record->flags & RECORD_OTHERS);
    packet->dropped = !packet->copy_released;
    return ebpf_drop_component(provider, packet->drop_reason, packet->drop_location,
                               record->protocol, record->net_cookie, record->ifindex);
}

static void take_record(struct ebpf_provider *provider, const struct packet_record *record)
{
    struct pktmon_event event = {.record = PKTMON_RECORD_PACKET, .time = record->time};
    struct pktmon_packet *packet = &event.packet;
    const struct pktmon_component *component;

    if (record->point == 0 || record->point >= G_N_ELEMENTS(edges))
        return;
    packet->group = record->group;
    packet->appearance = record->appearance;
    packet->linked = record->appearance > 1 ? PKTMON_LINKED_BY_BUFFER : 0;
    packet->edge = edges[record->point];
    packet->direction = record->way == RECORD_RX ? PKTMON_DIRECTION_RX : PKTMON_DIRECTION_TX;
    packet->packet_type = PKTMON_PACKET_ETHERNET;
    packet->cpu = record->cpu;
    packet->queue = -1;
    packet->gso_size = record->gso_size;
    packet->gso_segs = record->gso_segs;
    packet->lost = record->lost;
    event.component = record->point == RECORD_POINT_DROP
                          ? take_drop(provider, record, packet)
                          : ebpf_device_component(provider, record->net_cookie, record->ifindex);
    component = pktmon_registry_find(provider->base.registry, event.component);
    packet->netns = component->netns;
    frame_of_record(packet, record, provider->frame, provider->options.pkt_size);
    ebpf_deliver(provider, &event);
}

void ebpf_take_records(struct ebpf_provider *provider)
{
    const struct packet_record *record;

    while ((record = rings_next(provider->rings))) {
        ebpf_deliver_pending(provider, record->time);
        take_record(provider, record);
    }
    ebpf_deliver_pending(provider, rings_watermark(provider->rings));
}
