/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track_*: the tracker, which assigns each observation to a packet. */
#ifndef PKTMON_EBPF_BPF_TRACK_TRACK_H
#define PKTMON_EBPF_BPF_TRACK_TRACK_H

#include "origin.h"
#include "own-flows.h"
#include "untraced.h"
#include "wireguard.h"

/* No filter matches what the skb holds. */
static __always_inline bool matches_no_filter(const struct observation *obs)
{
    return config.filtered && !obs->filters && !obs->undecided;
}

/*
 * No filter matches the packet, but its skb gets an entry: later observations of it, or of a clone,
 * must not be taken for a tracked packet with the same signature. Its content is not added to the
 * table. own: the skb's entry, or NULL.
 */
static __always_inline void track_unmatched(struct track_entry *own,
                                            const struct packet_record *record,
                                            const struct observation *obs)
{
    struct track_entry *entry = own;
    bool moved = !own || own->head != obs->head;

    if (!entry) {
        entry = entries_claim(obs->skb, record->time);
        if (!entry)
            return;
        entries_clear(entry);
    }
    entry_update(entry, record, obs);
    if (moved)
        heads_add(entry, obs->skb);
}

/*
 * Finds the packet's entry or begins one, and sets the record's group, appearance, copy and number.
 * The record says where the packet is. The group of a packet that no filter matches stays 0. Global
 * function, see content_read().
 */
__noinline int track_packet(struct packet_record *record, struct observation *obs)
{
    struct origin *origin;
    struct track_entry *own;
    bool found;

    if (!record || !obs)
        return 0;
    origin = &obs->origin;
    own = entries_find_live(obs->skb);
    if (record->point == RECORD_POINT_RX_UPPER)
        untraced_count_unseen(own, obs->head);
    if (own && !rule_is_continuation(own, record, obs, true))
        own = NULL;
    found = !origin_has_same_content(own, obs) && origin_find(record, obs, own);
    if (wireguard_is_used && !found && !own)
        found = wireguard_find_origin(record, obs);
    /* The origin is a packet that no filter matched. */
    if (found && !origin->group)
        found = false;
    if (own && own->group && !found) {
        if (record->point == RECORD_POINT_DROP && own->point == RECORD_POINT_SOCKET)
            record->socket = own->socket;
        entry_continue(own, record, obs);
        own_follow_flow(record, obs, false);
        return 0;
    }
    if (!found && matches_no_filter(obs)) {
        track_unmatched(own && !own->group ? own : NULL, record, obs);
        return 0;
    }
    if (!found) {
        origin->skb = 0;
        origin->relation = RELATION_NONE;
    } else if (origin->by_content) {
        record->flags |= RECORD_CONTENT;
    }
    /* A drop of what a device handed over in another skb: the packet was received. */
    if (record->point == RECORD_POINT_DROP && origin->by_content &&
        (origin->skb ? origin_was_handed_over(&obs->other, record) : found))
        record->direction = RECORD_RX;
    entry_begin(record, obs, origin);
    own_follow_flow(record, obs, !found);
    return 0;
}

#endif
