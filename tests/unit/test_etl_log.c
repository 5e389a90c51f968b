/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log file: buffers, records, clocks, merging, damage. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "events.h"
#include "reading.h"

#define FLOW 160

static void add_packet(struct writer *writer, unsigned cpu, int64_t ticks, uint64_t group)
{
    g_autoptr(GByteArray) frame = udp_frame((uint16_t)group, "payload");
    const struct packet_body body = {.group = group,
                                     .number = 1,
                                     .appearance = 1,
                                     .direction = 3,
                                     .type = 1,
                                     .component = 7,
                                     .edge = 1,
                                     .data = frame->data,
                                     .size = (uint16_t)frame->len};
    add_pktmon(writer, cpu, ticks, FLOW, body_packet(&body));
}

static GByteArray *small_log(const struct writer_options *options, int packets)
{
    struct writer *writer = writer_new(options);
    for (int i = 0; i < packets; i++)
        add_packet(writer, (unsigned)i % 3, i * 10, (uint64_t)i + 1);
    return writer_finish(writer);
}

static void expect_packets(const GByteArray *log, guint packets)
{
    struct reading reading;
    reading_of_bytes(&reading, log, NULL);
    g_assert_no_error(reading.error);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, packets);
    for (guint i = 0; i < packets; i++) {
        const struct pktmon_event *event = reading_get(&reading, PKTMON_RECORD_PACKET, i);
        g_assert_cmpuint(event->packet.group, ==, i + 1);
        g_assert_cmpuint(event->time, ==, WRITER_START_NS + i * 1000);
    }
    reading_close(&reading);
}

/* Three processors' buffers, 32 and 64 bit, in every compression, come out in one order. */
static void test_formats(void)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_LZNT1, WRITER_XPRESS,
                                                      WRITER_XPRESS_HUFFMAN};
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(formats); i++) {
        const struct writer_options options = {.is_32bit = i & 1, .compression = formats[i / 2]};
        g_autoptr(GByteArray) log = small_log(&options, 100);
        expect_packets(log, 100);
    }
}

static uint64_t time_of_ticks(const struct writer_options *options, int64_t ticks)
{
    struct reading reading;
    struct writer *writer = writer_new(options);
    add_packet(writer, 0, ticks, 1);
    g_autoptr(GByteArray) log = writer_finish(writer);
    reading_of_bytes(&reading, log, NULL);
    uint64_t time = reading_get(&reading, PKTMON_RECORD_PACKET, 0)->time;
    reading_close(&reading);
    return time;
}

static void test_clocks(void)
{
    const struct writer_options counter = {
        .clock_type = 1, .frequency = 3579545, .start_ticks = 1000};
    g_assert_cmpuint(time_of_ticks(&counter, 1000 + 3579545), ==, WRITER_START_NS + 1000000000);
    /* A century of ticks overflows 64 bits on the way. */
    const int64_t century = INT64_C(3155760000);
    g_assert_cmpuint(time_of_ticks(&counter, 1000 + century * 3579545), ==,
                     WRITER_START_NS + (uint64_t)century * 1000000000);
    const struct writer_options system = {.clock_type = 2};
    g_assert_cmpuint(time_of_ticks(&system, WRITER_START_FILETIME + 1), ==, WRITER_START_NS + 100);
    const struct writer_options cycle = {.clock_type = 3, .cpu_mhz = 2500, .start_ticks = 50};
    g_assert_cmpuint(time_of_ticks(&cycle, 50 + 2500), ==, WRITER_START_NS + 1000);
    g_assert_cmpuint(time_of_ticks(&counter, INT64_MIN), ==, 0);
    g_assert_cmpuint(time_of_ticks(&counter, INT64_MAX), >, WRITER_START_NS);
}

