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
    const struct packet_body body = packet_body_of(group, frame);
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

/* The buffers of three processors, 32 and 64 bit, in every compression, are merged into one order.
 */
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

/* A ring: the oldest buffers are behind the newest. */
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

/* Records of one buffer that are not sorted by time, and records of equal time, which keep their
 * order. */
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

/* Cut at every byte: the log is refused, or read up to the cut, with the loss counted. */
/* Bytes between two cuts. AddressSanitizer takes ten times as long for each, and the fuzzers, which
 * use it too, cover them all. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 13
#else
#define STEP 1
#endif

static void test_truncated(void)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_XPRESS};
    for (size_t format = 0; format < G_N_ELEMENTS(formats); format++) {
        const struct writer_options options = {.compression = formats[format], .buffer_size = 1024};
        g_autoptr(GByteArray) log = small_log(&options, 12);
        guint last = 0;
        for (guint size = 0; size < log->len; size += STEP) {
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

/* A bad record costs the rest of its buffer, and a bad buffer costs itself. */
static void test_damage(void)
{
    const struct writer_options options = {.buffer_size = 1024};
    struct reading reading;
    g_autoptr(GByteArray) log = small_log(&options, 30);
    memset(log->data + 2 * 1024 + 0x48, 0x55, 16); /* first record of the third buffer */
    memset(log->data + 3 * 1024, 0x7F, 4);         /* size of the fourth */
    reading_of_bytes(&reading, log, NULL);
    const struct etl_log_stats *stats = etl_log_stats(etl_provider_log(reading.provider));
    g_assert_cmpuint(stats->damaged_buffers, ==, 1);
    g_assert_cmpuint(stats->bad_buffers, ==, 1);
    g_assert_cmpuint(stats->lost_bytes, >, 1024);
    guint packets = reading_count(&reading, PKTMON_RECORD_PACKET);
    g_assert_cmpuint(packets, <, 30);
    g_assert_cmpuint(packets, >, 15);
    g_autoptr(GPtrArray) warnings = etl_warnings(reading.provider);
    g_assert_cmpuint(warnings->len, >=, 3);
    reading_close(&reading);
}

