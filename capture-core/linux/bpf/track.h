/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups, copies and numbers: what a sight adds to what is known of the packet. */
#ifndef PKTMON_TRACK_H
#define PKTMON_TRACK_H

#include "journey.h"

/* --- what buffers of one packet have in common --- */

static __always_inline struct family *family_slot(__u64 group)
{
    __u32 slot = slot_of(group, FAMILY_SLOTS);

    return bpf_map_lookup_elem(&families, &slot);
}

/* NULL: the packet has one buffer, or had several so long ago that others took the place. */
static __always_inline struct family *family_of(const struct journey *journey)
{
    struct family *family;

    if (!(journey->flags & JOURNEY_FAMILY))
        return NULL;
    family = family_slot(journey->group);
    return family && family->group == journey->group ? family : NULL;
}

static __always_inline struct family *make_family(struct journey *journey)
{
    struct family *family = family_of(journey);

    if (family)
        return family;
    family = family_slot(journey->group);
    if (!family)
        return NULL;
    family->group = journey->group;
    family->appearances = journey->appearance;
    family->copies = journey->copy;
    family->alive = journey->flags & JOURNEY_ENDED ? 0 : 1;
    family->numbers = journey->number;
    family->good = journey->flags & JOURNEY_GOOD ? 1 : 0;
    journey->flags |= JOURNEY_FAMILY;
    return family;
}

/* --- contents --- */

/* Keys of one table. */
enum content_key {
    KEY_SIGNATURE = 1,
    KEY_DATAGRAM = 2,
    KEY_FLOW = 3,
};

static __always_inline __u64 content_key(__u64 hash, enum content_key kind)
{
    return hash << 2 | kind;
}

static __always_inline struct content_bucket *contents_of(__u64 key)
{
    __u32 slot = slot_of(key, BUCKETS);

    return bpf_map_lookup_elem(&contents, &slot);
}

/* Where the key is held with this sequence number; WAYS: nowhere. */
__noinline __u32 find_content(const struct content_bucket *bucket, __u64 key, __u32 sequence)
{
    if (!bucket)
        return WAYS;
    for (__u32 i = 0; i < WAYS; i++) {
        if (bucket->ways.keys[i] == key && bucket->sequences[i] == sequence)
            return i;
    }
    return WAYS;
}

/* Where the newest is that is held with the key since some time, ns, and whose bytes sequence is
 * one of (those without a number hold all); WAYS: nowhere. */
__noinline __u32 find_range(const struct content_bucket *bucket, __u64 key, __u32 sequence,
                            __u64 since)
{
    __u32 found = WAYS;

    if (!bucket)
        return WAYS;
    for (__u32 i = 0; i < WAYS; i++) {
        if (bucket->ways.keys[i] != key || bucket->ways.times[i] < since)
            continue;
        if (bucket->lengths[i] && sequence - bucket->sequences[i] >= bucket->lengths[i])
            continue;
        since = bucket->ways.times[i];
        found = i;
    }
    return found;
}

static __always_inline void remember_content(__u64 key, const struct journey *journey,
                                             const struct sight *sight)
{
    struct content_bucket *bucket = contents_of(key);
    __u32 way;

    if (!bucket)
        return;
    way = find_content(bucket, key, sight->content.sequence);
    if (way >= WAYS)
        way = oldest_way(&bucket->ways) & (WAYS - 1);
    bucket->ways.keys[way] = key;
    bucket->ways.times[way] = journey->time;
    bucket->buffers[way] = sight->skb;
    bucket->groups[way] = journey->group;
    bucket->sequences[way] = sight->content.sequence;
    bucket->lengths[way] = sight->content.payload;
    bucket->appearances[way] = journey->appearance;
}

/* The newest journey that is known with the key since some time, ns, and holds the sight's bytes
 * where they have numbers. */
static __always_inline struct journey *journey_with(__u64 key, const struct sight *sight,
                                                    __u64 since)
{
    struct content_bucket *bucket = contents_of(key);
    __u32 way = bucket ? find_range(bucket, key, sight->content.sequence, since) : WAYS;
    struct journey *journey;

    if (!bucket || way >= WAYS)
        return NULL;
    journey = journey_of(bucket->buffers[way]);
    return journey && journey->group == bucket->groups[way] ? journey : NULL;
}

/* --- what a sight means --- */

/* 1, 2, 3 ... over all CPUs, each of which takes every config.cpus-th number. */
static __always_inline __u64 next_group(void)
{
    __u32 zero = 0;
    __u64 *number = bpf_map_lookup_elem(&group_numbers, &zero);

    if (!number)
        return 0;
    /* Programs at other interrupt levels of this CPU take numbers too. */
    return __sync_fetch_and_add(number, 1) * config.cpus + bpf_get_smp_processor_id() + 1;
}

