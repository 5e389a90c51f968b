/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged logs: no more is lost than what is damaged, and the loss is reported. */
#include <glib.h>
#include <string.h>
#include <time.h>

#include "events.h"
#include "reading.h"

#define FLOW        160
#define PACKETS     90
#define BUFFER_SIZE 2048

/* WMI_BUFFER_HEADER */
#define HEADER_SIZE 0x48
#define SAVED_AT    0x04
#define TYPE_AT     0x36
#define OFFSET_AT   0x30

static const enum writer_compression packed[] = {WRITER_LZNT1, WRITER_XPRESS,
                                                 WRITER_XPRESS_HUFFMAN};

/* Its packets have the groups 1, 2, ... */
static GByteArray *log_of(enum writer_compression compression, uint32_t mode)
{
    const struct writer_options options = {
        .buffer_size = BUFFER_SIZE, .compression = compression, .mode = mode};
    struct writer *writer = writer_new(&options);
    for (int i = 0; i < PACKETS; i++) {
        g_autoptr(GByteArray) frame = udp_frame((uint16_t)i, "payload");
        const struct packet_body body = packet_body_of((uint64_t)i + 1, frame);
        add_pktmon(writer, 0, i * 10, FLOW, body_packet(&body));
    }
    return writer_finish(writer);
}

static uint32_t get_u32(const GByteArray *log, guint at)
{
    return log->data[at] | (uint32_t)log->data[at + 1] << 8 | (uint32_t)log->data[at + 2] << 16 |
           (uint32_t)log->data[at + 3] << 24;
}

static void set_u32(GByteArray *log, guint at, uint32_t value)
{
    for (guint i = 0; i < 4; i++)
        log->data[at + i] = (uint8_t)(value >> 8 * i);
}

/* Where the log's n-th buffer begins, from 0. */
static guint buffer_at(const GByteArray *log, guint n)
{
    guint at = 0;
    while (n-- > 0)
        at += get_u32(log, at);
    g_assert_cmpuint(at + HEADER_SIZE, <, log->len);
    return at;
}

static guint count_buffers(const GByteArray *log)
{
    guint count = 0;
    for (guint at = 0; at < log->len; at += get_u32(log, at))
        count++;
    return count;
}

struct damaged {
    guint packets;
    bool seen[PACKETS + 1]; /* by group */
    struct etl_log_stats stats;
};

static struct damaged read_log(const GByteArray *log)
{
    struct damaged result = {0};
    struct reading reading;
    reading_of_bytes(&reading, log, NULL);
    g_assert_no_error(reading.error);
    result.packets = reading_count(&reading, PKTMON_RECORD_PACKET);
    result.stats = *etl_log_stats(etl_provider_log(reading.provider));
    for (guint i = 0; i < result.packets; i++) {
        uint64_t group = reading_get(&reading, PKTMON_RECORD_PACKET, i)->packet.group;
        if (group <= PACKETS)
            result.seen[group] = true;
    }
    reading_close(&reading);
    return result;
}

/* The first and the last group of the packets in that buffer: those missing from the output without
 * it. */
static void expect_lost_with(enum writer_compression compression, guint lost,
                             const struct damaged *got)
{
    g_autoptr(GByteArray) log = log_of(compression, 0);
    guint at = buffer_at(log, lost), size = get_u32(log, at);
    g_byte_array_remove_range(log, at, size);
    const struct damaged without = read_log(log);
    g_assert_cmpuint(without.packets, <, PACKETS);
    for (guint group = 1; group <= PACKETS; group++) {
        if (without.seen[group] && !got->seen[group])
            g_error("Packet %u is not in the damaged buffer, and lost", group);
    }
}

/* The header of a buffer is overwritten, or all of the buffer is erased: the next one is found. */
static void test_compressed_header(void)
{
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(packed); i++) {
        g_autoptr(GByteArray) log = log_of(packed[i / 2], 0);
        guint at = buffer_at(log, 2), size = get_u32(log, at);
        if (i % 2 == 0)
            memset(log->data + at, 0x55, HEADER_SIZE);
        else
            memset(log->data + at, 0, size);
        const struct damaged got = read_log(log);
        expect_lost_with(packed[i / 2], 2, &got);
        g_assert_cmpuint(got.packets, <, PACKETS);
        g_assert_cmpuint(got.stats.bad_buffers, ==, 1);
        g_assert_cmpuint(got.stats.missing_buffers, ==, 0);
        g_assert_cmpuint(got.stats.lost_bytes, ==, size);
        g_assert_cmpuint(got.stats.empty_bytes, ==, 0);
    }
}

