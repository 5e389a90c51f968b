/* SPDX-License-Identifier: GPL-2.0-or-later */
/* heads_*: the table of heads: which skb was last seen with a head. Clones share the head. */
#ifndef PKTMON_EBPF_BPF_TRACK_HEAD_TABLE_H
#define PKTMON_EBPF_BPF_TRACK_HEAD_TABLE_H

#include "entry-table.h"

static __u64 used_head_buckets[BUCKETS / 64];

static __always_inline struct head_bucket *heads_find_bucket(__u64 head)
{
    __u32 index = bucket_index(head, BUCKETS);

    return bpf_map_lookup_elem(&heads, &index);
}

/* The skb last seen with this head; 0: none. */
static __always_inline __u64 heads_find_skb(__u64 head)
{
    struct head_bucket *bucket = heads_find_bucket(head);
    __u32 slot = bucket ? slots_find(&bucket->slots, head) : SLOTS;

    return bucket && slot < SLOTS ? bucket->skbs[slot] : 0;
}

/* The entry of that skb, if it still has this head. */
static __always_inline struct track_entry *heads_find_entry(__u64 head)
{
    __u64 skb = heads_find_skb(head);
    struct track_entry *entry = skb ? entries_find(skb) : NULL;

    return entry && entry->head == head ? entry : NULL;
}

/* The identity of a packet. */
struct identity {
    __u64 group; /* 0: not known, or no filter matched the packet */
    __u64 filters;
};

/* Reads the identity of the packet last seen with this head. All skbs seen with it may be freed:
 * TCP keeps a further clone for retransmission. */
static __always_inline void heads_read_identity(__u64 head, struct identity *identity)
{
    struct head_bucket *bucket = heads_find_bucket(head);
    __u32 slot = bucket ? slots_find(&bucket->slots, head) : SLOTS;

    if (!bucket || slot >= SLOTS)
        return;
    identity->group = bucket->groups[slot];
    identity->filters = bucket->filters[slot];
    if (!slots_is_unchanged(&bucket->slots, slot, head))
        *identity = (struct identity){};
}

static __always_inline void heads_add(const struct track_entry *entry, __u64 skb)
{
    struct head_bucket *bucket = heads_find_bucket(entry->head);
    __u32 slot;

    if (!bucket)
        return;
    bucket_mark_used(used_head_buckets, bucket_index(entry->head, BUCKETS));
    slot = slots_find(&bucket->slots, entry->head);
    if (slot >= SLOTS || bucket->groups[slot] != entry->group)
        slot = slots_claim(&bucket->slots, slot, SLOT_BUSY);
    if (slot >= SLOTS)
        return;
    bucket->slots.times[slot] = entry->time;
    bucket->skbs[slot] = skb;
    bucket->groups[slot] = entry->group;
    bucket->signatures[slot] = entry->signature;
    bucket->endpoints[slot] = entry->endpoints;
    bucket->filters[slot] = entry->filters;
    bucket->appearances[slot] = entry->appearance;
    slots_publish(&bucket->slots, slot, entry->head);
}

static __always_inline void heads_remove(__u64 head)
{
    struct head_bucket *bucket;
    __u32 slot;

    if (!bucket_is_used(used_head_buckets, bucket_index(head, BUCKETS)))
        return;
    bucket = heads_find_bucket(head);
    if (!bucket || !slots_has_key(&bucket->slots, head))
        return;
    slot = slots_find(&bucket->slots, head);
    if (slot < SLOTS)
        __sync_val_compare_and_swap(&bucket->slots.keys[slot], head, 0);
}

#endif
