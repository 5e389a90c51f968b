/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>

#include "pktmon/metadata.h"

static const struct promise {
    uint16_t number;
    enum pktmon_kind kind;
    const char *field;
} promises[] = {
    {1, PKTMON_KIND_U64, "pktmon.capture_id"},
    {2, PKTMON_KIND_U32, "pktmon.component"},
    {3, PKTMON_KIND_STRING, "pktmon.component.name"},
    {4, PKTMON_KIND_STRING, "pktmon.component.description"},
    {5, PKTMON_KIND_STRING, "pktmon.component.type"},
    {6, PKTMON_KIND_U32, "pktmon.component.parent"},
    {7, PKTMON_KIND_STRING, "pktmon.property.name"},
    {8, PKTMON_KIND_STRING, "pktmon.property.value"},
    {9, PKTMON_KIND_U16, "pktmon.edge"},
    {10, PKTMON_KIND_STRING, "pktmon.edge.name"},
    {11, PKTMON_KIND_U16, "pktmon.direction"},
    {12, PKTMON_KIND_U64, "pktmon.group"},
    {13, PKTMON_KIND_U16, "pktmon.packet_number"},
    {14, PKTMON_KIND_U32, "pktmon.appearance"},
    {15, PKTMON_KIND_U32, "pktmon.copy"},
    {16, PKTMON_KIND_U32, "pktmon.copy_of"},
    {17, PKTMON_KIND_U8, "pktmon.linked"},
    {18, PKTMON_KIND_U16, "pktmon.packet_type"},
    {19, PKTMON_KIND_U16, "pktmon.filter_id"},
    {20, PKTMON_KIND_FLAG, "pktmon.dropped"},
    {21, PKTMON_KIND_FLAG, "pktmon.copy_released"},
    {22, PKTMON_KIND_STRING, "pktmon.drop.reason"},
    {23, PKTMON_KIND_U32, "pktmon.drop.code"},
    {24, PKTMON_KIND_STRING, "pktmon.drop.location"},
    {25, PKTMON_KIND_U32, "pktmon.drop.location_code"},
    {26, PKTMON_KIND_U32, "pktmon.cpu"},
    {27, PKTMON_KIND_U32, "pktmon.pid"},
    {28, PKTMON_KIND_STRING, "pktmon.comm"},
    {29, PKTMON_KIND_STRING, "pktmon.cgroup"},
    {30, PKTMON_KIND_STRING, "pktmon.netns"},
    {31, PKTMON_KIND_U16, "pktmon.gso_size"},
    {32, PKTMON_KIND_U16, "pktmon.gso_segs"},
    {33, PKTMON_KIND_FLAG, "pktmon.l2_synthesised"},
    {34, PKTMON_KIND_FLAG, "pktmon.truncated"},
    {35, PKTMON_KIND_U64, "pktmon.lost"},
    {36, PKTMON_KIND_U64, "pktmon.counters.packets_in"},
    {37, PKTMON_KIND_U64, "pktmon.counters.bytes_in"},
    {38, PKTMON_KIND_U64, "pktmon.counters.packets_out"},
    {39, PKTMON_KIND_U64, "pktmon.counters.bytes_out"},
    {40, PKTMON_KIND_U64, "pktmon.counters.drops_in"},
    {41, PKTMON_KIND_U64, "pktmon.counters.drops_out"},
    {42, PKTMON_KIND_U64, "pktmon.counters.drop_bytes_in"},
    {43, PKTMON_KIND_U64, "pktmon.counters.drop_bytes_out"},
    {44, PKTMON_KIND_STRING, "pktmon.filter.name"},
    {45, PKTMON_KIND_STRING, "pktmon.filter.text"},
    {46, PKTMON_KIND_STRING, "pktmon.capture.os"},
    {47, PKTMON_KIND_STRING, "pktmon.capture.host"},
    {48, PKTMON_KIND_STRING, "pktmon.capture.release"},
    {49, PKTMON_KIND_STRING, "pktmon.capture.provider"},
    {50, PKTMON_KIND_STRING, "pktmon.capture.missing"},
    {51, PKTMON_KIND_STRING, "pktmon.event.provider"},
    {52, PKTMON_KIND_U16, "pktmon.event.id"},
    {53, PKTMON_KIND_U8, "pktmon.event.level"},
    {54, PKTMON_KIND_STRING, "pktmon.event.message"},
};

