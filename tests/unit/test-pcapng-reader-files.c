/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pcapng reader with files that are not as one writer left them: several captures, frames of
 * others, damage, other times. */
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "pcapng/pcapng-blocks.h"
#include "pcapng-reading.h"

#define SECOND          1000000000ULL
#define STATISTICS_SIZE 76 /* bytes of the last block */

/* Two files in one: what was captured at two times, and a second reading of the first. */
static void test_captures(void)
{
    struct fixture one = begin((struct pcapng_writer_options){0});
    struct fixture other = begin((struct pcapng_writer_options){0});
    g_autoptr(GByteArray) all = g_byte_array_new();

    put(&one, packet_event(START + 1, 1));
    other.capture->id = CAPTURE_ID + 1;
    put(&other, packet_event(START + 2, 1));
    finish(&one, START + 3);
    finish(&other, START + 3);
    g_byte_array_append(all, one.data, (guint)one.size);
    g_byte_array_append(all, other.data, (guint)other.size);
    struct pcapng_reading reading = pcapng_reading_of(all->data, all->len);
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    const struct pcapng_capture *first = reading.item.capture;
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    g_assert_true(reading.item.capture != first);
    g_assert_cmpuint(reading.item.capture->info->id, ==, CAPTURE_ID + 1);
    lseek(reading.fd, 0, SEEK_SET);
    while (pcapng_reader_next(reading.reader, &reading.item, &reading.error))
        continue;
    lseek(reading.fd, 0, SEEK_SET);
    pcapng_reader_open(reading.reader, reading.fd);
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    g_assert_true(reading.item.capture == first);
    pcapng_reading_done(&reading);
    clear(&one);
    clear(&other);
}

static void put_foreign(GByteArray *file, uint32_t interface)
{
    static const uint8_t frame[14];
    const struct pcapng_packet_block packet = {
        .interface = interface, .time = 1, .data = frame, .caplen = 14, .origlen = 14};

    pcapng_put_packet(file, &packet);
}

static void test_foreign(void)
{
    static const uint8_t unknown[] = {0x11, 0, 0, 0, 16, 0, 0, 0, 1, 2, 3, 4, 16, 0, 0, 0};
    struct fixture fixture = begin((struct pcapng_writer_options){0});
    g_autoptr(GByteArray) file = g_byte_array_new();

    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 3);
    g_byte_array_append(file, fixture.data, (guint)fixture.size);
    put_foreign(file, 0);
    put_foreign(file, 1);
    g_byte_array_append(file, unknown, sizeof(unknown));
    struct pcapng_reading reading = pcapng_reading_of(file->data, file->len);
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    pcapng_reading_assert_end(&reading);
    struct pcapng_reader_counts counts = pcapng_reader_counts(reading.reader);
    g_assert_cmpuint(counts.foreign_packets, ==, 2);
    g_assert_cmpuint(counts.foreign_blocks, ==, 1);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

/* --- damage --- */

static void test_no_pcapng(void)
{
    static const char message[] = "It is no pcapng file: give one that Packet Monitor has written.";
    static const char *const files[] = {"", "a", "\xd4\xc3\xb2\xa1 and more",
                                        "{\"json\": [1, 2, 3]}"};

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        struct pcapng_reading reading = pcapng_reading_of(files[i], strlen(files[i]));

        pcapng_reading_assert_error(&reading, message);
        pcapng_reading_done(&reading);
    }
}

static void test_damage(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});

    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 3);
    struct pcapng_reading reading = pcapng_reading_of(fixture.data, fixture.size - 1);
    g_autofree char *cut = g_strdup_printf("The file ends within the block at offset %zu: what "
                                           "follows is missing.",
                                           fixture.size - STATISTICS_SIZE);
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    pcapng_reading_assert_error(&reading, cut);
    pcapng_reading_done(&reading);
    size_t last = fixture.size - STATISTICS_SIZE;
    g_autofree char *damaged = g_strdup_printf("The file is damaged at offset %zu, where a block "
                                               "should begin: what follows cannot be read.",
                                               last);
    fixture.data[last + 4] = 3;
    reading = pcapng_reading_of(fixture.data, fixture.size);
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    pcapng_reading_assert_error(&reading, damaged);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

/* --- times --- */

/* A section with one interface of this resolution and offset, and a packet of ours at these ticks.
 */
static uint64_t time_of(uint8_t resolution, uint64_t offset, uint64_t ticks)
{
    const uint8_t options[] = {9, 0, 1, 0, resolution, 0, 0, 0, 14, 0, 8, 0};
    struct fixture fixture = begin((struct pcapng_writer_options){0});
    g_autoptr(GByteArray) file = g_byte_array_new();
    const uint32_t interface[] = {INTERFACE, 12 + 8 + 20, 1, 0}, end = interface[1];

    put(&fixture, packet_event(ticks, 1));
    finish(&fixture, ticks);
    struct block section = find_block(&fixture, SECTION, 0, 0);
    struct block packet = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_byte_array_append(file, section.body - 8, section.length);
    for (int i = 0; i < 2; i++) {
        g_byte_array_append(file, (const guint8 *)interface, sizeof(interface));
        g_byte_array_append(file, options, sizeof(options));
        g_byte_array_append(file, (const guint8 *)&offset, 8);
        g_byte_array_append(file, (const guint8 *)&end, 4);
    }
    g_byte_array_append(file, packet.body - 8, packet.length);
    struct pcapng_reading reading = pcapng_reading_of(file->data, file->len);
    uint64_t time = pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET)->time;
    pcapng_reading_done(&reading);
    clear(&fixture);
    return time;
}

static void test_times(void)
{
    g_assert_cmpuint(time_of(9, 0, 1234567890123456789), ==, 1234567890123456789);
    g_assert_cmpuint(time_of(6, 0, 1234567890123456), ==, 1234567890123456000);
    g_assert_cmpuint(time_of(0, 0, 7), ==, 7 * SECOND);
    g_assert_cmpuint(time_of(12, 0, 7000000001999), ==, 7000000001);
    g_assert_cmpuint(time_of(9, 5, 3), ==, 5 * SECOND + 3);
    g_assert_cmpuint(time_of(9, (uint64_t)-1, 2 * SECOND), ==, SECOND);
    g_assert_cmpuint(time_of(0x80 | 10, 0, 3 << 10 | 512), ==, 3 * SECOND + SECOND / 2);
    g_assert_cmpuint(time_of(0x80 | 40, 0, 3ULL << 40 | 1ULL << 39), ==, 3 * SECOND + SECOND / 2);
    g_assert_cmpuint(time_of(0x80, 0, 3), ==, 3 * SECOND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng-reader-files/captures", test_captures);
    g_test_add_func("/pcapng-reader-files/foreign", test_foreign);
    g_test_add_func("/pcapng-reader-files/no-pcapng", test_no_pcapng);
    g_test_add_func("/pcapng-reader-files/damage", test_damage);
    g_test_add_func("/pcapng-reader-files/times", test_times);
    return g_test_run();
}
