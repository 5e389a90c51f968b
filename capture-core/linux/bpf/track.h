/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups, copies and numbers: what a sight adds to what is known of the packet. */
#ifndef PKTMON_TRACK_H
#define PKTMON_TRACK_H

#include "journey.h"
#include "own.h"
#include "shed.h"

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
    family->lossy = journey->flags & JOURNEY_LOSSY ? 1 : 0;
    journey->flags |= JOURNEY_FAMILY;
    return family;
}

/* How a buffer that is new belongs to a packet that is not. */
enum relation {
    RELATION_NONE,      /* the packet is new too */
    RELATION_COPY,      /* shares the bytes, or holds the same while the other lives */
    RELATION_INSTEAD,   /* holds what another one held, which is gone */
    RELATION_PIECE,     /* a fragment or a segment of it */
    RELATION_LEFT_OVER, /* another one held the same, whose memory is in use again */
};

/* Where a new buffer comes from. */
struct origin {
    struct journey *journey; /* of the other buffer; NULL: there is none, or none any more */
    __u64 group;      /* of the packet, also where the other buffer is another one's by now */
    __u64 filters;    /* the same */
    __u32 appearance; /* the last one known of it */
    __u16 copy;       /* of what is left over */
    __u8 relation;
    __u8 by_content;
};

/* Looks at the journey of a buffer that another CPU may be about to use again. False: it was
 * another packet's before the look was over. */
static __always_inline bool look_aside(struct sight *sight, const struct journey *journey,
                                       __u64 group)
{
    sight->other = *journey;
    asm volatile("" ::: "memory");
    return sight->other.group == group && journey->group == group;
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
    way = claim_way(&bucket->ways, way, WAY_IS_WRITTEN);
    if (way >= WAYS)
        return;
    bucket->ways.times[way] = journey->time;
    bucket->buffers[way] = sight->skb;
    bucket->groups[way] = journey->group;
    bucket->filters[way] = journey->filters;
    bucket->sequences[way] = sight->content.sequence;
    bucket->lengths[way] = sight->content.payload;
    bucket->appearances[way] = journey->appearance;
    publish_way(&bucket->ways, way, key);
}

/* Tells the origin which packet it is that held this. False: the way was another one's before that
 * was read. */
static __always_inline bool tell_origin(struct origin *origin, const struct content_bucket *bucket,
                                        __u32 way, __u64 key)
{
    origin->group = bucket->groups[way & (WAYS - 1)];
    origin->filters = bucket->filters[way & (WAYS - 1)];
    origin->appearance = bucket->appearances[way & (WAYS - 1)];
    return holds_still(&bucket->ways, way, key);
}

/* The newest journey that is known with the key since some time, ns, and holds the sight's bytes
 * where they have numbers: sight->other. The origin is told which packet it is. */
static __always_inline struct journey *journey_with(__u64 key, struct sight *sight, __u64 since,
                                                    struct origin *origin)
{
    struct content_bucket *bucket = contents_of(key);
    __u32 way = bucket ? find_range(bucket, key, sight->content.sequence, since) : WAYS;
    struct journey *journey;

    if (!bucket || way >= WAYS)
        return NULL;
    journey = journey_of(bucket->buffers[way]);
    if (!tell_origin(origin, bucket, way, key) || !journey)
        return NULL;
    return look_aside(sight, journey, origin->group) ? journey : NULL;
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
    if (sight->segment_size && sight->content.flow)
        remember_content(flow_key(now, sight), journey, sight);
}

/* Fragments and segments are numbered; what was put together again is not. */
static __always_inline void number_piece(struct journey *journey, const struct sight *sight)
{
    bool piece =
        sight->content.fragment || (journey->flags & JOURNEY_SEGMENT && !sight->segment_size);
    struct family *family;

    if (piece == (journey->number != 0))
        return;
    family = piece ? make_family(journey) : family_of(journey);
    journey->number = 0;
    if (piece && family)
        journey->number = __sync_fetch_and_add(&family->numbers, 1) + 1;
    else if (!piece && family && !(journey->flags & JOURNEY_SEGMENT))
        family->numbers = 0;
    journey->flags &= ~JOURNEY_SEGMENT;
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
    journey->filters |= sight->filters;
    if (sight->undecided)
        journey->flags |= JOURNEY_UNDECIDED;
    journey->flags &= ~(JOURNEY_IN_HOOK | JOURNEY_LEAVES | JOURNEY_LARGE);
    if (sight->segment_size) {
        journey->flags |= JOURNEY_LARGE;
        journey->sequence = sight->content.sequence;
        journey->segment_size = sight->segment_size;
        journey->segments = sight->segments;
        journey->cut = 0;
    }
}

/* Puts what is known into the record. */
static __always_inline void tell(struct packet_record *record, struct journey *journey,
                                 const struct sight *sight)
{
    struct family *family = family_of(journey);

    record->group = journey->group;
    record->copy = journey->copy;
    record->number = journey->number;
    record->filters = journey->filters;
    record->undecided |= (journey->flags & JOURNEY_UNDECIDED) != 0;
    record->incomplete = family ? family->lossy != 0 : (journey->flags & JOURNEY_LOSSY) != 0;
    if (sight->silent)
        return;
    if (family) /* copies may be under way on several CPUs */
        journey->appearance = __sync_fetch_and_add(&family->appearances, 1) + 1;
    else
        journey->appearance++;
    record->appearance = journey->appearance;
}

/* TCP bytes are remembered where they come in, because there they may be merged with others, and
 * all packets where they are handed over, because another buffer may arrive. */
