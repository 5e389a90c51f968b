/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shed_*, GROUP_*: packets that are shed, not in the sample, or the capture's own output. All
 * observations of a packet are recorded, or none. The decision is made once, when the group begins,
 * by a hash of the group number, and is stored in the number.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_SHED_GROUPS_H
#define PKTMON_EBPF_BPF_TRACK_SHED_GROUPS_H

#include "selected-netns.h"

/* Bits of a group number. Of a shed group only drops are recorded, for which the ring reserves
 * room. Of a group that is not in the sample, or that is the capture's own output (own-flows.h),
 * nothing is recorded. */
#define GROUP_SHED       (1ULL << 63)
#define GROUP_UNSAMPLED  (1ULL << 62)
#define GROUP_OWN        (1ULL << 61)
#define GROUP_OWN_SENT   (1ULL << 60) /* known by the socket that sent it, which is in own_slots */
#define GROUP_SILENT     (GROUP_UNSAMPLED | GROUP_OWN)
#define GROUP_NOT_PASSED (GROUP_SHED | GROUP_SILENT)

#define OWN_SLOTS                 64
#define OWN_SLOT_SHIFT            54
#define GROUP_FROM_OWN_SLOT(slot) ((__u64)((slot) & (OWN_SLOTS - 1)) << OWN_SLOT_SHIFT)
#define GROUP_OWN_SLOT(group)     ((group) >> OWN_SLOT_SHIFT & (OWN_SLOTS - 1))

/* The share of new groups to shed, in units of 2^-32. It grows from 0 to 1 while the second half of
 * the ring's room for passing packets fills, so that groups that have begun are recorded to their
 * end. */
static __always_inline __u64 find_share_to_shed(__u32 cpu)
{
    __u32 index = cpu & config.ring_mask;
    void *ring = bpf_map_lookup_elem(&rings, &index);
    __u64 half = config.flow_limit / 2, used;

    if (!ring || !config.record_flow)
        return 0;
    used = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
    return used > half ? ((used - half) << 32) / (half + 1) : 0;
}

/* Returns the bits of the number of a group that begins now. */
static __always_inline __u64 shed_choose_bits(__u32 hash, __u32 cpu)
{
    __u32 zero = 0;
    const struct probes_control *asked = bpf_map_lookup_elem(&control, &zero);

    if (hash < config.unsampled_share)
        return GROUP_UNSAMPLED;
    if ((asked && hash < asked->shed_share) || hash < find_share_to_shed(cpu))
        return GROUP_SHED;
    return 0;
}

/* Returns the number of a group that begins now, with its bits, and counts it. A global function,
 * for a stack of its own. */
__noinline __u64 shed_number_group(__u64 group, __u32 cpu, __u64 net_cookie)
{
    __u32 zero = 0;
    struct group_counts *counts = bpf_map_lookup_elem(&group_counts, &zero);
    __u64 bits = shed_choose_bits(group * 0x9E3779B97F4A7C15ULL >> 32, cpu);

    if (counts && netns_is_selected(net_cookie)) {
        __sync_fetch_and_add(&counts->begun, 1);
        if (bits)
            __sync_fetch_and_add(&counts->shed, 1);
    }
    return group | bits;
}

#endif
