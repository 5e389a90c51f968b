/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where buffers end: drops with their reason and place, and ends that are none. */
#ifndef PKTMON_DROPS_H
#define PKTMON_DROPS_H

#include "output.h"

/* Index 0 of the texts means "not known". */
static __u32 last_location;

/* The index of the place's text, "symbol+0xoffset/0xsize [module]"; the text is made when a place
 * drops for the first time. */
static __always_inline __u32 location_of(__u64 place)
{
    static const char format[] = "%pB";
    __u32 *known = bpf_map_lookup_elem(&location_index, &place);
    char *text;
    __u32 index;

    if (known)
        return *known;
    if (last_location >= RECORD_MAX_LOCATIONS - 1) /* all are taken: it must not come round */
        return 0;
    index = __sync_fetch_and_add(&last_location, 1) + 1;
    text = bpf_map_lookup_elem(&location_texts, &index);
    if (!text)
        return 0;
    bpf_snprintf(text, RECORD_LOCATION_SIZE, format, &place, sizeof(place));
    bpf_map_update_elem(&location_index, &place, &index, BPF_ANY);
    return index;
}

/* skb->dev is a device only until a socket has the buffer; then other data lies there. A device
 * leads to a namespace whose loopback device leads back. */
static __always_inline struct net_device *device_of(const struct sk_buff *skb)
{
    struct net_device *dev = skb->dev;
    struct net *net, *back;

    if (!dev)
        return NULL;
    net = BPF_CORE_READ(dev, nd_net.net);
    back = BPF_CORE_READ(net, loopback_dev, nd_net.net);
    return net && net == back && BPF_CORE_READ(dev, ifindex) > 0 ? dev : NULL;
}

/* Sockets of these families carry no packets of the network. */
static __always_inline bool is_local_socket(const struct sock *sk)
{
    __u16 family = sk ? sk->__sk_common.skc_family : 0;

    return family == AF_UNIX || family == AF_NETLINK || family == AF_VSOCK;
}

/* What it receives are copies, for whoever listens beside the packet's way; those that wait in it
 * have no device. What it has sent belongs to it as well, for a while. */
static __always_inline bool is_packet_socket(const struct sock *sk)
{
    return sk && sk->__sk_common.skc_family == AF_PACKET;
}

/* The stack sets skb_iif on receive, some way after a driver's hand-over. */
static __always_inline __u8 drop_way(const struct sk_buff *skb, const struct journey *journey)
{
    if (skb->skb_iif)
        return journey ? journey->way : RECORD_RX;
    return journey && journey->point == RECORD_POINT_RX_LOWER ? RECORD_RX : RECORD_TX;
}

/* Fills where the drop belongs; the device's type goes to *type (0: no device). */
static __always_inline void place_drop(struct drop_key *key, const struct sk_buff *skb,
                                       const struct journey *journey, __u16 *type)
{
    struct net_device *dev = device_of(skb);
    struct sock *sk = skb->sk;

    if (dev) {
        struct device_key device = {};

        *type = BPF_CORE_READ(dev, type);
        key->net_cookie = device.net_cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie);
        key->ifindex = device.ifindex = BPF_CORE_READ(dev, ifindex);
        meet_device(&device, dev);
    } else if (sk) {
        key->net_cookie = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
    } else if (journey) {
        key->net_cookie = journey->net_cookie;
    }
    if (!dev && journey && journey->net_cookie == key->net_cookie)
        key->ifindex = journey->ifindex;
    key->way = drop_way(skb, journey);
    key->protocol = record_drop_protocol(bpf_ntohs(skb->protocol));
}

