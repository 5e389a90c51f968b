/* SPDX-License-Identifier: GPL-2.0-or-later */
/* consumed_*: frees without a reason: large skbs that were segmented, packets that the kernel
 * itself received, and packets that it dropped silently. */
#ifndef PKTMON_EBPF_BPF_TRACK_CONSUME_OUTCOME_H
#define PKTMON_EBPF_BPF_TRACK_CONSUME_OUTCOME_H

#include "drops.h"

/* The location says it, not the reason. */
static __always_inline bool consumed_is_cut(const struct sk_buff *skb, __u64 location, __u32 reason)
{
    return end_is_unspecified(reason) && skb_is_large(skb) &&
           location_end_kind(location) == END_CUT;
}

#define ROUTE_FLAGS 1UL /* of skb->_skb_refdst: SKB_DST_NOREF */

static __always_inline __u64 read_route_cookie(const struct sk_buff *skb)
{
    const struct dst_entry *route = (const void *)(BPF_CORE_READ(skb, _skb_refdst) & ~ROUTE_FLAGS);

    return BPF_CORE_READ(route, dev, nd_net.net, net_cookie);
}

/* A large skb was segmented, which is not a drop. This may be its first observation. */
static __always_inline void consumed_handle_cut(struct sk_buff *skb, __u32 slot)
{
    struct track_entry *entry = entries_find_live(address(skb));
    struct scratch *scratch = scratch_get(slot);
    struct drop_key key = {};
    struct observe_place place = {};
    struct frame frame;
    __u16 type = 0;

    drop_place(&key, skb, entry, &type);
    if (!key.net_cookie) /* its last segment owns the socket now, and it has no device yet */
        key.net_cookie = read_route_cookie(skb);
    frame_fill_dropped(&frame, skb, type);
    if (!scratch || !match_packet(scratch, skb, skb, &frame))
        return;
    place.point = skb->skb_iif ? RECORD_POINT_PREROUTING : RECORD_POINT_OUTPUT;
    place.direction = skb->skb_iif ? RECORD_RX : RECORD_TX;
    place.key.net_cookie = key.net_cookie;
    observe_skb(scratch, skb, skb, &frame, &place);
    if (!entry) {
        scratch->obs.silent = 1;
        track_packet(&scratch->record, &scratch->obs);
        entry = entries_find_live(address(skb));
    }
    if (wireguard_is_used && entry && entry->point != RECORD_POINT_TX_LOWER)
        wireguard_doubt(address(skb));
    if (entry && entry->group && scratch->obs.content.flow)
        cut_keep(entry, &scratch->obs);
}

/* The cookie of the skb's namespace; the last observation may be at a lower device in another
 * one. */
static __always_inline __u64 find_end_cookie(const struct sk_buff *skb,
                                             const struct track_entry *entry)
{
    const struct net_device *dev = skb_find_device(skb);

    return dev ? BPF_CORE_READ(dev, nd_net.net, net_cookie) : entry->net_cookie;
}

/* The kernel was the receiver: writes a record of that. */
static __always_inline void record_received_by_kernel(struct sk_buff *skb,
                                                      struct track_entry *entry)
{
    struct observe_place place = {.point = RECORD_POINT_CONSUMED, .direction = RECORD_RX};
    struct scratch *scratch = scratch_get(SCRATCH_CONSUME_SKB);
    struct frame frame;
    __u32 copied;

    family_mark_good(entry);
    place.key.net_cookie = find_end_cookie(skb, entry);
    if (entry->net_cookie == place.key.net_cookie)
        place.key.ifindex = entry->ifindex;
    if (!scratch || !config.record_flow || !netns_is_selected(place.key.net_cookie))
        return;
    frame_fill_dropped(&frame, skb, 0);
    if (config.filtered)
        scratch->filters = 0;
    copied = observe_skb(scratch, skb, skb, &frame, &place);
    entry_continue(entry, &scratch->record, &scratch->obs);
    if (scratch->record.group & GROUP_NOT_PASSED)
        return;
    recorded_cut(&scratch->record);
    if (ring_put_record(skb, &frame, scratch, copied, true))
        return;
    counters_add_unaccounted();
    family_mark_incomplete(&scratch->obs, scratch->record.group);
}

/* What to do about a free without a reason. Any other number is the reason that it should have
 * had. */
#define OUTCOME_NONE     SKB_NOT_DROPPED_YET
#define OUTCOME_CUT      (-1U)
#define OUTCOME_RECEIVED (-2U)

/* For a SYN that a listener got. */
static __always_inline __u32 find_offer_outcome(struct track_entry *entry,
                                                const struct skb_end *end)
{
    __u32 reason = offer_take_reason(end->skb);

    if (entry && reason == OUTCOME_NONE) {
        entry->flags |= ENTRY_DELIVERED;
        family_mark_good(entry);
    }
    return reason;
}

