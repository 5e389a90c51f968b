/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-edits.h"

#define BLOCK      8   /* bytes that are looked for where they may have moved */
#define MAX_GAP    32  /* differing bytes that are looked over before anything else is tried */
#define MIN_EQUAL  4   /* bytes that end a gap: an operation is hardly shorter */
#define MIN_ALIKE  8   /* bytes that are one operation, whatever else could be found */
#define MAX_SHIFT  256 /* bytes of headers put before or taken away */
#define WINDOW     128 /* bytes of headers that are compared to find where */
#define SPLIT_COST 2   /* bytes of one more operation */
#define FURTHER    1   /* flags beside a number of literal bytes */
#define ALIKE      2
#define COUNT_BITS 2
#define HASH       0x9E3779B97F4A7C15u
#define HASH_SHIFT 40
#define MIN_MASK   63

static inline size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* --- making them --- */

/* How far the bytes of the hop are written as edits. */
struct differ {
    struct journey_writer *writer;
    struct journey_base *base;
    const uint8_t *data;
    size_t end;    /* of data, or of the part of it that is looked at */
    size_t at;     /* in data */
    size_t from;   /* in the base */
    size_t copied; /* bytes before at that are equal, and not yet written */
};

void journey_base_set(struct journey_base *base, const uint8_t *data, size_t size)
{
    base->data = data;
    base->size = size;
    base->mask = 0;
}

static uint64_t load_block(const uint8_t *at)
{
    uint64_t block;

    memcpy(&block, at, sizeof(block));
    return block;
}

static size_t slot_of(const struct journey_base *base, uint64_t block)
{
    return block * HASH >> HASH_SHIFT & base->mask;
}

/* Of equal blocks, the first one stays. */
static void make_blocks(struct journey_base *base)
{
    size_t count = smaller(base->size / BLOCK, JOURNEY_BASE_BLOCKS);

    base->mask = MIN_MASK;
    while (base->mask + 1 < count)
        base->mask = base->mask << 1 | 1;
    memset(base->blocks, 0, (base->mask + 1) * sizeof(base->blocks[0]));
    for (size_t i = count; i > 0; i--)
        base->blocks[slot_of(base, load_block(base->data + (i - 1) * BLOCK))] = (uint16_t)i;
}

/* literal bytes of data stand here, and the base goes on at from. */
static void put_operation(struct differ *differ, size_t literal, size_t from)
{
    const uint8_t *bytes = differ->data + differ->at;
    uint64_t further = (uint64_t)from - differ->from - literal;
    bool alike = literal > 1 && memcmp(bytes, bytes + 1, literal - 1) == 0;

    journey_put_number(differ->writer, differ->copied);
    journey_put_number(differ->writer, (uint64_t)literal << COUNT_BITS |
                                           (further != 0 ? FURTHER : 0) | (alike ? ALIKE : 0));
    if (further != 0)
        journey_put_number(differ->writer, journey_fold(further));
    journey_put(differ->writer, bytes, alike ? 1 : literal);
    differ->at += literal;
    differ->from = from;
    differ->copied = 0;
}

static void copy_equal(struct differ *differ)
{
    const uint8_t *data = differ->data + differ->at;
    const uint8_t *base = differ->base->data + differ->from;
    size_t most = smaller(differ->end - differ->at, differ->base->size - differ->from);
    size_t count = 0;

    while (count + BLOCK <= most && load_block(data + count) == load_block(base + count))
        count += BLOCK;
    while (count < most && data[count] == base[count])
        count++;
    differ->at += count;
    differ->from += count;
    differ->copied += count;
}

/* The bytes that differ until both go on alike, or end; 0: more than MAX_GAP. */
static size_t measure_gap(const struct differ *differ)
{
    size_t data_left = differ->end - differ->at;
    size_t most = smaller(data_left, differ->base->size - differ->from);

    for (size_t gap = 1; gap <= smaller(most, MAX_GAP); gap++) {
        size_t equal = smaller(most - gap, MIN_EQUAL);

        if ((equal == MIN_EQUAL || gap + equal == data_left) &&
            memcmp(differ->data + differ->at + gap, differ->base->data + differ->from + gap,
                   equal) == 0)
            return gap;
    }
    return 0;
}

/* Whether a block of data stands at *from in the base, or elsewhere, which is then told. */
static bool find_block(const struct journey_base *base, const uint8_t *data, size_t *from)
{
    uint64_t block = load_block(data);

    if (*from + BLOCK <= base->size && load_block(base->data + *from) == block)
        return true;
    size_t number = base->blocks[slot_of(base, block)];
    if (number == 0 || load_block(base->data + (number - 1) * BLOCK) != block)
        return false;
    *from = (number - 1) * BLOCK;
    return true;
}

/* The bytes of data until something of the base stands there, or all: *from tells where. */
static size_t find_moved(struct differ *differ, size_t *from)
{
    struct journey_base *base = differ->base;

    if (base->mask == 0 && base->size >= BLOCK)
        make_blocks(base);
    for (size_t at = differ->at; base->size >= BLOCK && at + BLOCK <= differ->end; at++) {
        *from = differ->from + (at - differ->at);
        if (!find_block(base, differ->data + at, from))
            continue;
        while (at > differ->at && *from > 0 && differ->data[at - 1] == base->data[*from - 1]) {
            at--;
            (*from)--;
        }
        return at - differ->at;
    }
    *from = differ->from + (differ->end - differ->at);
    return differ->end - differ->at;
}

/* The bytes of data that are like the first one. */
static size_t measure_alike(const struct differ *differ)
{
    const uint8_t *data = differ->data + differ->at;
    size_t count = 1;

    while (count < differ->end - differ->at && data[count] == data[0])
        count++;
    return count;
}

