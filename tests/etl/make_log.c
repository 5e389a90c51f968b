/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_log FILE [KIND]: writes a log with everything that the real logs at hand lack: drops, WiFi,
 * bare IP, payload without headers, out-of-band data, netsh trace, and an event of another
 * provider. KIND is "other": the same from another computer, whose components have the same numbers
 * and other names; "netsh": only the packet of netsh trace; "bare": without the descriptions at the
 * end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

#define NIC   7
#define IP    8
#define RADIO 9

static struct packet_body at(uint16_t component, uint16_t type, uint64_t group,
                             const GByteArray *frame)
{
    struct packet_body body = packet_body_of(group, frame);

    body.type = type;
    body.component = component;
    return body;
}

static void add_drop(struct writer *writer, int64_t ticks)
{
    g_autoptr(GByteArray) frame = udp_frame(1, "dropped");
    GByteArray ip = {.data = frame->data + 14, .len = frame->len - 14};
    struct packet_body body = at(IP, 3, 1, &ip);
    body.edge = 0;
    body.reason = 1204;
    body.location = 0xE0004601u;
    add_pktmon(writer, 0, ticks, 170, body_packet(&body));
}

static void add_wifi(struct writer *writer, int64_t ticks)
{
    g_autoptr(GByteArray) air = wifi_frame(2, "air", true), cable = udp_frame(2, "cable");
    struct packet_body below = at(RADIO, 2, 2, air), above = at(RADIO, 2, 2, cable);
    above.edge = 2;
    above.appearance = 2;
    add_pktmon(writer, 1, ticks, 160, body_packet(&below));
    add_pktmon(writer, 1, ticks + 1, 160, body_packet(&above));
}

static void add_tagged(struct writer *writer, int64_t ticks)
{
    const uint64_t info[12] = {[2] = 100 << 4 | 5};
    g_autoptr(GByteArray) frame = udp_frame(3, "tagged");
    const struct packet_body body = at(NIC, 1, 3, frame);
    add_pktmon(writer, 0, ticks, 180, body_nbl(&body, info, false));
    add_pktmon(writer, 0, ticks, 160, body_packet(&body));
}

static void add_payload(struct writer *writer, int64_t ticks)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    put_bytes(payload, "payload", 7);
    const struct packet_body body = at(IP, 11, 4, payload);
    add_pktmon(writer, 0, ticks, 200, body_payload(&body, false));
}

static void add_netsh(struct writer *writer, int64_t ticks)
{
    const struct writer_event event = {
        .guid = writer_ndis_guid, .id = 1001, .keyword = UINT64_C(0x2C0000001)};
    g_autoptr(GByteArray) frame = udp_frame(5, "netsh"), body = g_byte_array_new();
    put_u32(body, 12);
    put_u32(body, 12);
    put_u32(body, frame->len);
    put_bytes(body, frame->data, frame->len);
    writer_add(writer, 1, ticks, &event, body);
}

static void add_packets(struct writer *writer)
{
    add_drop(writer, 10);
    add_wifi(writer, 20);
    add_tagged(writer, 30);
    add_payload(writer, 40);
}

static void add_descriptions(struct writer *writer, const char *nic, const char *ip,
                             const char *radio)
{
    add_pktmon(writer, 0, 90, 20, body_component(NIC, 2, nic, "A NIC"));
    add_pktmon(writer, 0, 90, 20, body_component(IP, 11, ip, "TCP/IPv4"));
    add_pktmon(writer, 0, 90, 20, body_component(RADIO, 3, radio, "Native MAC"));
}

int main(int argc, char **argv)
{
    const char *kind = argc == 3 ? argv[2] : "";
    struct writer_options options = {.compression = WRITER_XPRESS, .build = 22621};
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "Usage: make_log FILE [KIND]\n");
        return EXIT_FAILURE;
    }
    if (strcmp(kind, "other") == 0)
        options.start_filetime = WRITER_START_FILETIME + INT64_C(864000000000);
    struct writer *writer = writer_new(&options);
    if (strcmp(kind, "netsh") != 0)
        add_packets(writer);
    add_netsh(writer, 50);
    if (strcmp(kind, "other") == 0)
        add_descriptions(writer, "wire.sys", "stack.sys", "air.sys");
    else if (*kind == '\0')
        add_descriptions(writer, "nic.sys", "tcpip.sys", "wfplwfs.sys");
    g_autoptr(GByteArray) log = writer_finish(writer);
    return g_file_set_contents(argv[1], (const char *)log->data, log->len, NULL) ? EXIT_SUCCESS
                                                                                 : EXIT_FAILURE;
}
