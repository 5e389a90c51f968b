/* SPDX-License-Identifier: GPL-2.0-or-later */
/* drop_*: drops with their reason and location, their records and their counters. */
#ifndef PKTMON_EBPF_BPF_TRACK_DROPS_H
#define PKTMON_EBPF_BPF_TRACK_DROPS_H

#include "../lib/skb.h"
#include "../lib/sock.h"
#include "drop-callers.h"
#include "packet-family.h"
#include "hook-entries.h"
#include "observe.h"
#include "listener-offers.h"
#include "track.h"

/* The stack sets skb_iif on receive, a little later than the driver hands over the packet;
 * WireGuard clears it. */
static __always_inline __u8 find_drop_direction(__u32 skb_iif, const struct track_entry *entry,
                                                __u32 reason)
{
    if (reason == RECORD_REASON_WIREGUARD)
        return RECORD_RX;
    if (skb_iif)
        return entry ? entry->direction : RECORD_RX;
    return entry && entry->point == RECORD_POINT_RX_LOWER ? RECORD_RX : RECORD_TX;
}

/* Sets what the tracking entry says of the drop's place, where the device does not. entry: may be
 * NULL. Global function, see content_read(). */
__noinline int place_by_entry(struct drop_key *key, const struct track_entry *entry, __u32 skb_iif)
{
    if (!key)
        return 0;
    if (!key->net_cookie && entry)
        key->net_cookie = entry->net_cookie;
    if (!key->ifindex && entry && entry->net_cookie == key->net_cookie)
        key->ifindex = entry->ifindex;
    key->direction = find_drop_direction(skb_iif, entry, key->reason);
    return 0;
}

/* Sets the drop's namespace, device and direction. *type: the device's type; 0: no device. */
static __always_inline void drop_place(struct drop_key *key, const struct sk_buff *skb,
                                       const struct track_entry *entry, __u16 *type)
{
    struct net_device *dev = skb_find_device(skb);
    struct sock *sk = BPF_CORE_READ(skb, sk);

    if (dev) {
        struct device_key device = {};

        *type = BPF_CORE_READ(dev, type);
        key->net_cookie = device.net_cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie);
        key->ifindex = device.ifindex = BPF_CORE_READ(dev, ifindex);
        device_describe_once(&device, dev);
    } else if (sk) {
        key->net_cookie = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
    }
    place_by_entry(key, entry, skb->skb_iif);
}

/* Sets the flags of a drop that is part of a tracked packet, and ends the packet's entry. skb_addr:
 * address. Global function, see content_read(). */
__noinline int flag_tracked_drop(struct drop_key *key, __u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    struct track_entry *entry = entries_find_live(skb_addr);
    const struct sock *sk = BPF_CORE_READ(skb, sk);
    __u8 type = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
    bool refused;

    if (!key)
        return 0;
    if (sock_is_packet(sk) && (!BPF_CORE_READ(skb, dev) || (entry && entry->copy > 1)))
        key->flags |= RECORD_SIDE;
    if (!deliveries_are_seen)
        key->flags |= RECORD_DELIVERY_UNKNOWN;
    if (type == PACKET_LOOPBACK)
        key->flags |= RECORD_OTHERS;   /* the packet itself is sent */
    if (type == PACKET_OUTGOING && sk) /* skb_set_err_queue() marks a socket's error queue so */
        key->flags |= RECORD_DELIVERED;
    if (!entry)
        return 0;
    if (entry->flags & ENTRY_SIDE)
        key->flags |= RECORD_SIDE;
    if (entry->flags & ENTRY_DELIVERED)
        key->flags |= RECORD_DELIVERED;
    /* PACKET_HOST is the receiver's own copy. */
    refused = family_was_refused(entry) && type != PACKET_HOST;
    if (end_is_refusal(key)) /* before it ends: another CPU may end the last skb meanwhile */
        family_mark_refused(entry);
    if (key->reason == RECORD_REASON_RECEIVED)
        family_mark_good(entry);
    if (family_end_member(entry) || refused)
        key->flags |= RECORD_OTHERS;
    return 0;
}

/* Address of the drop's namespace, or 0. skb_addr: address. Global function, see content_read(). */
__noinline __u64 find_net(__u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    const struct net_device *dev = skb_find_device(skb);
    const struct sock *sk = BPF_CORE_READ(skb, sk);

    if (dev)
        return (__u64)BPF_CORE_READ(dev, nd_net.net);
    return sk ? (__u64)BPF_CORE_READ(sk, __sk_common.skc_net.net) : 0;
}