/* A ring: the oldest buffers stand behind the newest. */
static void test_circular(void)
{
    const struct writer_options options = {.mode = 2};
    struct writer *writer = writer_new(&options);
    for (int i = 50; i < 100; i++)
        add_packet(writer, 0, i * 10, (uint64_t)i + 1);
    writer_flush(writer, 0);
    for (int i = 0; i < 50; i++)
        add_packet(writer, 0, i * 10, (uint64_t)i + 1);
    g_autoptr(GByteArray) log = writer_finish(writer);
    guint before = log->len;
    g_byte_array_set_size(log, before + 3 * 4096); /* preallocated, never written */
    memset(log->data + before, 0, 3 * 4096);
    expect_packets(log, 100);
}

static void test_crashed(void)
{
    const struct writer_options options = {.crashed = true};
    g_autoptr(GByteArray) log = small_log(&options, 20);
    expect_packets(log, 20);
}

/* Records of one buffer that are not in the order of time, and a tie that keeps its order. */
static void test_order(void)
{
    struct reading reading;
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    static const int ticks[] = {30, 10, 20, 20, 10};
    for (size_t i = 0; i < G_N_ELEMENTS(ticks); i++)
        add_packet(writer, 0, ticks[i], i + 1);
    g_autoptr(GByteArray) log = writer_finish(writer);
    static const uint64_t expected[] = {2, 5, 3, 4, 1};
    reading_of_bytes(&reading, log, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
        g_assert_cmpuint(reading_get(&reading, PKTMON_RECORD_PACKET, i)->packet.group, ==,
                         expected[i]);
    reading_close(&reading);
}

/* Cut at every byte: refused, or read as far as it goes, with the loss counted. */
static void test_truncated(void)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_XPRESS};
    for (size_t format = 0; format < G_N_ELEMENTS(formats); format++) {
        const struct writer_options options = {.compression = formats[format], .buffer_size = 1024};
        g_autoptr(GByteArray) log = small_log(&options, 12);
        guint last = 0;
        for (guint size = 0; size < log->len; size++) {
            struct reading reading;
            g_autoptr(GByteArray) cut = g_byte_array_new();
            put_bytes(cut, log->data, size);
            reading_of_bytes(&reading, cut, NULL);
            if (reading.provider)
                last = reading_count(&reading, PKTMON_RECORD_PACKET);
            else
                g_assert_error(reading.error, PKTMON_ERROR, PKTMON_ERROR_INPUT);
            g_assert_cmpuint(last, <=, 12);
            reading_close(&reading);
        }
        g_assert_cmpuint(last, >=, 11);
    }
}

/* A bad record costs the rest of its buffer, a bad buffer costs itself. */
static void test_damage(void)
{
    const struct writer_options options = {.buffer_size = 1024};
    struct reading reading;
    g_autoptr(GByteArray) log = small_log(&options, 30);
    memset(log->data + 2 * 1024 + 0x48, 0x55, 16); /* first record of the third buffer */
    memset(log->data + 3 * 1024, 0x7F, 4);         /* size of the fourth */
    reading_of_bytes(&reading, log, NULL);
    const struct etl_log_stats *stats = etl_log_stats(pktmon_etl_log(reading.provider));
    g_assert_cmpuint(stats->damaged_buffers, ==, 1);
    g_assert_cmpuint(stats->bad_buffers, ==, 1);
    g_assert_cmpuint(stats->lost_bytes, >, 1024);
    guint packets = reading_count(&reading, PKTMON_RECORD_PACKET);
    g_assert_cmpuint(packets, <, 30);
    g_assert_cmpuint(packets, >, 15);
    g_autoptr(GPtrArray) warnings = pktmon_etl_warnings(reading.provider);
    g_assert_cmpuint(warnings->len, >=, 3);
    reading_close(&reading);
}

/* One changed byte anywhere is never worse than a loss. */
static void test_flipped_bytes(void)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_LZNT1, WRITER_XPRESS,
                                                      WRITER_XPRESS_HUFFMAN};
    for (size_t format = 0; format < G_N_ELEMENTS(formats); format++) {
        const struct writer_options options = {.compression = formats[format], .buffer_size = 1024};
        g_autoptr(GByteArray) log = small_log(&options, 8);
        for (guint at = 0; at < log->len; at += 3) {
            struct reading reading;
            log->data[at] ^= 0xFF;
            reading_of_bytes(&reading, log, NULL);
            g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), <=, 9);
            reading_close(&reading);
            log->data[at] ^= 0xFF;
        }
    }
}

