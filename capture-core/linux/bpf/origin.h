/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a packet that is seen in a buffer comes from: each sight's way into the tables. */
#ifndef PKTMON_ORIGIN_H
#define PKTMON_ORIGIN_H

#include "track.h"

/* Content says less the older it is. */
#define CONTENT_AGE_NS (1000 * 1000 * 1000ULL)
#define SEGMENT_AGE_NS (100 * 1000 * 1000ULL)
#define HAND_OVER_NS   (20 * 1000 * 1000ULL) /* a virtual CPU may rest so long on the way */

/* Another device sent it, and now it is at this one. */
static __always_inline bool was_handed_over(const struct journey *journey,
                                            const struct packet_record *now)
{
    return journey->point == RECORD_POINT_TX_LOWER &&
           (journey->ifindex != now->ifindex || journey->net_cookie != now->net_cookie);
}

/* Where packets come into being: what is there for the first time is new, but for a drop of what a
 * device had handed over in another buffer. before: holds the same; may be NULL. */
static __always_inline bool is_source(const struct packet_record *now, const struct sight *sight,
                                      const struct journey *before)
{
    if (now->point == RECORD_POINT_OUTPUT && before && is_in_hook_here(before, now))
        return false;
    if (sight->skb_iif != 0)
        return false;
    if (now->point == RECORD_POINT_OUTPUT)
        return true;
    if (now->point == RECORD_POINT_DROP)
        return !before || !was_handed_over(before, now);
    return now->point == RECORD_POINT_TX_UPPER ||
           (now->point == RECORD_POINT_TX_LOWER && !config.upper_edges);
}

/* --- by head --- */

static __always_inline bool holds_the_same(const struct journey *journey, const struct sight *sight)
{
    return journey && journey->signature == sight->content.signature;
}

/* A clone whose memory tells of its packet, although the buffer that it was made from is another
 * packet's by now. */
static __always_inline bool is_left_over(const struct packet_record *now, const struct sight *sight,
                                         struct origin *origin)
{
    struct head_bucket *bucket = heads_of(sight->head);
    __u32 way = bucket ? find_way(&bucket->ways, sight->head) : WAYS;

    if (!bucket || way >= WAYS || bucket->signatures[way] != sight->content.signature)
        return false;
    if (now->point != RECORD_POINT_DROP && is_source(now, sight, NULL))
        return false;
    origin->relation = RELATION_LEFT_OVER;
    origin->group = bucket->groups[way];
    origin->filters = bucket->filters[way];
    origin->appearance = bucket->appearances[way];
    origin->copy = 2;
    return holds_still(&bucket->ways, way, sight->head);
}

static __always_inline bool from_head(const struct packet_record *now, struct sight *sight,
                                      struct origin *origin)
{
    struct journey *journey = journey_at(sight->head);
    const struct journey *other = &sight->other;

    if (journey) {
        origin->group = journey->group;
        if (!look_aside(sight, journey, origin->group) || other->head != sight->head)
            journey = NULL;
    }
    /* A clone of one that has arrived somewhere comes later where the clones wait in a queue. */
    if (journey && (goes_on(other, now, sight, false) ||
                    (holds_the_same(other, sight) && !is_source(now, sight, NULL)))) {
        origin->journey = journey;
        origin->filters = other->filters;
        origin->appearance = other->appearance;
        origin->relation = RELATION_COPY;
        return true;
    }
    return !journey && is_left_over(now, sight, origin);
}

/* --- by content --- */

/* A fragment of a datagram of which another one is known, or the whole. */
static __always_inline struct journey *from_datagram(const struct packet_record *now,
                                                     struct sight *sight, __u64 since,
                                                     struct origin *origin)
{
    struct journey *journey;

    if (!sight->content.fragment)
        return NULL;
    journey =
        journey_with(content_key(sight->content.datagram, KEY_DATAGRAM), sight, since, origin);
    if (journey)
        return journey;
    /* The first one holds what the whole held. */
    journey =
        journey_with(content_key(sight->content.signature, KEY_SIGNATURE), sight, since, origin);
    return journey && sight->other.way == now->way ? journey : NULL;
}

