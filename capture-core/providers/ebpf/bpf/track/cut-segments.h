/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cut_*: large skbs (GSO) that are freed when they are segmented, before the segments are seen. */
#ifndef PKTMON_EBPF_BPF_TRACK_CUT_SEGMENTS_H
#define PKTMON_EBPF_BPF_TRACK_CUT_SEGMENTS_H

#include "content-table.h"

#define CUT_AGE_NS (5 * 1000 * 1000 * 1000ULL) /* in NFQUEUE */

/* Until when segments of such a large skb may be seen, ns. */
static __u64 cut_until;

/* Stands in for the address of the freed skb, which is recycled while the segments wait. No address
 * is odd. */
static __always_inline __u64 cut_entry_key(__u64 group)
{
    return group << 1 | 1;
}

/* Segments are found by windows of sequence numbers: many large sends of a flow may wait, but few
 * of them have bytes in one window. */
#define CUT_WINDOW_BITS 13
#define CUT_WINDOW      (1U << CUT_WINDOW_BITS)

/* The key of a packet that was cut in this namespace. Either direction: it may have been received
 * or about to be sent. sequence: any of its TCP bytes. */
static __always_inline __u64 cut_content_key(__u64 net_cookie, __u64 flow, __u32 sequence)
{
    flow = content_mix(flow ^ RECORD_DIRECTIONS, sequence >> CUT_WINDOW_BITS);
    return contents_key(content_mix(flow, net_cookie), KEY_FLOW);
}

#define CUT_WINDOWS 65 /* the most that IPv6 sends at once (BIG TCP): 512 KiB */

/* Global function, see content_read(). */
__noinline int add_cut_window(const struct track_entry *kept, const struct observation *obs,
                              __u32 sequence)
{
    if (kept && obs)
        contents_add(cut_content_key(kept->net_cookie, obs->content.flow, sequence), kept, obs);
    return 0;
}

/* Adds the packet by each window in which one of its segments may begin. */
static __always_inline void add_cut_windows(const struct track_entry *kept,
                                            const struct observation *obs)
{
    __u32 begin = obs->content.sequence, window = begin & ~(CUT_WINDOW - 1);

    add_cut_window(kept, obs, begin);
    for (__u32 i = 1; i < CUT_WINDOWS; i++) {
        window += CUT_WINDOW;
        if (window - begin >= obs->content.payload)
            break;
        add_cut_window(kept, obs, window);
    }
}

/*
 * The large skb is freed, and will be recycled in a moment. Its segments may be seen later, when
 * they come out of a queue. Until then a copy of its entry is kept under the key of the group.
 */
static __always_inline void cut_keep(const struct track_entry *entry, struct observation *obs)
{
    const struct packet_record where = {.net_cookie = entry->net_cookie,
                                        .direction = entry->direction};
    __u64 now = bpf_ktime_get_ns();
    struct track_entry *kept;

    obs->skb = cut_entry_key(entry->group);
    kept = entries_claim(obs->skb, now);
    if (!kept)
        return;
    entries_clear(kept);
    *kept = *entry;
    kept->time = now;
    kept->flags |= ENTRY_ENDED;
    contents_add(contents_key(obs->content.signature, KEY_SIGNATURE), kept, obs);
    contents_add(contents_flow_key(&where, obs), kept, obs);
    add_cut_windows(kept, obs);
    cut_until = now + CUT_AGE_NS;
}

#endif
