/* SPDX-License-Identifier: GPL-2.0-or-later */
/* entry_*: begins, continues and ends tracking entries; gives packets their groups, copies and
 * numbers. */
#ifndef PKTMON_EBPF_BPF_TRACK_ENTRY_H
#define PKTMON_EBPF_BPF_TRACK_ENTRY_H

#include "content-table.h"
#include "packet-family.h"
#include "head-table.h"
#include "own-flows.h"
#include "recorded.h"
#include "rules.h"
#include "shed-groups.h"

/* Returns 1, 2, 3 ... over all CPUs: each CPU takes every config.cpus-th number. */
static __always_inline __u64 take_group_number(void)
{
    __u32 zero = 0;
    __u64 *number = bpf_map_lookup_elem(&group_numbers, &zero);

    if (!number)
        return 0;
    /* Programs in other contexts (process, softirq, hardirq) of this CPU take numbers too. */
    return __sync_fetch_and_add(number, 1) * config.cpus + bpf_get_smp_processor_id() + 1;
}

/* Adds the packet's contents to the table, by all keys that a later observation may look for. */
static __always_inline void index_contents(const struct track_entry *entry,
                                           const struct observation *obs,
                                           const struct packet_record *now, bool is_new)
{
    bool fragment = obs->content.fragment;

    if (is_new)
        contents_add(contents_key(obs->content.signature, KEY_SIGNATURE), entry, obs);
    if (obs->content.datagram && (is_new || fragment))
        contents_add(contents_key(obs->content.datagram, KEY_DATAGRAM), entry, obs);
    if (obs->segment_size && obs->content.flow)
        contents_add(contents_flow_key(now, obs), entry, obs);
}

static __always_inline void begin_piece(struct track_entry *entry, const struct observation *obs)
{
    struct family *family = family_join(entry);

    if (!family)
        return;
    family_count(family, entry, -1);
    entry->number = __sync_fetch_and_add(&family->numbers, 1) + 1;
    family_count(family, entry, 1);
    if (entry->number == 1)
        family->fragments = 0;
    if (entry->copy == 1 || obs->origin.relation != RELATION_COPY)
        __sync_fetch_and_add(&family->fragments, 1);
}

/* entry: of a piece. The others were merged into its skb. */
static __always_inline void end_piece(struct track_entry *entry, const struct observation *obs)
{
    struct family *family = family_find(entry);
    bool reassembled = rule_is_reassembled(entry, obs);

    if (family && reassembled)
        family_end_fragments(family);
    else if (family && entry->flags & ENTRY_SEGMENT)
        family_end_pieces(family, obs->segments);
    else if (family) { /* a fragment in a tunnel */
        family_count(family, entry, -1);
        family->numbers = 0;
    }
    entry->number = 0;
    if (family)
        family_count(family, entry, 1);
}

/* The skb holds a piece of the packet from here on, or no longer. Global function, see
 * content_read(). */
__noinline int change_piece(struct track_entry *entry, const struct observation *obs, int piece)
{
    if (!entry || !obs)
        return 0;
    if (piece)
        begin_piece(entry, obs);
    else
        end_piece(entry, obs);
    entry->flags &= ~ENTRY_SEGMENT;
    return 0;
}

/* Numbers fragments and segments. A reassembled or merged packet loses its number. Before
 * entry_update(). */
static __always_inline void number_piece(struct track_entry *entry, const struct observation *obs)
{
    bool piece = obs->content.fragment || (entry->flags & ENTRY_SEGMENT && !obs->segment_size);

    if (piece != (entry->number != 0))
        change_piece(entry, obs, piece);
}

