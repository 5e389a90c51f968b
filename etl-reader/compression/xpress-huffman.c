/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [MS-XCA] 2.1 and 2.2: LZ77 with Huffman codes, in blocks of 64 KiB of output. */
#include "etl-reader/bytes.h"
#include "decompress.h"
#include "etl-match.h"

#define BLOCK_SIZE   65536
#define SYMBOLS      512
#define LENGTHS_SIZE (SYMBOLS / 2) /* bytes: two code lengths in each */
#define MAX_BITS     15
#define TABLE_SIZE   (1u << MAX_BITS)
#define FIRST_MATCH  256 /* smaller symbols are literals */

struct etl_huffman_code {
    uint16_t symbol;
    uint8_t bits;
};

struct etl_huffman_stream {
    struct etl_cursor input;
    uint32_t bits; /* the highest bit is next */
    int extra;     /* bits present beyond the 16 that every step may use */
    int left;      /* input bits read and not used yet */
    struct etl_huffman_code table[TABLE_SIZE];
};

static uint8_t read_code_length(const uint8_t *lengths, unsigned symbol)
{
    return symbol & 1 ? lengths[symbol / 2] >> 4 : lengths[symbol / 2] & 15;
}

/* Canonical codes, in the order of length and symbol; every prefix of 15 bits gets its symbol.
 * False: the lengths are no complete code. */
static bool build_table(struct etl_huffman_stream *stream, const uint8_t *lengths)
{
    uint32_t filled = 0;
    for (uint8_t bits = 1; bits <= MAX_BITS; bits++) {
        uint32_t span = 1u << (MAX_BITS - bits);
        for (unsigned symbol = 0; symbol < SYMBOLS; symbol++) {
            if (read_code_length(lengths, symbol) != bits)
                continue;
            if (filled + span > TABLE_SIZE)
                return false;
            for (uint32_t i = 0; i < span; i++)
                stream->table[filled + i] = (struct etl_huffman_code){(uint16_t)symbol, bits};
            filled += span;
        }
    }
    return filled == TABLE_SIZE;
}

/* Words are read ahead, so one beyond the end of the input is no failure until its bits are used.
 */
static uint32_t take_word(struct etl_huffman_stream *stream)
{
    if (etl_cursor_left(&stream->input) < 2)
        return 0;
    stream->left += 16;
    return etl_take_u16(&stream->input);
}

static void start_bits(struct etl_huffman_stream *stream)
{
    stream->left = 0;
    stream->bits = take_word(stream) << 16;
    stream->bits |= take_word(stream);
    stream->extra = 16;
}

static void drop_bits(struct etl_huffman_stream *stream, unsigned count)
{
    stream->bits <<= count;
    stream->extra -= (int)count;
    stream->left -= (int)count;
    if (stream->extra < 0) {
        stream->bits |= take_word(stream) << -stream->extra;
        stream->extra += 16;
    }
}

/* The length of a match less the minimum of 3. Long lengths continue in whole bytes. */
static size_t take_match_length(struct etl_huffman_stream *stream, unsigned symbol)
{
    size_t length = symbol & 15;
    if (length < 15)
        return length;
    uint8_t byte = etl_take_u8(&stream->input);
    if (byte < 255)
        return 15 + (size_t)byte;
    length = etl_take_u16(&stream->input);
    if (length == 0)
        length = etl_take_u32(&stream->input);
    if (length < 15)
        stream->input.failed = true; /* such lengths have a short form */
    return length;
}

static size_t take_match_distance(struct etl_huffman_stream *stream, unsigned symbol)
{
    unsigned bits = (symbol >> 4) & 15;
    if (bits == 0)
        return 1;
    size_t distance = ((size_t)1 << bits) + (stream->bits >> (32 - bits));
    drop_bits(stream, bits);
    return distance;
}

/* Decodes one block, up to output[end]. False: the stream is damaged, or ends. */
static bool decode_block(struct etl_huffman_stream *stream, uint8_t *output, size_t *at, size_t end,
                         size_t output_size)
{
    while (*at < end) {
        struct etl_huffman_code code = stream->table[stream->bits >> (32 - MAX_BITS)];
        drop_bits(stream, code.bits);
        if (stream->left < 0)
            return false;
        if (code.symbol < FIRST_MATCH) {
            output[(*at)++] = (uint8_t)code.symbol;
            continue;
        }
        size_t length = take_match_length(stream, code.symbol);
        size_t distance = take_match_distance(stream, code.symbol);
        if (stream->input.failed || stream->left < 0 ||
            !etl_copy_match(output, at, output_size, distance, length + 3))
            return false;
    }
    return true;
}

size_t etl_decompress_xpress_huffman(const uint8_t *input, size_t input_size, uint8_t *output,
                                     size_t output_size)
{
    g_autofree struct etl_huffman_stream *stream = g_new(struct etl_huffman_stream, 1);
    stream->input = etl_cursor_over(input, input_size);
    size_t at = 0;
    while (at < output_size) {
        const uint8_t *lengths = etl_take(&stream->input, LENGTHS_SIZE);
        if (!lengths || !build_table(stream, lengths))
            break;
        start_bits(stream);
        size_t end = MIN(at + BLOCK_SIZE, output_size);
        if (!decode_block(stream, output, &at, end, output_size))
            break;
    }
    return at;
}
