/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One value of an event's data as text, by the types of tdh.h (TDH_INTYPE_*, TDH_OUTTYPE_*).
 * TraceLogging uses the same numbers for what goes in, up to 23.
 */
#ifndef PKTMON_ETL_SCALAR_H
#define PKTMON_ETL_SCALAR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

enum etl_in_type {
    ETL_IN_NULL = 0,
    ETL_IN_UNICODE_STRING = 1,
    ETL_IN_ANSI_STRING = 2,
    ETL_IN_BINARY = 14,
    ETL_IN_POINTER = 16,
};

struct etl_scalar {
    uint16_t in, out;
    bool has_length;       /* length counts; else the type or a NUL tells */
    uint32_t length;       /* characters of a string, bytes of anything else */
    unsigned pointer_size; /* 4 or 8 */
};

/* Takes the value from the cursor and appends its text. number receives the value of integers and
 * is otherwise left alone. False: a type that is not known, or the data is too short; then nothing
 * that follows can be found. */
bool etl_scalar_take(struct etl_cursor *cursor, const struct etl_scalar *scalar, GString *text,
                     uint64_t *number);

#endif