static __always_inline void entry_update(struct track_entry *entry, const struct packet_record *now,
                                         const struct observation *obs)
{
    entry->time = now->time;
    entry->head = obs->head;
    entry->signature = obs->content.signature;
    entry->endpoints = obs->content.endpoints;
    entry->mac_offset = obs->mac_offset;
    entry->net_cookie = now->net_cookie;
    if (now->ifindex)
        entry->ifindex = now->ifindex;
    entry->point = now->point;
    entry->direction = now->direction;
    entry->unwrapped = obs->unwrapped;
    entry->filters |= obs->filters;
    if (obs->undecided)
        entry->flags |= ENTRY_UNDECIDED;
    entry->flags &= ~(ENTRY_IN_HOOK | ENTRY_LEAVES | ENTRY_LARGE | ENTRY_OFFERED);
    if (obs->segment_size) {
        entry->flags |= ENTRY_LARGE;
        entry->sequence = obs->content.sequence;
        entry->segment_size = obs->segment_size;
        entry->segments = obs->segments;
        entry->cut = 0;
    }
}

/* Copies the entry's identity to the record, and counts the appearance. */
static __always_inline void fill_record(struct packet_record *record, struct track_entry *entry,
                                        const struct observation *obs)
{
    struct family *family = family_find(entry);

    record->group = entry->group;
    record->copy = entry->copy;
    record->number = entry->number;
    record->filters = entry->filters;
    record->undecided |= (entry->flags & ENTRY_UNDECIDED) != 0;
    record->incomplete = family ? family->incomplete != 0 : (entry->flags & ENTRY_INCOMPLETE) != 0;
    if (obs->silent)
        return;
    if (family) /* copies may be observed on several CPUs at once */
        entry->appearance = __sync_fetch_and_add(&family->appearances, 1) + 1;
    else
        entry->appearance++;
    record->appearance = entry->appearance;
    recorded_note(entry, record, obs);
}

/* The packet of the entry is observed again. The content of TCP segments is added again at
 * RX_LOWER, because GRO may merge them, and that of all packets at TX_LOWER, because they may
 * arrive at the peer in another skb. */
static __always_inline void entry_continue(struct track_entry *entry, struct packet_record *record,
                                           const struct observation *obs)
{
    bool moved = entry->head != obs->head;
    bool changed = entry->signature != obs->content.signature ||
                   (record->point == RECORD_POINT_RX_LOWER && obs->content.payload) ||
                   record->point == RECORD_POINT_TX_LOWER;

    recorded_continue(entry, record, obs);
    number_piece(entry, obs);
    entry_update(entry, record, obs);
    fill_record(record, entry, obs);
    index_contents(entry, obs, record, changed);
    if (moved || record->point == RECORD_POINT_SOCKET)
        heads_add(entry, obs->skb);
}

/* The number of a segment of the large packet; 0: it is none of its segments. TCP segments are
 * numbered by their sequence numbers. Segments are made in order and once: an equal or lower number
 * is a retransmission. */
static __always_inline __u16 entry_segment_number(const struct track_entry *large,
                                                  const struct observation *obs)
{
    __u16 number = large->cut + 1;

    if (obs->content.payload && large->segment_size)
        number = (obs->content.sequence - large->sequence) / large->segment_size + 1;
    return number > large->cut && number <= large->segments ? number : 0;
}

/* What a new entry inherits from its packet. A whole entry would not fit on the stack. */
struct lineage {
    __u64 group;
    __u64 filters;
    __u32 appearance;
    __u16 copy;
    __u16 number;
    __u16 flags;
    __u16 recorded;
};