/* A large packet is cut in the namespace where it is, and on its way in or out. */
static __always_inline __u64 flow_key(const struct packet_record *now, const struct sight *sight)
{
    return content_key(mix(sight->content.flow ^ now->way, now->net_cookie), KEY_FLOW);
}

/* Makes all that must be found again later findable. */
static __always_inline void remember(const struct journey *journey, const struct sight *sight,
                                     const struct packet_record *now, bool is_new)
{
    bool fragment = sight->content.fragment;

    if (is_new)
        remember_content(content_key(sight->content.signature, KEY_SIGNATURE), journey, sight);
    if (sight->content.datagram && (is_new || fragment))
        remember_content(content_key(sight->content.datagram, KEY_DATAGRAM), journey, sight);
    if (sight->segmented && sight->content.flow)
        remember_content(flow_key(now, sight), journey, sight);
}

/* Fragments and segments are numbered; what was put together again is not. */
static __always_inline void number_piece(struct journey *journey, const struct sight *sight)
{
    struct family *family;

    if (journey->number == 0 && sight->content.fragment) {
        family = make_family(journey);
        if (family)
            journey->number = __sync_fetch_and_add(&family->numbers, 1) + 1;
    } else if (journey->number != 0 && !sight->content.fragment &&
               (sight->segmented || !(journey->flags & JOURNEY_SEGMENT))) {
        journey->number = 0;
        journey->flags &= ~JOURNEY_SEGMENT;
        family = family_of(journey);
        if (family)
            family->numbers = 0;
    }
}

static __always_inline void move(struct journey *journey, const struct packet_record *now,
                                 const struct sight *sight)
{
    journey->time = now->time;
    journey->head = sight->head;
    journey->signature = sight->content.signature;
    journey->mac_offset = sight->mac_offset;
    journey->net_cookie = now->net_cookie;
    if (now->ifindex)
        journey->ifindex = now->ifindex;
    journey->point = now->point;
    journey->way = now->way;
    journey->flags &= ~(JOURNEY_IN_HOOK | JOURNEY_LEAVES | JOURNEY_LARGE);
    if (sight->segmented)
        journey->flags |= JOURNEY_LARGE;
}

/* Puts what is known into the record. */
static __always_inline void tell(struct packet_record *record, struct journey *journey)
{
    struct family *family = family_of(journey);

    if (family) /* copies may be under way on several CPUs */
        journey->appearance = __sync_fetch_and_add(&family->appearances, 1) + 1;
    else
        journey->appearance++;
    record->group = journey->group;
    record->appearance = journey->appearance;
    record->copy = journey->copy;
    record->number = journey->number;
}

static __always_inline void go_on(struct journey *journey, struct packet_record *record,
                                  const struct sight *sight)
{
    bool changed = journey->signature != sight->content.signature;

    bool moved = journey->head != sight->head;

    move(journey, record, sight);
    number_piece(journey, sight);
    tell(record, journey);
    remember(journey, sight, record,
             changed || (record->point == RECORD_POINT_RX_LOWER && sight->content.payload));
    if (moved || record->point == RECORD_POINT_SOCKET)
        remember_head(journey, sight->skb);
}

/* How a buffer that is new belongs to a packet that is not. */
enum relation {
    RELATION_NONE,
    RELATION_COPY,      /* shares the bytes, or holds the same while the other lives */
    RELATION_INSTEAD,   /* holds what another one held, which is gone */
    RELATION_PIECE,     /* a fragment or a segment of it */
    RELATION_LEFT_OVER, /* as instead, but the other one's memory is in use again */
};

/* A segment that was merged with others, and is cut again. */
static __always_inline bool begin_cut_again(const struct sight *sight, struct journey *known)
{
    __u64 key = content_key(sight->content.signature, KEY_SIGNATURE);
    struct content_bucket *bucket = contents_of(key);
    __u32 way = bucket ? find_content(bucket, key, sight->content.sequence) : WAYS;

    if (!bucket || way >= WAYS)
        return false;
    known->group = bucket->groups[way];
    known->appearance = bucket->appearances[way];
    known->copy = 1;
    return true;
}

/* A clone that is left over when the buffer that it was made from is another packet's. */
static __always_inline bool begin_left_over(const struct packet_record *record,
                                            const struct sight *sight, struct journey *known)
{
    struct head_bucket *bucket = heads_of(sight->head);
    __u32 way = bucket ? find_way(&bucket->ways, sight->head) : WAYS;

    if (record->point != RECORD_POINT_DROP || !bucket || way >= WAYS ||
        bucket->signatures[way] != sight->content.signature)
        return false;
    known->group = bucket->groups[way];
    known->appearance = bucket->appearances[way];
    known->copy = 2;
    return true;
}

