/* SPDX-License-Identifier: GPL-2.0-or-later */
/* origin_*: finds the origin of a packet that is first observed in an skb: the packet's earlier
 * skb, by head and by content. */
#ifndef PKTMON_EBPF_BPF_TRACK_ORIGIN_H
#define PKTMON_EBPF_BPF_TRACK_ORIGIN_H

#include "cut-segments.h"
#include "entry.h"
#include "packet-family.h"
#include "head-table.h"
#include "rules.h"
#include "users.h"

/* The older the content, the less a match means. */
#define CONTENT_AGE_NS (1000 * 1000 * 1000ULL)
#define SEGMENT_AGE_NS (100 * 1000 * 1000ULL)
#define HAND_OVER_NS   (20 * 1000 * 1000ULL) /* a virtual CPU may be descheduled that long */

/* The entry's device sent the packet, and another device has it now. */
static __always_inline bool origin_was_handed_over(const struct track_entry *entry,
                                                   const struct packet_record *now)
{
    return entry->point == RECORD_POINT_TX_LOWER &&
           (entry->ifindex != now->ifindex || entry->net_cookie != now->net_cookie);
}

/* Packets are created at these points: a packet without an earlier observation is new, except for
 * the drop of a packet that a device handed over in another skb. before: an entry with the same
 * content, or NULL. */
static __always_inline bool is_creation_point(const struct packet_record *now,
                                              const struct observation *obs,
                                              const struct track_entry *before)
{
    if (now->point == RECORD_POINT_OUTPUT && before && rule_is_in_hook(before, now))
        return false;
    if (obs->skb_iif != 0)
        return false;
    if (now->point == RECORD_POINT_OUTPUT)
        return true;
    if (now->point == RECORD_POINT_DROP)
        return !before || !origin_was_handed_over(before, now);
    return now->point == RECORD_POINT_TX_UPPER ||
           (now->point == RECORD_POINT_TX_LOWER && !config.upper_edges);
}

/* --- by head --- */

static __always_inline bool origin_has_same_content(const struct track_entry *entry,
                                                    const struct observation *obs)
{
    return entry && entry->signature == obs->content.signature;
}

/* A clone whose head identifies its packet, although the original skb was recycled. */
static __always_inline bool is_leftover_clone(const struct packet_record *now,
                                              const struct observation *obs, struct origin *origin)
{
    struct head_bucket *bucket = heads_find_bucket(obs->head);
    __u32 slot = bucket ? slots_find(&bucket->slots, obs->head) : SLOTS;

    if (!bucket || slot >= SLOTS || bucket->signatures[slot] != obs->content.signature ||
        content_is_reply(obs->content.endpoints, bucket->endpoints[slot]))
        return false;
    if (now->point != RECORD_POINT_DROP && is_creation_point(now, obs, NULL))
        return false;
    origin->relation = RELATION_RECYCLED;
    origin->group = bucket->groups[slot];
    origin->filters = bucket->filters[slot];
    origin->appearance = bucket->appearances[slot];
    origin->copy = 2;
    return slots_is_unchanged(&bucket->slots, slot, obs->head);
}

static __always_inline bool find_by_head(const struct packet_record *now, struct observation *obs,
                                         struct origin *origin)
{
    __u64 skb = heads_find_skb(obs->head);
    struct track_entry *entry = skb ? entries_find(skb) : NULL;
    const struct track_entry *other = &obs->other;

    if (entry) {
        origin->group = entry->group;
        if (!entries_copy(obs, entry, origin->group) || other->head != obs->head)
            entry = NULL;
    }
    /* A clone may still wait in a queue when the packet has arrived in another skb. */
    if (entry && !content_is_reply(obs->content.endpoints, other->endpoints) &&
        (rule_is_continuation(other, now, obs, false) ||
         (origin_has_same_content(other, obs) && !is_creation_point(now, obs, NULL)))) {
        origin->skb = skb;
        origin->filters = other->filters;
        origin->appearance = other->appearance;
        origin->relation = rule_is_reassembled(other, obs) ? RELATION_SUCCESSOR : RELATION_COPY;
        return true;
    }
    return !entry && is_leftover_clone(now, obs, origin);
}

/* --- by content --- */

