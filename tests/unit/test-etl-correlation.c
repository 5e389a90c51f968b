/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Build 26100, whose group ids do not join appearances: the correlator joins them by content. */
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

/* The group of each packet, as the number of its first packet: "0 0 2 2". */
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

/* A series of identical packets passes each place as a whole. */
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

/* The first packet ends at the filter; an appearance a millisecond later belongs to the second. */
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

/* 802.11, Ethernet and bare IP of one packet, truncated to different lengths. */
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

/* Appearances of a frame without a network packet are joined by the frame itself. */
static void test_without_network_packet(void)
{
    static const uint8_t null_function[24] = {0x48, 0x01, 0x30, 0, 2, 0, 0, 0, 0, 1, 2,   0,
                                              0,    0,    0,    2, 2, 0, 0, 0, 0, 1, 0x10};
    struct log log = begin();
    for (uint8_t number = 0; number < 3; number++) {
        g_autoptr(GByteArray) frame = g_byte_array_new();
        put_bytes(frame, null_function, sizeof(null_function));
        frame->data[23] = number; /* sequence control */
        see(&log, number * 100, MINIPORT, 2, frame, 0);
        see(&log, number * 100 + 20, FILTER, 2, frame, 0);
        see(&log, number * 100 + 40, PROTOCOL, 2, frame, 0);
    }
    g_autoptr(GByteArray) cut = udp_frame(1, "of this, too little was logged");
    see(&log, 1000, MINIPORT, 1, cut, 30);
    see(&log, 1010, FILTER, 1, cut, 30);
    expect_groups(&log, "0 0 0 3 3 3 6 6 6 9 10");
}

static void drop(struct log *log, int64_t ticks, uint32_t reason, uint32_t location,
                 const GByteArray *frame)
{
    const struct packet_body body = {.group = ++log->group,
                                     .number = 1,
                                     .direction = 3,
                                     .type = 1,
                                     .component = PROTOCOL,
                                     .reason = reason,
                                     .location = location,
                                     .original = (uint16_t)frame->len,
                                     .data = frame->data,
                                     .size = (uint16_t)frame->len};
    add_pktmon(log->writer, 0, ticks, 170, body_packet(&body));
}

/* A drop is reported at several points of a component at once. A later report, or one at the same
 * point, is another drop. */