/* One changed byte anywhere causes a loss at most. */
static void test_flipped_bytes(void)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_LZNT1, WRITER_XPRESS,
                                                      WRITER_XPRESS_HUFFMAN};
    for (size_t format = 0; format < G_N_ELEMENTS(formats); format++) {
        const struct writer_options options = {.compression = formats[format], .buffer_size = 1024};
        g_autoptr(GByteArray) log = small_log(&options, 8);
        for (guint at = 0; at < log->len; at += 3 * STEP) {
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

static GByteArray *first_buffers(const GByteArray *log, guint size, guint buffers)
{
    GByteArray *cut = g_byte_array_new();
    put_bytes(cut, log->data, size * buffers);
    return cut;
}

/* If a log was cut between two buffers, the count in its header shows that. */
static void test_cut_between_buffers(void)
{
    struct reading reading;
    const struct writer_options options = {.buffer_size = 1024};
    g_autoptr(GByteArray) log = small_log(&options, 30);
    guint all = log->len / 1024;
    g_autoptr(GByteArray) cut = first_buffers(log, 1024, 3);
    reading_of_bytes(&reading, cut, NULL);
    g_assert_cmpuint(etl_log_stats(etl_provider_log(reading.provider))->missing_buffers, ==,
                     all - 3);
    g_autoptr(GPtrArray) warnings = etl_warnings(reading.provider);
    g_assert_cmpuint(warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(warnings, 0), "copy it again"));
    const struct pktmon_event *event = reading_get(&reading, PKTMON_RECORD_EVENT, 0);
    g_assert_cmpuint(event->notice.id, ==, PKTMON_NOTICE_LOST);
    g_assert_nonnull(strstr(event->notice.message, "missing from the log"));
    g_assert_cmpuint(etl_provider_report(reading.provider)->notices, ==,
                     0); /* the notice is ours, and not counted */
    reading_close(&reading);
}

/* Whole logs have no missing buffers, even if the header also counts those of other files. */
static void test_not_cut(void)
{
    static const struct writer_options whole[] = {
        {.buffer_size = 1024},
        {.compression = WRITER_XPRESS},
        {.crashed = true},
        {.mode = ETL_MODE_CIRCULAR, .buffers_written = 1000},
        {.mode = ETL_MODE_APPEND, .buffers_written = 1000},
        {.mode = ETL_MODE_NEWFILE, .buffers_written = 1000},
        {.mode = ETL_MODE_REAL_TIME, .buffers_written = 1000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        struct reading reading;
        g_autoptr(GByteArray) log = small_log(&whole[i], 30);
        reading_of_bytes(&reading, log, NULL);
        g_autoptr(GPtrArray) warnings = etl_warnings(reading.provider);
        g_assert_cmpuint(warnings->len, ==, whole[i].crashed);
        reading_close(&reading);
    }
}

/* The error of a refused log, or all warnings and the losses that the capture reports; the caller
 * frees it. */
static char *report_of(const GByteArray *log)
{
    struct reading reading;
    GString *report = g_string_new(NULL);
    reading_of_bytes(&reading, log, NULL);
    if (reading.error)
        g_string_append(report, reading.error->message);
    g_autoptr(GPtrArray) warnings =
        reading.provider ? etl_warnings(reading.provider) : g_ptr_array_new();
    for (guint i = 0; i < warnings->len; i++)
        g_string_append_printf(report, "%s\n", (char *)g_ptr_array_index(warnings, i));
    if (reading_count(&reading, PKTMON_RECORD_EVENT) > 0)
        g_string_append(report, reading_get(&reading, PKTMON_RECORD_EVENT, 0)->notice.message);
    reading_close(&reading);
    return g_string_free(report, FALSE);
}

static void expect_report(const GByteArray *log, const char *words)
{
    g_autofree char *report = report_of(log);
    if (!strstr(report, words))
        g_error("No \"%s\" in: %s", words, report);
}

static void set_u32(GByteArray *log, guint at, uint32_t value)
{
    for (guint i = 0; i < 4; i++)
        log->data[at + i] = (uint8_t)(value >> 8 * i);
}

/* The offset of the second buffer of a log of three or more. */
static guint second_of(const GByteArray *log)
{
    return log->data[0] | (guint)log->data[1] << 8;
}

#define SAVED_AT  0x04
#define OFFSET_AT 0x30
#define FLAGS_AT  0x34

/* An end marker before the end of records that the header gives. */
static void test_early_end(void)
{
    static const struct writer_options options[] = {{.buffer_size = 1024},
                                                    {.buffer_size = 1024, .crashed = true}};
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autoptr(GByteArray) log = small_log(&options[i], 30);
        set_u32(log, second_of(log) + 0x48, i ? 0xFFFFFFFF : 0);
        g_autofree char *report = report_of(log);
        g_assert_true(!strstr(report, "1 buffer is damaged and has bytes after the last record") ==
                      options[i].crashed); /* without it, only the filler marks the end */
    }
}

/* A header that claims fewer bytes than its buffer holds. */
static void test_claims_less(void)
{
    static const enum writer_compression formats[] = {WRITER_PLAIN, WRITER_LZNT1, WRITER_XPRESS,
                                                      WRITER_XPRESS_HUFFMAN};
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(formats); i++) {
        const struct writer_options options = {.buffer_size = 1024, .compression = formats[i / 2]};
        g_autoptr(GByteArray) log = small_log(&options, 30);
        guint at = second_of(log);
        g_autofree char *before = report_of(log);
        g_assert_cmpstr(before, ==, "");
        set_u32(log, at + OFFSET_AT, 0x48);
        if (i % 2 == 0) {
            set_u32(log, at + SAVED_AT, 0x58);
            expect_report(log, "has bytes after the last record");
        } else if (options.compression) {
            expect_packets(log, 30); /* the other count is correct */
        }
    }
}

/* Losses that buffers and the header report. */
static void test_reported_losses(void)
{
    const struct writer_options options = {.buffer_size = 1024}, open = {.crashed = true};
    g_autoptr(GByteArray) log = small_log(&options, 30), crashed = small_log(&open, 30);
    log->data[second_of(log) + FLAGS_AT] |= 2;
    log->data[second_of(log) * 2 + FLAGS_AT] |= 4;
    expect_report(log, "2 buffers report that events were lost while Windows logged");
    expect_report(log, "\n2 buffers report that events were lost");
    expect_report(crashed, "The log was not closed: ");
    expect_report(crashed, "\nThe log was not closed");
}

static GByteArray *joined(const GByteArray *log, const GByteArray *more, guint from, guint size)
{
    GByteArray *both = g_byte_array_new();
    put_bytes(both, log->data, log->len);
    put_bytes(both, more->data + from, size);
    return both;
}

