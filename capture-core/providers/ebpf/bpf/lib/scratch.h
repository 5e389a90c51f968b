/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scratch_*: the scratch memory of the programs, and who uses it. */
#ifndef PKTMON_EBPF_BPF_LIB_SCRATCH_H
#define PKTMON_EBPF_BPF_LIB_SCRATCH_H

#include "maps.h"

static __always_inline struct scratch *scratch_get(__u32 slot)
{
    return bpf_map_lookup_elem(&scratches, &slot);
}

static __always_inline struct nesting *nesting_get(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&nesting, &zero);
}

/* --- scratch memory of programs that nest: netfilter and cgroup programs may be interrupted and
 * run again on the same CPU. The kernel prevents this only for tracing programs. --- */

/* All levels but the first. A global function: verified once. */
__noinline __u32 scratch_take_inner(struct nesting *nested)
{
    if (!nested)
        return NESTED_LEVELS;
    for (__u32 level = 1; level < NESTED_LEVELS; level++) {
        if (!__sync_lock_test_and_set(&nested->used[level], 1))
            return level;
    }
    return NESTED_LEVELS;
}

/* Takes a free level. Each level has its own flag, because tasks that preempt each other do not
 * finish in reverse order. Returns the level, or NESTED_LEVELS if none is free. In either case,
 * scratch_release() must follow. */
static __always_inline __u32 scratch_take(struct nesting *nested)
{
    return __sync_lock_test_and_set(&nested->used[0], 1) ? scratch_take_inner(nested) : 0;
}

/* An interrupt on the same CPU sees all earlier writes of that CPU: a compiler barrier is
 * enough. */
static __always_inline void scratch_release(struct nesting *nested, __u32 level)
{
    asm volatile(
        ""
        : "+r"(
            level)::"memory"); /* for the verifier of 6.1, which must see the check of the level */
    if (level < NESTED_LEVELS)
        nested->used[level] = 0;
}

#endif