static void test_dropped_once(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = udp_frame(1, "to nobody");
    for (int64_t at = 0; at < 2; at++) {
        drop(&log, at * 500 + 0, 1201, 0xE0004101, frame);
        drop(&log, at * 500 + 20, 1201, 0xE0004102, frame);
        drop(&log, at * 500 + 40, 1204, 0xE0004102, frame);
    }
    drop(&log, 5 * MILLISECOND, 1205, 0xE0004103, frame);
    expect_groups(&log, "0 0 0 3 3 3 6");
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

/* A broadcast received by two adapters of a machine is two packets. */
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

/* --- drops with an IP header made anew --- */

enum { ETHERNET_SIZE = 14, IPV4_SIZE = 20, IPV6_SIZE = 40, STACK = 30, OTHER_STACK = 31 };

static void put_at(GByteArray *frame, guint at, unsigned value)
{
    frame->data[at] = (uint8_t)(value >> 8);
    frame->data[at + 1] = (uint8_t)value;
}

/* A packet as it comes from the wire: with a TTL, a type of service, and checksums. */
static GByteArray *from_wire(uint16_t identification, const char *payload)
{
    GByteArray *frame = udp_frame(identification, payload);
    uint8_t *header = frame->data + ETHERNET_SIZE;
    header[1] = 0x90;
    header[6] = 0x40;
    header[8] = 255;
    put_at(frame, ETHERNET_SIZE + 10, 0xABCD);
    put_at(frame, ETHERNET_SIZE + IPV4_SIZE + 6, 0x1234);
    return frame;
}

/* The same as tcpip.sys reports its drop. */
static GByteArray *anew(const GByteArray *frame)
{
    GByteArray *packet = g_byte_array_new();
    put_bytes(packet, frame->data + ETHERNET_SIZE, frame->len - ETHERNET_SIZE);
    memcpy(packet->data, "\x45\x00", 2);
    memcpy(packet->data + 4, "\x00\x00\x00\x00\x01\x11\x00\x00", 8);
    return packet;
}

/* An IPv6 packet from the wire; options: with a header of hop-by-hop options. */
static GByteArray *from_wire6(const char *payload, bool options)
{
    static const uint8_t padding[8] = {17, 0, 1, 4};
    uint8_t addresses[32] = {0xFE, 0x80, [15] = 1, 0xFF, 0x02, [31] = 0xFB};
    uint16_t size = (uint16_t)(8 + strlen(payload));
    GByteArray *frame = g_byte_array_new();
    put_bytes(frame, "\x33\x33\0\0\0\xfb\x02\0\0\0\0\x01\x86\xdd\x60\x0c\x0e\x01", 18);
    put_u16(frame, GUINT16_SWAP_LE_BE(size + (options ? sizeof(padding) : 0)));
    put_u8(frame, options ? 0 : 17);
    put_u8(frame, 255);
    put_bytes(frame, addresses, sizeof(addresses));
    put_bytes(frame, padding, options ? sizeof(padding) : 0);
    put_bytes(frame, "\x14\xe9\x14\xe9", 4);
    put_u16(frame, GUINT16_SWAP_LE_BE(size));
    put_bytes(frame, "\xbe\xef", 2);
    put_bytes(frame, payload, strlen(payload));
    return frame;
}

static GByteArray *anew6(const GByteArray *frame)
{
    GByteArray *packet = g_byte_array_new();
    const uint8_t *header = frame->data + ETHERNET_SIZE;
    guint options = header[6] == 0 ? 8 : 0, at = ETHERNET_SIZE + IPV6_SIZE + options;
    put_bytes(packet, header, IPV6_SIZE);
    put_bytes(packet, frame->data + at, frame->len - at);
    memcpy(packet->data, "\x60\0\0\0", 4);
    put_at(packet, 4, packet->len - IPV6_SIZE);
    memcpy(packet->data + 6, "\x11\x01", 2);
    return packet;
}

/* The packet without a link header is dropped by the TCP/IP stack of an adapter. */
static void refuse_at(struct log *log, int64_t ticks, uint16_t component, uint32_t location,
                      const GByteArray *packet)
{
    const struct packet_body body = {.group = ++log->group,
                                     .number = 1,
                                     .direction = 3,
                                     .type = 3,
                                     .component = component,
                                     .reason = 1,
                                     .location = location,
                                     .original = (uint16_t)packet->len,
                                     .data = packet->data,
                                     .size = (uint16_t)packet->len};
    add_pktmon(log->writer, 0, ticks, 170, body_packet(&body));
}

static void refuse(struct log *log, int64_t ticks, uint32_t location, const GByteArray *packet)
{
    refuse_at(log, ticks, STACK, location, packet);
}

static void arrive(struct log *log, int64_t ticks, const GByteArray *frame)
{
    see(log, ticks, MINIPORT, 1, frame, 0);
    see(log, ticks + 10, PROTOCOL, 1, frame, 0);
}

/* Each of several sockets refuses a multicast, and one drop may have several reasons. */
static void test_dropped_by_several(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = from_wire(7, "to a group"), drop = anew(frame);
    g_autoptr(GByteArray) frame6 = from_wire6("to a group", false), drop6 = anew6(frame6);
    arrive(&log, 0, frame);
    arrive(&log, 100, frame6);
    for (int socket = 0; socket < 3; socket++) {
        refuse(&log, (3 * socket + 1) * 500 * MICROSECOND, 0xE0004600, drop);
        refuse(&log, (3 * socket + 1) * 500 * MICROSECOND + 5, 0xE0004602, drop);
        refuse(&log, (3 * socket + 2) * 500 * MICROSECOND, 0xE0004602, drop6);
    }
    expect_groups(&log, "0 0 2 2 0 0 2 0 0 2 0 0 2");
}

/* Headers of IPv6 between the first one and the transport are gone, and so is the difference
 * between a header that was made anew and one that was sent like this. */
static void test_extension_headers(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) options = from_wire6("with options", true), drop = anew6(options);
    g_autoptr(GByteArray) local = from_wire6("one hop", false), same = anew6(local);
    memcpy(local->data + ETHERNET_SIZE, same->data, 8);
    arrive(&log, 0, options);
    arrive(&log, 100, local);
    for (int i = 0; i < 2; i++) {
        refuse(&log, 1000 + 2000 * i, 0xE0004602, drop);
        refuse(&log, 2000 + 2000 * i, 0xE0004602, same);
    }
    expect_groups(&log, "0 0 2 2 0 2 0 2");
}

