/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets view of a log: a frame for each packet, with all that the log has of it. */
#include <glib.h>

#include "events.h"
#include "journeys.h"

#define SECOND 10000000 /* ticks */

enum { RADIO = 9, NIC = 7, IP = 8 };
enum { FLOW = 160, DROP = 170, COMPONENT = 20, REGISTERED = 270 };

struct log {
    struct writer *writer;
    int64_t ticks; /* of the newest event */
};

static struct log begin(uint32_t build)
{
    const struct writer_options options = {.build = build, .buffer_size = 65536};
    return (struct log){.writer = writer_new(&options)};
}

static void see(struct log *log, int64_t ticks, uint64_t group, uint16_t component, uint16_t type,
                const GByteArray *frame)
{
    struct packet_body body = packet_body_of(group, frame);
    body.component = component;
    body.type = type;
    log->ticks = ticks;
    add_pktmon(log->writer, 0, ticks, FLOW, body_packet(&body));
}

/* frame: Ethernet, whose header the stack does not have any more. */
static void refuse(struct log *log, int64_t ticks, uint64_t group, const GByteArray *frame)
{
    GByteArray ip = {.data = frame->data + 14, .len = frame->len - 14};
    struct packet_body body = packet_body_of(group, &ip);
    body.component = IP;
    body.type = 3;
    body.edge = 0;
    body.reason = 1204;
    body.location = 0xE0004601;
    log->ticks = ticks;
    add_pktmon(log->writer, 0, ticks, DROP, body_packet(&body));
}

static GByteArray *end(struct log *log)
{
    int64_t ticks = log->ticks + 1;
    add_pktmon(log->writer, 0, ticks, COMPONENT, body_component(NIC, 2, "nic.sys", "NIC"));
    add_pktmon(log->writer, 0, ticks, COMPONENT, body_component(IP, 11, "tcpip.sys", "IPv4"));
    add_pktmon(log->writer, 0, ticks, COMPONENT, body_component(RADIO, 3, "wfp.sys", "Native MAC"));
    return writer_finish(log->writer);
}

static void expect_wanted(struct log *log, const struct etl_conversion *wanted,
                          const char *expected)
{
    g_autoptr(GByteArray) bytes = end(log);
    struct log_journeys journeys = log_journeys_of_bytes(bytes, wanted);
    g_ptr_array_add(journeys.lines, NULL);
    g_autofree char *lines = g_strjoinv("\n", (char **)journeys.lines->pdata);
    g_assert_cmpstr(lines, ==, expected);
    g_assert_cmpuint(journeys.report.journeys, ==, journeys.lines->len - 1);
    log_journeys_clear(&journeys);
}

static void expect(struct log *log, const char *expected)
{
    const struct etl_conversion wanted = log_journeys_wanted();
    expect_wanted(log, &wanted, expected);
}

/* A frame has the Ethernet header, if the packet had one, wherever it began. Packets are in the
 * order of their beginnings. */
static void test_one_frame(void)
{
    struct log log = begin(20348);
    g_autoptr(GByteArray) air = wifi_frame(1, "payload", false), cable = udp_frame(1, "payload");
    g_autoptr(GByteArray) other = udp_frame(2, "other");
    see(&log, 10, 5, RADIO, 2, air);
    see(&log, 15, 6, NIC, 1, other);
    see(&log, 20, 5, NIC, 1, cable);
    refuse(&log, 30, 5, cable);
    expect(&log, "wfp.sys → nic.sys → tcpip.sys: dropped, 3, 1\nnic.sys: unknown, 1, 1");
}

/* A packet waits for its neighbour's address; one of a log without groups is another packet after a
 * second. */
static void test_time(void)
{
    struct log log = begin(20348);
    g_autoptr(GByteArray) frame = udp_frame(1, "payload");
    see(&log, 0, 5, NIC, 1, frame);
    see(&log, 0, 6, NIC, 1, frame);
    refuse(&log, 9 * SECOND, 6, frame);
    refuse(&log, 11 * SECOND, 5, frame);
    expect(&log, "nic.sys: unknown, 1, 1\nnic.sys → tcpip.sys: dropped, 2, 1\n"
                 "tcpip.sys: dropped, 1, 101");

    log = begin(26100);
    see(&log, 0, 5, RADIO, 1, frame);
    see(&log, 9 * SECOND / 10, 6, NIC, 1, frame);
    see(&log, 20 * SECOND / 10, 7, RADIO, 1, frame);
    expect(&log, "wfp.sys → nic.sys: unknown, 2, 1\nwfp.sys: unknown, 1, 1");
}