/* The last observation is at INPUT, of the same device, and no other skb carries the packet. */
static __always_inline bool is_input_of_kernel(const struct track_entry *entry,
                                               const struct skb_end *end)
{
    return deliveries_are_seen && entry->point == RECORD_POINT_INPUT && !family_has_others(entry) &&
           !(entry->flags & ENTRY_LARGE) && (!end->ifindex || end->ifindex == entry->ifindex);
}

/* For a received packet that no socket took: either the kernel was the receiver, or the packet was
 * refused silently. If neither is certain, its end stays unknown. */
static __always_inline __u32 find_input_outcome(struct track_entry *entry,
                                                const struct skb_end *end)
{
    enum end_kind kind = location_end_kind(end->location);
    __u32 reason = end_find_reason(kind, end);

    if (reason != SKB_NOT_DROPPED_YET)
        return reason;
    if (!entry->group || entry->head != end->head || entry->number)
        return OUTCOME_NONE;
    if (kind == END_RECEIVED || kind == END_ICMPV6 || kind == END_WIREGUARD ||
        is_input_of_kernel(entry, end))
        return OUTCOME_RECEIVED;
    if (!deliveries_are_seen)
        family_mark_good(entry); /* most likely a process read it */
    return OUTCOME_NONE;
}

/* entry: may be NULL. Global function, see content_read(). */
__noinline __u32 find_outcome(struct track_entry *entry, const struct skb_end *end)
{
    if (!end)
        return OUTCOME_NONE;
    if (!entry || entry->flags & ENTRY_OFFERED)
        return find_offer_outcome(entry, end);
    if (entry->direction != RECORD_RX)
        return OUTCOME_CUT;
    return find_input_outcome(entry, end);
}

#define CONSUMED_FRAMES 8

/* Returns the caller of consume_skb(): the frame after it. Global function, see content_read(). */
__noinline __u64 find_consume_caller(const struct scratch *scratch)
{
    const __u64 *frames;

    if (!scratch)
        return 0;
    frames = (const __u64 *)scratch->skb_copy;
    for (__u32 i = 0; i < CONSUMED_FRAMES - 1; i++) {
        if (location_end_kind(frames[i]) == END_BY_CALLER)
            return frames[i + 1];
    }
    return 0;
}

/* Where consume_skb() was called; 0: not known. The tracepoint has the location since Linux
 * 6.12. */
static __always_inline __u64 find_consume_location(unsigned long long *ctx)
{
    struct scratch *scratch = scratch_get(SCRATCH_CONSUME_SKB);

    if (config.ends_have_location)
        return ctx[1];
    if (!scratch || bpf_get_stack(ctx, scratch->skb_copy, CONSUMED_FRAMES * sizeof(__u64), 0) <
                        (long)(CONSUMED_FRAMES * sizeof(__u64)))
        return 0;
    return find_consume_caller(scratch);
}

/* Whether the free needs a closer look. Of packets that were sent or delivered, hardly any does. */
static __always_inline bool needs_outcome(const struct sk_buff *skb,
                                          const struct track_entry *entry)
{
    if (!entry)
        return offer_is_pending(address(skb));
    if (entry->flags & ENTRY_OFFERED)
        return true;
    if (entry->flags & (ENTRY_ENDED | ENTRY_DELIVERED | ENTRY_SIDE))
        return false;
    /* No filter matched the packet, but its drop is counted, and a filter may match what it is
     * now. */
    if (!entry->group)
        return entry->direction == RECORD_RX &&
               BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type) != PACKET_HOST;
    return entry->direction == RECORD_RX ||
           (entry->flags & (ENTRY_LARGE | ENTRY_LEAVES)) == ENTRY_LARGE;
}

/* An skb was freed without a reason. entry: may be NULL. */
static __always_inline void consumed_handle(unsigned long long *ctx, struct sk_buff *skb,
                                            struct track_entry *entry)
{
    const struct net_device *dev;
    struct skb_end end = {};
    __u32 outcome;

    if (!needs_outcome(skb, entry) || drop_is_message(address(skb)))
        return;
    dev = skb_find_device(skb);
    end.location = find_consume_location(ctx);
    end.skb = address(skb);
    end.head = address(skb->head);
    end.ifindex = dev ? BPF_CORE_READ(dev, ifindex) : 0;
    end.length = skb->len;
    end.packet_type = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
    outcome = find_outcome(entry, &end);
    if (outcome == OUTCOME_CUT)
        consumed_handle_cut(skb, SCRATCH_CONSUME_SKB);
    else if (outcome == OUTCOME_RECEIVED && entry)
        record_received_by_kernel(skb, entry);
    else if (outcome != OUTCOME_NONE)
        drop_handle(NULL, skb, end.location, outcome, SCRATCH_CONSUME_SKB);
}

#endif
