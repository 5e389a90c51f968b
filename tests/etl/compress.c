/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compress.h"

#include <string.h>

#include "writer.h"

#define MIN_MATCH   3
#define HASH_SIZE   4096
#define LZNT1_CHUNK 4096
#define LZ77_REACH  8192
#define BLOCK       65536

struct match {
    size_t length, distance; /* length 0 = no match */
};

/* The last position of each sequence of three bytes. */
struct dictionary {
    size_t last[HASH_SIZE]; /* position + 1; 0 = none */
};

static struct match find(struct dictionary *dictionary, const uint8_t *data, size_t at, size_t end,
                         size_t reach, size_t longest)
{
    struct match match = {0};
    if (at + MIN_MATCH > end)
        return match;
    uint32_t key = (data[at] * 33u ^ data[at + 1] * 257u ^ data[at + 2] * 7u) % HASH_SIZE;
    size_t before = dictionary->last[key];
    dictionary->last[key] = at + 1;
    if (before == 0 || at - (before - 1) > reach)
        return match;
    size_t from = before - 1;
    while (at + match.length < end && match.length < longest &&
           data[from + match.length] == data[at + match.length])
        match.length++;
    match.distance = at - from;
    if (match.length < MIN_MATCH)
        match.length = 0;
    return match;
}

static unsigned lznt1_length_bits(size_t chunk_at)
{
    unsigned bits = 12;
    while (bits > 4 && chunk_at > (size_t)1 << (16 - bits))
        bits--;
    return bits;
}

static void lznt1_chunk(const uint8_t *data, size_t size, GByteArray *to)
{
    struct dictionary dictionary = {0};
    size_t at = 0;
    while (at < size) {
        guint flags_at = to->len;
        put_u8(to, 0);
        for (int i = 0; i < 8 && at < size; i++) {
            unsigned bits = lznt1_length_bits(at);
            struct match match = find(&dictionary, data, at, size, (size_t)1 << (16 - bits),
                                      ((size_t)1 << bits) - 1 + MIN_MATCH);
            if (match.length == 0) {
                put_u8(to, data[at++]);
                continue;
            }
            to->data[flags_at] |= (uint8_t)(1 << i);
            put_u16(to, (unsigned)((match.distance - 1) << bits | (match.length - MIN_MATCH)));
            at += match.length;
        }
    }
}

void compress_lznt1(const uint8_t *data, size_t size, GByteArray *to)
{
    for (size_t at = 0; at < size; at += LZNT1_CHUNK) {
        size_t length = MIN(size - at, LZNT1_CHUNK);
        guint header_at = to->len;
        put_u16(to, 0);
        lznt1_chunk(data + at, length, to);
        size_t written = to->len - header_at - 2;
        uint16_t header = (uint16_t)(0xB000 | (written - 1));
        if (written >= length) { /* stored uncompressed */
            g_byte_array_set_size(to, header_at + 2);
            put_bytes(to, data + at, length);
            header = (uint16_t)(0x3000 | (length - 1));
        }
        to->data[header_at] = (uint8_t)header;
        to->data[header_at + 1] = (uint8_t)(header >> 8);
    }
}

struct lz77 {
    GByteArray *to;
    guint flags_at;
    unsigned flags_left;
    guint nibble_at; /* 0 = no byte has a free half */
};

static void lz77_flag(struct lz77 *stream, bool flag)
{
    if (stream->flags_left == 0) {
        stream->flags_at = stream->to->len;
        stream->flags_left = 32;
        put_u32(stream->to, 0);
    }
    stream->flags_left--;
    if (flag)
        stream->to->data[stream->flags_at + stream->flags_left / 8] |=
            (uint8_t)(1 << stream->flags_left % 8);
}

static void lz77_nibble(struct lz77 *stream, unsigned nibble)
{
    if (stream->nibble_at) {
        stream->to->data[stream->nibble_at] |= (uint8_t)(nibble << 4);
        stream->nibble_at = 0;
        return;
    }
    stream->nibble_at = stream->to->len;
    put_u8(stream->to, nibble);
}

