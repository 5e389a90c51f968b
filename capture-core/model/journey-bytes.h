/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes and numbers of the journey's record (journey-format.h), written into memory of the caller
 * and read from any bytes.
 *
 * A varint has seven bits of the number in each byte, the lowest first; the highest bit says that
 * another byte follows. Numbers with a sign are folded: 0, -1, 1, -2 ... are 0, 1, 2, 3 ...
 *
 * No dependency but libc: the dissector uses it too.
 */
#ifndef PKTMON_MODEL_JOURNEY_BYTES_H
#define PKTMON_MODEL_JOURNEY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JOURNEY_MAX_VARINT 10 /* bytes of the longest number */

struct journey_writer {
    uint8_t *data;
    size_t size;   /* bytes at data */
    size_t length; /* bytes written */
    bool overflow; /* something did not fit, and was left out whole */
};

static inline void journey_put(struct journey_writer *writer, const void *data, size_t size)
{
    if (size > writer->size - writer->length) {
        writer->overflow = true;
        return;
    }
    if (size > 0)
        memcpy(writer->data + writer->length, data, size);
    writer->length += size;
}

static inline void journey_put_number(struct journey_writer *writer, uint64_t number)
{
    uint8_t bytes[JOURNEY_MAX_VARINT];
    size_t count = 0;

    for (; number >= 0x80; number >>= 7)
        bytes[count++] = (uint8_t)number | 0x80;
    bytes[count++] = (uint8_t)number;
    journey_put(writer, bytes, count);
}

static inline uint64_t journey_fold(uint64_t difference)
{
    return (difference << 1) ^ ((uint64_t)0 - (difference >> 63));
}

static inline uint64_t journey_unfold(uint64_t folded)
{
    return (folded >> 1) ^ ((uint64_t)0 - (folded & 1));
}

/* Borrowed memory, read from at to end. */
struct journey_reader {
    const uint8_t *at, *end;
    bool malformed; /* something overran the end; what was read then is 0, or empty */
};

static inline size_t journey_left(const struct journey_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* Bits beyond the 64th are dropped; at most JOURNEY_MAX_VARINT bytes are one number. */
static inline uint64_t journey_get_number(struct journey_reader *reader)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < JOURNEY_MAX_VARINT && reader->at < reader->end; i++) {
        uint8_t byte = *reader->at++;

        number |= (uint64_t)(byte & 0x7F) << 7 * i;
        if (byte < 0x80)
            return number;
    }
    reader->malformed = true;
    reader->at = reader->end;
    return 0;
}

/* The next bytes, as a reader of their own. */
static inline struct journey_reader journey_get_bytes(struct journey_reader *reader, uint64_t size)
{
    struct journey_reader bytes = {.at = reader->at, .end = reader->at};

    if (size > journey_left(reader)) {
        reader->malformed = true;
        reader->at = reader->end;
        return bytes;
    }
    reader->at += size;
    bytes.end = reader->at;
    return bytes;
}

/* Text that ends with a zero byte, borrowed; NULL: there is none. */
static inline const char *journey_get_text(struct journey_reader *reader)
{
    const char *text = (const char *)reader->at;
    const uint8_t *zero =
        journey_left(reader) > 0 ? memchr(reader->at, 0, journey_left(reader)) : NULL;

    if (!zero) {
        reader->malformed = true;
        reader->at = reader->end;
        return NULL;
    }
    reader->at = zero + 1;
    return text;
}

#endif