/* One field of each kind, and its encoding. */
static const uint8_t sample[] = {
    'P', 'K', 'M', 'N', 1,    1,    0,    0,    /* a packet record, version 1 */
    20,  0,   1,   0,   1,                      /* DROPPED */
    17,  0,   1,   0,   2,                      /* LINKED */
    9,   0,   2,   0,   0x02, 0x01,             /* EDGE */
    2,   0,   4,   0,   0x04, 0x03, 0x02, 0x01, /* COMPONENT */
    1,   0,   8,   0,   0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, /* CAPTURE_ID */
    3,   0,   4,   0,   'e',  't',  'h',  '0',                          /* COMPONENT_NAME */
    28,  0,   0,   0,                                                   /* COMM */
};
static const size_t sample_ends[] = {8, 13, 18, 24, 32, 44, 52, 56};

static void write_sample(struct pktmon_metadata_writer *writer, uint8_t *data, size_t size)
{
    pktmon_metadata_begin(writer, data, size, PKTMON_RECORD_PACKET);
    pktmon_metadata_put(writer, PKTMON_FIELD_DROPPED, true);
    pktmon_metadata_put(writer, PKTMON_FIELD_LINKED, 2);
    pktmon_metadata_put(writer, PKTMON_FIELD_EDGE, 0x0102);
    pktmon_metadata_put(writer, PKTMON_FIELD_COMPONENT, 0x01020304);
    pktmon_metadata_put(writer, PKTMON_FIELD_CAPTURE_ID, 0x0102030405060708);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMPONENT_NAME, "eth0");
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMPONENT_DESCRIPTION, NULL);
    pktmon_metadata_put_string(writer, PKTMON_FIELD_COMM, "");
}

static bool is_sample_end(size_t length)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sample_ends); i++)
        if (sample_ends[i] == length)
            return true;
    return false;
}

/* Reads to the end, in memory of exactly that size, so that a sanitizer finds a read beyond it.
 * Checks what holds for arbitrary bytes; returns the number of fields. */
static guint read_all(const uint8_t *data, size_t size, bool *malformed)
{
    g_autofree uint8_t *copy = g_malloc(MAX(size, 1));
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;
    size_t end = PKTMON_METADATA_HEADER_SIZE;
    guint count = 0;

    memcpy(copy, data, size);
    *malformed = true;
    if (!pktmon_metadata_open(&reader, copy, size))
        return 0;
    while (pktmon_metadata_next(&reader, &field)) {
        g_assert_cmpuint(field.type, !=, 0);
        g_assert_cmpuint(field.offset, ==, end + 4);
        g_assert_cmpuint(field.length, <=, size - field.offset);
        g_assert_true(field.value == copy + field.offset);
        end = field.offset + field.length;
        count++;
    }
    g_assert_false(
        pktmon_metadata_next(&reader, &field)); /* after the end, it returns false again */
    *malformed = reader.malformed;
    return count;
}

static void test_promises(void)
{
    static const struct promise fields[] = {
#define X(NAME, number, kind, field) {number, PKTMON_KIND_##kind, field},
        PKTMON_FIELDS(X)
#undef X
    };

    g_assert_cmpuint(G_N_ELEMENTS(fields), >=, G_N_ELEMENTS(promises));
    for (size_t i = 0; i < G_N_ELEMENTS(promises); i++) {
        g_assert_cmpuint(fields[i].number, ==, promises[i].number);
        g_assert_cmpuint(fields[i].kind, ==, promises[i].kind);
        g_assert_cmpstr(fields[i].field, ==, promises[i].field);
        g_assert_cmpuint(pktmon_field_kind(promises[i].number), ==, promises[i].kind);
    }
    g_assert_cmpuint(pktmon_field_kind(0), ==, PKTMON_KIND_NONE);
    g_assert_cmpuint(pktmon_field_kind(fields[G_N_ELEMENTS(fields) - 1].number + 1), ==,
                     PKTMON_KIND_NONE);
    g_assert_cmpuint(pktmon_field_kind(UINT16_MAX), ==, PKTMON_KIND_NONE);
}