/* For a drop key that has taken its entry. A global function, for a stack of its own. */
__noinline int make_drop_counters(const struct drop_key *key)
{
    struct drop_counters none = {};
    struct drop_key drop;

    if (!key)
        return 0;
    drop = *key; /* see counters_make() */
    if (bpf_map_update_elem(&drops, &drop, &none, BPF_NOEXIST))
        share_undo_entry(drop.net_cookie, RECORD_SHARE_DROPS);
    return 0;
}

/* Like counters_get(). net: address of the namespace, or 0. */
static __always_inline struct drop_counters *drop_get_counters(const struct drop_key *key,
                                                               __u64 net)
{
    struct drop_counters *found = bpf_map_lookup_elem(&drops, key);
    struct unaccounted *common;

    if (found)
        return found;
    if (share_take_entry(key->net_cookie, net, RECORD_SHARE_DROPS, RECORD_MAX_DROPS)) {
        make_drop_counters(key);
        found = bpf_map_lookup_elem(&drops, key);
        if (found)
            return found;
    }
    common = counters_get_unaccounted();
    if (!common)
        return NULL;
    asm volatile("" : "+r"(common)); /* 6.1: no arithmetic before the NULL check */
    return &common->drops;
}

/* The packet's last observation: in this skb, or in another one that shares its head. (An empty skb
 * proves nothing: its head may have been recycled.) */
static __always_inline struct track_entry *find_last_entry(const struct sk_buff *skb)
{
    struct track_entry *entry = entries_find_live(address(skb));

    return entry || !skb->len ? entry : heads_find_entry(address(skb->head));
}

/*
 * Whether the skb is not a packet but a message, such as netlink's: without device, protocol or
 * network socket. Its memory may have been that of a packet whose end was not seen; that packet's
 * entry is not the message's. An empty skb is not a message: it may be a WireGuard keepalive, which
 * has neither bytes nor protocol left. skb_addr: address. Global function, see content_read().
 */
__noinline int drop_is_message(__u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    const struct sock *sk = BPF_CORE_READ(skb, sk);
    __u16 family = 0;

    if (!BPF_CORE_READ(skb, len) || BPF_CORE_READ(skb, protocol) || skb_find_device(skb))
        return 0;
    if (sk)
        family = BPF_CORE_READ(sk, __sk_common.skc_family);
    return family != AF_INET && family != AF_INET6 && family != AF_PACKET;
}

static __always_inline void drop_count(struct drop_counters *count, __u64 packets, __u64 bytes)
{
    /* Process and interrupt context of one CPU may count at the same time. */
    __sync_fetch_and_add(&count->packets, packets);
    __sync_fetch_and_add(&count->bytes, bytes);
    count->newest = bpf_ktime_get_ns();
}

static __always_inline void write_drop_record(struct sk_buff *skb, const struct drop_key *key,
                                              const struct frame *frame, struct scratch *scratch,
                                              __u32 copied, struct drop_counters *count)
{
    struct packet_record *record = &scratch->record;

    record->reason = key->reason;
    record->location = key->location;
    record->hook = key->hook;
    record->stack = key->stack;
    record->flags |= key->flags;
    if (!config.record_drops || record_is_left_out(record, GROUP_SILENT))
        return;
    recorded_cut(record);
    if (ring_put_record(skb, frame, scratch, copied, false))
        return;
    counters_add_lost(&count->lost);
    family_mark_incomplete(&scratch->obs, record->group);
}

/* Reasons that do not say where the drop happened. */
static __always_inline bool needs_stack(__u32 reason)
{
    return end_is_unspecified(reason) ||
           reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NETFILTER_DROP);
}

/* What was known of the packet before its drop. */
struct before_drop {
    __u64 group; /* 0: it was not in a hook */
    __u32 hook;  /* struct drop_likeness */
    __u8 inside; /* the hook that it was in, as a point */
    __u8 left;   /* the hook that it left last; 0: none */
    __u8 point;  /* of the last observation */
};

/* skb: address; entry: may be NULL. Global function, see content_read(). */
__noinline int read_before_drop(struct before_drop *before, __u64 skb,
                                const struct track_entry *entry)
{
    const struct last_skbs *last = last_skbs_get();
    struct nesting *nested = nesting_get();

    if (!before)
        return 0;
    if (entry)
        before->point = entry->point;
    if (entry && entry->flags & ENTRY_IN_HOOK) {
        before->group = entry->group;
        before->inside = entry->point;
    }
    if (!nested || !last)
        return 0;
    before->hook = hook_take_entered(nested, skb);
    before->left = hook_find_left(skb, entry, last, before->hook != 0);
    if (!before->hook)
        before->hook = (__u32)before->left << 16;
    return 0;
}