static __always_inline void go_on(struct journey *journey, struct packet_record *record,
                                  const struct sight *sight)
{
    bool moved = journey->head != sight->head;
    bool changed = journey->signature != sight->content.signature ||
                   (record->point == RECORD_POINT_RX_LOWER && sight->content.payload) ||
                   record->point == RECORD_POINT_TX_LOWER;

    move(journey, record, sight);
    number_piece(journey, sight);
    tell(record, journey, sight);
    remember(journey, sight, record, changed);
    if (moved || record->point == RECORD_POINT_SOCKET)
        remember_head(journey, sight->skb);
}

/* The number of a segment of the large packet, by its bytes where they have numbers; 0 = it is
 * none: segments are made in order, and each once (another one with the same bytes is sent again).
 */
static __always_inline __u16 segment_number(const struct journey *large, const struct sight *sight)
{
    __u16 number = large->cut + 1;

    if (sight->content.payload && large->segment_size)
        number = (sight->content.sequence - large->sequence) / large->segment_size + 1;
    return number > large->cut && number <= large->segments ? number : 0;
}

/* What a new journey has of its packet. Not a whole journey, which the stack has no room for. */
struct lineage {
    __u64 group;
    __u64 filters;
    __u32 appearance;
    __u16 copy;
    __u16 number;
    __u16 flags;
};

/* False: while this looked, another CPU put another packet into the parent's memory. */
static __always_inline bool inherit(struct lineage *known, struct packet_record *record,
                                    const struct sight *sight, const struct origin *origin)
{
    struct journey *parent = origin->journey;
    struct family *family;

    if (parent->group != origin->group)
        return false;
    known->group = origin->group;
    known->copy = sight->other.copy;
    known->appearance = sight->other.appearance;
    known->flags = JOURNEY_FAMILY | (sight->other.flags & JOURNEY_UNDECIDED);
    known->filters = sight->other.filters;
    family = make_family(parent);
    if (!family)
        return true;
    __sync_fetch_and_add(&family->alive, 1);
    if (origin->relation == RELATION_COPY) {
        record->copy_of = known->copy;
        known->copy = __sync_fetch_and_add(&family->copies, 1) + 1;
    } else if (origin->relation == RELATION_PIECE && !sight->content.fragment) {
        known->number = parent->cut = segment_number(parent, sight);
        known->flags |= JOURNEY_SEGMENT;
    }
    return true;
}

/* Goes on for a buffer that is another packet's by now. */
static __always_inline void inherit_what_is_left(struct lineage *known, const struct origin *origin)
{
    known->group = origin->group;
    known->appearance = origin->appearance;
    known->copy = origin->copy ? origin->copy : 1;
    known->filters = origin->filters;
}

/* The number of a packet that begins there. */
static __always_inline __u64 new_group(const struct packet_record *record,
                                       const struct sight *sight)
{
    __u64 own = leaves_out_own() ? own_parts(record, sight) : 0;

    return own ? next_group() | own : number_group(next_group(), record->cpu, record->net_cookie);
}

static __always_inline void begin(struct packet_record *record, const struct sight *sight,
                                  const struct origin *origin)
{
    struct lineage known = {};
    struct journey *journey;

    if (origin->relation == RELATION_NONE) {
        known.group = new_group(record, sight);
        known.copy = 1;
    } else if (!origin->journey || !inherit(&known, record, sight, origin)) {
        inherit_what_is_left(&known, origin);
    }
    journey = new_journey(sight->skb, record->time);
    if (!journey) {
        record->group = known.group;
        record->appearance = known.appearance + 1;
        record->copy = known.copy;
        record->filters = known.filters | sight->filters;
        return;
    }
    clear(journey);
    journey->group = known.group;
    journey->appearance = known.appearance;
    journey->copy = known.copy;
    journey->number = known.number;
    journey->flags = known.flags;
    journey->filters = known.filters;
    move(journey, record, sight);
    number_piece(journey, sight);
    tell(record, journey, sight);
    remember(journey, sight, record, true);
    remember_head(journey, sight->skb);
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

/* A record of the packet found no room: counted once for each packet. */
static __always_inline void note_lossy(const struct sight *sight, __u64 group)
{
    struct journey *journey = journey_of(sight->skb);
    struct group_counts *counts;
    struct family *family;
    __u32 zero = 0;
    bool known;

    if (!journey || journey->group != group)
        return;
    family = family_of(journey);
    known = family ? __sync_lock_test_and_set(&family->lossy, 1) != 0
                   : (journey->flags & JOURNEY_LOSSY) != 0;
    journey->flags |= JOURNEY_LOSSY;
    counts = bpf_map_lookup_elem(&group_counts, &zero);
    if (counts && !known)
        __sync_fetch_and_add(&counts->lossy, 1);
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

/* So much older an ended journey counts, when a place is needed in its bucket. */
#define ENDED_AGE_NS (1000 * 1000 * 1000ULL)

/* The buffer ends here; its bytes too, unless other buffers share them. */
static __always_inline void forget(const struct sk_buff *skb, const struct entry *entry)
{
    struct journey *journey = entry->journey;
    struct family *family;

    if (!shares_head(skb))
        forget_head(address(skb->head));
    if (!journey || journey->flags & JOURNEY_ENDED)
        return;
    if (journey->flags & JOURNEY_LEAVES)
        end_well(journey);
    journey->flags |= JOURNEY_ENDED;
    /* Its content may go on in another buffer in a moment; but what lives comes before it. */
    *entry->time = journey->time - ENDED_AGE_NS;
    family = family_of(journey);
    if (family)
        __sync_fetch_and_sub(&family->alive, 1);
}

#endif