/* One field of the packet that survives differs: it is a stranger. */
static void test_strangers(void)
{
    static const struct {
        guint at; /* in the drop */
        uint8_t value;
    } fields[] = {
        {9, 6},                    /* protocol */
        {15, 9},                   /* address */
        {IPV4_SIZE + 1, 9},        /* port */
        {IPV4_SIZE + 7, 9},        /* checksum of UDP */
        {IPV4_SIZE + 8 + 90, 'x'}, /* payload */
        {4, 9},
        {6, 0x40},
        {8, 2},
        {10, 1}, /* not made anew */
    };
    g_autofree char *payload = g_strnfill(100, 'p');
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        struct log log = begin();
        g_autoptr(GByteArray) frame = from_wire(7, payload), drop = anew(frame);
        drop->data[fields[i].at] = fields[i].value;
        arrive(&log, 0, frame);
        refuse(&log, 1000, 0xE0004602, drop);
        expect_groups(&log, "0 0 2");
    }
}

static void test_other_length(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = from_wire(7, "a packet and more"), drop = anew(frame);
    arrive(&log, 0, frame);
    put_at(drop, 2, drop->len - 1);
    refuse(&log, 1000, 0xE0004602, drop);
    expect_groups(&log, "0 0 2");
}

/* A packet that was sent, that arrived too long ago, or by another adapter. */
static void test_not_arrived(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) sent = from_wire(1, "sent"), its = anew(sent);
    g_autoptr(GByteArray) late = from_wire(2, "late"), too_late = anew(late);
    g_autoptr(GByteArray) here = from_wire(3, "here"), there = anew(here);
    struct packet_body body = packet_body_of(++log.group, sent);
    body.direction = 4;
    body.component = MINIPORT;
    add_pktmon(log.writer, 0, 900, 20, body_component(MINIPORT, 2, "a.sys", "A"));
    add_pktmon(log.writer, 0, 900, 30, body_property(MINIPORT, 1, 5, 4));
    add_pktmon(log.writer, 0, 900, 20, body_component(OTHER_STACK, 11, "tcpip.sys", "IP of B"));
    add_pktmon(log.writer, 0, 900, 30, body_property(OTHER_STACK, 14, 6, 4));
    add_pktmon(log.writer, 0, 900, 20, body_component(OTHER_MINIPORT, 2, "b.sys", "B"));
    add_pktmon(log.writer, 0, 900, 30, body_property(OTHER_MINIPORT, 1, 6, 4));
    add_pktmon(log.writer, 0, 1000, 160, body_packet(&body));
    refuse(&log, 1010, 0xE0004602, its);
    see(&log, 2000, MINIPORT, 1, late, 0);
    refuse(&log, 2010 + 3 * MILLISECOND, 0xE0004602, too_late);
    see(&log, 50000, MINIPORT, 1, here, 0);
    refuse_at(&log, 50010, OTHER_STACK, 0xE0004602, there);
    expect_groups(&log, "0 1 2 3 4 5");
}

/* What several sockets refuse of a multicast of this host itself is one packet. Of a packet to one
 * receiver each drop is one of its own. */
static void test_not_in_the_log(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = from_wire(7, "from here"), one = anew(frame), group = anew(frame);
    memcpy(group->data + 16, "\xe0\0\0\xfb", 4);
    for (int i = 0; i < 3; i++) {
        refuse(&log, i * 1500 * MICROSECOND, 0xE0004602, one);
        refuse(&log, i * 1500 * MICROSECOND + 10, 0xE0004602, group);
        refuse_at(&log, i * 1500 * MICROSECOND + 20, OTHER_STACK, 0xE0004602, group);
    }
    refuse(&log, 10 * MILLISECOND, 0xE0004602, group);
    expect_groups(&log, "0 1 1 3 1 1 6 1 1 9");
}

/* Identical packets that came together are offered to each socket one after the other. */
static void test_dropped_together(void)
{
    struct log log = begin();
    GByteArray *frames[3] = {from_wire(7, "thrice"), from_wire(8, "thrice"),
                             from_wire(9, "thrice")};
    g_autoptr(GByteArray) drop = anew(frames[0]);
    for (int i = 0; i < 3; i++)
        arrive(&log, 20 * i, frames[i]);
    for (int socket = 0; socket < 2; socket++) {
        for (int i = 0; i < 3; i++)
            refuse(&log, 1000 + 500 * socket + 10 * i, i ? 0xE0004604 : 0xE0004602, drop);
    }
    expect_groups(&log, "0 0 2 2 4 4 0 2 4 0 2 4");
    for (int i = 0; i < 3; i++)
        g_byte_array_free(frames[i], TRUE);
}

