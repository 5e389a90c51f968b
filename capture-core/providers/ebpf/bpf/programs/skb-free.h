/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where skbs are freed. */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_SKB_FREE_H
#define PKTMON_EBPF_BPF_PROGRAMS_SKB_FREE_H

#include "../track/consume-outcome.h"
#include "../track/kfree-outcome.h"

static __always_inline void note_freed(const struct sk_buff *skb)
{
    struct last_skbs *last = last_skbs_get();

    if (!last)
        return;
    last->freed = address(skb);
    last_skbs_clear_exited(last, address(skb));
}

/* net/core/skbuff.c: the last reference is released, with a drop reason. */
SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb, struct sk_buff *skb, void *location, enum skb_drop_reason given)
{
    struct entry_ref ref;
    __u32 reason;

    if (!is_running() || sock_is_local(skb->sk))
        return 0;
    if (wireguard_is_used)
        wireguard_free_skb(address(skb));
    reason = freed_find_reason(ctx, skb, address(location), given);
    if (consumed_is_cut(skb, address(location), reason))
        consumed_handle_cut(skb, SCRATCH_KFREE_SKB);
    else if (!drop_is_consumed(reason))
        drop_handle(ctx, skb, address(location), reason, SCRATCH_KFREE_SKB);
    ref = entries_find_ref(address(skb));
    entry_end_skb(skb, &ref);
    note_freed(skb);
    return 0;
}

/* The last reference is released after normal processing. */
SEC("tp_btf/consume_skb")
int BPF_PROG(consume_skb, struct sk_buff *skb)
{
    struct entry_ref ref;

    if (!is_running() || sock_is_local(skb->sk))
        return 0;
    ref = entries_find_ref(address(skb));
    if (wireguard_is_used && !wireguard_own_entry(ref.entry, skb))
        wireguard_free_skb(address(skb));
    consumed_handle(ctx, skb, ref.entry);
    entry_end_skb(skb, &ref);
    note_freed(skb);
    return 0;
}

#endif