/* What the packet's journey says of the drop, once the drop is part of it. */
static __always_inline void judge_drop(struct drop_key *key, const struct sk_buff *skb)
{
    const struct journey *journey = live_journey_of(address(skb));

    if (is_packet_socket(skb->sk) && (!skb->dev || (journey && journey->copy > 1)))
        key->flags |= RECORD_SIDE;
    if (!deliveries_are_seen && shares_head(skb))
        key->flags |= RECORD_SHARED;
    if (BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type) == PACKET_LOOPBACK)
        key->flags |= RECORD_OTHERS; /* the packet itself is sent */
    if (!journey)
        return;
    if (journey->flags & JOURNEY_SIDE)
        key->flags |= RECORD_SIDE;
    if (journey->flags & JOURNEY_DELIVERED)
        key->flags |= RECORD_DELIVERED;
    if (has_others(journey))
        key->flags |= RECORD_OTHERS;
}

/* Address of the namespace that a drop belongs to, or 0. */
static __always_inline __u64 net_of(const struct sk_buff *skb)
{
    const struct net_device *dev = device_of(skb);
    const struct sock *sk = skb->sk;

    if (dev)
        return (__u64)BPF_CORE_READ(dev, nd_net.net);
    return sk ? (__u64)BPF_CORE_READ(sk, __sk_common.skc_net.net) : 0;
}

/* Of drops that have taken their entry. A global function for its own stack. */
__noinline int make_drop_counters(const struct drop_key *key)
{
    struct drop_counters none = {};
    struct drop_key drop;

    if (!key)
        return 0;
    drop = *key; /* as in make_counters() */
    if (bpf_map_update_elem(&drops, &drop, &none, BPF_NOEXIST))
        untake_entry(drop.net_cookie, RECORD_SHARE_DROPS);
    return 0;
}

/* As counters_of(). */
static __always_inline struct drop_counters *drop_counters_of(const struct drop_key *key,
                                                              const struct sk_buff *skb)
{
    struct drop_counters *found = bpf_map_lookup_elem(&drops, key);
    struct unaccounted *common;

    if (found)
        return found;
    if (take_entry(key->net_cookie, net_of(skb), RECORD_SHARE_DROPS, RECORD_MAX_DROPS)) {
        make_drop_counters(key);
        found = bpf_map_lookup_elem(&drops, key);
        if (found)
            return found;
    }
    common = not_accounted();
    if (!common)
        return NULL;
    asm volatile("" : "+r"(common)); /* 6.1: no arithmetic before it is known not to be NULL */
    return &common->drops;
}

/* Where the packet was last seen: in this buffer, or in another one that shares its head. */
static __always_inline struct journey *journey_before(const struct sk_buff *skb)
{
    struct journey *journey = live_journey_of(address(skb));

    return journey ? journey : journey_at(address(skb->head));
}

static __always_inline void count_drop(struct drop_counters *count, const struct frame *frame)
{
    /* Process and interrupt context of one CPU may count at the same time. */
    __sync_fetch_and_add(&count->packets, 1);
    __sync_fetch_and_add(&count->bytes, frame->length);
    count->newest = bpf_ktime_get_ns();
}

static __always_inline void write_drop(struct sk_buff *skb, const struct drop_key *key,
                                       const struct frame *frame, struct scratch *scratch,
                                       __u32 copied, struct drop_counters *count)
{
    struct packet_record *record = &scratch->record;

    record->reason = key->reason;
    record->location = key->location;
    record->hook = key->hook;
    record->flags |= key->flags;
    if (!config.record_drops || is_left_out(record, GROUP_UNTOLD) ||
        put_record(skb, frame, scratch, copied, false))
        return;
    __sync_fetch_and_add(&count->lost, 1);
    note_lossy(&scratch->sight, record->group);
}

/* Nothing is known of a packet that is not followed, but where it ends. */
static __always_inline int count_unfollowed(struct drop_key *key, const struct sk_buff *skb,
                                            __u64 location, const struct frame *frame)
{
    struct drop_counters *count;

    if (is_packet_socket(skb->sk) && !skb->dev)
        key->flags |= RECORD_SIDE;
    key->unfollowed = 1;
    key->location = location_of(location);
    count = drop_counters_of(key, skb);
    if (count)
        count_drop(count, frame);
    return 0;
}

