/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three compressions of Windows logs, written from [MS-XCA]. No allocation; any input is safe.
 */
#ifndef PKTMON_ETL_DECOMPRESS_H
#define PKTMON_ETL_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

/* The numbers are Windows' COMPRESSION_FORMAT_*. */
enum etl_compression {
    ETL_COMPRESSION_NONE = 0,
    ETL_COMPRESSION_LZNT1 = 2,
    ETL_COMPRESSION_XPRESS = 3,
    ETL_COMPRESSION_XPRESS_HUFFMAN = 4,
};

/* All return the bytes written to output: output_size for a good stream, less where the stream is
 * damaged or cut, and then what was written before the damage is good. */
size_t etl_decompress_lznt1(const uint8_t *input, size_t input_size, uint8_t *output,
                            size_t output_size);
size_t etl_decompress_xpress(const uint8_t *input, size_t input_size, uint8_t *output,
                             size_t output_size);
size_t etl_decompress_xpress_huffman(const uint8_t *input, size_t input_size, uint8_t *output,
                                     size_t output_size);

/* By format; 0 for a format that is none of these. */
size_t etl_decompress(enum etl_compression format, const uint8_t *input, size_t input_size,
                      uint8_t *output, size_t output_size);

#endif
