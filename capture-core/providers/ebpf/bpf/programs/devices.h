/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edges of devices: the driver, the stack's side, and tc ingress. */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_DEVICES_H
#define PKTMON_EBPF_BPF_PROGRAMS_DEVICES_H

#include "qdiscs.h"

static __always_inline __u32 edge_at_point(__u8 point)
{
    return point == RECORD_POINT_RX_LOWER || point == RECORD_POINT_TX_LOWER ? PKTMON_EDGE_LOWER
                                                                            : PKTMON_EDGE_UPPER;
}

static __always_inline void note_sending(const struct sk_buff *skb)
{
    struct last_skbs *last = last_skbs_get();

    if (last)
        last->sending = address(skb);
}

/* A packet at an edge of a device. */
static __always_inline int observe_at_edge(struct sk_buff *skb, const struct net_device *dev,
                                           void *dynptr_source, __u32 slot, __u8 point,
                                           __u8 direction, const struct frame *frame)
{
    struct observe_place place = {.key = {.net_cookie = dev->nd_net.net->net_cookie,
                                          .ifindex = dev->ifindex,
                                          .edge = edge_at_point(point)},
                                  .point = point,
                                  .direction = direction,
                                  .count = direction,
                                  .alone = point != RECORD_POINT_RX_LOWER};
    struct edge_counters *count = observe_count(&place, dev, dev->nd_net.net, frame);
    struct scratch *scratch = scratch_get(slot);
    struct track_entry *entry;
    __u32 copied;

    if (!count || !scratch || !match_packet(scratch, skb, dynptr_source, frame))
        return 0;
    copied = observe_skb(scratch, skb, dynptr_source, frame, &place);
    track_packet(&scratch->record, &scratch->obs);
    if (point == RECORD_POINT_TX_LOWER && device_is_hardware(dev)) {
        entry = entries_find_live(scratch->obs.skb);
        if (entry)
            entry->flags |= ENTRY_LEAVES;
        note_sending(skb);
    }
    observe_write_record(dynptr_source, frame, scratch, copied, count);
    return 0;
}

/* Packets that tc redirected at ingress return from the ifb device as if they had just been
 * received. Neither the driver nor packet sockets see them again. */
static __always_inline bool is_returned_by_ifb(const struct sk_buff *skb)
{
    return bpf_core_field_exists(skb->tc_skip_classify) &&
           BPF_CORE_READ_BITFIELD(skb, tc_skip_classify);
}

/* The entry continues as it was before the ifb device. */
static __always_inline void restore_received(const struct sk_buff *skb,
                                             const struct net_device *dev, __u8 point)
{
    struct track_entry *entry = entries_find_live(address(skb));

    if (!entry || entry->head != address(skb->head))
        return;
    entry->point = point;
    entry->direction = RECORD_RX;
    entry->ifindex = dev->ifindex;
    entry->net_cookie = dev->nd_net.net->net_cookie;
}

static __always_inline int observe_received(const struct sk_buff *const_skb, __u32 slot, __u8 point)
{
    struct sk_buff *skb = (struct sk_buff *)const_skb;
    const struct net_device *dev = skb->dev;
    struct frame frame;

    if (!dev || !device_carries_packets(dev->type))
        return 0;
    if (is_returned_by_ifb(skb)) {
        restore_received(skb, dev, point);
        return 0;
    }
    frame_fill_received(&frame, skb, dev->type);
    return observe_at_edge(skb, dev, skb, slot, point, RECORD_RX, &frame);
}

static __always_inline int observe_sent(const struct sk_buff *const_skb,
                                        const struct net_device *dev, __u32 slot, __u8 point)
{
    struct sk_buff *skb = (struct sk_buff *)const_skb;
    struct frame frame;

    if (!dev || !device_carries_packets(dev->type))
        return 0;
    frame_fill_sent(&frame, skb, dev->type);
    return observe_at_edge(skb, dev, skb, slot, point, RECORD_TX, &frame);
}