static void lz77_match(struct lz77 *stream, struct match match)
{
    size_t length = match.length - MIN_MATCH;
    put_u16(stream->to, (unsigned)((match.distance - 1) << 3 | MIN(length, 7)));
    if (length < 7)
        return;
    lz77_nibble(stream, (unsigned)MIN(length - 7, 15));
    if (length - 7 < 15)
        return;
    put_u8(stream->to, (unsigned)MIN(length - 7 - 15, 255));
    if (length - 7 - 15 < 255)
        return;
    if (length < 65536) {
        put_u16(stream->to, (unsigned)length);
    } else {
        put_u16(stream->to, 0);
        put_u32(stream->to, (uint32_t)length);
    }
}

void compress_xpress(const uint8_t *data, size_t size, GByteArray *to)
{
    struct dictionary dictionary = {0};
    struct lz77 stream = {.to = to};
    for (size_t at = 0; at < size;) {
        struct match match = find(&dictionary, data, at, size, LZ77_REACH, size);
        lz77_flag(&stream, match.length > 0);
        if (match.length > 0) {
            lz77_match(&stream, match);
            at += match.length;
        } else {
            put_u8(to, data[at++]);
        }
    }
    /* The rest of the last flag word is ones, as Windows leaves it. */
    while (stream.flags_left > 0)
        lz77_flag(&stream, true);
}

/* Bits are written in 16-bit words, and the reader is always one word ahead: the place of a word is
 * reserved before the bytes that follow its bits. */
struct huffman {
    GByteArray *to;
    uint32_t bits;
    unsigned count;
    guint word_at[2]; /* places of the next two words */
};

static void huffman_start(struct huffman *stream)
{
    stream->bits = stream->count = 0;
    for (int i = 0; i < 2; i++) {
        stream->word_at[i] = stream->to->len;
        put_u16(stream->to, 0);
    }
}

static void huffman_word(struct huffman *stream)
{
    stream->to->data[stream->word_at[0]] = (uint8_t)stream->bits;
    stream->to->data[stream->word_at[0] + 1] = (uint8_t)(stream->bits >> 8);
}

static void huffman_put(struct huffman *stream, unsigned value, unsigned count)
{
    for (unsigned i = count; i-- > 0;) {
        if (stream->count == 16) {
            huffman_word(stream);
            stream->word_at[0] = stream->word_at[1];
            stream->word_at[1] = stream->to->len;
            put_u16(stream->to, 0);
            stream->bits = stream->count = 0;
        }
        stream->bits = stream->bits << 1 | (value >> i & 1);
        stream->count++;
    }
}

static void huffman_end(struct huffman *stream)
{
    stream->bits <<= 16 - stream->count;
    huffman_word(stream);
}

static void huffman_match(struct huffman *stream, struct match match)
{
    unsigned distance_bits = 0;
    while ((size_t)2 << distance_bits <= match.distance)
        distance_bits++;
    size_t length = match.length - MIN_MATCH;
    huffman_put(stream, (unsigned)(256 + distance_bits * 16 + MIN(length, 15)), 9);
    if (length >= 15) {
        put_u8(stream->to, (unsigned)MIN(length - 15, 255));
        if (length - 15 >= 255)
            put_u16(stream->to, (unsigned)length);
    }
    huffman_put(stream, (unsigned)(match.distance & (((size_t)1 << distance_bits) - 1)),
                distance_bits);
}

/* All 512 symbols have codes of nine bits: the symbol itself. */
void compress_xpress_huffman(const uint8_t *data, size_t size, GByteArray *to)
{
    struct dictionary dictionary = {0};
    struct huffman stream = {.to = to};
    size_t at = 0;
    while (at < size) {
        size_t end = MIN(at + BLOCK, size);
        for (int i = 0; i < 256; i++)
            put_u8(to, 0x99);
        huffman_start(&stream);
        while (at < end) {
            struct match match = find(&dictionary, data, at, end, BLOCK - 1, BLOCK / 2);
            if (match.length > 0)
                huffman_match(&stream, match);
            else
                huffman_put(&stream, data[at], 9);
            at += MAX(match.length, 1);
        }
        huffman_end(&stream);
    }
}
