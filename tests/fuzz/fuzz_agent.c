/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as requests to the agent: parts of filters, and starts, which translate them.
 * Each part is no longer than its own count says, so that many fit into a few bytes.
 */
#include <glib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "providers/ebpf/agent-protocol.h"
#include "etl-reader/bytes.h"

/* agent/filter-bodies.c */
void agent_add_filter(const struct agent_filter_part *part);
void agent_translate_filters(const struct agent_start *wanted);

static jmp_buf failed;

/* The agent ends when it refuses a request; here, the next conversation begins. */
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
    agent_add_filter(&part);
}

static void start(struct etl_cursor *cursor)
{
    struct agent_start wanted = {.filters = etl_take_u8(cursor)};
    fill(cursor, &wanted.always_filters, sizeof(wanted.always_filters));
    agent_translate_filters(&wanted);
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

/* The agent keeps the parts until the next start, even if it has refused one. */
static void forget(void)
{
    static const struct agent_start nothing;
    if (!setjmp(failed))
        agent_translate_filters(&nothing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    converse(data, size);
    forget();
    return 0;
}
