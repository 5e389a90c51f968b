/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three compression formats of Windows logs, implemented from [MS-XCA]. They do not allocate,
 * and any input is safe.
 */
#ifndef PKTMON_ETL_READER_DECOMPRESS_H
#define PKTMON_ETL_READER_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

/* The numbers are Windows' COMPRESSION_FORMAT_*. */
enum etl_compression {
    ETL_COMPRESSION_NONE = 0,
    ETL_COMPRESSION_LZNT1 = 2,
    ETL_COMPRESSION_XPRESS = 3,
    ETL_COMPRESSION_XPRESS_HUFFMAN = 4,
};

/* All return the number of bytes written to output: output_size for an intact stream, less for one
 * that is damaged or truncated. The bytes written before the damage are valid. */
size_t etl_decompress_lznt1(const uint8_t *input, size_t input_size, uint8_t *output,
                            size_t output_size);
size_t etl_decompress_xpress(const uint8_t *input, size_t input_size, uint8_t *output,
                             size_t output_size);
size_t etl_decompress_xpress_huffman(const uint8_t *input, size_t input_size, uint8_t *output,
                                     size_t output_size);

/* The same by format; 0 for an unknown format. */
size_t etl_decompress(enum etl_compression format, const uint8_t *input, size_t input_size,
                      uint8_t *output, size_t output_size);

#endif
