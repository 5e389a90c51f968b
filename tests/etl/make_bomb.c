/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_bomb KIND FILE: writes a small log that demands much memory, time or text. Without a kind,
 * prints the names of all kinds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

#define MIB           (1u << 20)
#define PROPERTY_SIZE 24
#define INFO_SIZE     0x70
#define EVENT_INFO    32
#define MAP_INFO      33

/* Field types and flags of TRACE_EVENT_INFO. */
enum {
    TYPE_NULL = 0,
    TYPE_UINT8 = 4,
    FIELD_STRUCT = 1,
    FIELD_COUNT_FIELD = 4,
};

/* GUIDs that all have the same hash if a hash only XORs their words. */
static void make_guid(uint8_t guid[16], uint32_t number)
{
    memset(guid, 0, 16);
    memcpy(guid, &number, sizeof(number));
    memcpy(guid + 4, &number, sizeof(number));
    memcpy(guid + 8, &number, sizeof(number));
}

static void put_zeros(GByteArray *to, guint size)
{
    guint before = to->len;
    g_byte_array_set_size(to, before + size);
    memset(to->data + before, 0, size);
}

static void set_u32(GByteArray *in, guint at, uint32_t value)
{
    memcpy(in->data + at, &value, sizeof(value));
}

/* A string of `length` characters, which takes 2 * (length + 1) bytes. */
static void put_long_string(GByteArray *to, guint length)
{
    for (guint i = 0; i < length; i++)
        put_u16(to, 0x4E2D); /* three bytes of UTF-8 */
    put_u16(to, 0);
}

/* TRACE_EVENT_INFO without its fields. The message and the names, if there are any, are one string
 * after the last field. */
static GByteArray *begin_schema(const uint8_t guid[16], uint16_t id, uint32_t count, uint32_t top)
{
    GByteArray *to = g_byte_array_new();
    put_zeros(to, INFO_SIZE);
    memcpy(to->data, guid, 16);
    memcpy(to->data + 0x20, &id, sizeof(id));
    set_u32(to, 0x64, count);
    set_u32(to, 0x68, top);
    return to;
}

struct property {
    uint32_t flags, name, map;
    uint16_t in, first, members, count;
};

static void put_property(GByteArray *to, const struct property *property)
{
    bool is_struct = property->flags & FIELD_STRUCT;
    put_u32(to, property->flags);
    put_u32(to, property->name);
    put_u16(to, is_struct ? property->first : property->in);
    put_u16(to, is_struct ? property->members : 0);
    put_u32(to, property->map);
    put_u16(to, property->count);
    put_u16(to, 0);
    put_u32(to, 0);
}

static void add_event(struct writer *writer, int64_t ticks, const uint8_t guid[16], uint16_t id,
                      guint size)
{
    const struct writer_event event = {.guid = guid, .id = id, .level = 4};
    g_autoptr(GByteArray) body = g_byte_array_new();
    put_zeros(body, size);
    writer_add(writer, 0, ticks, &event, body);
}

static void add_description(struct writer *writer, uint8_t opcode, GByteArray *body)
{
    writer_add_classic(writer, 0, 1, writer_metadata_guid, opcode, body);
    g_byte_array_free(body, TRUE);
}

/* Buffers of 36 MiB, full of records of eight bytes. */
static void add_buffers(struct writer *writer)
{
    static const uint8_t record[8] = {8, 0, 0x0D, 0xC0};
    uint8_t guid[16];
    make_guid(guid, 1);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        for (guint i = 0; i < (36 * MIB) / sizeof(record); i++)
            writer_add_raw(writer, cpu, record, sizeof(record));
        const struct writer_event event = {.guid = guid, .id = 1};
        g_autoptr(GByteArray) body = g_byte_array_new();
        writer_add(writer, cpu, 5, &event, body);
    }
}

