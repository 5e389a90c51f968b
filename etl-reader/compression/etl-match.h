/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The step common to all formats of [MS-XCA]: copy a match from earlier output.
 */
#ifndef PKTMON_ETL_READER_ETL_MATCH_H
#define PKTMON_ETL_READER_ETL_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Appends length bytes from distance bytes back. The ranges may overlap, which repeats a pattern. A
 * match beyond the end of the output is truncated. False: it begins before the start of the output.
 */
static inline bool etl_copy_match(uint8_t *output, size_t *at, size_t output_size, size_t distance,
                                  size_t length)
{
    if (distance == 0 || distance > *at)
        return false;
    if (length > output_size - *at)
        length = output_size - *at;
    uint8_t *to = output + *at;
    const uint8_t *from = to - distance;
    *at += length;
    if (distance >= length) {
        memcpy(to, from, length);
        return true;
    }
    for (size_t i = 0; i < length; i++)
        to[i] = from[i];
    return true;
}

#endif