static __always_inline void begin(struct packet_record *record, const struct sight *sight,
                                  struct journey *parent, enum relation relation)
{
    struct family *family = parent ? make_family(parent) : NULL;
    struct journey known = {}, *journey;
    __u16 inherited = 0;

    if (parent) {
        known.group = parent->group;
        known.copy = parent->copy;
        known.appearance = parent->appearance;
        inherited = JOURNEY_FAMILY;
    } else if (!(relation == RELATION_LEFT_OVER && begin_cut_again(sight, &known)) &&
               !begin_left_over(record, sight, &known)) {
        known.group = next_group();
        known.copy = 1;
    }
    if (family) {
        __sync_fetch_and_add(&family->alive, 1);
        if (relation == RELATION_COPY) {
            record->copy_of = known.copy;
            known.copy = __sync_fetch_and_add(&family->copies, 1) + 1;
        }
        if (relation == RELATION_PIECE && !sight->content.fragment) {
            known.number = __sync_fetch_and_add(&family->numbers, 1) + 1;
            inherited |= JOURNEY_SEGMENT;
        }
    }
    journey = new_journey(sight->skb, record->time);
    if (!journey) {
        record->group = known.group;
        record->appearance = known.appearance + 1;
        record->copy = known.copy;
        return;
    }
    *journey = known;
    journey->flags = inherited;
    move(journey, record, sight);
    number_piece(journey, sight);
    tell(record, journey);
    remember(journey, sight, record, true);
    remember_head(journey, sight->skb);
}

/* Content says less the older it is. */
#define CONTENT_AGE_NS (1000 * 1000 * 1000ULL)
#define SEGMENT_AGE_NS (100 * 1000 * 1000ULL)

/* Another device sent it, and now it is at this one. */
static __always_inline bool was_handed_over(const struct journey *journey,
                                            const struct packet_record *now)
{
    return journey->point == RECORD_POINT_TX_LOWER &&
           (journey->ifindex != now->ifindex || journey->net_cookie != now->net_cookie);
}

/* Where packets come into being: what is there for the first time is new, but for a drop of what a
 * device had handed over in another buffer. before: holds the same; may be NULL. */
static __always_inline bool is_origin(const struct packet_record *now, const struct sight *sight,
                                      const struct journey *before)
{
    if (now->point == RECORD_POINT_OUTPUT)
        return true;
    if (sight->skb_iif != 0)
        return false;
    if (now->point == RECORD_POINT_DROP)
        return !before || !was_handed_over(before, now);
    return now->point == RECORD_POINT_TX_UPPER ||
           (now->point == RECORD_POINT_TX_LOWER && !config.upper_edges);
}

static __always_inline bool is_first_fragment_of(const struct journey *whole,
                                                 const struct packet_record *now,
                                                 const struct sight *sight)
{
    return sight->content.fragment && whole->signature == sight->content.signature &&
           whole->way == now->way;
}

/* TCP bytes that a buffer held whose memory is in use again: it was merged with others. */
static __always_inline bool is_held(__u64 key, const struct sight *sight, __u64 since)
{
    struct content_bucket *bucket = contents_of(key);
    __u32 way = bucket ? find_range(bucket, key, sight->content.sequence, since) : WAYS;

    return bucket && way < WAYS && bucket->lengths[way] == sight->content.payload &&
           sight->content.payload;
}

/* How a buffer relates to another one that held the same. */
static __always_inline enum relation relation_to(const struct journey *journey,
                                                 const struct packet_record *now,
                                                 const struct sight *sight)
{
    if (journey->flags & JOURNEY_LARGE && !sight->segmented)
        return RELATION_PIECE;
    /* Merged with others as it was received, and cut again to be sent. */
    if (journey->point == RECORD_POINT_RX_LOWER && now->way == RECORD_TX)
        return RELATION_INSTEAD;
    return journey->flags & JOURNEY_ENDED ? RELATION_INSTEAD : RELATION_COPY;
}

