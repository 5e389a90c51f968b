/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [MS-XCA] 2.3 and 2.4: plain LZ77. */
#include "etl-reader/bytes.h"
#include "decompress.h"
#include "etl-match.h"

struct etl_lz77_stream {
    struct etl_cursor input;
    uint32_t flags; /* the flag word; the highest bit is next */
    int flags_left;
    size_t nibble_at; /* offset of a byte with an unused upper half; 0 = none */
};

static bool take_flag(struct etl_lz77_stream *stream)
{
    if (stream->flags_left == 0) {
        stream->flags = etl_take_u32(&stream->input);
        stream->flags_left = 32;
    }
    bool flag = stream->flags >> 31;
    stream->flags <<= 1;
    stream->flags_left--;
    return flag;
}

/* Two long matches share a byte for the next four bits of their lengths, lower half first. */
static uint8_t take_nibble(struct etl_lz77_stream *stream)
{
    if (stream->nibble_at) {
        uint8_t nibble = stream->input.data[stream->nibble_at] >> 4;
        stream->nibble_at = 0;
        return nibble;
    }
    stream->nibble_at = stream->input.at;
    return etl_take_u8(&stream->input) & 15;
}

/* The length, less the minimum of 3, of a match with all three length bits set. */
static size_t take_long_length(struct etl_lz77_stream *stream)
{
    uint8_t nibble = take_nibble(stream);
    if (nibble < 15)
        return 7 + (size_t)nibble;
    uint8_t byte = etl_take_u8(&stream->input);
    if (byte < 255)
        return 7 + 15 + (size_t)byte;
    uint32_t length = etl_take_u16(&stream->input);
    if (length == 0)
        length = etl_take_u32(&stream->input);
    if (length < 7 + 15)
        stream->input.failed = true; /* such lengths have a short form */
    return length;
}

size_t etl_decompress_xpress(const uint8_t *input, size_t input_size, uint8_t *output,
                             size_t output_size)
{
    struct etl_lz77_stream stream = {.input = etl_cursor_over(input, input_size)};
    size_t at = 0;
    while (at < output_size) {
        if (!take_flag(&stream)) {
            uint8_t literal = etl_take_u8(&stream.input);
            if (stream.input.failed)
                break;
            output[at++] = literal;
            continue;
        }
        uint16_t match = etl_take_u16(&stream.input);
        size_t length = match & 7;
        if (length == 7)
            length = take_long_length(&stream);
        if (stream.input.failed ||
            !etl_copy_match(output, &at, output_size, (size_t)(match >> 3) + 1, length + 3))
            break;
    }
    return at;
}
