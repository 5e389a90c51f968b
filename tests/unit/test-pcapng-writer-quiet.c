/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The quiet pcapng writer: records that come together are one frame. */
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"
#include "pcapng/pcapng-reader.h"

#define MS   1000000u /* ns */
#define MANY 4000     /* components */

static struct fixture begin_quietly(void)
{
    return begin((struct pcapng_writer_options){.live = true, .quiet = true});
}

/* The types of all records of the n-th packet block, as letters of assert_outline(). */
static void assert_records(const struct fixture *fixture, guint n, const char *expected)
{
    struct block block = find_block(fixture, PACKET, 0, n);
    struct packet packet = block_packet(&block);
    g_autoptr(GString) types = g_string_new(NULL);
    const uint8_t *at = packet.options, *value;
    size_t length;

    while ((value = option_find(at, packet.options + packet.options_size - at, PKTMON_OPTION_CODE,
                                &length))) {
        struct pktmon_metadata_reader record;

        g_assert_true(pktmon_metadata_open(&record, value + 4, length - 4));
        g_assert_cmpuint(metadata_number(record, PKTMON_FIELD_CAPTURE_ID), ==, CAPTURE_ID);
        g_string_append_c(types, "?PCNFAE?J"[record.record]);
        at = value + (length + 3) / 4 * 4;
    }
    g_assert_cmpstr(types->str, ==, expected);
}

static struct pktmon_event counters_event(uint64_t time, uint32_t component, uint64_t packets)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_COUNTERS,
        .time = time,
        .component = component,
        .counters = {.edge = 2, .has_flow = true, .packets_in = packets, .bytes_in = 60 * packets}};
}

/* The beginning, with the capture and its filters, is one frame. */
static void test_beginning(void)
{
    struct fixture fixture = begin_quietly();

    for (uint16_t id = 1; id <= 3; id++)
        put(&fixture, (struct pktmon_event){.record = PKTMON_RECORD_FILTER,
                                            .time = START,
                                            .filter = {.id = id, .text = "icmp"}});
    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 2);
    assert_outline(&fixture, "SIEICPTT");
    assert_records(&fixture, 0, "EAFFF");
    assert_records(&fixture, 1, "C");
    struct block block = find_block(&fixture, PACKET, 0, 0);
    assert_line(&block, "event pktmon 5: The capture began.; capture of myhost; "
                        "filter 1: icmp; filter 2: icmp; filter 3: icmp");
    clear(&fixture);
}

/* A reading is one frame, also where packets come while it goes on; the next one is another. */
static void test_reading(void)
{
    struct fixture fixture = begin_quietly();

    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, counters_event(START + 10 * MS, 1, 7));
    put(&fixture, packet_event(START + 11 * MS, 1));
    put(&fixture, counters_event(START + 12 * MS, 2, 8));
    put(&fixture, packet_event(START + 13 * MS, 1));
    put(&fixture, packet_event(START + 80 * MS, 1));
    put(&fixture, counters_event(START + 90 * MS, 1, 9));
    put(&fixture, counters_event(START + 150 * MS, 1, 10));
    finish(&fixture, START + 200 * MS);
    assert_outline(&fixture, "SIEICPPPCNPNNTT");
    assert_records(&fixture, 5, "C");
    assert_records(&fixture, 6, "NN");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_COUNTERS, 0);
    g_assert_cmpuint(block_packet(&block).time, ==, START + 13 * MS);
    clear(&fixture);
}

/* What waits is written when the reader is to have everything. */
static void test_flush(void)
{
    struct fixture fixture = begin_quietly();
    g_autoptr(GError) error = NULL;

    uint64_t before = pcapng_writer_size(fixture.writer);
    put(&fixture, counters_event(START + 1, 1, 7));
    g_assert_cmpuint(pcapng_writer_size(fixture.writer), >, before);
    g_assert_true(pcapng_writer_flush(fixture.writer, &error));
    put(&fixture, counters_event(START + 2, 1, 8));
    finish(&fixture, START + 3);
    assert_outline(&fixture, "SIECNNT");
    assert_records(&fixture, 0, "EA");
    clear(&fixture);
}

