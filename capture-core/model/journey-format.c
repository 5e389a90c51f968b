/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-format.h"

#define CHECK_BITS 14 /* a varint of two bytes */

enum expected { KEPT, NONE, PROCESS, NEXT, CUT, RUN, STRIDE };
enum written { AS_IS, CHANGE };

static const struct {
    uint8_t expected, written;
} fields[JOURNEY_HOP_COUNT] = {
#define X(NAME, bit, expected, written) [JOURNEY_HOP_##NAME] = {expected, written},
    JOURNEY_HOP_FIELDS(X)
#undef X
};

/* --- values of a hop --- */

struct journey_values journey_values_first(const struct pktmon_journey *journey)
{
    /* MORE: so that the appearance that is expected is 1. */
    struct journey_values values = {.at = {
                                        [JOURNEY_HOP_COPY] = 1,
                                        [JOURNEY_HOP_PACKET_TYPE] = PKTMON_PACKET_ETHERNET,
                                        [JOURNEY_HOP_APPEARANCE] = 1,
                                        [JOURNEY_HOP_MORE] = UINT64_MAX,
                                        [JOURNEY_HOP_ORIGLEN] = journey->origlen,
                                        [JOURNEY_HOP_CAPLEN] = journey->caplen,
                                        [JOURNEY_HOP_LINK_TYPE] = journey->link_type,
                                        [JOURNEY_HOP_FORM] = journey->form,
                                        [JOURNEY_HOP_GROUP] = journey->group,
                                    }};

    return values;
}

void journey_values_of_hop(struct journey_values *values, const struct pktmon_hop *hop)
{
    const struct pktmon_packet *packet = &hop->event->packet;

#define X(NAME, member) values->at[JOURNEY_HOP_##NAME] = packet->member;
    JOURNEY_HOP_NUMBERS(X)
#undef X
    values->at[JOURNEY_HOP_FLAGS] = 0;
#define X(bit, member) values->at[JOURNEY_HOP_FLAGS] |= (uint64_t)packet->member << (bit);
    JOURNEY_HOP_FLAGS(X)
#undef X
    values->at[JOURNEY_HOP_CPU] = (uint32_t)packet->cpu + 1u;
    values->at[JOURNEY_HOP_QUEUE] = (uint32_t)packet->queue + 1u;
    values->at[JOURNEY_HOP_MORE] = hop->count - 1u;
    values->at[JOURNEY_HOP_LAST] = hop->last - hop->event->time;
    values->at[JOURNEY_HOP_LAST_NUMBER] = hop->last_number;
    values->at[JOURNEY_HOP_FORM] = hop->form;
}

void journey_values_to_hop(const struct journey_values *values, struct pktmon_hop *hop,
                           struct pktmon_event *event)
{
    struct pktmon_packet *packet = &event->packet;

#define X(NAME, member) packet->member = values->at[JOURNEY_HOP_##NAME];
    JOURNEY_HOP_NUMBERS(X)
#undef X
#define X(bit, member) packet->member = values->at[JOURNEY_HOP_FLAGS] >> (bit)&1;
    JOURNEY_HOP_FLAGS(X)
#undef X
    packet->cpu = (int32_t)((uint32_t)values->at[JOURNEY_HOP_CPU] - 1u);
    packet->queue = (int32_t)((uint32_t)values->at[JOURNEY_HOP_QUEUE] - 1u);
    hop->event = event;
    hop->count = (uint32_t)values->at[JOURNEY_HOP_MORE] + 1u;
    hop->last = event->time + values->at[JOURNEY_HOP_LAST];
    hop->last_number = (uint16_t)values->at[JOURNEY_HOP_LAST_NUMBER];
    hop->form = (uint8_t)values->at[JOURNEY_HOP_FORM];
}

/* --- a set of them --- */

static inline unsigned lowest_bit(uint64_t bits)
{
    return (unsigned)__builtin_ctzll(bits);
}

static inline uint64_t expect_next(const uint64_t *before)
{
    uint64_t appearance = before[JOURNEY_HOP_APPEARANCE];

    return appearance != 0 ? appearance + before[JOURNEY_HOP_MORE] + 1 : 0;
}