/* Returns false if another CPU recycled the parent skb meanwhile. */
static __always_inline bool inherit_from_parent(struct lineage *known, struct packet_record *record,
                                                const struct observation *obs,
                                                const struct origin *origin)
{
    struct track_entry *parent = entries_find(origin->skb);
    struct family *family;

    if (!parent || parent->group != origin->group)
        return false;
    known->group = origin->group;
    known->copy = obs->other.copy;
    known->appearance = obs->other.appearance;
    known->flags = ENTRY_FAMILY | (obs->other.flags & ENTRY_UNDECIDED);
    known->filters = obs->other.filters;
    known->recorded = recorded_inherit(obs, origin->relation == RELATION_PIECE);
    family = family_make(parent);
    if (!family)
        return true;
    if (origin->relation == RELATION_COPY) {
        record->copy_of = known->copy;
        known->copy = __sync_fetch_and_add(&family->copies, 1) + 1;
    } else if (origin->relation == RELATION_PIECE && !obs->content.fragment) {
        known->number = parent->cut = entry_segment_number(parent, obs);
        known->flags |= ENTRY_SEGMENT;
    } else if (rule_is_reassembled(&obs->other, obs)) {
        family_end_fragments(family);
    }
    if (known->number)
        __sync_fetch_and_add(&family->pieces, 1);
    else
        __sync_fetch_and_add(&family->alive, 1);
    return true;
}

/* The parent skb was recycled; continue from the saved identity. */
static __always_inline void inherit_saved(struct lineage *known, const struct origin *origin)
{
    known->group = origin->group;
    known->appearance = origin->appearance;
    known->copy = origin->copy ? origin->copy : 1;
    known->filters = origin->filters;
}

/* The group number of a packet that begins here. */
static __always_inline __u64 begin_group(const struct packet_record *record,
                                         const struct observation *obs)
{
    __u64 own = own_is_excluded() ? own_choose_bits(record, obs) : 0;

    return own ? take_group_number() | own
               : shed_number_group(take_group_number(), record->cpu, record->net_cookie);
}

static __always_inline void entry_begin(struct packet_record *record, const struct observation *obs,
                                        const struct origin *origin)
{
    struct lineage known = {};
    struct track_entry *entry;

    if (origin->relation == RELATION_NONE) {
        known.group = begin_group(record, obs);
        known.copy = 1;
    } else if (!origin->skb || !inherit_from_parent(&known, record, obs, origin)) {
        inherit_saved(&known, origin);
    }
    entry = entries_claim(obs->skb, record->time);
    if (!entry) {
        record->group = known.group;
        record->appearance = known.appearance + 1;
        record->copy = known.copy;
        record->filters = known.filters | obs->filters;
        return;
    }
    entries_clear(entry);
    entry->group = known.group;
    entry->appearance = known.appearance;
    entry->copy = known.copy;
    entry->number = known.number;
    entry->flags = known.flags;
    entry->filters = known.filters;
    entry->recorded = matches_anew(entry, obs) ? 0 : known.recorded;
    number_piece(entry, obs);
    entry_update(entry, record, obs);
    fill_record(record, entry, obs);
    index_contents(entry, obs, record, true);
    heads_add(entry, obs->skb);
}

/* Whether other skbs share this head: the lower half of dataref counts the references
 * (net/core/skbuff.c). */
static __always_inline bool is_head_shared(const struct sk_buff *skb)
{
    if (!BPF_CORE_READ_BITFIELD(skb, cloned))
        return false;
    return (READ_AT(struct skb_shared_info, skb_shared_info_of(skb), dataref.counter) & 0xFFFF) > 1;
}

/* An ended entry counts as this much older when a slot of its bucket is needed. */
#define ENDED_AGE_NS (1000 * 1000 * 1000ULL)

/* The skb is freed. Its head is forgotten too, unless other skbs share it. */
static __always_inline void entry_end_skb(const struct sk_buff *skb, const struct entry_ref *ref)
{
    struct track_entry *entry = ref->entry;

    if (!is_head_shared(skb))
        heads_remove(address(skb->head));
    if (!entry)
        return;
    if (!(entry->flags & ENTRY_ENDED)) {
        if (entry->flags & ENTRY_LEAVES)
            family_mark_good(entry);
        family_end_member(entry);
    }
    /* Its content may continue in another skb in a moment, but live entries take precedence. */
    *ref->time = entry->time - ENDED_AGE_NS;
}

#endif
