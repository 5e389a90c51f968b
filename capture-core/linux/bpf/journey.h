/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a buffer that is seen somewhere carries a packet that was seen before.
 *
 * Not every buffer's end can be seen, and memory is used again at once: then another packet stands
 * in it, which shows in where it stands and in what it holds.
 */
#ifndef PKTMON_JOURNEY_H
#define PKTMON_JOURNEY_H

#include "content.h"

static __always_inline __u32 slot_of(__u64 number, __u32 slots)
{
    return number * 0x9E3779B97F4A7C15ULL >> 40 & (slots - 1);
}

/* --- tables. Global functions, which the verifier looks at once, and whose results it takes for
 * any number: else it follows each way through all that comes after. --- */

/* The way of the key; WAYS: there is none. */
__noinline __u32 find_way(const struct ways *ways, __u64 key)
{
    if (!ways)
        return WAYS;
    for (__u32 i = 0; i < WAYS; i++) {
        if (ways->keys[i] == key)
            return i;
    }
    return WAYS;
}

/* Whether there is one: for next to nothing, where there hardly ever is. One comparison, or the
 * verifier would follow both ways of each. */
static __always_inline bool has_way(const struct ways *ways, __u64 key)
{
    __u64 differs = ~0ULL; /* in its highest bit */

    for (__u32 i = 0; i < WAYS; i++) {
        __u64 difference = ways->keys[i] ^ key;

        differs &= difference | -difference;
    }
    return !(differs >> 63);
}

/*
 * All CPUs read these tables while others write them. Who fills a way of heads or contents marks it
 * first, so that no other one takes it and nobody finds it; who reads one looks at its key before
 * and after. A journey is found while it is filled: who reads that of another buffer takes a copy,
 * and looks whether the group held (track.h). (x86-64 keeps the order of these. Elsewhere what two
 * ways say of one packet has to fit as well.)
 */
#define WAY_IS_WRITTEN 4ULL /* no address, and no content_key() */
#define CLAIM_ATTEMPTS 4

/* A free one, or else the oldest. */
__noinline __u32 oldest_way(const struct ways *ways)
{
    __u64 oldest = ~0ULL;
    __u32 found = 0;

    if (!ways)
        return 0;
    for (__u32 i = 0; i < WAYS; i++) {
        __u64 key = ways->keys[i], time = key ? ways->times[i] : 0;

        if (key != WAY_IS_WRITTEN && time < oldest) {
            oldest = time;
            found = i;
        }
    }
    return found;
}

/* Puts mark in the place of the way's key, or of the oldest one's (way: WAYS). Returns which one it
 * was; WAYS: other CPUs write them all. */
__noinline __u32 claim_way(struct ways *ways, __u32 way, __u64 mark)
{
    if (!ways)
        return WAYS;
    for (__u32 i = 0; i < CLAIM_ATTEMPTS; i++) {
        __u32 at = (way < WAYS ? way : oldest_way(ways)) & (WAYS - 1);
        __u64 key = ways->keys[at];

        if (key != WAY_IS_WRITTEN && __sync_val_compare_and_swap(&ways->keys[at], key, mark) == key)
            return at;
        way = WAYS;
    }
    return WAYS;
}

static __always_inline void publish_way(struct ways *ways, __u32 way, __u64 key)
{
    asm volatile("" ::: "memory");
    ways->keys[way & (WAYS - 1)] = key;
}

static __always_inline bool holds_still(const struct ways *ways, __u32 way, __u64 key)
{
    asm volatile("" ::: "memory");
    return ways->keys[way & (WAYS - 1)] == key;
}

/* --- journeys, by buffer --- */

/* Which buckets of the tables below ever had an entry, as bits. The tables are larger than caches:
 * where a filter matches little, a look into them would cost more than the filter. */
static __u64 used_journeys[BUCKETS / 64], used_heads[BUCKETS / 64];

static __always_inline bool is_used(const __u64 *used, __u32 slot)
{
    return used[slot / 64 & (BUCKETS / 64 - 1)] >> (slot & 63) & 1;
}

static __always_inline void note_used(__u64 *used, __u32 slot)
{
    if (!is_used(used, slot))
        __sync_fetch_and_or(&used[slot / 64 & (BUCKETS / 64 - 1)], 1ULL << (slot & 63));
}

static __always_inline struct journey_bucket *bucket_of(__u64 skb)
{
    __u32 slot = slot_of(skb, BUCKETS);

    return bpf_map_lookup_elem(&journeys, &slot);
}

/* A journey, and what its bucket says of its age. */
struct entry {
    struct journey *journey; /* NULL: none */
    __u64 *time;
};

/* Of the buffer, be it this packet's or another one's that was in the same memory. */
static __always_inline struct entry entry_of(__u64 skb)
{
    struct journey_bucket *bucket;
    struct entry entry = {};
    __u32 way;

    if (!is_used(used_journeys, slot_of(skb, BUCKETS)))
        return entry;
    bucket = bucket_of(skb);
    if (!bucket || !has_way(&bucket->ways, skb))
        return entry;
    way = find_way(&bucket->ways, skb);
    if (way < WAYS) {
        entry.journey = &bucket->journeys[way];
        entry.time = &bucket->ways.times[way];
    }
    return entry;
}

