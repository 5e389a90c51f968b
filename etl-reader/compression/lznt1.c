/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [MS-XCA] 2.5: LZNT1, in chunks of at most 4096 bytes of output. */
#include "etl-reader/bytes.h"
#include "decompress.h"
#include "etl-match.h"

#define CHUNK_SIZE       4096
#define CHUNK_COMPRESSED 0x8000
#define CHUNK_LENGTH     0x0FFF /* bytes of data after the header, less one */

/* A match has 16 bits. The further into its chunk, the more of them are the distance, and the fewer
 * the length. */
static unsigned count_length_bits(size_t chunk_at)
{
    unsigned bits = 12;
    for (size_t reach = 16; reach < chunk_at; reach <<= 1)
        bits--;
    return bits;
}

static bool copy_chunk_match(uint16_t match, uint8_t *output, size_t *at, size_t chunk_start,
                             size_t chunk_end)
{
    size_t chunk_at = *at - chunk_start;
    unsigned bits = count_length_bits(chunk_at);
    size_t length = (match & ((1u << bits) - 1)) + 3;
    size_t distance = (size_t)(match >> bits) + 1;
    return distance <= chunk_at && etl_copy_match(output, at, chunk_end, distance, length);
}

/* False: the chunk is damaged. */
static bool decode_chunk(struct etl_cursor *chunk, uint8_t *output, size_t *at, size_t output_size)
{
    size_t start = *at;
    size_t end = MIN(start + CHUNK_SIZE, output_size);
    while (etl_cursor_left(chunk) > 0 && *at < end) {
        uint8_t flags = etl_take_u8(chunk);
        for (int i = 0; i < 8 && etl_cursor_left(chunk) > 0 && *at < end; i++, flags >>= 1) {
            if (!(flags & 1)) {
                output[(*at)++] = etl_take_u8(chunk);
                continue;
            }
            uint16_t match = etl_take_u16(chunk);
            if (chunk->failed || !copy_chunk_match(match, output, at, start, end))
                return false;
        }
    }
    return true;
}

size_t etl_decompress_lznt1(const uint8_t *input, size_t input_size, uint8_t *output,
                            size_t output_size)
{
    struct etl_cursor cursor = etl_cursor_over(input, input_size);
    size_t at = 0;
    while (at < output_size) {
        uint16_t header = etl_take_u16(&cursor);
        if (header == 0)
            break;
        size_t length = MIN((size_t)(header & CHUNK_LENGTH) + 1, etl_cursor_left(&cursor));
        const uint8_t *data = etl_take(&cursor, length);
        if (header & CHUNK_COMPRESSED) {
            struct etl_cursor chunk = etl_cursor_over(data, length);
            if (!decode_chunk(&chunk, output, &at, output_size))
                break;
        } else {
            length = MIN(length, output_size - at);
            memcpy(output + at, data, length);
            at += length;
        }
    }
    return at;
}

size_t etl_decompress(enum etl_compression format, const uint8_t *input, size_t input_size,
                      uint8_t *output, size_t output_size)
{
    switch (format) {
    case ETL_COMPRESSION_LZNT1:
        return etl_decompress_lznt1(input, input_size, output, output_size);
    case ETL_COMPRESSION_XPRESS:
        return etl_decompress_xpress(input, input_size, output, output_size);
    case ETL_COMPRESSION_XPRESS_HUFFMAN:
        return etl_decompress_xpress_huffman(input, input_size, output, output_size);
    case ETL_COMPRESSION_NONE:
        break;
    }
    return 0;
}
