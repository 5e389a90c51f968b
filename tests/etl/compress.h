/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simple compressors of [MS-XCA]: their output is valid, not small. */
#ifndef ETL_COMPRESS_H
#define ETL_COMPRESS_H

#include <glib.h>
#include <stdint.h>

void compress_lznt1(const uint8_t *data, size_t size, GByteArray *to);
void compress_xpress(const uint8_t *data, size_t size, GByteArray *to);
void compress_xpress_huffman(const uint8_t *data, size_t size, GByteArray *to);

#endif