/* Descriptions of events whose fields all have the same long name. */
static void add_schemas(struct writer *writer)
{
    enum { FIELDS = 1000, SCHEMAS = 200, NAME = 20000 };
    uint8_t guid[16];
    make_guid(guid, 1);
    for (uint16_t id = 0; id < SCHEMAS; id++) {
        GByteArray *body = begin_schema(guid, id, FIELDS, FIELDS);
        const struct property property = {
            .in = TYPE_UINT8, .name = INFO_SIZE + FIELDS * PROPERTY_SIZE, .count = 1};
        for (int i = 0; i < FIELDS; i++)
            put_property(body, &property);
        put_long_string(body, NAME);
        add_description(writer, EVENT_INFO, body);
    }
    add_event(writer, 5, guid, 1, 0);
}

/* EVENT_MAP_INFO: entries that all have the same name. */
static GByteArray *make_map(const uint8_t guid[16], const char *name, uint32_t count, guint length,
                            bool bits)
{
    GByteArray *to = g_byte_array_new();
    guint strings = 0x10 + count * 8;
    put_bytes(to, guid, 16);
    put_u32(to, strings);
    put_u32(to, bits ? 2 : 0);
    put_u32(to, count);
    put_u32(to, 0);
    for (uint32_t i = 0; i < count; i++) {
        put_u32(to, strings + 2 * ((guint)strlen(name) + 1));
        put_u32(to, bits ? 1u << i : i);
    }
    put_wide(to, name);
    put_long_string(to, length);
    return to;
}

static void add_maps(struct writer *writer)
{
    uint8_t guid[16];
    make_guid(guid, 1);
    for (int i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("Map%d", i);
        add_description(writer, MAP_INFO, make_map(guid, name, 4000, 10000, false));
    }
    add_event(writer, 5, guid, 1, 0);
}

/* One event whose top-level fields are structs with the same members: arrays without elements,
 * which have long names and take no bytes. */
static void add_structs(struct writer *writer)
{
    enum { TOP = 500, MEMBERS = 500, NAME = 700, ALL = TOP + MEMBERS };
    uint8_t guid[16];
    make_guid(guid, 1);
    GByteArray *body = begin_schema(guid, 1, ALL, TOP);
    const struct property zero = {.in = TYPE_UINT8, .count = 1};
    const struct property top = {
        .flags = FIELD_STRUCT, .first = TOP, .members = MEMBERS, .count = 1};
    const struct property member = {.flags = FIELD_COUNT_FIELD,
                                    .in = TYPE_UINT8,
                                    .name = INFO_SIZE + ALL * PROPERTY_SIZE,
                                    .count = 0};
    put_property(body, &zero);
    for (int i = 1; i < TOP; i++)
        put_property(body, &top);
    for (int i = 0; i < MEMBERS; i++)
        put_property(body, &member);
    put_long_string(body, NAME);
    add_description(writer, EVENT_INFO, body);
    add_event(writer, 5, guid, 1, 1);
}

/* One event with fields that each have all bits of a map with long names. */
static void add_bits(struct writer *writer)
{
    enum { FIELDS = 1000 };
    uint8_t guid[16];
    make_guid(guid, 1);
    add_description(writer, MAP_INFO, make_map(guid, "Bits", 8, 31000, true));
    GByteArray *body = begin_schema(guid, 1, FIELDS, FIELDS);
    const struct property property = {
        .in = TYPE_UINT8, .map = INFO_SIZE + FIELDS * PROPERTY_SIZE, .count = 1};
    for (int i = 0; i < FIELDS; i++)
        put_property(body, &property);
    put_wide(body, "Bits");
    add_description(writer, EVENT_INFO, body);
    const struct writer_event event = {.guid = guid, .id = 1};
    g_autoptr(GByteArray) ones = g_byte_array_new();
    for (int i = 0; i < FIELDS; i++)
        put_u8(ones, 0xFF);
    writer_add(writer, 0, 5, &event, ones);
}