static __always_inline struct journey *journey_of(__u64 skb)
{
    return entry_of(skb).journey;
}

/* The same, of a buffer that was not seen to end. */
static __always_inline struct journey *live_journey_of(__u64 skb)
{
    struct journey *journey = journey_of(skb);

    return journey && !(journey->flags & JOURNEY_ENDED) ? journey : NULL;
}

/* A place for a journey of this buffer. NULL: other CPUs took all. */
static __always_inline struct journey *new_journey(__u64 skb, __u64 time)
{
    struct journey_bucket *bucket = bucket_of(skb);
    __u32 way;

    if (!bucket)
        return NULL;
    note_used(used_journeys, slot_of(skb, BUCKETS));
    way = find_way(&bucket->ways, skb);
    if (way >= WAYS)
        way = claim_way(&bucket->ways, WAYS, skb);
    if (way >= WAYS)
        return NULL;
    bucket->ways.times[way] = time;
    return &bucket->journeys[way];
}

/* Its group goes first: who looks aside at it (track.h) looks at that last. */
static __always_inline void clear(struct journey *journey)
{
    journey->group = 0;
    asm volatile("" ::: "memory");
    __builtin_memset(journey, 0, sizeof(*journey));
}

/* --- buffers, by head --- */

static __always_inline struct head_bucket *heads_of(__u64 head)
{
    __u32 slot = slot_of(head, BUCKETS);

    return bpf_map_lookup_elem(&heads, &slot);
}

/* The journey of the buffer that was last seen with this head. */
static __always_inline struct journey *journey_at(__u64 head)
{
    struct head_bucket *bucket = heads_of(head);
    __u32 way = bucket ? find_way(&bucket->ways, head) : WAYS;
    struct journey *journey;

    if (!bucket || way >= WAYS)
        return NULL;
    journey = journey_of(bucket->buffers[way]);
    return journey && journey->head == head ? journey : NULL;
}

/* Which packet it is. */
struct identity {
    __u64 group; /* 0: not known, or no filter matched it */
    __u64 filters;
};

/* The packet whose bytes were last seen there. All its buffers that were seen may have ended: TCP
 * keeps one more, to send the segment again. */
static __always_inline void identify_at(__u64 head, struct identity *identity)
{
    struct head_bucket *bucket = heads_of(head);
    __u32 way = bucket ? find_way(&bucket->ways, head) : WAYS;

    if (!bucket || way >= WAYS)
        return;
    identity->group = bucket->groups[way];
    identity->filters = bucket->filters[way];
    if (!holds_still(&bucket->ways, way, head))
        *identity = (struct identity){};
}

static __always_inline void remember_head(const struct journey *journey, __u64 skb)
{
    struct head_bucket *bucket = heads_of(journey->head);
    __u32 way;

    if (!bucket)
        return;
    note_used(used_heads, slot_of(journey->head, BUCKETS));
    way = find_way(&bucket->ways, journey->head);
    if (way >= WAYS || bucket->groups[way] != journey->group)
        way = claim_way(&bucket->ways, way, WAY_IS_WRITTEN);
    if (way >= WAYS)
        return;
    bucket->ways.times[way] = journey->time;
    bucket->buffers[way] = skb;
    bucket->groups[way] = journey->group;
    bucket->signatures[way] = journey->signature;
    bucket->filters[way] = journey->filters;
    bucket->appearances[way] = journey->appearance;
    publish_way(&bucket->ways, way, journey->head);
}

static __always_inline void forget_head(__u64 head)
{
    struct head_bucket *bucket;
    __u32 way;

    if (!is_used(used_heads, slot_of(head, BUCKETS)))
        return;
    bucket = heads_of(head);
    if (!bucket || !has_way(&bucket->ways, head))
        return;
    way = find_way(&bucket->ways, head);
    if (way < WAYS)
        __sync_val_compare_and_swap(&bucket->ways.keys[way], head, 0);
}

/* --- the rules --- */

/* What a device on top of another one takes off, or puts on: the kinds of rtnl_link_ops. */
static __noinline int is_tunnel(__u64 device)
{
    const struct net_device *dev = (const void *)device;
    const char *kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);
    char name[8] = {};

    if (!kind || bpf_probe_read_kernel_str(name, sizeof(name), kind) < 0)
        return 0;
    switch (name[0]) {
    case 'v': /* vxlan, vti, vti6; not vlan, veth, vrf */
        return name[1] == 'x' || name[1] == 't';
    case 'g': /* geneve, gre, gretap, gtp */
    case 's': /* sit */
    case 'e': /* erspan */
    case 'w': /* wireguard */
    case 'x': /* xfrm */
        return 1;
    case 'i': /* ipip, ip6tnl, ip6gre, ip6gretap, ip6erspan; not ipvlan, ipvtap */
        return name[1] == 'p' && name[2] != 'v';
    case 'b': /* bareudp; not bond, bridge */
        return name[1] == 'a';
    }
    return 0;
}

