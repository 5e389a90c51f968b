/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule_*: the rules by which an observation belongs to the packet of a tracking entry. */
#ifndef PKTMON_EBPF_BPF_TRACK_RULES_H
#define PKTMON_EBPF_BPF_TRACK_RULES_H

#include "entry-table.h"
#include "model/device-kind-table.h"

/* The least that the receive path of a stacked device of this kind takes off the frame, bytes; 0:
 * nothing. */
static __noinline int find_min_header(__u64 device)
{
    const struct net_device *dev = (const void *)device;
    const char *kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);
    char name[DEVICE_KIND_PREFIX] = {};

    if (!kind || bpf_probe_read_kernel_str(name, sizeof(name), kind) < 0)
        return 0;
    switch (name[0]) {
        DEVICE_KIND_LETTERS(name)
    }
    return 0;
}

/* Whether the device decrypts what it receives. Global function, see content_read(). */
__noinline int rule_device_decrypts(__u64 device)
{
    const struct net_device *dev = (const void *)device;
    const char *kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);
    char name[DEVICE_KIND_PREFIX] = {};

    if (!kind || bpf_probe_read_kernel_str(name, sizeof(name), kind) < 0)
        return 0;
    return DEVICE_KIND_DECRYPTS(name);
}

/* The entry is of a received fragment, and the skb holds the whole datagram: in the memory of the
 * first fragment, and in the skb of the fragment that came last. */
static __always_inline bool rule_is_reassembled(const struct track_entry *entry,
                                                const struct observation *obs)
{
    return entry->number && !(entry->flags & ENTRY_SEGMENT) && entry->direction == RECORD_RX &&
           !obs->content.fragment;
}

/* An skb may be dropped anywhere, and its packet may have been changed in any way since the last
 * observation. */
static __always_inline bool is_continuation_at_drop(const struct track_entry *entry,
                                                    const struct packet_record *now,
                                                    const struct observation *obs)
{
    if (entry->point == RECORD_POINT_SOCKET) /* nothing is changed there */
        return false;
    if (rule_is_reassembled(entry, obs)) /* IPv6 does so behind its last hook */
        return entry->net_cookie == now->net_cookie && obs->skb_iif;
    if (entry->head != obs->head && entry->direction == RECORD_RX && obs->skb_iif)
        return false;
    /* The stack sets skb_iif on receive. Without it the skb was not received, unless the drop's
     * direction is known otherwise (find_drop_direction()). */
    return obs->skb_iif || entry->direction == RECORD_TX || now->direction == RECORD_RX;
}

/* A driver gets the packet: from the stack, or again after it was busy. */
static __always_inline bool is_continuation_at_driver(const struct track_entry *entry,
                                                      bool same_skb, bool same_device,
                                                      bool same_content)
{
    if (entry->direction == RECORD_RX)
        return same_content;
    return !same_device || entry->point != RECORD_POINT_TX_LOWER || same_skb;
}

/* A device receives the packet: from its peer, or from a lower device. */
static __always_inline bool is_continuation_at_device(const struct track_entry *entry,
                                                      const struct observation *obs, bool same_skb,
                                                      bool same_device, bool same_content)
{
    __u32 least;

    if (entry->direction == RECORD_TX)
        return same_content || entry->point == RECORD_POINT_TX_LOWER;
    if (same_device)
        return !same_skb;
    if (same_content)
        return true;
    if (obs->mac_offset < entry->mac_offset + DEVICE_MACSEC_LEN)
        return false;
    least = find_min_header(obs->device);
    return least && obs->mac_offset >= entry->mac_offset + least;
}

/* No packet is first seen at these hooks, so the skb was not recycled. A route that adds a header
 * (segment routing) may have needed a larger head. */
static __always_inline bool is_next_hook(const struct track_entry *entry,
                                         const struct packet_record *now)
{
    return entry->point >= RECORD_POINT_PREROUTING &&
           (now->point == RECORD_POINT_FORWARD || now->point == RECORD_POINT_POSTROUTING);
}

