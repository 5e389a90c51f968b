/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A base (its size as u16, then a shift as i16, then its bytes) and any bytes: as edits of it they
 * end; as a hop they become edits, and are made of these again.
 */
#include <glib.h>

#include "model/journey-edits.h"

#define HEADER   4
#define MAX_MADE 4096

static void apply_any(const uint8_t *base, size_t base_size, const uint8_t *edits, size_t size)
{
    g_autofree uint8_t *made = g_malloc(MAX_MADE);
    size_t length = journey_edits_apply(edits, size, base, base_size, made, MAX_MADE);
    g_assert_cmpuint(length, <=, MAX_MADE);
    for (size_t part = 0; part <= length; part += 1 + part / 2) {
        g_autofree uint8_t *less = g_malloc(part);
        g_assert_cmpuint(journey_edits_apply(edits, size, base, base_size, less, part), ==, part);
        g_assert_cmpmem(less, part, made, part);
    }
}

static void put_and_apply(const uint8_t *base, size_t base_size, const uint8_t *data, size_t size,
                          int64_t shift)
{
    static struct journey_base known;
    g_autofree uint8_t *edits = g_malloc(JOURNEY_EDITS_ROOM(size));
    g_autofree uint8_t *made = g_malloc(size);
    struct journey_writer writer = {.data = edits, .size = JOURNEY_EDITS_ROOM(size)};
    journey_base_set(&known, base, base_size);
    journey_edits_put(&writer, &known, data, size, shift);
    g_assert_false(writer.overflow);
    g_assert_cmpuint(journey_edits_apply(edits, writer.length, base, base_size, made, size), ==,
                     size);
    g_assert_cmpmem(made, size, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER)
        return 0;
    size_t base_size = MIN((size_t)(data[0] | data[1] << 8), size - HEADER);
    int16_t shift = (int16_t)(data[2] | data[3] << 8);
    size_t rest_size = size - HEADER - base_size;
    g_autofree uint8_t *base = g_memdup2(data + HEADER, base_size);
    g_autofree uint8_t *rest = g_memdup2(data + HEADER + base_size, rest_size);
    apply_any(base, base_size, rest, rest_size);
    put_and_apply(base, base_size, rest, rest_size, shift);
    put_and_apply(base, base_size, rest, rest_size, 0);
    return 0;
}
