/* SPDX-License-Identifier: GPL-2.0-or-later */
/* contents_*: the table of contents, which finds a packet in another skb by what it holds. */
#ifndef PKTMON_EBPF_BPF_TRACK_CONTENT_TABLE_H
#define PKTMON_EBPF_BPF_TRACK_CONTENT_TABLE_H

#include "content.h"
#include "entry-table.h"

/* How a new skb relates to a packet that is tracked already. */
enum relation {
    RELATION_NONE,      /* it does not: the packet is new too */
    RELATION_COPY,      /* shares the head, or holds the same while the other skb lives */
    RELATION_SUCCESSOR, /* holds what another skb held, which was freed */
    RELATION_PIECE,     /* a fragment or a segment of the packet */
    RELATION_RECYCLED,  /* holds what another skb held, which was freed and recycled */
};

/* The kinds of keys; one table holds all of them. */
enum contents_key_kind {
    KEY_SIGNATURE = 1,
    KEY_DATAGRAM = 2,
    KEY_FLOW = 3,
};

static __always_inline __u64 contents_key(__u64 hash, enum contents_key_kind kind)
{
    return hash << 2 | kind;
}

/* A large skb is cut in its own namespace and direction. */
static __always_inline __u64 contents_flow_key(const struct packet_record *now,
                                               const struct observation *obs)
{
    return contents_key(content_mix(obs->content.flow ^ now->direction, now->net_cookie), KEY_FLOW);
}

static __always_inline struct content_bucket *contents_find_bucket(__u64 key)
{
    __u32 index = bucket_index(key, BUCKETS);

    return bpf_map_lookup_elem(&contents, &index);
}

/* Returns the slot with this key and sequence number whose packet this one does not reply to;
 * SLOTS: none. */
__noinline __u32 contents_find_same(const struct content_bucket *bucket, __u64 key,
                                    const struct packet_content *content)
{
    if (!bucket || !content)
        return SLOTS;
    for (__u32 i = 0; i < SLOTS; i++) {
        if (bucket->slots.keys[i] == key && bucket->sequences[i] == content->sequence &&
            !content_is_reply(content->endpoints, bucket->endpoints[i]))
            return i;
    }
    return SLOTS;
}

/* Returns the newest slot with this key, not older than since (ns), whose packet this one does not
 * reply to. Where the slot has a length (TCP), the first byte of this packet must be within its
 * bytes. SLOTS: none. */
__noinline __u32 contents_find_newest(const struct content_bucket *bucket, __u64 key,
                                      const struct packet_content *content, __u64 since)
{
    __u32 found = SLOTS;

    if (!bucket || !content)
        return SLOTS;
    for (__u32 i = 0; i < SLOTS; i++) {
        if (bucket->slots.keys[i] != key || bucket->slots.times[i] < since)
            continue;
        if (bucket->lengths[i] && content->sequence - bucket->sequences[i] >= bucket->lengths[i])
            continue;
        if (content_is_reply(content->endpoints, bucket->endpoints[i]))
            continue;
        since = bucket->slots.times[i];
        found = i;
    }
    return found;
}

static __always_inline void contents_add(__u64 key, const struct track_entry *entry,
                                         const struct observation *obs)
{
    struct content_bucket *bucket = contents_find_bucket(key);
    __u32 slot;

    if (!bucket)
        return;
    slot = contents_find_same(bucket, key, &obs->content);
    slot = slots_claim(&bucket->slots, slot, SLOT_BUSY);
    if (slot >= SLOTS)
        return;
    bucket->slots.times[slot] = entry->time;
    bucket->skbs[slot] = obs->skb;
    bucket->groups[slot] = entry->group;
    bucket->filters[slot] = entry->filters;
    bucket->endpoints[slot] = obs->content.endpoints;
    bucket->sequences[slot] = obs->content.sequence;
    bucket->lengths[slot] = obs->content.payload;
    bucket->appearances[slot] = entry->appearance;
    bucket->namespaces[slot] = entry->net_cookie;
    slots_publish(&bucket->slots, slot, key);
}

/* Fills the origin with the identity of the packet in the slot. Returns false if the slot was
 * rewritten meanwhile. */
static __always_inline bool contents_read_origin(struct origin *origin,
                                                 const struct content_bucket *bucket, __u32 slot,
                                                 __u64 key)
{
    origin->group = bucket->groups[slot & (SLOTS - 1)];
    origin->filters = bucket->filters[slot & (SLOTS - 1)];
    origin->appearance = bucket->appearances[slot & (SLOTS - 1)];
    origin->net_cookie = bucket->namespaces[slot & (SLOTS - 1)];
    return slots_is_unchanged(&bucket->slots, slot, key);
}

/* Finds the newest skb with this key, not older than since (ns), as contents_find_newest() does.
 * Copies its entry to obs->other and its packet's identity to the origin. Returns the skb; 0:
 * none. */
static __always_inline __u64 contents_find_skb(__u64 key, struct observation *obs, __u64 since,
                                               struct origin *origin)
{
    struct content_bucket *bucket = contents_find_bucket(key);
    __u32 slot = bucket ? contents_find_newest(bucket, key, &obs->content, since) : SLOTS;
    struct track_entry *entry;
    __u64 skb;

    if (!bucket || slot >= SLOTS)
        return 0;
    skb = bucket->skbs[slot];
    entry = entries_find(skb);
    if (!contents_read_origin(origin, bucket, slot, key) || !entry)
        return 0;
    if (!entries_copy(obs, entry, origin->group))
        return 0;
    origin->net_cookie = obs->other.net_cookie;
    return skb;
}

#endif
