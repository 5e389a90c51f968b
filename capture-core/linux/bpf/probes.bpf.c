/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel programs of the capture: one for each tracepoint of the packet's way through the
 * stack (tp_btf; see Linux include/trace/events/net.h and skb.h), and one at tc ingress for
 * devices whose receive passes none of these.
 */
#include "drops.h"
#include "own_chain.h"
#include "owners.h"
#include "stack.h"
#include "trouble.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline __u32 edge_of(__u8 point)
{
    return point == RECORD_POINT_RX_LOWER || point == RECORD_POINT_TX_LOWER ? EDGE_LOWER
                                                                            : EDGE_UPPER;
}

/* A packet passes an edge of a device. */
static __always_inline int packet_seen(struct sk_buff *skb, const struct net_device *dev,
                                       void *dynptr_source, __u32 slot, __u8 point, __u8 way,
                                       const struct frame *frame)
{
    struct place place = {.key = {.net_cookie = dev->nd_net.net->net_cookie,
                                  .ifindex = dev->ifindex,
                                  .edge = edge_of(point)},
                          .point = point,
                          .way = way,
                          .count = way,
                          .alone = point != RECORD_POINT_RX_LOWER};
    struct edge_counters *count = count_packet(&place, dev, dev->nd_net.net, frame);
    struct scratch *scratch = scratch_of(slot);
    struct journey *journey;
    __u32 copied;

    if (!count || !scratch || !is_followed(scratch, skb, dynptr_source, frame))
        return 0;
    copied = look(scratch, skb, dynptr_source, frame, &place);
    track(&scratch->record, &scratch->sight);
    if (point == RECORD_POINT_TX_LOWER && is_hardware(dev)) {
        journey = live_journey_of(scratch->sight.skb);
        if (journey)
            journey->flags |= JOURNEY_LEAVES;
    }
    write_record(dynptr_source, frame, scratch, copied, count);
    return 0;
}

static __always_inline int received(const struct sk_buff *const_skb, __u32 slot, __u8 point)
{
    struct sk_buff *skb = (struct sk_buff *)const_skb;
    const struct net_device *dev = skb->dev;
    struct frame frame;

    if (!dev || !carries_packets(dev->type))
        return 0;
    frame_received(&frame, skb, dev->type);
    return packet_seen(skb, dev, skb, slot, point, RECORD_RX, &frame);
}

static __always_inline int sent(const struct sk_buff *const_skb, const struct net_device *dev,
                                __u32 slot, __u8 point)
{
    struct sk_buff *skb = (struct sk_buff *)const_skb;
    struct frame frame;

    if (!dev || !carries_packets(dev->type))
        return 0;
    frame_sent(&frame, skb, dev->type);
    return packet_seen(skb, dev, skb, slot, point, RECORD_TX, &frame);
}

