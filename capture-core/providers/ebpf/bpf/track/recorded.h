/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorded_*: which bytes of a packet a record has already. An observation repeats an earlier one
 * if all of its bytes behind the link header are in a record of the same packet: repeats need few
 * bytes (config.repeat_size). What was cut, encrypted or decrypted holds other bytes, unless the
 * record of the whole has them.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_RECORDED_H
#define PKTMON_EBPF_BPF_TRACK_RECORDED_H

#include "rules.h"
#include "shed-groups.h"

#define RECORDED_MAX         0xFFFF /* as long, or longer */
#define RECORDED_LINK_HEADER 32     /* the longest that is expected */

/* No filter matched the packet. */
static __always_inline bool record_is_unmatched(const struct packet_record *record)
{
    return config.filtered && !record->filters && !record->undecided;
}

/* bits: of the group numbers that are not recorded. */
static __always_inline bool record_is_left_out(const struct packet_record *record, __u64 bits)
{
    return record_is_unmatched(record) || record->group & bits ||
           !netns_is_selected(record->net_cookie);
}

/* User space, which needs the whole packet for that, runs a filter and may leave it out. */
static __always_inline bool is_for_user_space(const struct packet_record *record)
{
    return config.filtered && record->undecided;
}

/* Cuts the record of a repeat. */
static __always_inline void recorded_cut(struct packet_record *record)
{
    if (record->repeats && record->caplen > config.repeat_size && !is_for_user_space(record))
        record->caplen = config.repeat_size;
}

/* The bytes of the frame behind its link header, as far as records can have them. */
static __always_inline __u16 recorded_length(const struct packet_content *content, __u32 readable)
{
    __u32 length = readable - content->network;

    if (readable < content->network)
        return 0;
    return length < RECORDED_MAX ? length : RECORDED_MAX;
}

/* Whether the entry's record has all of a packet of which this observation is a part, wherever the
 * part begins. */
static __always_inline bool has_whole(const struct track_entry *entry,
                                      const struct observation *obs)
{
    return config.reads_fragments && entry->recorded != RECORDED_MAX &&
           obs->length < entry->recorded &&
           entry->recorded + RECORDED_LINK_HEADER <= config.pkt_size;
}

/* Whether a packet that was received again after a header was taken off holds the same as before.
 * Global function, see content_read(). */
__noinline int is_unpacked(const struct track_entry *entry, const struct packet_record *now,
                           const struct observation *obs)
{
    if (!entry || !now || !obs)
        return 0;
    return now->point == RECORD_POINT_RX_LOWER && entry->direction == RECORD_RX &&
           obs->unwrapped == entry->unwrapped && has_whole(entry, obs) &&
           !rule_device_decrypts(obs->device);
}

/* A filter that matches for the first time: its session may have got no earlier record. */
static __always_inline bool matches_anew(const struct track_entry *entry,
                                         const struct observation *obs)
{
    return config.filtered && obs->filters & ~entry->filters;
}

/* The entry's packet is observed again. Before entry_update(). */
static __always_inline void recorded_continue(struct track_entry *entry,
                                              const struct packet_record *now,
                                              const struct observation *obs)
{
    if (entry->signature != obs->content.signature)
        entry->recorded = is_unpacked(entry, now, obs) ? obs->length : 0;
    if (matches_anew(entry, obs))
        entry->recorded = 0;
}

/* Whether this piece is in the record of the whole. Bytes of TCP have numbers. Other segments are
 * known by their order alone, and where upper edges are not observed, another packet may be taken
 * for one. (A segment that WireGuard encrypted has other endpoints.) */
static __always_inline bool is_piece_of_recorded(const struct observation *obs)
{
    const struct track_entry *whole = &obs->other;

    if (whole->number || !has_whole(whole, obs))
        return false;
    if (obs->content.fragment)
        return true;
    return whole->endpoints == obs->content.endpoints &&
           (obs->content.payload || config.upper_edges);
}

/* Bytes that records have of a packet in a new skb, which comes from obs->other. */
static __always_inline __u16 recorded_inherit(const struct observation *obs, bool piece)
{
    if (!piece)
        return obs->other.recorded;
    return is_piece_of_recorded(obs) ? obs->length : 0;
}

/* Notes whether the observation is a repeat, and that its record will have its bytes. If the record
 * cannot be written, see family_mark_incomplete(). */
static __always_inline void recorded_note(struct track_entry *entry, struct packet_record *record,
                                          const struct observation *obs)
{
    record->repeats = entry->recorded == obs->length;
    if (!record->repeats && config.record_flow && !is_for_user_space(record) &&
        !record_is_left_out(record, GROUP_NOT_PASSED))
        entry->recorded = obs->length;
}

#endif