/* Each NET_BUFFER of a list is a packet of its own. */
static void test_packet_numbers(void)
{
    struct log log = begin(20348);
    g_autoptr(GByteArray) one = udp_frame(1, "one"), two = udp_frame(2, "two");
    for (int place = 0; place < 2; place++) {
        for (uint16_t i = 0; i < 2; i++) {
            struct packet_body body = packet_body_of(5, i ? two : one);
            body.number = i + 1;
            body.component = place ? NIC : RADIO;
            add_pktmon(log.writer, 0, 10 * place + i, FLOW, body_packet(&body));
        }
    }
    log.ticks = 100;
    expect(&log, "wfp.sys → nic.sys: unknown, 2, 1\nwfp.sys → nic.sys: unknown, 2, 1");
}

static void test_dropped_only(void)
{
    struct etl_conversion wanted = log_journeys_wanted();
    struct log log = begin(20348);
    g_autoptr(GByteArray) frame = udp_frame(1, "payload");
    wanted.dropped_only = true;
    for (uint64_t group = 1; group <= 4; group++) {
        see(&log, (int64_t)(100 * group), group, NIC, 1, frame);
        if (group % 2)
            refuse(&log, (int64_t)(100 * group) + 10, group, frame);
    }
    expect_wanted(&log, &wanted,
                  "nic.sys → tcpip.sys: dropped, 2, 1\n"
                  "nic.sys → tcpip.sys: dropped, 2, 1");
}

/* Of the observations that the options select. */
static void test_selection(void)
{
    struct etl_conversion wanted = log_journeys_wanted();
    g_autoptr(GByteArray) frame = udp_frame(1, "payload");
    const char *const expected[] = {"tcpip.sys: dropped, 1, 101", "nic.sys: unknown, 1, 1",
                                    "nic.sys: unknown, 1, 1"};
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        struct log log = begin(20348);
        see(&log, 10, 1, NIC, 1, frame);
        refuse(&log, 20, 1, frame);
        wanted.events.flow = i != 0;
        wanted.events.drops = i != 1;
        wanted.events.component = i == 2 ? NIC : 0;
        expect_wanted(&log, &wanted, expected[i]);
    }
}

/* A component is called as it was when the packet passed, although the packet is written later. */
static void test_renamed(void)
{
    struct log log = begin(20348);
    g_autoptr(GByteArray) frame = udp_frame(1, "payload");
    static const char *const names[] = {"one.sys", "other.sys", "one.sys"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        int64_t ticks = (int64_t)(100 * i);
        add_pktmon(log.writer, 0, ticks, REGISTERED, body_component(30, 2, names[i], "A NIC"));
        see(&log, ticks + 10, 1 + i, 30, 1, frame);
        see(&log, ticks + 20, 1 + i, NIC, 1, frame);
    }
    expect(&log, "one.sys → nic.sys: unknown, 2, 1\nother.sys → nic.sys: unknown, 2, 1\n"
                 "one.sys → nic.sys: unknown, 2, 1");
}

/* More packets are under way than memory has room for: each is written, and continued once. */
static void test_memory(void)
{
    enum { PACKETS = 30000 };
    struct etl_conversion wanted = log_journeys_wanted();
    struct log log = begin(20348);
    g_autoptr(GByteArray) frame = udp_frame(1, "payload");
    g_assert_true(etl_limits_set(&wanted.events.limits, 16, 0, 0));
    for (uint64_t group = 1; group <= PACKETS; group++)
        see(&log, (int64_t)group, group, NIC, 1, frame);
    for (uint64_t group = 1; group <= PACKETS; group++)
        refuse(&log, (int64_t)(PACKETS + group), group, frame);
    g_autoptr(GByteArray) bytes = end(&log);
    struct log_journeys journeys = log_journeys_of_bytes(bytes, &wanted);
    g_assert_cmpuint(journeys.observations, ==, 2 * PACKETS);
    g_assert_cmpuint(journeys.drops, ==, PACKETS);
    g_assert_cmpuint(journeys.lines->len, >, PACKETS);
    g_assert_cmpuint(journeys.lines->len, <=, 2 * PACKETS);
    g_assert_cmpstr(journeys.lines->pdata[0], ==, "nic.sys: unknown, 1, 1, open");
    log_journeys_clear(&journeys);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/journeys/one-frame", test_one_frame);
    g_test_add_func("/etl/journeys/time", test_time);
    g_test_add_func("/etl/journeys/packet-numbers", test_packet_numbers);
    g_test_add_func("/etl/journeys/dropped-only", test_dropped_only);
    g_test_add_func("/etl/journeys/selection", test_selection);
    g_test_add_func("/etl/journeys/renamed", test_renamed);
    g_test_add_func("/etl/journeys/memory", test_memory);
    return g_test_run();
}