static void test_descriptions(void)
{
    struct fixture fixture = begin_quietly();
    g_autoptr(GError) error = NULL;

    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, packet_event(START + 1, 2));
    for (uint32_t id = 1; id <= 2; id++)
        put(&fixture, (struct pktmon_event){
                          .record = PKTMON_RECORD_COMPONENT, .time = START + 2, .component = id});
    put(&fixture, packet_event(START + 3, 1));
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 4, &error));
    finish(&fixture, START + 5);
    assert_outline(&fixture, "SIEICPICPCPTTT");
    assert_records(&fixture, 5, "CC");
    clear(&fixture);
}

/* A frame is no longer than a block may be; there are as few as that allows. */
static void test_many(void)
{
    struct fixture fixture = begin_quietly();
    struct block block;
    size_t offset = 0;
    guint frames = 0;

    for (uint32_t id = 1; id <= MANY; id++)
        put(&fixture, counters_event(START + id, 1000 + id, id));
    finish(&fixture, START + MANY + 1);
    while (block_next(fixture.data, fixture.size, &offset, &block)) {
        g_assert_cmpuint(block.length, <=, PKTMON_MAX_BLOCK_SIZE);
        frames += block.type == PACKET;
    }
    g_assert_cmpuint(frames, ==, 1 + 2); /* 450 KB */
    clear(&fixture);
}

/* The next file is complete by itself. */
static void test_next_section(void)
{
    struct fixture fixture = begin_quietly();
    g_autoptr(GError) error = NULL;
    int first = fixture.fd;

    put(&fixture, (struct pktmon_event){
                      .record = PKTMON_RECORD_FILTER, .time = START, .filter = {.text = "icmp"}});
    put(&fixture, counters_event(START + 1, 1, 7));
    fixture.fd = memfd_create("next", MFD_CLOEXEC);
    g_assert_true(pcapng_writer_continue(fixture.writer, fixture.fd, START + 2, &error));
    put(&fixture, packet_event(START + 3, 1));
    finish(&fixture, START + 4);
    assert_outline(&fixture, "SIEICPTT");
    assert_records(&fixture, 0, "EAF");
    close(first);
    clear(&fixture);
}

/* A reader gets every record of a frame. */
static void test_read(void)
{
    struct fixture fixture = begin_quietly();
    struct pcapng_reader *reader = pcapng_reader_new();
    g_autoptr(GString) types = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    struct pcapng_item item;

    put(&fixture, counters_event(START + 1, 1, 7));
    put(&fixture, counters_event(START + 2, 2, 8));
    finish(&fixture, START + 3);
    lseek(fixture.fd, 0, SEEK_SET);
    pcapng_reader_open(reader, fixture.fd);
    while (pcapng_reader_next(reader, &item, &error)) {
        g_string_append_c(types, "?PCNFAE?J"[item.event->record]);
        if (item.event->record == PKTMON_RECORD_COUNTERS)
            g_assert_cmpuint(item.event->counters.packets_in, ==, 6 + item.event->component);
    }
    g_assert_no_error(error);
    g_assert_cmpstr(types->str, ==, "EACCNN");
    pcapng_reader_free(reader);
    clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng-writer-quiet/beginning", test_beginning);
    g_test_add_func("/pcapng-writer-quiet/reading", test_reading);
    g_test_add_func("/pcapng-writer-quiet/flush", test_flush);
    g_test_add_func("/pcapng-writer-quiet/descriptions", test_descriptions);
    g_test_add_func("/pcapng-writer-quiet/many", test_many);
    g_test_add_func("/pcapng-writer-quiet/next-section", test_next_section);
    g_test_add_func("/pcapng-writer-quiet/read", test_read);
    return g_test_run();
}