/* A large packet of this flow that is being cut, at a driver's door or a socket's. */
static __always_inline struct journey *from_large(const struct packet_record *now,
                                                  struct sight *sight, struct origin *origin)
{
    struct journey *journey;

    if (!sight->content.flow || sight->segment_size || sight->content.fragment ||
        (sight->content.protocol == IPPROTO_TCP && !sight->content.payload) ||
        (now->point != RECORD_POINT_TX_LOWER && now->point != RECORD_POINT_QDISC_OUT &&
         now->point != RECORD_POINT_SOCKET))
        return NULL;
    journey = journey_with(flow_key(now, sight), sight, now->time - SEGMENT_AGE_NS, origin);
    return journey && segment_number(&sight->other, sight) ? journey : NULL;
}

static __always_inline enum relation relation_to(const struct journey *journey,
                                                 const struct packet_record *now,
                                                 const struct sight *sight)
{
    if (journey->flags & JOURNEY_LARGE && segment_number(journey, sight))
        return RELATION_PIECE;
    /* Merged with others as it was received, and cut again to be sent. */
    if (journey->point == RECORD_POINT_RX_LOWER && now->way == RECORD_TX)
        return RELATION_INSTEAD;
    return journey->flags & JOURNEY_ENDED ? RELATION_INSTEAD : RELATION_COPY;
}

/* What another buffer held whose memory is another packet's by now: TCP bytes that were merged with
 * others and are cut out again, or what a device handed over a moment ago. */
static __always_inline bool is_held(__u64 key, const struct packet_record *now,
                                    const struct sight *sight, struct origin *origin)
{
    struct content_bucket *bucket = contents_of(key);
    __u32 way = bucket ? find_content(bucket, key, sight->content.sequence) : WAYS;
    bool cut = now->point == RECORD_POINT_TX_LOWER && sight->content.payload;
    bool handed_over = now->point == RECORD_POINT_RX_LOWER || now->point == RECORD_POINT_DROP;

    if (!bucket || way >= WAYS || bucket->lengths[way] != sight->content.payload)
        return false;
    if (now->time - bucket->ways.times[way] > (cut ? CONTENT_AGE_NS : HAND_OVER_NS) ||
        (!cut && !handed_over))
        return false;
    origin->relation = RELATION_LEFT_OVER;
    origin->copy = 1;
    return tell_origin(origin, bucket, way, key);
}

static __always_inline bool from_same(const struct packet_record *now, struct sight *sight,
                                      struct origin *origin)
{
    __u64 key = content_key(sight->content.signature, KEY_SIGNATURE);
    struct journey *journey = journey_with(key, sight, now->time - CONTENT_AGE_NS, origin);
    const struct journey *other =
        journey && holds_the_same(&sight->other, sight) ? &sight->other : NULL;

    if (is_source(now, sight, other))
        return !other && now->point == RECORD_POINT_DROP && is_held(key, now, sight, origin);
    if (!other)
        return is_held(key, now, sight, origin);
    if (!goes_on(other, now, sight, false))
        return false;
    origin->journey = journey;
    origin->relation = relation_to(other, now, sight);
    return true;
}

/* Bytes that have numbers tell more than the flow that they belong to; others less. */
static __always_inline bool from_content(const struct packet_record *now, struct sight *sight,
                                         struct origin *origin)
{
    bool numbered = sight->content.payload != 0;

    origin->by_content = true;
    origin->relation = RELATION_PIECE;
    origin->journey = from_datagram(now, sight, now->time - CONTENT_AGE_NS, origin);
    if (!origin->journey && !numbered)
        origin->journey = from_large(now, sight, origin);
    if (origin->journey || from_same(now, sight, origin))
        return true;
    if (numbered)
        origin->journey = from_large(now, sight, origin);
    return origin->journey != NULL;
}

/* --- all together --- */

static __always_inline struct unaccounted *not_accounted(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&unaccounted, &zero);
}

/* What was in a hook on its way out is received, in the same buffer, but no tracepoint program saw
 * a device get it. Not for RX_LOWER: tc at egress gives packets there, past the device. */