/* Two logs in one file, and a log with the same buffers twice. */
static void test_put_together(void)
{
    static const struct writer_options options[] = {
        {.buffer_size = 1024}, {.buffer_size = 2048}, {.compression = WRITER_XPRESS}};
    for (size_t i = 0; i < G_N_ELEMENTS(options) * G_N_ELEMENTS(options); i++) {
        g_autoptr(GByteArray) one = small_log(&options[i / G_N_ELEMENTS(options)], 30);
        g_autoptr(GByteArray) other = small_log(&options[i % G_N_ELEMENTS(options)], 30);
        g_autoptr(GByteArray) both = joined(one, other, 0, other->len);
        g_autofree char *command = g_strdup_printf("\"tail -c +%u\"", one->len + 1);
        expect_report(both, "holds two logs, one after the other");
        expect_report(both, command);
    }
    g_autoptr(GByteArray) log = small_log(&options[0], 30);
    g_autoptr(GByteArray) again = joined(log, log, 1024, 1024);
    expect_report(again, "1 more buffer is in the log than its header counts");
    expect_report(again, "1 buffer is in the log twice");
}

/* Cut within a buffer's header, or between buffers. */
static void test_cut_within_header(void)
{
    static const struct writer_options options[] = {
        {.buffer_size = 1024}, {.compression = WRITER_XPRESS}, {.mode = ETL_MODE_CIRCULAR}};
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autoptr(GByteArray) log = small_log(&options[i], 30);
        guint second = second_of(log),
              third = second + log->data[second] + ((guint)log->data[second + 1] << 8);
        g_byte_array_set_size(log, third + 71);
        expect_report(log, options[i].mode ? "1 buffer is cut off or damaged; the readable part of "
                                             "it was used."
                                           : " missing from the log, which had ");
    }
}

static char *write_log(const char *folder, const char *name, const GByteArray *log)
{
    char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, (const char *)log->data, log->len, NULL));
    return path;
}

/* Two files of one session: one order, and the second file names the components of the first. */
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
    /* The first file alone: the last one gives names, and nothing else. */
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
    static const char words[] = "No log at all.";
    struct reading reading;
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_bytes(file, words, sizeof(words));
    g_byte_array_set_size(file, 8192);
    reading_of_bytes(&reading, file, NULL);
    g_assert_null(reading.provider);
    g_assert_error(reading.error, PKTMON_ERROR, PKTMON_ERROR_INPUT);
    g_assert_nonnull(strstr(reading.error->message, "is not a Windows event trace log"));
    reading_close(&reading);
}

/* Files that users take for a log: the message says what they are, and how to get at the log. */
static void test_strangers(void)
{
    static const struct {
        const char *bytes;
        gsize size;
        const char *words;
    } files[] = {
        {"MSCF\0\0\0\0", 8, "take report.etl out of it: cabextract -F report.etl /"},
        {"PK\3\4", 4, "unzip /"},
        {"\x1f\x8b\x08", 3, "gunzip /"},
        {"ElfFile\0", 8, ".evtx"},
        {"\x0a\x0d\x0d\x0a", 4, "tshark -r /"},
        {"\xd4\xc3\xb2\xa1", 4, "tshark -r /"},
        {"M", 1, "is not a Windows event trace log"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        struct reading reading;
        g_autoptr(GByteArray) file = g_byte_array_new();
        put_bytes(file, files[i].bytes, files[i].size);
        reading_of_bytes(&reading, file, NULL);
        g_assert_error(reading.error, PKTMON_ERROR, PKTMON_ERROR_INPUT);
        g_assert_nonnull(strstr(reading.error->message, files[i].words));
        reading_close(&reading);
    }
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
    g_test_add_func("/etl/log/cut-between-buffers", test_cut_between_buffers);
    g_test_add_func("/etl/log/not-cut", test_not_cut);
    g_test_add_func("/etl/log/early-end", test_early_end);
    g_test_add_func("/etl/log/claims-less", test_claims_less);
    g_test_add_func("/etl/log/reported-losses", test_reported_losses);
    g_test_add_func("/etl/log/put-together", test_put_together);
    g_test_add_func("/etl/log/cut-within-header", test_cut_within_header);
    g_test_add_func("/etl/log/multi-file", test_multi_file);
    g_test_add_func("/etl/log/refused", test_refused);
    g_test_add_func("/etl/log/strangers", test_strangers);
    return g_test_run();
}
