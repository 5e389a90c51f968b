/* SPDX-License-Identifier: GPL-2.0-or-later */
/* family_*: what the skbs of one packet have in common. Clones, copies, fragments and segments are
 * a family, from the moment when there is a second one. */
#ifndef PKTMON_EBPF_BPF_TRACK_PACKET_FAMILY_H
#define PKTMON_EBPF_BPF_TRACK_PACKET_FAMILY_H

#include "entry-table.h"

static __always_inline struct family *family_find_slot(__u64 group)
{
    __u32 index = bucket_index(group, FAMILY_SLOTS);

    return bpf_map_lookup_elem(&families, &index);
}

/* NULL: the packet has one skb, or another packet has taken the family's place since. */
static __always_inline struct family *family_find(const struct track_entry *entry)
{
    struct family *family;

    if (!(entry->flags & ENTRY_FAMILY))
        return NULL;
    family = family_find_slot(entry->group);
    return family && family->group == entry->group ? family : NULL;
}

/* Changes how many skbs of the entry's kind live: of the whole packet, or of its pieces. */
static __always_inline void family_count(struct family *family, const struct track_entry *entry,
                                         int change)
{
    if (entry->number)
        __sync_fetch_and_add(&family->pieces, change);
    else
        __sync_fetch_and_add(&family->alive, change);
}

static __always_inline struct family *family_make(struct track_entry *entry)
{
    struct family *family = family_find(entry);

    if (family)
        return family;
    family = family_find_slot(entry->group);
    if (!family)
        return NULL;
    family->group = entry->group;
    family->appearances = entry->appearance;
    family->copies = entry->copy;
    family->alive = family->pieces = family->fragments = 0;
    if (!(entry->flags & ENTRY_ENDED))
        family_count(family, entry, 1);
    family->numbers = entry->number;
    family->good = entry->flags & ENTRY_GOOD ? 1 : 0;
    family->refused = entry->flags & ENTRY_REFUSED ? 1 : 0;
    family->incomplete = entry->flags & ENTRY_INCOMPLETE ? 1 : 0;
    entry->flags |= ENTRY_FAMILY;
    return family;
}

/* The same for an entry that may continue from a saved identity, and does not know its family. */
static __always_inline struct family *family_join(struct track_entry *entry)
{
    struct family *family = family_find_slot(entry->group);

    if (entry->flags & ENTRY_FAMILY || !family || family->group != entry->group)
        return family_make(entry);
    entry->flags |= ENTRY_FAMILY;
    family_count(family, entry, 1);
    return family;
}

/* The packet, or one of its skbs, ended well: delivered, sent by hardware or consumed by the
 * kernel. */
static __always_inline void family_mark_good(struct track_entry *entry)
{
    struct family *family = family_find(entry);

    entry->flags |= ENTRY_GOOD;
    if (family)
        family->good = 1;
}

/* One of the packet's skbs is dropped for a reason of its own (end_is_refusal()). This counts as
 * the drop of the packet. */
static __always_inline void family_mark_refused(struct track_entry *entry)
{
    struct family *family = family_find(entry);

    entry->flags |= ENTRY_REFUSED;
    if (family)
        family->refused = 1;
}

/* Returns whether another skb of the packet was refused. Fragments and segments are all needed, so
 * each stands for itself. */
static __always_inline bool family_was_refused(const struct track_entry *entry)
{
    const struct family *family = family_find(entry);

    return family && !entry->number && family->refused;
}

/* A record of the packet did not fit in the ring. Each such packet is counted once. */
static __always_inline void family_mark_incomplete(const struct observation *obs, __u64 group)
{
    struct track_entry *entry = entries_find(obs->skb);
    struct group_counts *counts;
    struct family *family;
    __u32 zero = 0;
    bool known;

    if (!entry || entry->group != group)
        return;
    entry->recorded = 0;
    family = family_find(entry);
    known = family ? __sync_lock_test_and_set(&family->incomplete, 1) != 0
                   : (entry->flags & ENTRY_INCOMPLETE) != 0;
    entry->flags |= ENTRY_INCOMPLETE;
    counts = bpf_map_lookup_elem(&group_counts, &zero);
    if (counts && !known)
        __sync_fetch_and_add(&counts->incomplete, 1);
}

/*
 * Fragments or segments were merged into another skb: they have ended, and the kernel frees most of
 * them unseen. merged: how many; 0: all. Where the packet was copied, those of other copies live.
 */
static __always_inline void family_end_pieces(struct family *family, __u32 merged)
{
    if (merged && family->pieces > (__s32)merged)
        __sync_fetch_and_add(&family->pieces, -(__s32)merged);
    else
        family->pieces = 0;
}

/* The fragments of one copy of the packet were put together. */
static __always_inline void family_end_fragments(struct family *family)
{
    family_end_pieces(family, family->copies > 1 ? family->fragments : 0);
    family->numbers = 0;
}

/* Returns whether another skb of the packet lives, or ended well. */
static __always_inline bool family_has_others(const struct track_entry *entry)
{
    struct family *family = family_find(entry);

    /* Fragments and segments are all needed. */
    if (!family || entry->number)
        return false;
    return family->good || family->pieces > 0 ||
           family->alive > (entry->flags & ENTRY_ENDED ? 0 : 1);
}

/* An skb of the packet ends. Returns what family_has_others() would: of skbs that end at the same
 * time on several CPUs, exactly one is the last. */
static __always_inline bool family_end_member(struct track_entry *entry)
{
    struct family *family = family_find(entry);
    __u32 alive;

    entry->flags |= ENTRY_ENDED;
    /* A copy whose family is not known, or no longer, has others. */
    if (!family)
        return !entry->number && (entry->copy > 1 || entry->flags & ENTRY_FAMILY);
    if (entry->number) {
        __sync_fetch_and_sub(&family->pieces, 1);
        return false;
    }
    alive = __sync_fetch_and_sub(&family->alive, 1);
    return family->good || family->pieces > 0 || alive > 1;
}

#endif
