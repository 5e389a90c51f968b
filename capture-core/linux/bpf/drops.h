/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where buffers end: drops with their reason and place, and ends that are none. */
#ifndef PKTMON_DROPS_H
#define PKTMON_DROPS_H

#include "journey.h"
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
        if (!bpf_map_lookup_elem(&devices, &device))
            describe_device(&device, dev);
    } else if (sk) {
        key->net_cookie = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
    } else if (journey) {
        key->net_cookie = journey->net_cookie;
    }
    if (!dev && journey && journey->net_cookie == key->net_cookie)
        key->ifindex = journey->ifindex;
    key->way = drop_way(skb, journey);
    key->protocol = bpf_ntohs(skb->protocol);
    key->flags = shares_head(skb) ? RECORD_OTHERS : 0;
}

static __always_inline struct drop_counters *drop_counters_of(const struct drop_key *key)
{
    struct drop_counters *found = bpf_map_lookup_elem(&drops, key);
    struct drop_counters none = {};

    if (found)
        return found;
    bpf_map_update_elem(&drops, key, &none, BPF_NOEXIST);
    found = bpf_map_lookup_elem(&drops, key);
    if (!found) {
        struct unaccounted *missed = not_accounted();
        if (missed)
            __sync_fetch_and_add(&missed->drops, 1);
    }
    return found;
}

static __always_inline void record_drop(struct sk_buff *skb, const struct drop_key *key,
                                        const struct frame *frame, struct drop_counters *count,
                                        struct scratch *scratch)
{
    struct packet_record *record = begin_record(scratch, skb, frame);
    __u32 copied;

    record->net_cookie = key->net_cookie;
    record->ifindex = key->ifindex;
    record->reason = key->reason;
    record->location = key->location;
    record->point = RECORD_POINT_DROP;
    record->way = key->way;
    record->flags |= key->flags;
    copied = copy_start(frame, scratch);
    track_frame(scratch, skb, frame, copied);
    if (!put_record(skb, frame, scratch, copied, false))
        __sync_fetch_and_add(&count->lost, 1);
}

static __always_inline int dropped(struct sk_buff *skb, __u64 place, __u32 reason)
{
    __u64 head = address(skb->head);
    struct journey *journey = journey_at(head);
    struct drop_key key = {.reason = reason};
    struct drop_counters *count;
    struct scratch *scratch;
    struct frame frame;
    __u16 type = 0;

    place_drop(&key, skb, journey, &type);
    /* Neither seen before, nor of a device, nor of a protocol: no packet of the network. */
    if (!journey && !key.ifindex && !key.protocol)
        return 0;
    if (!carries_packets(type))
        return 0;
    key.location = location_of(place);
    frame_dropped(&frame, skb, type);
    count = drop_counters_of(&key);
    if (!count)
        return 0;
    /* Process and interrupt context of one CPU may count at the same time. */
    __sync_fetch_and_add(&count->packets, 1);
    __sync_fetch_and_add(&count->bytes, frame.length);
    count->newest = bpf_ktime_get_ns();
    scratch = scratch_of(SCRATCH_KFREE_SKB);
    if (config.record_drops && scratch && is_wanted(key.net_cookie))
        record_drop(skb, &key, &frame, count, scratch);
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

#endif