/* Of identical packets that came one after the other, the nearest. */
static void test_dropped_nearest(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) first = from_wire(7, "twice"), second = from_wire(8, "twice");
    g_autoptr(GByteArray) drop = anew(first);
    arrive(&log, 0, first);
    refuse(&log, 100, 0xE0004602, drop);
    arrive(&log, 1 * MILLISECOND, second);
    refuse(&log, 1 * MILLISECOND + 100, 0xE0004602, drop);
    refuse(&log, 1 * MILLISECOND + 200, 0xE0004602, drop);
    expect_groups(&log, "0 0 0 3 3 3 3");
}

/* Windows reports one drop with the header of the packet and with one made anew, whether the packet
 * is in the log or not. */
static void test_both_headers(void)
{
    struct log log = begin();
    g_autoptr(GByteArray) frame = from_wire(7, "to nobody"), drop = anew(frame);
    GByteArray whole = {.data = frame->data + ETHERNET_SIZE, .len = frame->len - ETHERNET_SIZE};
    arrive(&log, 0, frame);
    for (int i = 0; i < 3; i++) {
        int64_t at = 1000 + i * 50 * MILLISECOND;
        refuse(&log, at, 0xE0004500, drop);
        refuse(&log, at + 300, 0xE0004704, &whole);
        refuse(&log, at + 310, 0xE0004134, drop);
    }
    expect_groups(&log, "0 0 0 0 0 5 5 5 8 8 8");
}

/* A datagram that was put together is dropped: its first fragment stands for it. */
static void test_dropped_datagram(void)
{
    struct log log = begin();
    g_autofree char *payload = g_strnfill(2000, 'f');
    g_autoptr(GByteArray) whole = from_wire(7, payload), drop = anew(whole);
    g_autoptr(GByteArray) first = from_wire(7, payload), second = from_wire(7, payload);
    g_byte_array_set_size(first, ETHERNET_SIZE + IPV4_SIZE + 1480);
    put_at(first, ETHERNET_SIZE + 2, IPV4_SIZE + 1480);
    put_at(first, ETHERNET_SIZE + 6, 0x2000);
    g_byte_array_remove_range(second, ETHERNET_SIZE + IPV4_SIZE, 1480);
    put_at(second, ETHERNET_SIZE + 2, second->len - ETHERNET_SIZE);
    put_at(second, ETHERNET_SIZE + 6, 1480 / 8);
    arrive(&log, 0, first);
    arrive(&log, 100, second);
    refuse(&log, 1000, 0xE0004602, drop);
    expect_groups(&log, "0 0 2 2 0");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/correlation/one-after-the-other", test_one_after_the_other);
    g_test_add_func("/etl/correlation/together", test_together);
    g_test_add_func("/etl/correlation/ended-early", test_ended_early);
    g_test_add_func("/etl/correlation/link-types", test_link_types);
    g_test_add_func("/etl/correlation/without-network-packet", test_without_network_packet);
    g_test_add_func("/etl/correlation/dropped-once", test_dropped_once);
    g_test_add_func("/etl/correlation/different-packets", test_different_packets);
    g_test_add_func("/etl/correlation/two-adapters", test_two_adapters);
    g_test_add_func("/etl/correlation/dropped-by-several", test_dropped_by_several);
    g_test_add_func("/etl/correlation/extension-headers", test_extension_headers);
    g_test_add_func("/etl/correlation/strangers", test_strangers);
    g_test_add_func("/etl/correlation/other-length", test_other_length);
    g_test_add_func("/etl/correlation/not-arrived", test_not_arrived);
    g_test_add_func("/etl/correlation/not-in-the-log", test_not_in_the_log);
    g_test_add_func("/etl/correlation/dropped-together", test_dropped_together);
    g_test_add_func("/etl/correlation/dropped-nearest", test_dropped_nearest);
    g_test_add_func("/etl/correlation/both-headers", test_both_headers);
    g_test_add_func("/etl/correlation/dropped-datagram", test_dropped_datagram);
    return g_test_run();
}