static __always_inline void count_if_unseen(const struct journey *journey, __u64 head)
{
    struct unaccounted *missed = not_accounted();

    if (missed && journey && journey->head == head &&
        (journey->point == RECORD_POINT_OUTPUT || journey->point == RECORD_POINT_POSTROUTING) &&
        is_wanted(journey->net_cookie))
        __sync_fetch_and_add(&missed->untraced, 1);
}

/* What holds the same comes before what is in the same memory, because memory is used again. */
static __always_inline bool find_origin(const struct packet_record *now, struct sight *sight,
                                        const struct journey *own, struct origin *origin)
{
    if (holds_the_same(own, sight))
        return false;
    if (from_head(now, sight, origin))
        return true;
    if (own && !sight->content.fragment) {
        origin->by_content = true;
        /* It may have held that itself, and show it again: out of a tunnel. */
        return from_same(now, sight, origin) && origin->group != own->group;
    }
    return from_content(now, sight, origin) &&
           !(own && origin->journey && origin->group == own->group);
}

/* No filter matches what it holds. */
static __always_inline bool is_nobodys(const struct sight *sight)
{
    return config.filtered && !sight->filters && !sight->undecided;
}

/*
 * The packet is not to be followed, but its buffer is known from here on: its next sight must not
 * be taken for one of a packet that is followed and holds the same, as far as signatures tell; nor
 * must a clone's. What it holds is not kept. own: the same, if it was seen before.
 */
static __always_inline void pass_by(struct journey *own, const struct packet_record *record,
                                    const struct sight *sight)
{
    struct journey *journey = own;
    bool moved = !own || own->head != sight->head;

    if (!journey) {
        journey = new_journey(sight->skb, record->time);
        if (!journey)
            return;
        clear(journey);
    }
    move(journey, record, sight);
    if (moved)
        remember_head(journey, sight->skb);
}

/*
 * Finds or begins the packet's journey, and puts its group, appearance, copy and number into the
 * record, which says where the packet is. The group stays 0 of a packet that no filter matches. A
 * global function, as read_content().
 */
__noinline int track(struct packet_record *record, struct sight *sight)
{
    struct origin origin = {};
    struct journey *own;
    bool found;

    if (!record || !sight)
        return 0;
    own = live_journey_of(sight->skb);
    if (record->point == RECORD_POINT_RX_UPPER)
        count_if_unseen(own, sight->head);
    if (own && !goes_on(own, record, sight, true))
        own = NULL;
    found = find_origin(record, sight, own, &origin);
    /* A clone of what no filter matched. */
    if (found && !origin.group)
        found = false;
    if (own && own->group && !found) {
        go_on(own, record, sight);
        own_follow_flow(record, sight, false);
        return 0;
    }
    if (!found && is_nobodys(sight)) {
        pass_by(own && !own->group ? own : NULL, record, sight);
        return 0;
    }
    if (!found) {
        origin.journey = NULL;
        origin.relation = RELATION_NONE;
    } else if (origin.by_content) {
        record->flags |= RECORD_CONTENT;
    }
    /* A drop of what a device had handed over in another buffer: it was received. */
    if (record->point == RECORD_POINT_DROP && origin.by_content &&
        (origin.journey ? was_handed_over(&sight->other, record) : found))
        record->way = RECORD_RX;
    begin(record, sight, &origin);
    own_follow_flow(record, sight, !found);
    return 0;
}

static __always_inline void look_at(struct scratch *scratch, const struct sk_buff *skb,
                                    const struct frame *frame)
{
    struct sight *sight = &scratch->sight;

    __builtin_memset(sight, 0, __builtin_offsetof(struct sight, other));
    read_content(scratch, frame->l3, frame->protocol, &sight->content);
    sight->head = frame->head;
    sight->skb = address(skb);
    sight->device = address(skb->dev);
    sight->mac_offset = frame->mac_offset;
    sight->skb_iif = skb->skb_iif;
    sight->segment_size = scratch->record.gso_size;
    sight->segments = scratch->record.gso_segs;
    if (config.filtered) {
        sight->filters = scratch->filters & ~RECORD_NEEDS_MORE;
        sight->undecided = (scratch->filters & RECORD_NEEDS_MORE) != 0;
    }
    if (leaves_out_own())
        own_read_flow(scratch, &sight->own);
}

#endif