static void test_lost(void)
{
    struct reading reading;
    const struct writer_options options = {.events_lost = 5, .buffers_lost = 2};
    g_autoptr(GByteArray) log = small_log(&options, 1);
    reading_of_bytes(&reading, log, NULL);
    const struct pktmon_event *event = reading_get(&reading, PKTMON_RECORD_EVENT, 0);
    g_assert_cmpstr(event->notice.provider, ==, "pktmon");
    g_assert_cmpuint(event->notice.id, ==, PKTMON_NOTICE_LOST);
    g_assert_nonnull(strstr(event->notice.message, "5 events and 2 buffers"));
    reading_close(&reading);
}

static char *write_log(const char *folder, const char *name, const GByteArray *log)
{
    char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, (const char *)log->data, log->len, NULL));
    return path;
}

/* Two files of one session: one order, and the components of the second name the first's. */
static void test_multi_file(void)
{
    const struct writer_options options = {.mode = 8};
    g_autofree char *folder = g_dir_make_tmp("etl-test-XXXXXX", NULL);
    struct writer *first = writer_new(&options), *second = writer_new(&options);
    struct reading reading;
    for (int i = 0; i < 20; i++)
        add_packet(i % 2 ? second : first, 0, i * 10, (uint64_t)i + 1);
    add_pktmon(second, 0, 1000, 20, body_component(7, 2, "nic.sys", "A NIC"));
    g_autoptr(GByteArray) one = writer_finish(first), two = writer_finish(second);
    g_autofree char *path_one = write_log(folder, "PktMon1.etl", one);
    g_autofree char *path_two = write_log(folder, "PktMon2.etl", two);
    const char *const paths[] = {path_one, path_two, NULL};
    reading_open(&reading, paths, NULL);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 20);
    for (guint i = 0; i < 20; i++)
        g_assert_cmpuint(reading_get(&reading, PKTMON_RECORD_PACKET, i)->packet.group, ==, i + 1);
    g_assert_cmpstr(pktmon_registry_find(reading.registry, 7)->name, ==, "nic.sys");
    reading_close(&reading);
    /* The first alone is named by the last, which gives nothing else. */
    const char *const only[] = {path_one, NULL};
    reading_open(&reading, only, NULL);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 10);
    g_assert_cmpstr(pktmon_registry_find(reading.registry, 7)->name, ==, "nic.sys");
    reading_close(&reading);
    g_unlink(path_one);
    g_unlink(path_two);
    g_rmdir(folder);
}

static void test_refused(void)
{
    static const char pcapng[] = "\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0";
    struct reading reading;
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_bytes(file, pcapng, sizeof(pcapng));
    g_byte_array_set_size(file, 8192);
    reading_of_bytes(&reading, file, NULL);
    g_assert_null(reading.provider);
    g_assert_error(reading.error, PKTMON_ERROR, PKTMON_ERROR_INPUT);
    g_assert_nonnull(strstr(reading.error->message, "is not a Windows event trace log"));
    reading_close(&reading);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/log/formats", test_formats);
    g_test_add_func("/etl/log/clocks", test_clocks);
    g_test_add_func("/etl/log/circular", test_circular);
    g_test_add_func("/etl/log/crashed", test_crashed);
    g_test_add_func("/etl/log/order", test_order);
    g_test_add_func("/etl/log/truncated", test_truncated);
    g_test_add_func("/etl/log/damage", test_damage);
    g_test_add_func("/etl/log/flipped-bytes", test_flipped_bytes);
    g_test_add_func("/etl/log/lost", test_lost);
    g_test_add_func("/etl/log/multi-file", test_multi_file);
    g_test_add_func("/etl/log/refused", test_refused);
    return g_test_run();
}