/* Two damaged places, each of which costs its buffer. */
static void test_compressed_headers(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(packed); i++) {
        g_autoptr(GByteArray) log = log_of(packed[i], 0);
        guint at = buffer_at(log, 2), later = buffer_at(log, 4);
        g_assert_cmpuint(count_buffers(log), >, 6);
        memset(log->data + at, 0x55, HEADER_SIZE);
        memset(log->data + later, 0xFF, HEADER_SIZE);
        const struct damaged got = read_log(log);
        g_assert_cmpuint(got.stats.bad_buffers, ==, 2);
        g_assert_true(got.seen[PACKETS]);
        g_assert_cmpuint(got.packets, >, PACKETS / 2);
    }
}

/* The size of an intact buffer is wrong: nothing is lost, because the start of the next buffer
 * shows the right size. Too large, beyond the file, too small, zero, and all of these for the last
 * buffer. */
static void test_compressed_size(void)
{
    static const int wrong[] = {300, 1 << 24, -20, 0};
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(packed) * G_N_ELEMENTS(wrong); i++) {
        enum writer_compression compression = packed[i % G_N_ELEMENTS(packed)];
        g_autoptr(GByteArray) log = log_of(compression, 0);
        bool last = i / G_N_ELEMENTS(packed) % 2;
        guint at = buffer_at(log, last ? count_buffers(log) - 1 : 2);
        int more = wrong[i / G_N_ELEMENTS(packed) / 2];
        set_u32(log, at, more ? (uint32_t)((int)get_u32(log, at) + more) : 0);
        g_test_message("compression %u, %d bytes more, %s", compression, more, last ? "last" : "");
        const struct damaged got = read_log(log);
        g_assert_cmpuint(got.packets, ==, PACKETS);
        g_assert_cmpuint(got.stats.lost_bytes, ==, 0);
    }
}

/* The same for the first buffer, which is not compressed. */
static void test_first_size(void)
{
    static const uint32_t sizes[] = {0x300, 0x500, 1 << 20};
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GByteArray) log = log_of(i % 2 ? WRITER_XPRESS : WRITER_PLAIN, 0);
        set_u32(log, 0, sizes[i / 2]);
        g_assert_cmpuint(read_log(log).packets, ==, PACKETS);
    }
}

/* Bytes that cannot be decompressed cost the rest of their buffer. */
static void test_compressed_bytes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(packed); i++) {
        g_autoptr(GByteArray) log = log_of(packed[i], 0);
        guint at = buffer_at(log, 2), size = get_u32(log, at);
        memset(log->data + at + size / 2, 0xFF, size / 2);
        const struct damaged got = read_log(log);
        expect_lost_with(packed[i], 2, &got);
        g_assert_true(etl_log_is_incomplete(&got.stats));
        g_assert_cmpuint(got.stats.bad_buffers, ==, 0);
    }
}

/* In an uncompressed log, each buffer has a fixed place. An end of records beyond the buffer costs
 * nothing. */
static void test_plain(void)
{
    const guint at = 2 * BUFFER_SIZE;
    for (int kind = 0; kind < 5; kind++) {
        g_autoptr(GByteArray) log = log_of(WRITER_PLAIN, kind == 4 ? ETL_MODE_CIRCULAR : 0);
        if (kind == 0)
            set_u32(log, at + OFFSET_AT, BUFFER_SIZE + 1);
        else if (kind == 1)
            set_u32(log, at + TYPE_AT, 0xFFFF);
        else if (kind == 2)
            set_u32(log, at, 0);
        else
            memset(log->data + at, 0, BUFFER_SIZE);
        const struct damaged got = read_log(log);
        expect_lost_with(WRITER_PLAIN, 2, &got);
        g_assert_cmpuint(got.packets == PACKETS, ==, kind == 0);
        g_assert_cmpuint(got.stats.bad_buffers, ==, kind > 0);
        g_assert_cmpuint(got.stats.lost_bytes, ==, kind > 0 ? BUFFER_SIZE : 0);
        g_assert_cmpuint(got.stats.empty_bytes, ==, 0);
    }
}