/* net/core/dev.c: drivers and virtual devices pass packets to the stack. */
SEC("tp_btf/netif_receive_skb_entry")
int BPF_PROG(netif_receive_skb_entry, const struct sk_buff *skb)
{
    return observe_received(skb, SCRATCH_NETIF_RECEIVE_SKB_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/netif_receive_skb_list_entry")
int BPF_PROG(netif_receive_skb_list_entry, const struct sk_buff *skb)
{
    return observe_received(skb, SCRATCH_NETIF_RECEIVE_SKB_LIST_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/netif_rx_entry")
int BPF_PROG(netif_rx_entry, const struct sk_buff *skb)
{
    return observe_received(skb, SCRATCH_NETIF_RX_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/napi_gro_receive_entry")
int BPF_PROG(napi_gro_receive_entry, const struct sk_buff *skb)
{
    return observe_received(skb, SCRATCH_NAPI_GRO_RECEIVE_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/napi_gro_frags_entry")
int BPF_PROG(napi_gro_frags_entry, const struct sk_buff *skb)
{
    return observe_received(skb, SCRATCH_NAPI_GRO_FRAGS_ENTRY, RECORD_POINT_RX_LOWER);
}

/* Between ipvlan devices, or by a BPF redirect, a packet reaches a device without passing the
 * tracepoints of its lower edge. */
static __always_inline bool is_past_lower(const struct sk_buff *skb,
                                          const struct track_entry *entry)
{
    const struct net_device *dev = skb->dev;

    return entry && entry->group && dev && entry->head == address(skb->head) &&
           (entry->ifindex != (__u32)dev->ifindex ||
            entry->net_cookie != dev->nd_net.net->net_cookie);
}

/* Catches up on the lower edge: the device has no tracepoint there, or it passed the packet on
 * while no tracepoint program could run. */
static __always_inline void observe_missed_lower(const struct sk_buff *skb)
{
    const struct track_entry *entry;
    bool unseen;

    if (!is_running())
        return;
    entry = entries_find_live(address(skb));
    unseen = untraced_is_possible() && untraced_count_unseen(entry, address(skb->head));
    if (unseen || is_past_lower(skb, entry))
        observe_received(skb, SCRATCH_NETIF_RECEIVE_SKB, RECORD_POINT_RX_LOWER);
}

/* __netif_receive_skb_core(): after GRO, before taps and protocols. */
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, const struct sk_buff *skb)
{
    struct last_skbs *last = last_skbs_get();

    if (last && !is_returned_by_ifb(skb)) /* which skips tc ingress */
        last->device = address(skb->dev);
    if (last)
        last_skbs_clear_exited(last, address(skb));
    if (!config.upper_edges)
        return 0;
    observe_missed_lower(skb);
    return observe_received(skb, SCRATCH_NETIF_RECEIVE_SKB, RECORD_POINT_RX_UPPER);
}

/* Tracks GSO packets even if the upper edge is not attached: their segments are matched to them
 * later. */
static __always_inline int track_large(struct sk_buff *skb, const struct net_device *dev)
{
    struct scratch *scratch = scratch_get(SCRATCH_NET_DEV_QUEUE);
    struct observe_place place = {.point = RECORD_POINT_TX_UPPER, .direction = RECORD_TX};
    struct frame frame;

    if (!dev || !scratch || !is_running() || !skb_is_large(skb))
        return 0;
    place.key.net_cookie = dev->nd_net.net->net_cookie;
    place.key.ifindex = dev->ifindex;
    frame_fill_sent(&frame, skb, dev->type);
    if (!match_packet(scratch, skb, skb, &frame))
        return 0;
    observe_skb(scratch, skb, skb, &frame, &place);
    scratch->obs.silent = 1;
    track_packet(&scratch->record, &scratch->obs);
    return 0;
}

/* __dev_queue_xmit(): before the qdisc. */
SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
    struct scratch *scratch = scratch_get(SCRATCH_NET_DEV_QUEUE);

    if (!config.upper_edges)
        return track_large(skb, skb->dev);
    if (!scratch)
        return 0;
    scratch->record.group = 0; /* of the previous packet, in case this one is not tracked */
    observe_sent(skb, skb->dev, SCRATCH_NET_DEV_QUEUE, RECORD_POINT_TX_UPPER);
    qdisc_note_packet(skb, scratch->record.group);
    return 0;
}

static __always_inline void seal_sent(const struct sk_buff *skb, const struct net_device *dev)
{
    bool large = skb_is_large(skb);

    if (large || wireguard_may_open_stream(skb))
        wireguard_observe_send(address(skb), address(dev), large);
}

/* xmit_one(): the driver gets the packet. */
SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
    observe_sent(skb, dev, SCRATCH_NET_DEV_START_XMIT, RECORD_POINT_TX_LOWER);
    if (dev && dev->type == ARPHRD_NONE && is_running())
        seal_sent(skb, dev);
    return 0;
}

/*
 * macvlan, VLAN, bond and similar devices, and the target of bpf_redirect_peer(), get the packet
 * inside __netif_receive_skb_core(), past all tracepoints. A packet that did pass one of them on
 * this device has already been observed.
 */
#define TCX_NEXT (-1)

/* A packet at the tracepoint goes to tc ingress of the same device next, on the same CPU, once. It
 * may be in another skb by then (generic XDP, VLAN untagging). */
static __always_inline bool comes_from_upper_edge(const struct net_device *dev)
{
    struct last_skbs *last = last_skbs_get();

    if (!last || last->device != address(dev))
        return false;
    last->device = 0;
    return true;
}

/* If the program at the upper edge is not attached, the entry tells. untraced: no tracepoint
 * program could run at the upper edge, so an entry observed there belongs to an earlier packet
 * whose end was not observed. */
static __always_inline bool was_received(const struct sk_buff *skb, const struct net_device *dev,
                                         const struct track_entry *entry, bool untraced)
{
    return entry && entry->direction == RECORD_RX && entry->head == address(skb->head) &&
           entry->ifindex == (__u32)dev->ifindex &&
           entry->net_cookie == dev->nd_net.net->net_cookie &&
           (!untraced || entry->point == RECORD_POINT_RX_LOWER);
}

SEC("tcx/ingress")
int tcx_ingress(struct __sk_buff *ctx)
{
    struct sk_buff *skb = kernel_cast_to_kern_ctx(ctx);
    const struct net_device *dev = skb->dev;
    const struct track_entry *entry;
    bool untraced = untraced_is_now();
    struct frame frame;

    if (!dev || (comes_from_upper_edge(dev) && !untraced))
        return TCX_NEXT;
    entry = entries_find_live(address(skb));
    if (untraced && is_running())
        untraced_count(dev->nd_net.net->net_cookie);
    if (was_received(skb, dev, entry, untraced))
        return TCX_NEXT;
    if (is_running())
        untraced_count_unseen(entry, address(skb->head));
    frame_fill_sent(&frame, skb, dev->type);
    observe_at_edge(skb, dev, ctx, SCRATCH_TCX_INGRESS, RECORD_POINT_RX_LOWER, RECORD_RX, &frame);
    return TCX_NEXT;
}

#endif
