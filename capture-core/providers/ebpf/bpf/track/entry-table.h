/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entries_*: the table of tracking entries, by the address of the skb.
 *
 * The end of an skb is not always seen, and its memory is reused at once. An entry may therefore
 * belong to a packet that was in the same memory before: rules.h decides by the point and the
 * content.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_ENTRY_TABLE_H
#define PKTMON_EBPF_BPF_TRACK_ENTRY_TABLE_H

#include "slots.h"

/* Which buckets ever had an entry, as bits. The table is larger than the CPU's caches: where a
 * filter matches few packets, a lookup would cost more than the filter. */
static __u64 used_entry_buckets[BUCKETS / 64];

static __always_inline struct entry_bucket *entries_find_bucket(__u64 skb)
{
    __u32 index = bucket_index(skb, BUCKETS);

    return bpf_map_lookup_elem(&track_entries, &index);
}

/* A tracking entry, and the time in its bucket that decides which slot is the oldest. */
struct entry_ref {
    struct track_entry *entry; /* NULL: the skb has none */
    __u64 *time;
};

/* The entry of the skb, or of an earlier packet at the same address. */
static __always_inline struct entry_ref entries_find_ref(__u64 skb)
{
    struct entry_bucket *bucket;
    struct entry_ref ref = {};
    __u32 slot;

    if (!bucket_is_used(used_entry_buckets, bucket_index(skb, BUCKETS)))
        return ref;
    bucket = entries_find_bucket(skb);
    if (!bucket || !slots_has_key(&bucket->slots, skb))
        return ref;
    slot = slots_find(&bucket->slots, skb);
    if (slot < SLOTS) {
        ref.entry = &bucket->entries[slot];
        ref.time = &bucket->slots.times[slot];
    }
    return ref;
}

static __always_inline struct track_entry *entries_find(__u64 skb)
{
    return entries_find_ref(skb).entry;
}

/* The same, unless the end of that skb was seen. */
static __always_inline struct track_entry *entries_find_live(__u64 skb)
{
    struct track_entry *entry = entries_find(skb);

    return entry && !(entry->flags & ENTRY_ENDED) ? entry : NULL;
}

/* Claims a slot for an entry of this skb. NULL: other CPUs are writing all of them. */
static __always_inline struct track_entry *entries_claim(__u64 skb, __u64 time)
{
    struct entry_bucket *bucket = entries_find_bucket(skb);
    __u32 slot;

    if (!bucket)
        return NULL;
    bucket_mark_used(used_entry_buckets, bucket_index(skb, BUCKETS));
    slot = slots_find(&bucket->slots, skb);
    if (slot >= SLOTS)
        slot = slots_claim(&bucket->slots, SLOTS, skb);
    if (slot >= SLOTS)
        return NULL;
    bucket->slots.times[slot] = time;
    return &bucket->entries[slot];
}

/* Clears the group first: entries_copy() on another CPU checks the group last. */
static __always_inline void entries_clear(struct track_entry *entry)
{
    entry->group = 0;
    asm volatile("" ::: "memory");
    __builtin_memset(entry, 0, sizeof(*entry));
}

/* Copies the entry of another skb to obs->other. That skb may be freed and recycled on another CPU
 * at any time. Returns false if the entry was another packet's before the copy was complete. */
static __always_inline bool entries_copy(struct observation *obs, const struct track_entry *entry,
                                         __u64 group)
{
    obs->other = *entry;
    asm volatile("" ::: "memory");
    return obs->other.group == group && entry->group == group;
}

#endif
