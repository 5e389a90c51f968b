/* SPDX-License-Identifier: GPL-2.0-or-later */
/* freed_*: frees like those of dropped packets that are not drops: packets that a NIC has sent,
 * which some drivers free so, packets that the kernel itself received, and TCP's probes. */
#ifndef PKTMON_EBPF_BPF_TRACK_KFREE_OUTCOME_H
#define PKTMON_EBPF_BPF_TRACK_KFREE_OUTCOME_H

#include "drops.h"
#include "neighbour-messages.h"

#define BPDU_AT     3 /* behind the LLC header */
#define BPDU_CONFIG 0x00
#define BPDU_CHANGE 0x80

/* --- sent by a NIC --- */

/* The driver of a NIC may have the packet. Where no filter matched it, this is decided by its
 * device: skb_iif is the ifindex of the device that received it. */
static __always_inline bool is_at_nic(const struct sk_buff *skb, const struct track_entry *entry)
{
    const struct net_device *dev;

    if (entry)
        return entry->flags & ENTRY_LEAVES;
    dev = skb_find_device(skb);
    return dev && skb->protocol && !BPF_CORE_READ(dev, rtnl_link_ops) &&
           BPF_CORE_READ(dev, type) != ARPHRD_LOOPBACK &&
           BPF_CORE_READ(dev, ifindex) != skb->skb_iif;
}

/* Returns what led to the free: the first kind that decides, from the innermost function outward.
 * Global function, see content_read(). */
__noinline __u32 find_end_kind(const struct callers *all)
{
    if (!all)
        return END_NOT_KNOWN;
    for (__u32 i = 0; i < CALLERS_FRAMES && all->taken[i]; i++) {
        __u32 kind = location_end_kind(all->taken[i]);

        if (kind == END_IN_STACK || kind == END_BY_NIC)
            return kind;
        if (kind == END_OUTSIDE)
            break;
    }
    return END_NOT_KNOWN;
}

/* Whether a driver frees the skb because its NIC has sent it (END_BY_NIC), and does not drop it
 * while the stack hands it over (END_IN_STACK). A location where the first was so is remembered. */
static __always_inline bool is_tx_completion(void *context, __u64 location, bool tracked)
{
    __u32 zero = 0, index = location_find(location), kind = end_find_kind(index), by;
    struct callers *all = bpf_map_lookup_elem(&callers, &zero);

    if (kind == END_SENT)
        return true;
    if (!all || !callers_may_walk(all, true))
        return false;
    __builtin_memset(all->taken, 0, sizeof(all->taken));
    if (bpf_get_stack(context, all->taken, sizeof(all->taken), 0) <= 0)
        return false;
    by = find_end_kind(all);
    if (by == END_BY_NIC && kind == END_NOT_KNOWN && index)
        end_kinds[index & (RECORD_MAX_LOCATIONS - 1)] = END_SENT;
    return by == END_BY_NIC || (tracked && by != END_IN_STACK);
}

static __always_inline bool was_sent(void *context, const struct sk_buff *skb, __u64 location)
{
    const struct track_entry *entry = entries_find_live(address(skb));
    const struct last_skbs *last = last_skbs_get();

    if (entry && (!entry->group || entry->head != address(skb->head)))
        entry = NULL;
    if (!last || !is_at_nic(skb, entry))
        return false;
    return (entry && last->sending != address(skb)) ||
           is_tx_completion(context, location, entry != NULL);
}

/* --- received by the kernel --- */

/* A bridge with a spanning tree has received the message. The kernel knows the first version
 * only. */
static __always_inline bool is_bpdu_for_bridge(const struct sk_buff *skb)
{
    const struct net_device *dev = skb_find_device(skb);
    __u8 message[4] = {};

    if (!dev || !(BPF_CORE_READ_BITFIELD_PROBED(dev, priv_flags) &
                  bpf_core_enum_value(enum netdev_priv_flags, IFF_BRIDGE_PORT)))
        return false;
    bpf_probe_read_kernel(message, sizeof(message),
                          BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header) + BPDU_AT);
    return !message[0] && !message[1] && !message[2] &&
           (message[3] == BPDU_CONFIG || message[3] == BPDU_CHANGE);
}

/* skb_addr: address. Global function, see content_read(). */
__noinline int is_received(__u64 skb_addr, __u64 location)
{
    const struct sk_buff *skb = (const void *)skb_addr;

    switch (location_end_kind(location)) {
    case END_BPDU:
        return is_bpdu_for_bridge(skb);
    case END_KEEPALIVE: /* one byte, to keep a NAT mapping alive */
        return BPF_CORE_READ(skb, len) == UDP_HLEN + 1;
    case END_ICMPV6:
        return neighbour_is_handled(skb_addr);
    default:
        return 0;
    }
}

/* --- TCP's probes --- */

#define TCP_ENDS_FLAGS 0x07 /* FIN, SYN, RST */

/* Whether TCP frees for this reason what is older than the next byte that it expects. *payload: so
 * many bytes at most may be in a probe. Before 6.6, the reason is also that of segments beyond the
 * window, of which a byte would be lost. */
static __always_inline bool is_old_sequence(__u32 reason, __u32 *payload)
{
    if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_TCP_OLD_SEQUENCE)) {
        *payload = 1;
        return reason ==
               bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_TCP_OLD_SEQUENCE);
    }
    *payload = 0;
    return bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_TCP_INVALID_SEQUENCE) &&
           reason ==
               bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_TCP_INVALID_SEQUENCE);
}

/* A probe of an idle connection (keepalive) or of a zero window has an old sequence number, for
 * which TCP answers it, and carries nothing, or a byte that TCP has. skb_addr: address. Global
 * function, see content_read(). */
__noinline int is_probe(__u64 skb_addr, __u32 payload)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    __u32 header = read_segment_header(skb);
    __u64 segment = address(BPF_CORE_READ(skb, head)) + BPF_CORE_READ(skb, transport_header);

    return header >= TCP_MIN_HEADER && BPF_CORE_READ(skb, len) - header <= payload &&
           !(kernel_read_byte(segment + TCP_FLAGS_OFFSET) & TCP_ENDS_FLAGS);
}

/* Returns the given reason, or what it should be where none was given. */
static __always_inline __u32 freed_find_reason(void *context, const struct sk_buff *skb,
                                               __u64 location, __u32 reason)
{
    __u32 payload;

    if (is_old_sequence(reason, &payload))
        return is_probe(address(skb), payload) ? RECORD_REASON_RECEIVED : reason;
    if (!end_is_unspecified(reason))
        return reason;
    if (was_sent(context, skb, location))
        return SKB_NOT_DROPPED_YET;
    return is_received(address(skb), location) ? RECORD_REASON_RECEIVED : reason;
}

#endif