static void test_kind_sizes(void)
{
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_NONE), ==, 0);
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_FLAG), ==, 1);
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_U8), ==, 1);
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_U16), ==, 2);
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_U32), ==, 4);
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_U64), ==, 8);
    g_assert_cmpuint(pktmon_kind_size(PKTMON_KIND_STRING), ==, 0);
}

static void test_bytes(void)
{
    struct pktmon_metadata_writer writer;
    uint8_t data[128];

    write_sample(&writer, data, sizeof(data));
    g_assert_false(writer.overflow);
    g_assert_cmpmem(data, writer.length, sample, sizeof(sample));
}

static void test_values(void)
{
    struct pktmon_metadata_writer writer;
    uint8_t data[64];
    static const uint8_t expected[] = {
        'P', 'K', 'M', 'N', 1,    3,    0,    0, /* counters */
        34,  0,   1,   0,   1,                   /* a flag is 0 or 1 */
        34,  0,   1,   0,   0,                   /* */
        53,  0,   1,   0,   0x34,                /* cut to its width */
        52,  0,   2,   0,   0x34, 0x12,          /* */
        26,  0,   4,   0,   0x34, 0x12, 0xff, 0x57,
    };

    pktmon_metadata_begin(&writer, data, sizeof(data), PKTMON_RECORD_COUNTERS);
    pktmon_metadata_put(&writer, PKTMON_FIELD_TRUNCATED, 0x100);
    pktmon_metadata_put(&writer, PKTMON_FIELD_TRUNCATED, 0);
    pktmon_metadata_put(&writer, PKTMON_FIELD_EVENT_LEVEL, 0x1234);
    pktmon_metadata_put(&writer, PKTMON_FIELD_EVENT_ID, 0x7fff1234);
    pktmon_metadata_put(&writer, PKTMON_FIELD_CPU, 0x1234557ff1234);
    g_assert_cmpmem(data, writer.length, expected, sizeof(expected));
}

static void test_read(void)
{
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;
    static const struct {
        enum pktmon_field type;
        uint64_t number;
        const char *text;
    } expected[] = {
        {PKTMON_FIELD_DROPPED, 1, NULL},
        {PKTMON_FIELD_LINKED, 2, NULL},
        {PKTMON_FIELD_EDGE, 0x0102, NULL},
        {PKTMON_FIELD_COMPONENT, 0x01020304, NULL},
        {PKTMON_FIELD_CAPTURE_ID, 0x0102030405060708, NULL},
        {PKTMON_FIELD_COMPONENT_NAME, 0, "eth0"},
        {PKTMON_FIELD_COMM, 0, ""},
    };

    g_assert_true(pktmon_metadata_open(&reader, sample, sizeof(sample)));
    g_assert_cmpuint(reader.version, ==, 1);
    g_assert_cmpuint(reader.record, ==, PKTMON_RECORD_PACKET);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_assert_true(pktmon_metadata_next(&reader, &field));
        g_assert_cmpuint(field.type, ==, expected[i].type);
        g_assert_cmpuint(field.kind, ==, pktmon_field_kind(expected[i].type));
        g_assert_cmpuint(field.number, ==, expected[i].number);
        if (expected[i].text)
            g_assert_cmpmem(field.value, field.length, expected[i].text, strlen(expected[i].text));
    }
    g_assert_false(pktmon_metadata_next(&reader, &field));
    g_assert_false(reader.malformed);
}