/* A buffer ends anywhere; anything may have been done to its packet since it was last seen. */
static __always_inline bool goes_on_to_drop(const struct journey *journey,
                                            const struct sight *sight)
{
    if (journey->point == RECORD_POINT_SOCKET) /* nothing changes it there */
        return false;
    if (journey->head != sight->head && journey->way == RECORD_RX && sight->skb_iif)
        return false;
    /* The stack sets skb_iif on receive: without it the buffer was not received. */
    return sight->skb_iif || journey->way == RECORD_TX || journey->point == RECORD_POINT_RX_LOWER;
}

/* A driver gets the packet: from the stack, or again because it was busy. */
static __always_inline bool goes_on_to_driver(const struct journey *journey, bool same_buffer,
                                              bool same_device, bool same_content)
{
    if (journey->way == RECORD_RX)
        return same_content;
    return !same_device || journey->point != RECORD_POINT_TX_LOWER || same_buffer;
}

/* A device receives the packet: from its peer, or from a device below it. */
static __always_inline bool goes_on_to_device(const struct journey *journey,
                                              const struct sight *sight, bool same_buffer,
                                              bool same_device, bool same_content)
{
    if (journey->way == RECORD_TX)
        return same_content || journey->point == RECORD_POINT_TX_LOWER;
    if (same_device)
        return !same_buffer;
    if (same_content)
        return true;
    return sight->mac_offset >= journey->mac_offset + ETH_HLEN && is_tunnel(sight->device);
}

/* Between devices and sockets, in the order of enum record_point. */
static __always_inline bool goes_on_in_stack(const struct journey *journey,
                                             const struct packet_record *now,
                                             const struct sight *sight, bool same_content)
{
    if (same_content)
        return true;
    return journey->net_cookie == now->net_cookie && now->point > journey->point &&
           (journey->head == sight->head || journey->number != 0);
}

/* netfilter sends duplicates from inside a hook. (In a hook of another namespace may be what TCP
 * sends here for a second time.) */
static __always_inline bool is_in_hook_here(const struct journey *journey,
                                            const struct packet_record *now)
{
    return journey->flags & JOURNEY_IN_HOOK && journey->net_cookie == now->net_cookie;
}

/*
 * Whether the packet of the journey is the one that now is somewhere; same_buffer: in the same
 * socket buffer, else in one that shares its head, or holds the same. A global function, as
 * read_content().
 */
__noinline int goes_on(const struct journey *journey, const struct packet_record *now,
                       const struct sight *sight, int same_buffer)
{
    bool same_content, same_device;

    if (!journey || !now || !sight)
        return 0;
    same_content = journey->signature == sight->content.signature;
    if (!same_buffer && !same_content)
        return 0;
    if (now->point == RECORD_POINT_DROP)
        return same_content || goes_on_to_drop(journey, sight);
    same_device = journey->ifindex == now->ifindex && journey->net_cookie == now->net_cookie;
    /* A copy of multicast was looped back before the packet itself was seen. */
    if (!same_buffer && same_device && sight->content.multicast &&
        now->point == RECORD_POINT_TX_LOWER && journey->way == RECORD_RX)
        return journey->head == sight->head;
    if (journey->point == RECORD_POINT_SOCKET) /* from there it goes nowhere else */
        return same_content && now->point == RECORD_POINT_SOCKET;
    /* Forwarded: what changes its content (a helper of address translation) leaves it where it is.
     */
    if (now->way == RECORD_TX && journey->way == RECORD_RX && !same_content &&
        journey->head != sight->head)
        return 0;
    /* About to be sent, and never received (skb_iif): not the one that was received. */
    if (now->way == RECORD_TX && journey->way == RECORD_RX && sight->skb_iif == 0)
        return 0;
    switch (now->point) {
    case RECORD_POINT_RX_LOWER:
        return goes_on_to_device(journey, sight, same_buffer, same_device, same_content);
    case RECORD_POINT_RX_UPPER:
        return same_device ? journey->point == RECORD_POINT_RX_LOWER : same_content;
    case RECORD_POINT_TX_UPPER: /* nothing passes an edge of a device twice */
        return !same_device || journey->way == RECORD_RX || journey->point > RECORD_POINT_QDISC_OUT;
    case RECORD_POINT_TX_LOWER:
        return goes_on_to_driver(journey, same_buffer, same_device, same_content);
    case RECORD_POINT_QDISC_IN:
    case RECORD_POINT_QDISC_OUT:
        return journey->way == RECORD_TX;
    case RECORD_POINT_OUTPUT: /* a duplicate; the outer packet of a tunnel, or of IPsec */
        return is_in_hook_here(journey, now) || journey->way == RECORD_RX ||
               (same_buffer && (journey->point == RECORD_POINT_TX_LOWER ||
                                journey->point == RECORD_POINT_POSTROUTING));
    default:
        return goes_on_in_stack(journey, now, sight, same_content);
    }
}

#endif