/* Finds the functions that led to a drop of such a reason. context: of the program. net: address of
 * its namespace, or 0. */
static __always_inline void find_drop_callers(void *context, struct drop_key *key, __u64 location,
                                              __u64 net, const struct before_drop *before)
{
    const struct drop_likeness likeness = {.net_cookie = key->net_cookie,
                                           .ifindex = key->ifindex,
                                           .reason = key->reason,
                                           .location = key->location,
                                           .hook = before->hook,
                                           .protocol = key->protocol,
                                           .point = before->point};

    key->stack = callers_find_stack(context, location, net, &likeness);
    if (!key->stack || key->stack == RECORD_STACK_REFUSED || !before->left)
        return;
    key->hook = before->left;
    key->flags |= RECORD_LEAVES;
}

/* Makes the drop an observation of the packet. Returns false if the packet is not tracked. */
static __always_inline bool track_drop(struct drop_key *key, struct sk_buff *skb,
                                       const struct frame *frame, struct scratch *scratch,
                                       __u32 *copied)
{
    struct observe_place place = {.point = RECORD_POINT_DROP,
                                  .direction = key->direction,
                                  .key = {.net_cookie = key->net_cookie, .ifindex = key->ifindex}};

    if (!match_packet(scratch, skb, skb, frame))
        return false;
    *copied = observe_skb(scratch, skb, skb, frame, &place);
    track_packet(&scratch->record, &scratch->obs);
    if (record_is_unmatched(&scratch->record))
        return false;
    flag_tracked_drop(key, address(skb));
    key->direction = scratch->record.direction;
    return true;
}

/* Of a packet that is not tracked, only the end is known. */
static __always_inline void flag_untracked_drop(struct drop_key *key, const struct sk_buff *skb)
{
    if (sock_is_packet(skb->sk) && !skb->dev)
        key->flags |= RECORD_SIDE;
    key->untracked = 1;
}

/*
 * Whether the skb is not a network packet: it has no protocol, and either no bytes (like the skb
 * that tests a new NAPI), or no device and no entry, or is a message. An entry at its address
 * proves nothing: the end of the packet before may not have been seen.
 */
static __always_inline bool is_no_packet(const struct sk_buff *skb, const struct track_entry *entry,
                                         const struct drop_key *key)
{
    if (skb->protocol)
        return false;
    if (!skb->len)
        return true;
    return entry ? drop_is_message(address(skb)) : !key->ifindex;
}

/* context: of the program; NULL: the reason needs no stack. */
static __always_inline int drop_handle(void *context, struct sk_buff *skb, __u64 location,
                                       __u32 reason, __u32 slot)
{
    struct scratch *scratch = scratch_get(slot);
    struct track_entry *entry = find_last_entry(skb);
    struct drop_key key = {.reason = reason};
    struct before_drop before = {};
    struct drop_counters *count;
    struct frame frame;
    __u32 copied = 0;
    __u16 type = 0;
    bool tracked;
    __u64 net;

    drop_place(&key, skb, entry, &type);
    if (!scratch || !device_carries_packets(type) || is_no_packet(skb, entry, &key))
        return 0;
    read_before_drop(&before, address(skb), entry);
    frame_fill_dropped(&frame, skb, type);
    key.location = location_find(location);
    if (end_find_kind(key.location) == END_PART)
        return 0;
    tracked = track_drop(&key, skb, &frame, scratch, &copied);
    if (!tracked)
        flag_untracked_drop(&key, skb);
    key.protocol = record_drop_protocol(tracked ? scratch->record.protocol : frame.protocol);
    net = find_net(address(skb));
    if (context && end_is_unspecified(reason))
        end_flag_segment(&key, address(skb));
    if (before.inside && tracked && scratch->record.group == before.group)
        key.hook = before.inside;
    else if (context && needs_stack(reason))
        find_drop_callers(context, &key, location, net, &before);
    count = drop_get_counters(&key, net);
    if (!count)
        return 0;
    /* A drop that is subtracted from a hook's "out" counts the bytes that were counted there. */
    drop_count(count, 1, key.flags & RECORD_LEAVES ? frame_network_length(&frame) : frame.length);
    if (tracked)
        write_drop_record(skb, &key, &frame, scratch, copied, count);
    return 0;
}

/* Since Linux 6.3, kfree_skb also reports frees that are not drops. */
static __always_inline bool drop_is_consumed(__u32 reason)
{
    if (reason == SKB_NOT_DROPPED_YET)
        return true;
    return bpf_core_enum_value_exists(enum skb_drop_reason, SKB_CONSUMED) &&
           reason == bpf_core_enum_value(enum skb_drop_reason, SKB_CONSUMED);
}

#endif