/* Every field type reads back as it was written. */
static void test_round_trip(void)
{
    struct pktmon_metadata_writer writer;
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;
    uint8_t data[4096];

    pktmon_metadata_begin(&writer, data, sizeof(data), PKTMON_RECORD_EVENT);
    for (size_t i = 0; i < G_N_ELEMENTS(promises); i++) {
        if (promises[i].kind == PKTMON_KIND_STRING)
            pktmon_metadata_put_string(&writer, promises[i].number, promises[i].field);
        else
            pktmon_metadata_put(&writer, promises[i].number, 1);
    }
    g_assert_true(pktmon_metadata_open(&reader, data, writer.length));
    for (size_t i = 0; i < G_N_ELEMENTS(promises); i++) {
        g_assert_true(pktmon_metadata_next(&reader, &field));
        g_assert_cmpuint(field.type, ==, promises[i].number);
        if (promises[i].kind == PKTMON_KIND_STRING)
            g_assert_cmpmem(field.value, field.length, promises[i].field,
                            strlen(promises[i].field));
        else
            g_assert_cmpuint(field.number, ==, 1);
    }
    g_assert_false(pktmon_metadata_next(&reader, &field));
    g_assert_false(reader.malformed);
}

/* With too little room, the fields that fit are written whole, and nothing beyond the room. */
static void test_overflow(void)
{
    for (size_t size = 0; size < sizeof(sample); size++) {
        struct pktmon_metadata_writer writer;
        uint8_t data[sizeof(sample)];
        bool malformed;

        memset(data, 0xee, sizeof(data));
        write_sample(&writer, data, size);
        g_assert_true(writer.overflow);
        g_assert_cmpuint(writer.length, <=, size);
        for (size_t i = size; i < sizeof(data); i++)
            g_assert_cmpuint(data[i], ==, 0xee);
        read_all(data, writer.length, &malformed);
        g_assert_true(malformed == (size < PKTMON_METADATA_HEADER_SIZE));
    }
}

static void test_long_string(void)
{
    const size_t size = 2 * 65536;
    g_autofree uint8_t *data = g_malloc(size);
    g_autofree char *text = g_strnfill(65536, 'x');
    struct pktmon_metadata_writer writer;

    pktmon_metadata_begin(&writer, data, size, PKTMON_RECORD_EVENT);
    pktmon_metadata_put_string(&writer, PKTMON_FIELD_EVENT_MESSAGE, text);
    g_assert_true(writer.overflow);
    g_assert_cmpuint(writer.length, ==, PKTMON_METADATA_HEADER_SIZE);
    pktmon_metadata_begin(&writer, data, size, PKTMON_RECORD_EVENT);
    pktmon_metadata_put_string(&writer, PKTMON_FIELD_EVENT_MESSAGE, text + 1);
    g_assert_false(writer.overflow);
    g_assert_cmpuint(writer.length, ==, PKTMON_METADATA_HEADER_SIZE + 4 + 65535);
}

/* A record truncated to any length is malformed, unless it ends between two fields. */
static void test_truncated(void)
{
    for (size_t size = 0; size <= sizeof(sample); size++) {
        bool malformed;

        read_all(sample, size, &malformed);
        g_assert_true(malformed == !is_sample_end(size));
    }
}

static void test_not_a_record(void)
{
    struct pktmon_metadata_reader reader;
    uint8_t data[sizeof(sample)];

    for (size_t i = 0; i < 4; i++) {
        memcpy(data, sample, sizeof(sample));
        data[i] ^= 0x20;
        g_assert_false(pktmon_metadata_open(&reader, data, sizeof(data)));
    }
    memcpy(data, sample, sizeof(sample));
    data[4] = 77; /* a newer version and an unknown record are read */
    data[5] = 88;
    g_assert_true(pktmon_metadata_open(&reader, data, sizeof(data)));
    g_assert_cmpuint(reader.version, ==, 77);
    g_assert_cmpuint(reader.record, ==, 88);
}