/* net/core/dev.c, where drivers and virtual devices hand packets over. */
SEC("tp_btf/netif_receive_skb_entry")
int BPF_PROG(netif_receive_skb_entry, const struct sk_buff *skb)
{
    return received(skb, SCRATCH_NETIF_RECEIVE_SKB_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/netif_receive_skb_list_entry")
int BPF_PROG(netif_receive_skb_list_entry, const struct sk_buff *skb)
{
    return received(skb, SCRATCH_NETIF_RECEIVE_SKB_LIST_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/netif_rx_entry")
int BPF_PROG(netif_rx_entry, const struct sk_buff *skb)
{
    return received(skb, SCRATCH_NETIF_RX_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/napi_gro_receive_entry")
int BPF_PROG(napi_gro_receive_entry, const struct sk_buff *skb)
{
    return received(skb, SCRATCH_NAPI_GRO_RECEIVE_ENTRY, RECORD_POINT_RX_LOWER);
}

SEC("tp_btf/napi_gro_frags_entry")
int BPF_PROG(napi_gro_frags_entry, const struct sk_buff *skb)
{
    return received(skb, SCRATCH_NAPI_GRO_FRAGS_ENTRY, RECORD_POINT_RX_LOWER);
}

/* __netif_receive_skb_core(): after generic receive offload, before taps and protocols. */
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, const struct sk_buff *skb)
{
    struct last_buffers *last = last_of_this_cpu();

    if (last) {
        last->received = address(skb);
        last->device = address(skb->dev);
    }
    if (!config.upper_edges)
        return 0;
    return received(skb, SCRATCH_NETIF_RECEIVE_SKB, RECORD_POINT_RX_UPPER);
}

/* A large packet is followed also where its upper edge is not shown, for its segments' sake. */
static __always_inline int follow_large(struct sk_buff *skb, const struct net_device *dev)
{
    struct scratch *scratch = scratch_of(SCRATCH_NET_DEV_QUEUE);
    struct place place = {.point = RECORD_POINT_TX_UPPER, .way = RECORD_TX};
    struct frame frame;

    if (!dev || !scratch || !is_running() || !is_large(skb))
        return 0;
    place.key.net_cookie = dev->nd_net.net->net_cookie;
    place.key.ifindex = dev->ifindex;
    frame_sent(&frame, skb, dev->type);
    if (!is_followed(scratch, skb, skb, &frame))
        return 0;
    look(scratch, skb, skb, &frame, &place);
    scratch->sight.silent = 1;
    track(&scratch->record, &scratch->sight);
    return 0;
}

/* __dev_queue_xmit(): before the queueing discipline. */
SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *skb)
{
    if (!config.upper_edges)
        return follow_large(skb, skb->dev);
    return sent(skb, skb->dev, SCRATCH_NET_DEV_QUEUE, RECORD_POINT_TX_UPPER);
}

/* xmit_one(): the driver gets the packet. */
SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
    return sent(skb, dev, SCRATCH_NET_DEV_START_XMIT, RECORD_POINT_TX_LOWER);
}

/*
 * macvlan, VLAN, bond and the like, and the target of bpf_redirect_peer(), get the packet inside
 * __netif_receive_skb_core(), past all tracepoints. Where one of them was passed on this device,
 * it was told already.
 */
#define TCX_NEXT (-1)

/* A packet that no filter matched may have no journey; but what passes the tracepoint is the last
 * one to do so on its CPU when it comes here. */
static __always_inline bool was_received(const struct sk_buff *skb, const struct net_device *dev,
                                         const struct journey *journey)
{
    const struct last_buffers *last;

    if (journey && journey->way == RECORD_RX && journey->head == address(skb->head) &&
        journey->ifindex == (__u32)dev->ifindex &&
        journey->net_cookie == dev->nd_net.net->net_cookie)
        return true;
    last = last_of_this_cpu();
    return last && last->received == address(skb) && last->device == address(dev);
}

SEC("tcx/ingress")
int tcx_ingress(struct __sk_buff *ctx)
{
    struct sk_buff *skb = kernel_cast_to_kern_ctx(ctx);
    const struct net_device *dev = skb->dev;
    struct journey *journey = live_journey_of(address(skb));
    struct frame frame;

    if (!dev || was_received(skb, dev, journey))
        return TCX_NEXT;
    if (is_running())
        count_if_unseen(journey, address(skb->head));
    frame_sent(&frame, skb, dev->type);
    packet_seen(skb, dev, ctx, SCRATCH_TCX_INGRESS, RECORD_POINT_RX_LOWER, RECORD_RX, &frame);
    return TCX_NEXT;
}

static __always_inline void note_freed(const struct sk_buff *skb)
{
    struct last_buffers *last = last_of_this_cpu();

    if (last)
        last->freed = address(skb);
}

/* net/core/skbuff.c: the last reference to the buffer goes, for a reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb, struct sk_buff *skb, void *location, enum skb_drop_reason reason)
{
    struct entry entry;

    if (!is_running() || is_local_socket(skb->sk))
        return 0;
    if (!is_no_drop(reason))
        dropped(skb, address(location), reason);
    entry = entry_of(address(skb));
    forget(skb, &entry);
    note_freed(skb);
    return 0;
}

/* The last reference to the buffer goes, and all was well. */
SEC("tp_btf/consume_skb")
int BPF_PROG(consume_skb, struct sk_buff *skb)
{
    struct entry entry;

    if (!is_running() || is_local_socket(skb->sk))
        return 0;
    entry = entry_of(address(skb));
    if (entry.journey)
        consumed(skb, entry.journey);
    forget(skb, &entry);
    note_freed(skb);
    return 0;
}