static __always_inline int dropped(struct sk_buff *skb, __u64 location, __u32 reason)
{
    struct scratch *scratch = scratch_of(SCRATCH_KFREE_SKB);
    struct journey *before = journey_before(skb);
    struct drop_key key = {.reason = reason};
    struct place place = {.point = RECORD_POINT_DROP};
    struct drop_counters *count;
    struct frame frame;
    __u64 group = 0;
    __u16 type = 0;
    __u8 hook = 0;
    __u32 copied;

    place_drop(&key, skb, before, &type);
    /* Neither seen before, nor of a device, nor of a protocol: no packet of the network. */
    if (!scratch || (!before && !key.ifindex && !skb->protocol) || !carries_packets(type))
        return 0;
    if (before && before->flags & JOURNEY_IN_HOOK) {
        group = before->group;
        hook = before->point;
    }
    frame_dropped(&frame, skb, type);
    place.key.net_cookie = key.net_cookie;
    place.key.ifindex = key.ifindex;
    place.way = key.way;
    if (!is_followed(scratch, skb, skb, &frame))
        return count_unfollowed(&key, skb, location, &frame);
    copied = look(scratch, skb, skb, &frame, &place);
    track(&scratch->record, &scratch->sight);
    if (is_unwanted(&scratch->record))
        return count_unfollowed(&key, skb, location, &frame);
    judge_drop(&key, skb);
    key.way = scratch->record.way;
    key.hook = scratch->record.group == group ? hook : 0;
    key.location = location_of(location);
    count = drop_counters_of(&key, skb);
    if (!count)
        return 0;
    count_drop(count, &frame);
    write_drop(skb, &key, &frame, scratch, copied, count);
    return 0;
}

/* Since 6.3 kfree_skb also tells of ends that are no drops. */
static __always_inline bool is_no_drop(__u32 reason)
{
    if (reason == SKB_NOT_DROPPED_YET)
        return true;
    return bpf_core_enum_value_exists(enum skb_drop_reason, SKB_CONSUMED) &&
           reason == bpf_core_enum_value(enum skb_drop_reason, SKB_CONSUMED);
}

/*
 * A buffer ended, and all was well. Where it was received, no socket took it and nothing else
 * carries its packet, the kernel itself was the receiver, or is done with it.
 */
static __always_inline void consumed(struct sk_buff *skb, struct journey *journey)
{
    struct scratch *scratch;
    struct place place = {.point = RECORD_POINT_CONSUMED, .way = RECORD_RX};
    struct frame frame;
    __u32 copied;

    if (!journey->group || journey->flags & (JOURNEY_ENDED | JOURNEY_DELIVERED | JOURNEY_SIDE) ||
        journey->head != address(skb->head) || journey->way != RECORD_RX || journey->number ||
        has_others(journey))
        return;
    /* Merged with others as it was received, it ends when they do. */
    if (config.upper_edges && journey->point == RECORD_POINT_RX_LOWER)
        return;
    scratch = scratch_of(SCRATCH_CONSUME_SKB);
    if (!scratch || !config.record_flow || !is_wanted(journey->net_cookie))
        return;
    place.key.net_cookie = journey->net_cookie;
    frame_dropped(&frame, skb, 0);
    if (config.filtered)
        scratch->filters = 0;
    copied = look(scratch, skb, skb, &frame, &place);
    /* Cut into segments, which go on; or merged, which is not seen at driver edges alone. */
    if (scratch->sight.segment_size || (scratch->sight.content.flow && !config.upper_edges))
        return;
    end_well(journey);
    go_on(journey, &scratch->record, &scratch->sight);
    if (scratch->record.group & GROUP_LEFT_OUT || put_record(skb, &frame, scratch, copied, true))
        return;
    count_unaccounted();
    note_lossy(&scratch->sight, scratch->record.group);
}

#endif