/* A fixed kind with the wrong length is skipped, and the fields after it are read. */
static void test_wrong_size(void)
{
    for (uint8_t length = 0; length <= 9; length++) {
        uint8_t data[64] = {'P', 'K', 'M', 'N', 1, 1, 0, 0, 2, 0, length, 0};
        struct pktmon_metadata_reader reader;
        struct pktmon_metadata_field field;

        memcpy(data + 12 + length, "\x35\x00\x01\x00\x09", 5);
        g_assert_true(pktmon_metadata_open(&reader, data, 12 + length + 5));
        g_assert_true(pktmon_metadata_next(&reader, &field));
        g_assert_cmpuint(field.type, ==, PKTMON_FIELD_COMPONENT);
        g_assert_cmpuint(field.kind, ==, length == 4 ? PKTMON_KIND_U32 : PKTMON_KIND_NONE);
        g_assert_true(pktmon_metadata_next(&reader, &field));
        g_assert_cmpuint(field.type, ==, PKTMON_FIELD_EVENT_LEVEL);
        g_assert_cmpuint(field.number, ==, 9);
        g_assert_false(pktmon_metadata_next(&reader, &field));
        g_assert_true(reader.malformed == (length != 4));
    }
}

static void test_unknown_type(void)
{
    static const uint8_t data[] = {
        'P', 'K', 'M', 'N', 1, 1, 0, 0, 0xff, 0xff, 3, 0, 1, 2, 3, 53, 0, 1, 0, 4,
    };
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;

    g_assert_true(pktmon_metadata_open(&reader, data, sizeof(data)));
    g_assert_true(pktmon_metadata_next(&reader, &field));
    g_assert_cmpuint(field.type, ==, 0xffff);
    g_assert_cmpuint(field.kind, ==, PKTMON_KIND_NONE);
    g_assert_cmpuint(field.length, ==, 3);
    g_assert_true(pktmon_metadata_next(&reader, &field));
    g_assert_cmpuint(field.number, ==, 4);
    g_assert_false(pktmon_metadata_next(&reader, &field));
    g_assert_false(reader.malformed);
}

/* The zeros that pad a Custom Block, or a field of type 0, end a record without an error. */
static void test_padding(void)
{
    uint8_t data[sizeof(sample) + 8] = {0};
    bool malformed;

    memcpy(data, sample, sizeof(sample));
    for (size_t padding = 0; padding <= 8; padding++) {
        g_assert_cmpuint(read_all(data, sizeof(sample) + padding, &malformed), ==, 7);
        g_assert_false(malformed);
    }
    for (size_t padding = 1; padding <= 3; padding++) {
        data[sizeof(sample) + padding - 1] = 1;
        g_assert_cmpuint(read_all(data, sizeof(sample) + padding, &malformed), ==, 7);
        g_assert_true(malformed);
        data[sizeof(sample) + padding - 1] = 0;
    }
}

static void test_random_bytes(void)
{
    for (guint round = 0; round < 50000; round++) {
        uint8_t data[96];
        size_t size = g_test_rand_int_range(0, sizeof(data) + 1);
        bool malformed;

        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = g_test_rand_int_range(0, round % 2 ? 256 : 12);
        memcpy(data, "PKMN", 4);
        read_all(data, size, &malformed);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metadata/promises", test_promises);
    g_test_add_func("/metadata/kind-sizes", test_kind_sizes);
    g_test_add_func("/metadata/bytes", test_bytes);
    g_test_add_func("/metadata/values", test_values);
    g_test_add_func("/metadata/read", test_read);
    g_test_add_func("/metadata/round-trip", test_round_trip);
    g_test_add_func("/metadata/overflow", test_overflow);
    g_test_add_func("/metadata/long-string", test_long_string);
    g_test_add_func("/metadata/truncated", test_truncated);
    g_test_add_func("/metadata/not-a-record", test_not_a_record);
    g_test_add_func("/metadata/wrong-size", test_wrong_size);
    g_test_add_func("/metadata/unknown-type", test_unknown_type);
    g_test_add_func("/metadata/padding", test_padding);
    g_test_add_func("/metadata/random-bytes", test_random_bytes);
    return g_test_run();
}