/* What was cut off before is cut off again. */
static inline uint64_t expect_cut(uint64_t origlen, uint64_t origlen_before, uint64_t caplen_before)
{
    return caplen_before < origlen_before && caplen_before < origlen ? caplen_before : origlen;
}

static inline uint64_t expect_run(const uint64_t *values)
{
    uint64_t number = values[JOURNEY_HOP_PACKET_NUMBER];

    return number != 0 ? (uint16_t)(number + values[JOURNEY_HOP_MORE]) : 0;
}

/* Of what the hop itself has, only fields before this one are looked at. */
static inline uint64_t expect(unsigned field, const uint64_t *values, const uint64_t *before)
{
    switch (fields[field].expected) {
    case KEPT:
        return before[field];
    case PROCESS:
        return values[JOURNEY_HOP_PID] == 0 && before[JOURNEY_HOP_PID] != 0 ? 0 : before[field];
    case NEXT:
        return expect_next(before);
    case CUT:
        return expect_cut(values[JOURNEY_HOP_ORIGLEN], before[JOURNEY_HOP_ORIGLEN],
                          before[JOURNEY_HOP_CAPLEN]);
    case RUN:
        return expect_run(values);
    default:
        return 0;
    }
}

/* Fields of which more is to be looked at than the hop before. */
static const uint64_t not_kept = 0
#define X(NAME, bit, expected, written) | (uint64_t)((expected) != KEPT) << (bit)
    JOURNEY_HOP_FIELDS(X)
#undef X
    ;

void journey_put_values(struct journey_writer *writer, const struct journey_values *values,
                        const struct journey_values *before)
{
    uint64_t set = 0;

    /* each field by code of its own: this is most of what a hop takes */
#define X(NAME, bit, expected, written)                                                            \
    set |= (uint64_t)(values->at[bit] != expect(bit, values->at, before->at)) << (bit);
    JOURNEY_HOP_FIELDS(X)
#undef X
    journey_put_number(writer, set);
    for (uint64_t left = set; left != 0; left &= left - 1) {
        unsigned i = lowest_bit(left);
        uint64_t value = values->at[i];

        journey_put_number(writer, fields[i].written == CHANGE
                                       ? journey_fold(value - expect(i, values->at, before->at))
                                       : value);
    }
}

void journey_get_values(struct journey_reader *reader, struct journey_values *values,
                        const struct journey_values *before)
{
    uint64_t set = journey_get_number(reader);

    *values = *before;
    for (uint64_t left = set | not_kept; left != 0; left &= left - 1) {
        unsigned i = lowest_bit(left);
        bool is_set = set >> i & 1;
        uint64_t number = is_set ? journey_get_number(reader) : 0;

        if (i >= JOURNEY_HOP_COUNT)
            continue;
        if (is_set && fields[i].written == AS_IS)
            values->at[i] = number;
        else
            values->at[i] = expect(i, values->at, before->at) + journey_unfold(number);
    }
}

uint64_t journey_skip_values(struct journey_reader *reader, uint64_t flags)
{
    for (uint64_t left = journey_get_number(reader); left != 0; left &= left - 1) {
        uint64_t number = journey_get_number(reader);

        if (lowest_bit(left) == JOURNEY_HOP_FLAGS)
            flags = number;
    }
    return flags;
}

/* --- pieces of a run --- */

static const uint8_t piece_expected[JOURNEY_PIECE_COUNT] = {
#define X(NAME, bit, expected) [JOURNEY_PIECE_##NAME] = expected,
    JOURNEY_PIECE_FIELDS(X)
#undef X
};

struct journey_piece_values journey_piece_first(const struct journey_values *run, uint64_t time)
{
    return (struct journey_piece_values){
        .time = time,
        .stride = 1,
        .at = {[JOURNEY_PIECE_APPEARANCE] = run->at[JOURNEY_HOP_APPEARANCE],
               [JOURNEY_PIECE_EDITS] = run->at[JOURNEY_HOP_EDITS],
               [JOURNEY_PIECE_ORIGLEN] = run->at[JOURNEY_HOP_ORIGLEN],
               [JOURNEY_PIECE_CAPLEN] = run->at[JOURNEY_HOP_CAPLEN],
               [JOURNEY_PIECE_PACKET_NUMBER] = run->at[JOURNEY_HOP_PACKET_NUMBER]},
    };
}

