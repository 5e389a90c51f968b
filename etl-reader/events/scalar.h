/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One value of an event as text, by the types of tdh.h (TDH_INTYPE_*, TDH_OUTTYPE_*). TraceLogging
 * uses the same numbers for input types up to 23.
 */
#ifndef PKTMON_ETL_READER_SCALAR_H
#define PKTMON_ETL_READER_SCALAR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-reader/bytes.h"

enum etl_in_type {
    ETL_IN_NULL = 0,
    ETL_IN_UNICODE_STRING = 1,
    ETL_IN_ANSI_STRING = 2,
    ETL_IN_BINARY = 14,
    ETL_IN_POINTER = 16,
};

struct etl_scalar {
    uint16_t in, out;
    bool has_length;       /* length is set; else the type or a NUL determines it */
    uint32_t length;       /* characters of a string, bytes of anything else */
    unsigned pointer_size; /* 4 or 8 */
};

/* Takes the value from the cursor and appends its text. number receives the value of an integer,
 * and is not changed by other types. False: the type is unknown or the data too short, so the
 * following values cannot be found. */
bool etl_scalar_take(struct etl_cursor *cursor, const struct etl_scalar *scalar, GString *text,
                     uint64_t *number);

#endif
