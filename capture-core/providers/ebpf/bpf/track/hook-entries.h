/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hook_*: which netfilter hooks packets entered and left on this CPU. */
#ifndef PKTMON_EBPF_BPF_TRACK_HOOK_ENTRIES_H
#define PKTMON_EBPF_BPF_TRACK_HOOK_ENTRIES_H

#include "../lib/maps.h"

/* Returns the packet's newest entry, at this hook (0: any hook); NESTED_LEVELS: none. skb: address.
 * Global function, see content_read(). */
__noinline __u32 hook_find_entry(const struct nesting *nested, __u64 skb, __u32 hook)
{
    if (!nested)
        return NESTED_LEVELS;
    for (__u32 i = 0; i < NESTED_LEVELS; i++) {
        __u32 which = (nested->newest - i) & (NESTED_LEVELS - 1);

        if (nested->entered[which].skb == skb && (!hook || nested->entered[which].hook == hook))
            return which;
    }
    return NESTED_LEVELS;
}

/* Returns the hook that the packet was in on this CPU when it ended, as hook_number() does, and
 * removes the entry; 0: none. */
static __always_inline __u32 hook_take_entered(struct nesting *nested, __u64 skb)
{
    __u32 i = hook_find_entry(nested, skb, 0);

    if (i >= NESTED_LEVELS)
        return 0;
    nested->entered[i].skb = 0; /* its memory will be recycled */
    return nested->entered[i].hook;
}

/* Returns the hook that the packet left last, after all functions that can be seen, as a point; 0:
 * none. */
static __always_inline __u8 hook_find_left(__u64 skb, const struct track_entry *entry,
                                           const struct last_skbs *last, bool inside)
{
    if (last->exited == skb && !inside)
        return RECORD_POINT_PREROUTING + (last->exited_hook & 0xFF);
    if (entry && entry->group && !(entry->flags & ENTRY_IN_HOOK) &&
        entry->point >= RECORD_POINT_PREROUTING && entry->point <= RECORD_POINT_POSTROUTING)
        return entry->point;
    return 0;
}

#endif
