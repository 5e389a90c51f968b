/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as requests to the agent: parts of filters, and starts, which translate them. Each part
 * is at most so long as its own count says, so that many fit into a few bytes.
 */
#include <glib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "agent_protocol.h"
#include "bytes.h"

/* agent/filters.c */
void filters_take(const struct agent_filter_part *part);
void filters_translate(const struct agent_start *wanted);

static jmp_buf failed;

/* The agent ends where it refuses; here the next conversation begins. */
void agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
void agent_fail(const char *format, ...)
{
    (void)format;
    longjmp(failed, 1);
}

static void fill(struct etl_cursor *cursor, void *to, size_t size)
{
    size_t there = MIN(size, etl_cursor_left(cursor));
    memset(to, 0, size);
    if (there > 0)
        memcpy(to, etl_take(cursor, there), there);
}

static void take_part(struct etl_cursor *cursor)
{
    struct agent_filter_part part = {.filter = etl_take_u8(cursor), .form = etl_take_u8(cursor)};
    part.count = etl_take_u8(cursor);
    fill(cursor, part.code, MIN(part.count, AGENT_FILTER_PART) * sizeof(part.code[0]));
    filters_take(&part);
}

static void start(struct etl_cursor *cursor)
{
    struct agent_start wanted = {.filters = etl_take_u8(cursor)};
    fill(cursor, &wanted.always_filters, sizeof(wanted.always_filters));
    filters_translate(&wanted);
}

static void converse(const uint8_t *data, size_t size)
{
    struct etl_cursor cursor = etl_cursor_over(data, size);
    if (setjmp(failed))
        return;
    while (etl_cursor_left(&cursor) > 0) {
        if (etl_take_u8(&cursor) & 3)
            take_part(&cursor);
        else
            start(&cursor);
    }
}

/* The agent keeps what it was sent until the next start, also after it has refused. */
static void forget(void)
{
    static const struct agent_start nothing;
    if (!setjmp(failed))
        filters_translate(&nothing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    converse(data, size);
    forget();
    return 0;
}
