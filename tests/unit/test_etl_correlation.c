/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Appearances of build 26100, whose group ids join nothing, joined by what they hold. */
#include <glib.h>

#include "events.h"
#include "reading.h"

#define MICROSECOND 10 /* ticks */
#define MILLISECOND (1000 * MICROSECOND)

enum { MINIPORT = 10, FILTER = 11, PROTOCOL = 12, OTHER_MINIPORT = 20 };

struct log {
    struct writer *writer;
    uint64_t group; /* the last id; each appearance has its own */
};

static struct log begin(void)
{
    const struct writer_options options = {.build = 26100};
    return (struct log){.writer = writer_new(&options), .group = 100};
}

static void see(struct log *log, int64_t ticks, uint16_t component, uint16_t type,
                const GByteArray *frame, uint16_t logged)
{
    const struct packet_body body = {.group = ++log->group,
                                     .number = 1,
                                     .direction = 3,
                                     .type = type,
                                     .component = component,
                                     .edge = 1,
                                     .original = (uint16_t)frame->len,
                                     .data = frame->data,
                                     .size = logged ? logged : (uint16_t)frame->len};
    add_pktmon(log->writer, 0, ticks, 160, body_packet(&body));
}

/* The group of each packet, as the number of the packet it began with: "0 0 2 2". */
static void expect_groups(struct log *log, const char *expected)
{
    struct reading reading;
    g_autoptr(GByteArray) bytes = writer_finish(log->writer);
    g_autoptr(GString) groups = g_string_new(NULL);
    reading_of_bytes(&reading, bytes, NULL);
    for (guint i = 0; i < reading_count(&reading, PKTMON_RECORD_PACKET); i++) {
        const struct pktmon_packet *packet =
            &reading_get(&reading, PKTMON_RECORD_PACKET, i)->packet;
        g_string_append_printf(groups, "%s%" G_GUINT64_FORMAT, i ? " " : "", packet->group - 101);
    }
    g_assert_cmpstr(groups->str, ==, expected);
    reading_close(&reading);
}

static void test_one_after_the_other(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = udp_frame(1, "the same every time");
    for (int i = 0; i < 2; i++) {
        see(&log, i * 5 * MILLISECOND, MINIPORT, 1, frame, 0);
        see(&log, i * 5 * MILLISECOND + 10, FILTER, 1, frame, 0);
        see(&log, i * 5 * MILLISECOND + 20, PROTOCOL, 1, frame, 0);
    }
    expect_groups(&log, "0 0 0 3 3 3");
}

/* A chain of identical packets passes each place as a whole. */
static void test_together(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = udp_frame(1, "the same every time");
    static const uint16_t places[] = {MINIPORT, FILTER, PROTOCOL};
    for (int place = 0; place < 3; place++) {
        for (int packet = 0; packet < 2; packet++)
            see(&log, place * 20 * MICROSECOND + packet, places[place], 1, frame, 0);
    }
    expect_groups(&log, "0 1 0 1 0 1");
}

/* The first ends at the filter; what comes a millisecond later is the second's. */
static void test_ended_early(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = udp_frame(1, "the same every time");
    see(&log, 0, MINIPORT, 1, frame, 0);
    see(&log, 10, FILTER, 1, frame, 0);
    see(&log, 2 * MILLISECOND, MINIPORT, 1, frame, 0);
    see(&log, 2 * MILLISECOND + 10, FILTER, 1, frame, 0);
    see(&log, 2 * MILLISECOND + 20, PROTOCOL, 1, frame, 0);
    expect_groups(&log, "0 0 2 2 2");
}

/* 802.11, Ethernet and bare IP of one packet, cut at different lengths. */
static void test_link_types(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) air = wifi_frame(1, "through the layers, cut here and there", true);
    g_autoptr(GByteArray) cable = udp_frame(1, "through the layers, cut here and there");
    GByteArray ip = {.data = cable->data + 14, .len = cable->len - 14};
    see(&log, 0, MINIPORT, 2, air, 80);
    see(&log, 10, FILTER, 1, cable, 60);
    see(&log, 20, PROTOCOL, 3, &ip, 0);
    expect_groups(&log, "0 0 0");
}

static void test_different_packets(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) one = udp_frame(1, "payload"), two = udp_frame(2, "payload");
    see(&log, 0, MINIPORT, 1, one, 0);
    see(&log, 1, MINIPORT, 1, two, 0);
    see(&log, 2, FILTER, 1, two, 0);
    see(&log, 3, FILTER, 1, one, 0);
    expect_groups(&log, "0 1 1 0");
}

/* One broadcast that two adapters of a machine receive is two packets. */
static void test_two_adapters(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = udp_frame(1, "to everyone");
    add_pktmon(log.writer, 0, 900, 20, body_component(MINIPORT, 2, "a.sys", "A"));
    add_pktmon(log.writer, 0, 900, 30, body_property(MINIPORT, 1, 5, 4));
    add_pktmon(log.writer, 0, 900, 20, body_component(PROTOCOL, 4, "tcpip.sys", "IP of A"));
    add_pktmon(log.writer, 0, 900, 30, body_property(PROTOCOL, 2, 5, 4));
    add_pktmon(log.writer, 0, 900, 20, body_component(OTHER_MINIPORT, 2, "b.sys", "B"));
    add_pktmon(log.writer, 0, 900, 30, body_property(OTHER_MINIPORT, 1, 6, 4));
    see(&log, 0, MINIPORT, 1, frame, 0);
    see(&log, 5, OTHER_MINIPORT, 1, frame, 0);
    see(&log, 10, PROTOCOL, 1, frame, 0);
    expect_groups(&log, "0 1 0");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/correlation/one-after-the-other", test_one_after_the_other);
    g_test_add_func("/etl/correlation/together", test_together);
    g_test_add_func("/etl/correlation/ended-early", test_ended_early);
    g_test_add_func("/etl/correlation/link-types", test_link_types);
    g_test_add_func("/etl/correlation/different-packets", test_different_packets);
    g_test_add_func("/etl/correlation/two-adapters", test_two_adapters);
    return g_test_run();
}
