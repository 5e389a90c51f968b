/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offer_*: SYNs that listeners get. The kernel frees the SYN without a reason, whether the listener
 * answers it or not. All of this happens on one CPU without another packet in between: if the CPU's
 * counter of refused SYNs has grown between the offer and the end, the listener refused this one.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_LISTENER_OFFERS_H
#define PKTMON_EBPF_BPF_TRACK_LISTENER_OFFERS_H

#include "own-flows.h"

/* A listener got a SYN. */
static bool offers_exist;

static __always_inline struct offer *offer_get(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&offers, &zero);
}

/* The offset of this CPU's per-CPU memory from the pointers to it. Taken from our own per-CPU
 * array, of which this is the first entry. */
static __always_inline __u64 find_percpu_offset(const struct offer *offer)
{
    const struct bpf_array *array = (const void *)address(&offers);

    return address(offer) - (__u64)BPF_CORE_READ(array, pptrs[0]);
}

static __always_inline __u64 read_statistic(__u64 statistics, __u16 index)
{
    unsigned long value = 0;

    bpf_probe_read_kernel(&value, sizeof(value),
                          (const void *)(statistics + index * sizeof(value)));
    return value;
}

static __always_inline bool offer_is_syn(const struct sk_buff *skb)
{
    __u8 flags = kernel_read_byte(address(skb->head) + skb->transport_header + TCP_FLAGS_OFFSET);

    return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* skb: address; net: address of the listener's namespace. */
static __always_inline void offer_note(__u64 skb, __u64 net)
{
    struct offer *offer = offer_get();
    struct netns_mib *counters = &((struct net *)net)->mib;

    if (!offer || !config.listen_drops)
        return;
    offer->statistics = (__u64)BPF_CORE_READ(counters, net_statistics) + find_percpu_offset(offer);
    offer->drops = read_statistic(offer->statistics, config.listen_drops);
    offer->overflows = read_statistic(offer->statistics, config.listen_overflows);
    offer->skb = skb;
    offers_exist = true;
}

static __always_inline __u32 find_overflow_reason(void)
{
    if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_TCP_LISTEN_OVERFLOW))
        return bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_TCP_LISTEN_OVERFLOW);
    return RECORD_REASON_LISTEN_OVERFLOW;
}

static __always_inline bool offer_is_pending(__u64 skb)
{
    const struct offer *offer = offers_exist ? offer_get() : NULL;

    return offer && offer->skb == skb;
}

/* Returns why the listener refused the SYN that ends here, and forgets the offer;
 * SKB_NOT_DROPPED_YET: it did not refuse it. */
static __always_inline __u32 offer_take_reason(__u64 skb)
{
    struct offer *offer = offer_get();

    if (!offer || offer->skb != skb)
        return SKB_NOT_DROPPED_YET;
    offer->skb = 0;
    if (read_statistic(offer->statistics, config.listen_drops) == offer->drops)
        return SKB_NOT_DROPPED_YET;
    return read_statistic(offer->statistics, config.listen_overflows) == offer->overflows
               ? RECORD_REASON_LISTEN_DROP
               : find_overflow_reason();
}

#endif