/* The packet that a new buffer carries, found by what it holds. */
static __always_inline struct journey *
by_content(const struct packet_record *now, const struct sight *sight, enum relation *relation)
{
    __u64 since = now->time - CONTENT_AGE_NS, key;
    struct journey *journey;

    *relation = RELATION_PIECE;
    if (sight->content.fragment) {
        key = content_key(sight->content.datagram, KEY_DATAGRAM);
        journey = journey_with(key, sight, since);
        if (journey)
            return journey;
    }
    key = content_key(sight->content.signature, KEY_SIGNATURE);
    journey = journey_with(key, sight, since);
    if (journey && is_first_fragment_of(journey, now, sight))
        return journey;
    if (journey && !is_origin(now, sight, journey) && goes_on(journey, now, sight, false)) {
        *relation = relation_to(journey, now, sight);
        return journey;
    }
    if (!sight->content.flow || sight->segmented || sight->content.fragment ||
        is_origin(now, sight, NULL))
        return NULL;
    if (!journey && now->point == RECORD_POINT_TX_LOWER && sight->skb_iif != 0 &&
        is_held(key, sight, since)) {
        *relation = RELATION_LEFT_OVER;
        return NULL;
    }
    return journey_with(flow_key(now, sight), sight, now->time - SEGMENT_AGE_NS);
}

static __always_inline bool holds_the_same(const struct journey *journey, const struct sight *sight)
{
    return journey && journey->signature == sight->content.signature;
}

/* A drop of what another buffer held when a device handed it over: it was received. */
static __always_inline void correct_way(struct packet_record *record, const struct journey *journey)
{
    if (record->point == RECORD_POINT_DROP && was_handed_over(journey, record))
        record->way = RECORD_RX;
}

/*
 * Finds or begins the packet's journey, and puts its group, appearance, copy and number into the
 * record, which says where the packet is. What holds the same comes before what is in the same
 * memory, because memory is used again. A global function, as read_content().
 */
__noinline int track(struct packet_record *record, const struct sight *sight)
{
    enum relation relation = RELATION_COPY;
    struct journey *own, *other;

    if (!record || !sight)
        return 0;
    own = live_journey_of(sight->skb);
    if (own && !goes_on(own, record, sight, true))
        own = NULL;
    if (holds_the_same(own, sight)) {
        go_on(own, record, sight);
        return 0;
    }
    other = journey_at(sight->head);
    if (other && !goes_on(other, record, sight, false))
        other = NULL;
    if (!other && (!own || sight->content.fragment)) {
        other = by_content(record, sight, &relation);
        if (other && own && other->group == own->group)
            other = NULL;
        if (other || relation == RELATION_LEFT_OVER)
            record->flags |= RECORD_CONTENT;
        if (other) {
            correct_way(record, other);
        }
    }
    if (own && !other)
        go_on(own, record, sight);
    else
        begin(record, sight, other, relation);
    return 0;
}

static __always_inline void look_at(struct scratch *scratch, const struct sk_buff *skb,
                                    const struct frame *frame)
{
    struct sight *sight = &scratch->sight;

    __builtin_memset(sight, 0, sizeof(*sight));
    read_content(scratch, frame->l3, frame->protocol, &sight->content);
    sight->head = frame->head;
    sight->skb = address(skb);
    sight->device = address(skb->dev);
    sight->mac_offset = frame->mac_offset;
    sight->skb_iif = skb->skb_iif;
    sight->segmented = scratch->record.gso_size;
}

/* --- ends --- */

/* How many buffers share this head (net/core/skbuff.c: dataref counts in its lower half). */
static __always_inline bool shares_head(const struct sk_buff *skb)
{
    const struct skb_shared_info *shared;

    if (!BPF_CORE_READ_BITFIELD(skb, cloned))
        return false;
    shared = (const void *)(address(skb->head) + skb->end);
    return (BPF_CORE_READ(shared, dataref.counter) & 0xFFFF) > 1;
}

/* The packet, or one of its buffers, came to a good end. */
static __always_inline void end_well(struct journey *journey)
{
    struct family *family = family_of(journey);

    journey->flags |= JOURNEY_GOOD;
    if (family)
        family->good = 1;
}

/* Whether another buffer of the packet lives, or came to a good end. */
static __always_inline bool has_others(const struct journey *journey)
{
    struct family *family = family_of(journey);

    /* Of a datagram or a large send each part is needed. */
    if (!family || journey->number)
        return false;
    return family->good || family->alive > (journey->flags & JOURNEY_ENDED ? 0 : 1);
}

/* The buffer ends here; its bytes too, unless other buffers share them. */
static __always_inline void forget(const struct sk_buff *skb)
{
    struct journey *journey = live_journey_of(address(skb));
    struct family *family;

    if (!shares_head(skb))
        forget_head(address(skb->head));
    if (!journey)
        return;
    if (journey->flags & JOURNEY_LEAVES)
        end_well(journey);
    journey->flags |= JOURNEY_ENDED;
    free_way(address(skb));
    family = family_of(journey);
    if (family)
        __sync_fetch_and_sub(&family->alive, 1);
}

#endif
