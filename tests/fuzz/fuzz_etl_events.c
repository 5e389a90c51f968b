/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arbitrary bytes as the data of events: for each the kind (u8), the id (u16), keyword bits (u8),
 * the size (u16) and the data.
 */
#include "etl-reader/bytes.h"
#include "drain.h"
#include "writer.h"

#define BUFFER_SIZE 65536
#define MAX_DATA    32768

static void add(struct writer *writer, int64_t ticks, struct etl_cursor *cursor)
{
    static const uint8_t *const guids[] = {writer_pktmon_guid, writer_ndis_guid, writer_wan_guid,
                                           writer_metadata_guid, writer_config_guid};
    uint8_t kind = etl_take_u8(cursor);
    uint16_t id = etl_take_u16(cursor);
    uint8_t bits = etl_take_u8(cursor);
    uint16_t wanted = etl_take_u16(cursor);
    size_t size = MIN(MIN(wanted, MAX_DATA), etl_cursor_left(cursor));
    g_autoptr(GByteArray) body = g_byte_array_new();
    const uint8_t *data = etl_take(cursor, size);
    if (size > 0 && data)
        put_bytes(body, data, size);
    const uint8_t *guid = guids[kind % G_N_ELEMENTS(guids)];
    const struct writer_event event = {
        .guid = guid, .id = id, .keyword = (uint64_t)(bits & 3) << 30 | (uint64_t)bits << 14};
    if (kind % G_N_ELEMENTS(guids) > 2)
        writer_add_classic(writer, kind >> 7, ticks, guid, (uint8_t)id, body);
    else
        writer_add(writer, kind >> 7, ticks, &event, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct writer_options options = {.buffer_size = BUFFER_SIZE,
                                           .build = size > 0 && data[0] & 1 ? 26100 : 20348};
    struct writer *writer = writer_new(&options);
    struct etl_cursor cursor = etl_cursor_over(data, size);
    for (int64_t ticks = 1; etl_cursor_left(&cursor) > 0 && !cursor.failed; ticks += 100)
        add(writer, ticks, &cursor);
    g_autoptr(GByteArray) log = writer_finish(writer);
    drain_log(log->data, log->len);
    return 0;
}
