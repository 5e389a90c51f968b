/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that are left out, each from its first sight to its end: never some of its sights. The
 * decision is made when a group begins, by a hash of its number, and is part of the number.
 */
#ifndef PKTMON_SHED_H
#define PKTMON_SHED_H

#include "maps.h"

/* Parts of a group number. Of a group that was shed only drops are recorded, which have room of
 * their own; of one that is not in the sample, or of the capture's own output (own.h), nothing is.
 */
#define GROUP_SHED      (1ULL << 63)
#define GROUP_UNSAMPLED (1ULL << 62)
#define GROUP_OWN       (1ULL << 61)
#define GROUP_OWN_SENT  (1ULL << 60) /* known by the socket that sent it, which has a slot */
#define GROUP_UNTOLD    (GROUP_UNSAMPLED | GROUP_OWN)
#define GROUP_LEFT_OUT  (GROUP_SHED | GROUP_UNTOLD)

#define OWN_SLOTS               64
#define OWN_SLOT_SHIFT          54
#define GROUP_OF_OWN_SLOT(slot) ((__u64)((slot) & (OWN_SLOTS - 1)) << OWN_SLOT_SHIFT)
#define GROUP_OWN_SLOT(group)   ((group) >> OWN_SLOT_SHIFT & (OWN_SLOTS - 1))

/* Whether records of this namespace are. */
static __always_inline bool is_wanted(__u64 net_cookie)
{
    return !config.leaves_out_netns || !bpf_map_lookup_elem(&unwanted_netns, &net_cookie);
}

/* Of the groups, in parts of 2^32: grows from 0 to 1 while the second half of the ring's room for
 * passing packets fills, so that what has begun is carried to its end. */
static __always_inline __u64 share_shed_for_room(__u32 cpu)
{
    __u32 index = cpu & config.ring_mask;
    void *ring = bpf_map_lookup_elem(&rings, &index);
    __u64 half = config.flow_limit / 2, used;

    if (!ring || !config.record_flow)
        return 0;
    used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
    return used > half ? ((used - half) << 32) / (half + 1) : 0;
}

/* What the number of the group that begins there says of it. */
static __always_inline __u64 left_out(__u32 hash, __u32 cpu)
{
    __u32 zero = 0;
    const struct probes_control *asked = bpf_map_lookup_elem(&control, &zero);

    if (hash < config.unsampled_share)
        return GROUP_UNSAMPLED;
    if ((asked && hash < asked->shed_share) || hash < share_shed_for_room(cpu))
        return GROUP_SHED;
    return 0;
}

/* The number of the group that begins there, with what it says; counts it. A global function, for
 * its own stack. */
__noinline __u64 number_group(__u64 group, __u32 cpu, __u64 net_cookie)
{
    __u32 zero = 0;
    struct group_counts *counts = bpf_map_lookup_elem(&group_counts, &zero);
    __u64 parts = left_out(group * 0x9E3779B97F4A7C15ULL >> 32, cpu);

    if (counts && is_wanted(net_cookie)) {
        __sync_fetch_and_add(&counts->begun, 1);
        if (parts)
            __sync_fetch_and_add(&counts->shed, 1);
    }
    return group | parts;
}

#endif