/* Of next, only fields before this one are looked at. */
static uint64_t expect_of_piece(unsigned field, const struct journey_piece_values *next,
                                const struct journey_piece_values *before)
{
    switch (piece_expected[field]) {
    case STRIDE:
        return before->at[field] + before->stride;
    case NEXT:
        return before->at[field] + (before->at[field] != 0);
    case CUT:
        return expect_cut(next->at[JOURNEY_PIECE_ORIGLEN], before->at[JOURNEY_PIECE_ORIGLEN],
                          before->at[JOURNEY_PIECE_CAPLEN]);
    case KEPT:
        return before->at[field];
    default:
        return 0;
    }
}

void journey_put_piece(struct journey_writer *writer, struct journey_piece_values *next,
                       const struct journey_piece_values *before)
{
    bool goes_back = next->time < before->time;
    uint64_t changes[JOURNEY_PIECE_COUNT], set = 0;

    next->at[JOURNEY_PIECE_BACK] = goes_back ? before->time - next->time : 0;
    for (unsigned i = 0; i < JOURNEY_PIECE_COUNT; i++) {
        changes[i] = next->at[i] - expect_of_piece(i, next, before);
        set |= (uint64_t)(changes[i] != 0) << i;
    }
    uint64_t since = goes_back ? 0 : next->time - before->time;
    journey_put_number(writer, since << 1 | (set != 0));
    if (set != 0)
        journey_put_number(writer, set);
    for (uint64_t left = set; left != 0; left &= left - 1)
        journey_put_number(writer, journey_fold(changes[lowest_bit(left)]));
    next->stride = next->at[JOURNEY_PIECE_APPEARANCE] - before->at[JOURNEY_PIECE_APPEARANCE];
}

void journey_get_piece(struct journey_reader *reader, struct journey_piece_values *piece)
{
    const struct journey_piece_values before = *piece;
    uint64_t since = journey_get_number(reader);
    uint64_t set = since & 1 ? journey_get_number(reader) : 0;

    for (unsigned i = 0; i < JOURNEY_PIECE_COUNT; i++) {
        uint64_t change = set >> i & 1 ? journey_unfold(journey_get_number(reader)) : 0;

        piece->at[i] = expect_of_piece(i, piece, &before) + change;
    }
    for (uint64_t left = set >> JOURNEY_PIECE_COUNT; left != 0; left &= left - 1)
        journey_get_number(reader);
    piece->time += (since >> 1) - piece->at[JOURNEY_PIECE_BACK];
    piece->stride = piece->at[JOURNEY_PIECE_APPEARANCE] - before.at[JOURNEY_PIECE_APPEARANCE];
}

/* --- the head --- */

static const uint8_t head_expected[JOURNEY_HEAD_COUNT] = {
#define X(NAME, bit, expected) [JOURNEY_HEAD_##NAME] = expected,
    JOURNEY_HEAD_FIELDS(X)
#undef X
};

void journey_put_head(struct journey_writer *writer, const uint64_t values[JOURNEY_HEAD_COUNT])
{
    uint64_t set = 0;

    for (unsigned i = 0; i < JOURNEY_HEAD_COUNT; i++)
        set |= (uint64_t)(values[i] != head_expected[i]) << i;
    journey_put_number(writer, set);
    for (unsigned i = 0; i < JOURNEY_HEAD_COUNT; i++)
        if (set >> i & 1)
            journey_put_number(writer, values[i]);
}

void journey_get_head(struct journey_reader *reader, uint64_t values[JOURNEY_HEAD_COUNT])
{
    uint64_t set = journey_get_number(reader);

    for (unsigned i = 0; i < JOURNEY_HEAD_COUNT; i++)
        values[i] = set >> i & 1 ? journey_get_number(reader) : head_expected[i];
}

/* --- the frame --- */

/* FNV-1a, folded. */
uint16_t journey_check(const uint8_t *data, size_t size)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < size && i < JOURNEY_CHECKED_BYTES; i++)
        hash = (hash ^ data[i]) * 16777619u;
    return (hash >> CHECK_BITS ^ hash) & ((1u << CHECK_BITS) - 1);
}