/* Between devices and sockets; the order of enum record_point is the packet's path. */
static __always_inline bool is_continuation_in_stack(const struct track_entry *entry,
                                                     const struct packet_record *now,
                                                     const struct observation *obs,
                                                     bool same_content)
{
    if (same_content)
        return true;
    return entry->net_cookie == now->net_cookie && now->point > entry->point &&
           (entry->head == obs->head || entry->number != 0 || is_next_hook(entry, now));
}

/* netfilter makes duplicates from inside a hook. (The hook of another namespace may hold what TCP
 * retransmits here.) */
static __always_inline bool rule_is_in_hook(const struct track_entry *entry,
                                            const struct packet_record *now)
{
    return entry->flags & ENTRY_IN_HOOK && entry->net_cookie == now->net_cookie;
}

/* IPsec decrypts a packet in place and returns it to the device or the hook where it was. The skb
 * counts this (sec_path); the count of a recycled skb starts at 0. */
static __always_inline bool is_unwrapped(const struct track_entry *entry,
                                         const struct packet_record *now,
                                         const struct observation *obs)
{
    return obs->unwrapped > entry->unwrapped && now->direction == RECORD_RX &&
           entry->direction == RECORD_RX && entry->net_cookie == now->net_cookie;
}

/*
 * Returns whether the observation (now, obs) continues the entry's packet. same_skb: in the entry's
 * skb; otherwise in one that shares its head or holds the same. Global function, see
 * content_read().
 */
__noinline int rule_is_continuation(const struct track_entry *entry,
                                    const struct packet_record *now, const struct observation *obs,
                                    int same_skb)
{
    bool same_content, same_device;

    if (!entry || !now || !obs)
        return 0;
    same_content = entry->signature == obs->content.signature;
    if (!same_skb && !same_content)
        return 0;
    if (now->point == RECORD_POINT_DROP)
        return same_content || is_continuation_at_drop(entry, now, obs);
    if (same_skb && is_unwrapped(entry, now, obs))
        return 1;
    same_device = entry->ifindex == now->ifindex && entry->net_cookie == now->net_cookie;
    /* A looped-back copy of multicast may be observed before the packet itself, where no hook is
     * observed. */
    if (!same_skb && same_device && obs->content.multicast && obs->skb_iif == 0 &&
        (now->point == RECORD_POINT_TX_LOWER || now->point == RECORD_POINT_TX_UPPER) &&
        entry->direction == RECORD_RX)
        return entry->head == obs->head;
    if (entry->point == RECORD_POINT_SOCKET) /* a packet does not leave a socket's queue */
        return same_content && now->point == RECORD_POINT_SOCKET;
    /* Forwarded: what changes its content (a helper of address translation) keeps its head. */
    if (now->direction == RECORD_TX && entry->direction == RECORD_RX && !same_content &&
        entry->head != obs->head)
        return 0;
    /* About to be sent, but never received (skb_iif): another packet than the received one. */
    if (now->direction == RECORD_TX && entry->direction == RECORD_RX && obs->skb_iif == 0)
        return 0;
    switch (now->point) {
    case RECORD_POINT_RX_LOWER:
        return is_continuation_at_device(entry, obs, same_skb, same_device, same_content);
    case RECORD_POINT_RX_UPPER:
        return same_device ? entry->point == RECORD_POINT_RX_LOWER : same_content;
    case RECORD_POINT_TX_UPPER: /* no packet passes one edge of a device twice */
        return !same_device || entry->direction == RECORD_RX ||
               entry->point > RECORD_POINT_QDISC_OUT;
    case RECORD_POINT_TX_LOWER:
        return is_continuation_at_driver(entry, same_skb, same_device, same_content);
    case RECORD_POINT_QDISC_IN:
    case RECORD_POINT_QDISC_OUT:
        return entry->direction == RECORD_TX;
    case RECORD_POINT_OUTPUT: /* a duplicate, or the outer packet of a tunnel or of IPsec */
        return rule_is_in_hook(entry, now) || entry->direction == RECORD_RX ||
               (same_skb && (entry->point == RECORD_POINT_TX_LOWER ||
                             entry->point == RECORD_POINT_POSTROUTING));
    default:
        return is_continuation_in_stack(entry, now, obs, same_content);
    }
}

#endif
