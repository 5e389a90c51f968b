/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-record.h"

/* The highest byte of the first word of a record. */
#define FLAGS_AT      3
#define FLAGS_EVENT   0xC0
#define FLAGS_MESSAGE 0x90
#define TYPE_AT       2

/* EVENT_HEADER.Flags */
#define EVENT_EXTENDED_INFO 0x0001

enum extended_type {
    EXTENDED_SCHEMA_TL = 0x0B,
    EXTENDED_PROVIDER_TRAITS = 0x0C,
};

/* Optional parts of a WPP message, in this order. */
enum message_flags {
    MESSAGE_SEQUENCE = 0x01,
    MESSAGE_GUID = 0x02,
    MESSAGE_COMPONENT = 0x04,
    MESSAGE_TIME = 0x08,
    MESSAGE_PROCESS = 0x20,
};

/* The offsets of the fields of a header; NONE: no such field. */
#define NONE 0xFF
struct etl_record_layout {
    enum etl_record_kind kind;
    uint8_t header_size; /* 0 = no such header */
    uint8_t size_at;     /* u16 */
    uint8_t time_at;     /* i64 */
    uint8_t thread_at;   /* u32, followed by the process */
    uint8_t pointer_size;
    void (*rest)(const uint8_t *data, struct etl_record *record);
};

static void read_kernel(const uint8_t *data, struct etl_record *record)
{
    record->version = data[0];
    record->id = etl_u16(data + 6);
    record->opcode = data[6];
}

static void read_classic(const uint8_t *data, struct etl_record *record)
{
    record->opcode = data[4];
    record->level = data[5];
    record->version = data[6];
    record->id = record->opcode;
    record->guid = data + 0x18;
}

static void read_instance(const uint8_t *data, struct etl_record *record)
{
    record->opcode = data[4];
    record->level = data[5];
    record->version = data[6];
    record->id = record->opcode;
}

static void read_extended(struct etl_cursor *cursor, struct etl_record *record)
{
    for (bool more = true; more && !cursor->failed;) {
        size_t start = cursor->at;
        uint16_t whole = etl_take_u16(cursor);
        uint16_t type = etl_take_u16(cursor);
        more = etl_take_u16(cursor) & 1;
        uint16_t size = etl_take_u16(cursor);
        const uint8_t *data = etl_take(cursor, size);
        if (!data)
            return;
        if (type == EXTENDED_SCHEMA_TL) {
            record->schema = data;
            record->schema_size = size;
        } else if (type == EXTENDED_PROVIDER_TRAITS) {
            record->traits = data;
            record->traits_size = size;
        }
        size_t used = cursor->at - start;
        if (whole < used || !etl_take(cursor, whole - used))
            cursor->failed = true;
    }
}

/* Extended data items are between the header and the event's data. */
static void read_event(const uint8_t *data, struct etl_record *record)
{
    record->guid = data + 0x18;
    record->id = etl_u16(data + 0x28);
    record->version = data[0x2A];
    record->level = data[0x2C];
    record->opcode = data[0x2D];
    record->task = etl_u16(data + 0x2E);
    record->keyword = etl_u64(data + 0x30);
    if (!(etl_u16(data + 4) & EVENT_EXTENDED_INFO))
        return;
    struct etl_cursor cursor = etl_cursor_over(record->payload, record->payload_size);
    read_extended(&cursor, record);
    if (!cursor.failed) {
        record->payload += cursor.at;
        record->payload_size -= cursor.at;
    }
}

/* Indexed by header type, the third byte of the record. */
static const struct etl_record_layout layouts[] = {
    [0x01] = {ETL_RECORD_KERNEL, 0x20, 4, 0x10, 0x08, 4, read_kernel},    /* SYSTEM32 */
    [0x02] = {ETL_RECORD_KERNEL, 0x20, 4, 0x10, 0x08, 8, read_kernel},    /* SYSTEM64 */
    [0x03] = {ETL_RECORD_KERNEL, 0x18, 4, 0x10, 0x08, 4, read_kernel},    /* COMPACT32 */
    [0x04] = {ETL_RECORD_KERNEL, 0x18, 4, 0x10, 0x08, 8, read_kernel},    /* COMPACT64 */
    [0x0A] = {ETL_RECORD_CLASSIC, 0x30, 0, 0x10, 0x08, 4, read_classic},  /* FULL_HEADER32 */
    [0x0B] = {ETL_RECORD_CLASSIC, 0x38, 0, 0x10, 0x08, 4, read_instance}, /* INSTANCE32 */
    [0x0C] = {ETL_RECORD_OTHER, 0x10, 0, 0x08, NONE, 8, NULL},            /* TIMED */
    [0x0D] = {ETL_RECORD_OTHER, 0x08, 0, NONE, NONE, 8, NULL},            /* ERROR */
    [0x0E] = {ETL_RECORD_OTHER, 0x08, 0, NONE, NONE, 8, NULL},            /* WNODE */
    [0x10] = {ETL_RECORD_KERNEL, 0x10, 4, 0x08, NONE, 4, read_kernel},    /* PERFINFO32 */
    [0x11] = {ETL_RECORD_KERNEL, 0x10, 4, 0x08, NONE, 8, read_kernel},    /* PERFINFO64 */
    [0x12] = {ETL_RECORD_EVENT, 0x50, 0, 0x10, 0x08, 4, read_event},      /* EVENT_HEADER32 */
    [0x13] = {ETL_RECORD_EVENT, 0x50, 0, 0x10, 0x08, 8, read_event},      /* EVENT_HEADER64 */
    [0x14] = {ETL_RECORD_CLASSIC, 0x30, 0, 0x10, 0x08, 8, read_classic},  /* FULL_HEADER64 */
    [0x15] = {ETL_RECORD_CLASSIC, 0x48, 0, 0x10, 0x08, 8, read_instance}, /* INSTANCE64 */
    [0x16] = {ETL_RECORD_KERNEL, 0x10, 4, 0x08, NONE, 8, read_kernel},    /* PERFINFO variants */
};