/* A fragment of a datagram of which the whole or another fragment is known. */
static __always_inline __u64 find_datagram(const struct packet_record *now, struct observation *obs,
                                           __u64 since, struct origin *origin)
{
    __u64 skb;

    if (!obs->content.fragment)
        return 0;
    skb = contents_find_skb(contents_key(obs->content.datagram, KEY_DATAGRAM), obs, since, origin);
    if (skb)
        return skb;
    /* The signature of the first fragment is that of the whole. */
    skb =
        contents_find_skb(contents_key(obs->content.signature, KEY_SIGNATURE), obs, since, origin);
    return skb && obs->other.direction == now->direction ? skb : 0;
}

/* The packet may be a segment of a large one. */
static __always_inline bool may_be_segment(const struct observation *obs)
{
    const struct packet_content *content = &obs->content;

    return content->flow && !obs->segment_size && !content->fragment &&
           (content->protocol != IPPROTO_TCP || content->payload);
}

/* The points where segments are first observed. A queueing discipline may drop segments while it
 * cuts: such a drop has direction TX and no earlier observation, unlike drops of all other packets
 * that are sent here. */
static __always_inline bool is_segment_point(const struct packet_record *now,
                                             const struct observation *obs)
{
    if (now->point == RECORD_POINT_DROP)
        return now->direction == RECORD_TX && obs->skb_iif == 0 && config.upper_edges;
    return now->point == RECORD_POINT_TX_LOWER || now->point == RECORD_POINT_QDISC_OUT ||
           now->point == RECORD_POINT_SOCKET;
}

/* A large packet of this flow that is cut at a driver, a queueing discipline or a socket. */
static __always_inline __u64 find_large(const struct packet_record *now, struct observation *obs,
                                        struct origin *origin)
{
    __u64 skb;

    if (!may_be_segment(obs) || !is_segment_point(now, obs))
        return 0;
    skb = contents_find_skb(contents_flow_key(now, obs), obs, now->time - SEGMENT_AGE_NS, origin);
    return skb && entry_segment_number(&obs->other, obs) ? skb : 0;
}

/* How far along its path in a namespace a packet is, by enum record_point. */
static const volatile __u8 stages[RECORD_POINTS] = {
    [RECORD_POINT_PREROUTING] = 1, [RECORD_POINT_INPUT] = 2,       [RECORD_POINT_FORWARD] = 2,
    [RECORD_POINT_OUTPUT] = 2,     [RECORD_POINT_POSTROUTING] = 3, [RECORD_POINT_TX_UPPER] = 4,
    [RECORD_POINT_QDISC_IN] = 5,   [RECORD_POINT_QDISC_OUT] = 6,   [RECORD_POINT_TX_LOWER] = 7,
    [RECORD_POINT_SOCKET] = 7,
};

/* A large packet of this flow that was cut earlier on the path; its segments may have waited
 * since. */
static __always_inline __u64 find_cut(const struct packet_record *now, struct observation *obs,
                                      struct origin *origin)
{
    __u64 skb, key;

    if (now->time > cut_until || !may_be_segment(obs))
        return 0;
    key = cut_content_key(now->net_cookie, obs->content.flow, obs->content.sequence);
    skb = contents_find_skb(key, obs, now->time - CUT_AGE_NS, origin);
    if (!skb || !entry_segment_number(&obs->other, obs))
        return 0;
    /* A retransmission begins at the same stage as the large packet did. */
    return stages[now->point & 15] > stages[obs->other.point & 15] ? skb : 0;
}

static __always_inline enum relation relation_to(const struct track_entry *entry,
                                                 const struct packet_record *now,
                                                 const struct observation *obs)
{
    if (entry->flags & ENTRY_LARGE && entry_segment_number(entry, obs))
        return RELATION_PIECE;
    /* Merged by GRO on receive, and segmented again to be sent. */
    if (entry->point == RECORD_POINT_RX_LOWER && now->direction == RECORD_TX)
        return RELATION_SUCCESSOR;
    return entry->flags & ENTRY_ENDED || rule_is_reassembled(entry, obs) ? RELATION_SUCCESSOR
                                                                         : RELATION_COPY;
}

/* The packet of an skb that was recycled, by its content: TCP segments that GRO merged and that are
 * segmented again, or a packet that a device handed over a moment ago. */