/* How many bytes stand here as they are, and where in the base the next ones are looked for. */
static size_t choose_literal(struct differ *differ, bool may_move, size_t *from)
{
    size_t literal = measure_alike(differ);

    if (literal < MIN_ALIKE)
        literal = differ->from < differ->base->size ? measure_gap(differ) : 0;
    if (literal == 0 && may_move)
        return find_moved(differ, from);
    if (literal == 0)
        literal = differ->end - differ->at;
    *from = differ->from + literal;
    return literal;
}

/* Until the end. may_move: bytes are also looked for elsewhere in the base. */
static void put_differences(struct differ *differ, bool may_move)
{
    for (;;) {
        if (differ->from < differ->base->size)
            copy_equal(differ);
        if (differ->at == differ->end)
            return;
        size_t from;
        size_t literal = choose_literal(differ, may_move, &from);
        put_operation(differ, literal, from);
    }
}

/* Where in both the headers were put that data has more (or the base: the other one is 0), so that
 * the fewest bytes differ; false: it is better to think of none. */
static bool find_split(const struct differ *differ, size_t more, size_t fewer, size_t *split)
{
    const uint8_t *data = differ->data, *base = differ->base->data;
    size_t plain = 0, moved = 0;

    if (more == fewer || more > smaller(MAX_SHIFT, differ->end) ||
        fewer > smaller(MAX_SHIFT, differ->base->size))
        return false;
    size_t count = smaller(WINDOW, smaller(differ->end - more, differ->base->size - fewer));
    for (size_t i = 0; i < count; i++)
        moved += data[i + more] != base[i + fewer];
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (plain + moved < least) {
            least = plain + moved;
            *split = i;
        }
        plain += data[i] != base[i];
        moved -= data[i + more] != base[i + fewer];
    }
    return count > 0 && least + SPLIT_COST < plain;
}

static void put_edits(struct differ *differ, int64_t shift)
{
    size_t more = shift > 0 ? (size_t)shift : 0, fewer = shift < 0 ? (size_t)0 - (size_t)shift : 0;
    size_t end = differ->end, split = 0;

    if (find_split(differ, more, fewer, &split)) {
        differ->end = split;
        put_differences(differ, false);
        differ->end = end;
        put_operation(differ, more, differ->from + fewer);
    }
    put_differences(differ, true);
}

void journey_edits_put(struct journey_writer *writer, struct journey_base *base,
                       const uint8_t *data, size_t size, int64_t shift)
{
    struct differ differ = {.writer = writer, .base = base, .data = data, .end = size};
    size_t start = writer->length;
    bool overflow = writer->overflow;

    if (size == 0)
        return;
    writer->overflow = false;
    put_edits(&differ, shift);
    if (writer->overflow || writer->length - start > JOURNEY_EDITS_ROOM(size)) {
        writer->length = start;
        writer->overflow = false;
        differ = (struct differ){.writer = writer, .base = base, .data = data, .end = size};
        put_operation(&differ, size, size);
    }
    if (writer->overflow)
        writer->length = start;
    writer->overflow |= overflow;
}

/* --- applying them --- */

/* What is made of the base, and of the edits. */
struct patch {
    const uint8_t *base;
    size_t base_size;
    uint64_t from; /* in the base; beyond it, there is nothing to copy */
    uint8_t *to;
    size_t size, length;
};

/* False: not all of it could be had. */
static bool copy_from(struct patch *patch, const uint8_t *data, size_t available, uint64_t wanted)
{
    size_t room = patch->size - patch->length;
    size_t count = wanted < room ? (size_t)wanted : room;
    size_t copied = smaller(count, available);

    if (copied > 0)
        memcpy(patch->to + patch->length, data, copied);
    patch->length += copied;
    return copied == wanted;
}

static bool copy_base(struct patch *patch, uint64_t wanted)
{
    uint64_t from = patch->from;
    size_t available = from < patch->base_size ? patch->base_size - (size_t)from : 0;

    patch->from += wanted;
    return copy_from(patch, available > 0 ? patch->base + from : NULL, available, wanted);
}

/* False: not all of them have room, or the byte is not there. */
static bool put_alike(struct patch *patch, const struct journey_reader *byte, uint64_t wanted)
{
    size_t room = patch->size - patch->length;
    size_t count = wanted < room ? (size_t)wanted : room;

    if (journey_left(byte) == 0)
        return false;
    if (count > 0)
        memset(patch->to + patch->length, *byte->at, count);
    patch->length += count;
    return count == wanted;
}

static bool apply_operation(struct patch *patch, struct journey_reader *edits)
{
    uint64_t copied = journey_get_number(edits);
    uint64_t number = journey_get_number(edits), literal = number >> COUNT_BITS;
    uint64_t further = number & FURTHER ? journey_unfold(journey_get_number(edits)) : 0;
    bool alike = number & ALIKE;
    struct journey_reader bytes = journey_get_bytes(edits, alike ? 1 : literal);

    if (edits->malformed || !copy_base(patch, copied))
        return false;
    patch->from += literal + further; /* what wraps around is beyond the base */
    return alike ? put_alike(patch, &bytes, literal)
                 : copy_from(patch, bytes.at, journey_left(&bytes), literal);
}

size_t journey_edits_apply(const uint8_t *edits, size_t edits_size, const uint8_t *base,
                           size_t base_size, uint8_t *to, size_t size)
{
    struct journey_reader reader = {.at = edits, .end = edits ? edits + edits_size : NULL};
    struct patch patch = {.base = base, .base_size = base_size, .to = to, .size = size};

    while (journey_left(&reader) > 0)
        if (!apply_operation(&patch, &reader))
            return patch.length;
    copy_base(&patch, size - patch.length);
    return patch.length;
}