static const struct etl_record_layout *find_layout(uint8_t type)
{
    if (type >= G_N_ELEMENTS(layouts) || layouts[type].header_size == 0)
        return NULL;
    return &layouts[type];
}

/* The layout and the size of the record at data. NULL: no record, or one beyond the end. */
static const struct etl_record_layout *measure_record(const uint8_t *data, size_t size,
                                                      uint32_t *whole)
{
    const struct etl_record_layout *layout = find_layout(data[TYPE_AT]);
    if (!layout || size < layout->header_size)
        return NULL;
    *whole = etl_u16(data + layout->size_at);
    return *whole < layout->header_size || *whole > size ? NULL : layout;
}

static enum etl_parsed parse_event(const uint8_t *data, size_t size, struct etl_record *record)
{
    uint32_t whole;
    const struct etl_record_layout *layout = measure_record(data, size, &whole);
    if (!layout)
        return ETL_PARSED_BAD;
    *record = (struct etl_record){
        .kind = layout->kind,
        .bytes = data,
        .size = whole,
        .pointer_size = layout->pointer_size,
        .payload = data + layout->header_size,
        .payload_size = (size_t)whole - layout->header_size,
    };
    if (layout->time_at != NONE) {
        record->has_time = true;
        record->ticks = (int64_t)etl_u64(data + layout->time_at);
    }
    if (layout->thread_at != NONE) {
        record->thread = etl_u32(data + layout->thread_at);
        record->process = etl_u32(data + layout->thread_at + 4);
    }
    if (layout->rest)
        layout->rest(data, record);
    return ETL_PARSED;
}

static enum etl_parsed parse_message(const uint8_t *data, size_t size, struct etl_record *record)
{
    uint16_t whole = etl_u16(data);
    if (whole < 8 || whole > size)
        return ETL_PARSED_BAD;
    *record = (struct etl_record){.kind = ETL_RECORD_MESSAGE,
                                  .bytes = data,
                                  .size = whole,
                                  .pointer_size = 8,
                                  .id = etl_u16(data + 4)};
    uint16_t flags = etl_u16(data + 6);
    struct etl_cursor cursor = etl_cursor_over(data + 8, (size_t)whole - 8);
    if (flags & MESSAGE_SEQUENCE)
        etl_take_u32(&cursor);
    if (flags & MESSAGE_GUID)
        record->guid = etl_take(&cursor, ETL_GUID_SIZE);
    else if (flags & MESSAGE_COMPONENT)
        etl_take_u32(&cursor);
    if (flags & MESSAGE_TIME) {
        record->ticks = (int64_t)etl_take_u64(&cursor);
        record->has_time = !cursor.failed;
    }
    if (flags & MESSAGE_PROCESS) {
        record->thread = etl_take_u32(&cursor);
        record->process = etl_take_u32(&cursor);
    }
    if (cursor.failed)
        return ETL_PARSED_BAD;
    record->payload = cursor.data + cursor.at;
    record->payload_size = etl_cursor_left(&cursor);
    return ETL_PARSED;
}

enum etl_parsed etl_record_parse(const uint8_t *data, size_t size, struct etl_record *record)
{
    if (size < 4)
        return ETL_PARSED_END;
    uint32_t first = etl_u32(data);
    if (first == 0 || first == UINT32_MAX)
        return ETL_PARSED_END;
    if (size < 8)
        return ETL_PARSED_BAD;
    if (data[FLAGS_AT] == FLAGS_EVENT)
        return parse_event(data, size, record);
    if (data[FLAGS_AT] == FLAGS_MESSAGE)
        return parse_message(data, size, record);
    return ETL_PARSED_BAD;
}

enum etl_parsed etl_record_skim(const uint8_t *data, size_t size, struct etl_record *record)
{
    uint32_t whole;
    if (size < 8 || data[FLAGS_AT] != FLAGS_EVENT)
        return etl_record_parse(data, size, record);
    const struct etl_record_layout *layout = measure_record(data, size, &whole);
    if (!layout)
        return ETL_PARSED_BAD;
    record->size = whole;
    record->has_time = layout->time_at != NONE;
    if (record->has_time)
        record->ticks = (int64_t)etl_u64(data + layout->time_at);
    return ETL_PARSED;
}