static __always_inline bool find_saved(__u64 key, const struct packet_record *now,
                                       const struct observation *obs, struct origin *origin)
{
    struct content_bucket *bucket = contents_find_bucket(key);
    __u32 slot = bucket ? contents_find_same(bucket, key, &obs->content) : SLOTS;
    bool cut = now->point == RECORD_POINT_TX_LOWER && obs->content.payload;
    bool handed_over = now->point == RECORD_POINT_RX_LOWER || now->point == RECORD_POINT_DROP;

    if (!bucket || slot >= SLOTS || bucket->lengths[slot] != obs->content.payload)
        return false;
    if (now->time - bucket->slots.times[slot] > (cut ? CONTENT_AGE_NS : HAND_OVER_NS) ||
        (!cut && !handed_over))
        return false;
    origin->relation = RELATION_RECYCLED;
    origin->copy = 1;
    return contents_read_origin(origin, bucket, slot, key);
}

/* A switch received the packet and made a new skb of it, which another device sends or the kernel
 * drops: a switch in user space, or Open vSwitch for the first packet of a flow. The received skb
 * may be freed later than that. */
static __always_inline bool is_reinjected(const struct track_entry *entry,
                                          const struct packet_record *now,
                                          const struct observation *obs)
{
    __u8 received = config.upper_edges ? RECORD_POINT_RX_UPPER : RECORD_POINT_RX_LOWER;
    __u8 sent = config.upper_edges ? RECORD_POINT_TX_UPPER : RECORD_POINT_TX_LOWER;

    if (obs->skb_iif != 0 || entry->direction != RECORD_RX ||
        entry->net_cookie != now->net_cookie || entry->flags & ENTRY_DELIVERED)
        return false;
    if (entry->point != RECORD_POINT_CONSUMED && entry->point != received)
        return false;
    return now->point == RECORD_POINT_DROP ||
           (now->point == sent && entry->ifindex != now->ifindex);
}

static __always_inline bool find_same_content(const struct packet_record *now,
                                              struct observation *obs, struct origin *origin)
{
    __u64 key = contents_key(obs->content.signature, KEY_SIGNATURE);
    __u64 skb = contents_find_skb(key, obs, now->time - CONTENT_AGE_NS, origin);
    const struct track_entry *other =
        skb && origin_has_same_content(&obs->other, obs) ? &obs->other : NULL;

    if (other && is_reinjected(other, now, obs)) {
        origin->skb = skb;
        origin->relation = relation_to(other, now, obs);
        return true;
    }
    if (is_creation_point(now, obs, other))
        return !other && now->point == RECORD_POINT_DROP && find_saved(key, now, obs, origin);
    if (!other)
        return find_saved(key, now, obs, origin);
    if (!rule_is_continuation(other, now, obs, false))
        return false;
    origin->skb = skb;
    origin->relation = relation_to(other, now, obs);
    return true;
}

/* A match of numbered bytes (TCP) takes precedence over a match of the flow; a match of other
 * content does not. */
static __always_inline bool find_by_content(const struct packet_record *now,
                                            struct observation *obs, struct origin *origin)
{
    bool numbered = obs->content.payload != 0;

    origin->by_content = true;
    origin->relation = RELATION_PIECE;
    origin->skb = find_datagram(now, obs, now->time - CONTENT_AGE_NS, origin);
    if (!origin->skb && !numbered)
        origin->skb = find_large(now, obs, origin);
    if (origin->skb || find_same_content(now, obs, origin))
        return true;
    if (numbered)
        origin->skb = find_large(now, obs, origin);
    if (!origin->skb) {
        origin->relation = RELATION_PIECE;
        origin->skb = find_cut(now, obs, origin);
    }
    return origin->skb != 0;
}

/* Fills obs->origin, and returns whether there is one. A content match takes precedence over an
 * address match, because memory is recycled. own: the entry of this skb, with other content; or
 * NULL. Global function, see content_read(). */
__noinline int origin_find(const struct packet_record *now, struct observation *obs,
                           const struct track_entry *own)
{
    struct origin *origin;

    if (!now || !obs)
        return 0;
    origin = &obs->origin;
    __builtin_memset(origin, 0, sizeof(*origin));
    if (find_by_head(now, obs, origin))
        return !(own && origin->group == own->group && rule_is_reassembled(own, obs));
    if (own && !obs->content.fragment) {
        origin->by_content = true;
        /* The skb may have held this packet before, and shows it again after decapsulation. */
        return find_same_content(now, obs, origin) && origin->group != own->group &&
               !users_differ(now, obs, origin);
    }
    return find_by_content(now, obs, origin) &&
           !(own && origin->skb && origin->group == own->group) && !users_differ(now, obs, origin);
}

#endif