/* Small events with a long message. */
static void add_messages(struct writer *writer)
{
    uint8_t guid[16];
    make_guid(guid, 1);
    GByteArray *body = begin_schema(guid, 1, 0, 0);
    set_u32(body, 0x4C, INFO_SIZE);
    put_long_string(body, 11000);
    add_description(writer, EVENT_INFO, body);
    for (int i = 0; i < 30000; i++)
        add_event(writer, 5, guid, 1, 0);
}

/* Events with little text that take long to read: a thousand fields without bytes. */
static void add_fields(struct writer *writer)
{
    enum { FIELDS = 1000 };
    uint8_t guid[16];
    make_guid(guid, 1);
    GByteArray *body = begin_schema(guid, 1, FIELDS, FIELDS);
    set_u32(body, 0x4C, INFO_SIZE + FIELDS * PROPERTY_SIZE);
    const struct property property = {.in = TYPE_NULL, .count = 1};
    for (int i = 0; i < FIELDS; i++)
        put_property(body, &property);
    put_wide(body, "short");
    add_description(writer, EVENT_INFO, body);
    for (int i = 0; i < 600000; i++)
        add_event(writer, 5, guid, 1, 0);
}

/* Events whose message has very many inserts for fields that do not exist. */
static void add_places(struct writer *writer)
{
    uint8_t guid[16];
    make_guid(guid, 1);
    GByteArray *body = begin_schema(guid, 1, 0, 0);
    set_u32(body, 0x4C, INFO_SIZE);
    for (int i = 0; i < 15000; i++) {
        put_u16(body, '%');
        put_u16(body, '9');
    }
    put_u16(body, 0);
    add_description(writer, EVENT_INFO, body);
    for (int i = 0; i < 200000; i++)
        add_event(writer, 5, guid, 1, 0);
}

/* Very many components, each with properties and counters. */
static void add_components(struct writer *writer)
{
    for (unsigned id = 1; id < UINT16_MAX; id++) {
        add_pktmon(writer, 0, 1, 20, body_component((uint16_t)id, 2, "a", "b"));
        add_pktmon(writer, 0, 1, 30, body_property((uint16_t)id, 100, 1, 4));
        add_pktmon(writer, 0, 1, 90, body_flow((uint16_t)id, "Upper", 1, 4));
    }
}

/* One component with a property of each type, described again and again. */
static void add_properties(struct writer *writer)
{
    for (unsigned type = 100; type < UINT16_MAX; type++)
        add_pktmon(writer, 0, 1, 30, body_property(7, (uint16_t)type, type, 4));
    for (int i = 0; i < 20000; i++)
        add_pktmon(writer, 0, 5, 270, body_component(7, 2, "nic.sys", "A NIC"));
}

/* Events of very many providers, followed by more events of the last one. */
static void add_providers(struct writer *writer)
{
    uint8_t guid[16];
    for (uint32_t i = 0; i < 200000; i++) {
        make_guid(guid, MIN(i, 4000u) * 0x01000193u);
        add_event(writer, 5, guid, 1, 0);
    }
}

static const struct {
    const char *name;
    void (*add)(struct writer *writer);
} kinds[] = {
    {"bits", add_bits},
    {"buffers", add_buffers},
    {"components", add_components},
    {"fields", add_fields},
    {"maps", add_maps},
    {"messages", add_messages},
    {"places", add_places},
    {"properties", add_properties},
    {"providers", add_providers},
    {"schemas", add_schemas},
    {"structs", add_structs},
};

static int make(const char *name, const char *path)
{
    const struct writer_options options = {.compression = WRITER_XPRESS, .buffer_size = 64 * MIB};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        struct writer *writer = writer_new(&options);
        kinds[i].add(writer);
        g_autoptr(GByteArray) log = writer_finish(writer);
        return g_file_set_contents(path, (const char *)log->data, log->len, NULL) ? EXIT_SUCCESS
                                                                                  : EXIT_FAILURE;
    }
    fprintf(stderr, "make_bomb: There is no kind \"%s\".\n", name);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return make(argv[1], argv[2]);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        puts(kinds[i].name);
    return EXIT_SUCCESS;
}
