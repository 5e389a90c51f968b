/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots_*, bucket_*: buckets of SLOTS slots each, the rows of the tracker's tables.
 *
 * All CPUs read the tables while others write them. A writer of the head table or the content table
 * first sets a slot's key to SLOT_BUSY, so that no other writer claims the slot and no reader finds
 * it. A reader compares the slot's key before and after it reads the slot. Slots of the entry table
 * can be found while they are filled: a reader of another skb's entry takes a copy and checks its
 * group (entries_copy()).
 *
 * x86-64 keeps the order of these loads and stores. On other architectures a torn read matches only
 * if the parts of both packets fit.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_SLOTS_H
#define PKTMON_EBPF_BPF_TRACK_SLOTS_H

#include "content.h"

static __always_inline __u32 bucket_index(__u64 number, __u32 buckets)
{
    return number * 0x9E3779B97F4A7C15ULL >> 40 & (buckets - 1);
}

/* The __noinline functions are global: the verifier checks each of them once and takes its result
 * for any number. Inlined, it would follow both branches of each comparison through all code that
 * follows. */

/* Returns the slot with this key, or SLOTS if there is none. */
__noinline __u32 slots_find(const struct slots *slots, __u64 key)
{
    if (!slots)
        return SLOTS;
    for (__u32 i = 0; i < SLOTS; i++) {
        if (slots->keys[i] == key)
            return i;
    }
    return SLOTS;
}

/* Returns whether a slot has this key. Cheap, for buckets that hardly ever have it: the four
 * comparisons are folded into one, or the verifier would follow both branches of each. */
static __always_inline bool slots_has_key(const struct slots *slots, __u64 key)
{
    __u64 differs = ~0ULL; /* the highest bit counts */

    for (__u32 i = 0; i < SLOTS; i++) {
        __u64 difference = slots->keys[i] ^ key;

        differs &= difference | -difference;
    }
    return !(differs >> 63);
}

#define SLOT_BUSY      4ULL /* neither an address nor a contents_key() */
#define CLAIM_ATTEMPTS 4

/* Returns a free slot, or the one with the oldest entry. */
__noinline __u32 slots_find_oldest(const struct slots *slots)
{
    __u64 oldest = ~0ULL;
    __u32 found = 0;

    if (!slots)
        return 0;
    for (__u32 i = 0; i < SLOTS; i++) {
        __u64 key = slots->keys[i], time = key ? slots->times[i] : 0;

        if (key != SLOT_BUSY && time < oldest) {
            oldest = time;
            found = i;
        }
    }
    return found;
}

/* Puts mark in place of the slot's key, or of the oldest slot's key if slot is SLOTS. Returns the
 * slot; SLOTS: other CPUs are writing all of them. */
__noinline __u32 slots_claim(struct slots *slots, __u32 slot, __u64 mark)
{
    if (!slots)
        return SLOTS;
    for (__u32 i = 0; i < CLAIM_ATTEMPTS; i++) {
        __u32 at = (slot < SLOTS ? slot : slots_find_oldest(slots)) & (SLOTS - 1);
        __u64 key = slots->keys[at];

        if (key != SLOT_BUSY && __sync_val_compare_and_swap(&slots->keys[at], key, mark) == key)
            return at;
        slot = SLOTS;
    }
    return SLOTS;
}

static __always_inline void slots_publish(struct slots *slots, __u32 slot, __u64 key)
{
    asm volatile("" ::: "memory");
    slots->keys[slot & (SLOTS - 1)] = key;
}

static __always_inline bool slots_is_unchanged(const struct slots *slots, __u32 slot, __u64 key)
{
    asm volatile("" ::: "memory");
    return slots->keys[slot & (SLOTS - 1)] == key;
}

static __always_inline bool bucket_is_used(const __u64 *used, __u32 index)
{
    return used[index / 64 & (BUCKETS / 64 - 1)] >> (index & 63) & 1;
}

static __always_inline void bucket_mark_used(__u64 *used, __u32 index)
{
    if (!bucket_is_used(used, index))
        __sync_fetch_and_or(&used[index / 64 & (BUCKETS / 64 - 1)], 1ULL << (index & 63));
}

#endif
