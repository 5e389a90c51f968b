/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queueing disciplines (qdiscs). */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_QDISCS_H
#define PKTMON_EBPF_BPF_PROGRAMS_QDISCS_H

#include "../track/drops.h"

static __always_inline struct observe_place place_in_queue(const struct net_device *dev, __u8 point)
{
    return (struct observe_place){.key = {.net_cookie = dev->nd_net.net->net_cookie,
                                          .ifindex = dev->ifindex,
                                          .edge = PKTMON_EDGE_QDISC},
                                  .point = point,
                                  .direction = RECORD_TX,
                                  .count = point == RECORD_POINT_QDISC_OUT,
                                  .alone = true};
}

/* The packet is about to be passed to the qdisc, if the device has one. group: 0 if it is not
 * tracked. Clears what an earlier packet left at the same address. */
static __always_inline void qdisc_note_packet(const struct sk_buff *skb, __u64 group)
{
    struct last_skbs *last = last_skbs_get();

    if (!last)
        return;
    last->freed = 0;
    last_skbs_clear_exited(last, address(skb));
    last->queued = address(skb);
    last->queued_group = group;
    last->queued_length = skb->len;
}

/* A qdisc that segments GSO packets has already freed this one. */
static __always_inline bool was_segmented(const struct last_skbs *last, const struct sk_buff *skb)
{
    return last && last->freed == address(skb);
}

/*
 * Whether the address may belong to another packet by now: a lockless qdisc may have given the
 * packet to another CPU before this tracepoint runs, and that CPU may have sent and freed it. True
 * also for packets that no filter matched a moment ago: they need no further work. Sets length to
 * that of the packet.
 */
static __always_inline bool has_left_this_cpu(struct last_skbs *last, const struct sk_buff *skb,
                                              __u32 *length)
{
    const struct track_entry *entry;

    if (!last || last->queued != address(skb))
        return false;
    last->queued = 0;
    *length = last->queued_length;
    entry = entries_find_live(address(skb));
    return !entry || !entry->group || entry->group != last->queued_group ||
           entry->point != RECORD_POINT_TX_UPPER;
}

/* dynptr_source: as in observe_write_record(), but NULL also if the packet is only counted. A
 * function, for a stack of its own: Linux 6.1 gives a program and all that it calls 512 bytes. */
static __noinline int observe_in_queue(struct sk_buff *skb, const struct netdev_queue *queue,
                                       __u32 slot, __u8 point, void *dynptr_source)
{
    const struct net_device *dev = queue->dev;
    struct scratch *scratch = scratch_get(slot);
    struct edge_counters *count;
    struct observe_place place;
    struct frame frame;
    bool is_gone = false;
    __u32 copied;

    if (!dev || !scratch || !device_carries_packets(dev->type))
        return 0;
    frame_fill_sent(&frame, skb, dev->type);
    if (point == RECORD_POINT_QDISC_IN) {
        struct last_skbs *last = last_skbs_get();

        if (was_segmented(last, skb))
            return 0;
        is_gone = has_left_this_cpu(last, skb, &frame.length);
    }
    place = place_in_queue(dev, point);
    count = observe_count(&place, dev, dev->nd_net.net, &frame);
    if (!count || is_gone || !match_packet(scratch, skb, dynptr_source, &frame))
        return 0;
    copied = observe_skb(scratch, skb, dynptr_source, &frame, &place);
    track_packet(&scratch->record, &scratch->obs);
    observe_write_record(dynptr_source, &frame, scratch, copied, count);
    return 0;
}

/* The qdisc's enqueue() accepted the packet. */
SEC("tp_btf/qdisc_enqueue")
int BPF_PROG(qdisc_enqueue, const void *qdisc, const struct netdev_queue *queue,
             struct sk_buff *skb)
{
    return observe_in_queue(skb, queue, SCRATCH_QDISC_ENQUEUE, RECORD_POINT_QDISC_IN, skb);
}

/* Packets that the qdisc dequeues together, linked by skb->next. */
struct bulk {
    struct sk_buff *skb;
    const struct netdev_queue *queue;
};

/* A callback of bpf_loop(), so that the verifier checks it once. Returns 1 to stop. */
static long observe_next_in_bulk(__u32 index, void *context)
{
    struct bulk *bulk = context;
    struct sk_buff *skb = bulk->skb;

    if (!skb)
        return 1;
    observe_in_queue(skb, bulk->queue, SCRATCH_QDISC_DEQUEUE, RECORD_POINT_QDISC_OUT, NULL);
    bulk->skb = skb->next;
    return 0;
}

/* Dequeues one or more packets; none: skb is NULL. */
SEC("tp_btf/qdisc_dequeue")
int BPF_PROG(qdisc_dequeue, const void *qdisc, const struct netdev_queue *queue, int packets,
             struct sk_buff *skb)
{
    struct bulk bulk = {.queue = queue};

    if (!skb)
        return 0;
    observe_in_queue(skb, queue, SCRATCH_QDISC_DEQUEUE, RECORD_POINT_QDISC_OUT, skb);
    if (packets < 2)
        return 0;
    bulk.skb = skb->next;
    bpf_loop(packets - 1, observe_next_in_bulk, &bulk, 0);
    return 0;
}

#endif