/* An invalid record costs the rest of its buffer. */
static void test_record(void)
{
    g_autoptr(GByteArray) log = log_of(WRITER_PLAIN, 0);
    guint second = 2 * BUFFER_SIZE + HEADER_SIZE;
    second += ((get_u32(log, second) & 0xFFFFu) + 7u) & ~7u;
    memset(log->data + second, 0x55, 8);
    const struct damaged got = read_log(log);
    expect_lost_with(WRITER_PLAIN, 2, &got);
    g_autoptr(GByteArray) whole = log_of(WRITER_PLAIN, 0);
    g_byte_array_remove_range(whole, 2 * BUFFER_SIZE, BUFFER_SIZE);
    g_assert_cmpuint(got.packets, ==, read_log(whole).packets + 1); /* the one before it */
    g_assert_cmpuint(got.stats.damaged_buffers, ==, 1);
}

/* Windows' own loggers write more than one record about themselves to the first buffer. */
static void add_own_record(GByteArray *log)
{
    static const uint8_t record[0x50] = {0x02, 0x00, 0x02, 0xC0, 0x50, 0x00, 0x50, 0x00};
    uint32_t end = get_u32(log, OFFSET_AT);
    end = (end + 7) & ~7u;
    memcpy(log->data + end, record, sizeof(record));
    set_u32(log, OFFSET_AT, end + (uint32_t)sizeof(record));
}

/* Only the first buffer is left, which has no events. */
static void test_nothing_left(void)
{
    static const uint32_t modes[] = {0, ETL_MODE_CIRCULAR};
    for (size_t i = 0; i < 3 * G_N_ELEMENTS(modes); i++) {
        struct reading reading;
        g_autoptr(GByteArray) log = log_of(WRITER_PLAIN, modes[i / 3]);
        add_own_record(log);
        if (i % 3 == 0)
            g_byte_array_set_size(log, BUFFER_SIZE);
        else
            memset(log->data + BUFFER_SIZE, i % 3 == 1 ? 0 : 0x55, log->len - BUFFER_SIZE);
        reading_of_bytes(&reading, log, NULL);
        g_assert_error(reading.error, PKTMON_ERROR, PKTMON_ERROR_INPUT);
        g_assert_nonnull(strstr(reading.error->message, "none of its events can be read"));
        reading_close(&reading);
    }
}

/* Headers everywhere take time in proportion to the log at most: certain headers that lead nowhere,
 * and uncertain ones that lead to each other. */
static void test_no_loop(void)
{
    for (int certain = 0; certain < 2; certain++) {
        g_autoptr(GByteArray) log = log_of(WRITER_XPRESS, 0);
        guint at = buffer_at(log, 2);
        g_autofree uint8_t *header = g_memdup2(log->data + at, HEADER_SIZE);
        for (uint32_t i = 0; i < 50000; i++) {
            uint32_t size = HEADER_SIZE + 1 + (certain ? i % 64 : 0);
            g_byte_array_append(log, header, HEADER_SIZE);
            g_byte_array_append(log, header, 1);
            set_u32(log, log->len - HEADER_SIZE - 1, size);
            if (!certain)
                set_u32(log, log->len - HEADER_SIZE - 1 + SAVED_AT, 1000);
        }
        clock_t begin = clock();
        const struct damaged got = read_log(log);
        g_assert_cmpint(clock() - begin, <, 5 * CLOCKS_PER_SEC);
        g_assert_cmpuint(got.packets, ==, PACKETS);
        g_assert_true(etl_log_is_incomplete(&got.stats));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/damage/compressed-header", test_compressed_header);
    g_test_add_func("/etl/damage/compressed-headers", test_compressed_headers);
    g_test_add_func("/etl/damage/compressed-size", test_compressed_size);
    g_test_add_func("/etl/damage/first-size", test_first_size);
    g_test_add_func("/etl/damage/compressed-bytes", test_compressed_bytes);
    g_test_add_func("/etl/damage/plain", test_plain);
    g_test_add_func("/etl/damage/record", test_record);
    g_test_add_func("/etl/damage/nothing-left", test_nothing_left);
    g_test_add_func("/etl/damage/no-loop", test_no_loop);
    return g_test_run();
}
