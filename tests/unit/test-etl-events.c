/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every event of Packet Monitor and of netsh trace, as the provider delivers it. */
#include <glib.h>
#include <string.h>

#include "events.h"
#include "reading.h"

#define REASON_POLICY 1207 /* INET: receive inspection */
#define LOCATION_TCP  0xE0004500u
#define LINK_ETHERNET 1
#define LINK_RAW      101
#define LINK_WIFI     105

static struct packet_body packet_of(const GByteArray *frame)
{
    return packet_body_of(9, frame);
}

/* Reads a log that writer made. */
static void read_log(struct reading *reading, struct writer *writer)
{
    g_autoptr(GByteArray) log = writer_finish(writer);
    reading_of_bytes(reading, log, NULL);
    g_assert_no_error(reading->error);
}

static void read_event(struct reading *reading, uint16_t id, GByteArray *body)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    add_pktmon(writer, 0, 10, id, body);
    read_log(reading, writer);
}

static const struct pktmon_packet *only_packet(const struct reading *reading)
{
    g_assert_cmpuint(reading_count(reading, PKTMON_RECORD_PACKET), ==, 1);
    return &reading_get(reading, PKTMON_RECORD_PACKET, 0)->packet;
}

static void test_drop(void)
{
    static const uint16_t ids[] = {170, 240};
    g_autoptr(GByteArray) frame = udp_frame(1, "dropped");
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        struct reading reading;
        struct packet_body body = packet_of(frame);
        body.edge = 0;
        body.reason = REASON_POLICY;
        body.location = LOCATION_TCP;
        body.original = 1500;
        read_event(&reading, ids[i], body_packet(&body));
        const struct pktmon_packet *packet = only_packet(&reading);
        g_assert_true(packet->dropped);
        g_assert_cmpstr(packet->drop_reason, ==, "INET: receive inspection");
        g_assert_cmpuint(packet->drop_code, ==, REASON_POLICY);
        g_assert_cmpstr(packet->drop_location, ==, "PMLOC_TCPIP_TL_RCV_TCP_MATCH");
        g_assert_cmpuint(packet->drop_location_code, ==, LOCATION_TCP);
        g_assert_cmpuint(packet->origlen, ==, 1500);
        g_assert_cmpuint(packet->caplen, ==, frame->len);
        reading_close(&reading);
    }
}

static const char *reason_in(struct reading *reading, uint32_t build, uint32_t reason)
{
    const struct writer_options options = {.build = build};
    struct writer *writer = writer_new(&options);
    g_autoptr(GByteArray) frame = udp_frame(1, "x");
    struct packet_body body = packet_of(frame);
    body.reason = reason;
    add_pktmon(writer, 0, 10, 170, body_packet(&body));
    read_log(reading, writer);
    return only_packet(reading)->drop_reason;
}

/* 1809 numbered some reasons differently; an unknown reason is shown as its number. */
static void test_reason_by_build(void)
{
    static const struct {
        uint32_t build, reason;
        const char *name;
    } cases[] = {
        {17763, 201, "Microport error"},
        {20348, 201, "Adapter paused"},
        {17763, 101, "Adapter paused"},
        {20348, 401, "Microport error"},
        {20348, 104, "104"},
        {20348, 0x80000001, "2147483649"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct reading reading;
        g_assert_cmpstr(reason_in(&reading, cases[i].build, cases[i].reason), ==, cases[i].name);
        reading_close(&reading);
    }
}

/* A map in the log takes precedence over the project's table. */
static void test_embedded_map(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) frame = udp_frame(1, "x"), map = g_byte_array_new();
    struct packet_body body = packet_of(frame);
    body.reason = 8;
    add_pktmon(writer, 0, 10, 170, body_packet(&body));
    put_bytes(map, writer_pktmon_guid, 16);
    put_u32(map, 24); /* name, after one entry */
    put_u32(map, 1);
    put_u32(map, 1);
    put_u32(map, 0);
    put_u32(map, 24 + 22);
    put_u32(map, 8);
    put_wide(map, "DropReason");
    put_wide(map, "Gefiltert ");
    writer_add_classic(writer, 1, 20, writer_metadata_guid, 33, map);
    read_log(&reading, writer);
    g_assert_cmpstr(only_packet(&reading)->drop_reason, ==, "Gefiltert");
    reading_close(&reading);
}

static void test_payload_without_header(void)
{
    static const struct {
        uint16_t id;
        bool dropped, v6;
    } cases[] = {{200, false, false}, {210, true, false}, {220, false, true}, {230, true, true}};
    static const uint8_t payload[] = "GET / HTTP/1.1";
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct reading reading;
        struct packet_body body = packet_of(NULL);
        body.type = 11;
        body.data = payload;
        body.size = sizeof(payload);
        read_event(&reading, cases[i].id, body_payload(&body, cases[i].v6));
        const struct pktmon_packet *packet = only_packet(&reading);
        size_t headers = (cases[i].v6 ? 40 : 20) + 8;
        g_assert_cmpint(packet->dropped, ==, cases[i].dropped);
        g_assert_true(packet->l2_synthesised);
        g_assert_cmpuint(packet->link_type, ==, LINK_RAW);
        g_assert_cmpuint(packet->caplen, ==, headers + sizeof(payload));
        g_assert_cmpuint(packet->data[0] >> 4, ==, cases[i].v6 ? 6 : 4);
        /* from 4242 to 53 */
        g_assert_cmpmem(packet->data + headers - 8, 4, "\x10\x92\0\x35", 4);
        g_assert_cmpmem(packet->data + headers, sizeof(payload), payload, sizeof(payload));
        reading_close(&reading);
    }
}

/* Parsed headers without the packet's bytes become a packet of only headers. */
static void test_parsed_alone(void)
{
    static const uint16_t ids[] = {120, 130, 140, 150};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        struct reading reading;
        struct packet_body body = packet_of(NULL);
        bool v6 = ids[i] == 130 || ids[i] == 150;
        read_event(&reading, ids[i], body_parsed(&body, v6, 100));
        const struct pktmon_packet *packet = only_packet(&reading);
        g_assert_cmpint(packet->dropped, ==, ids[i] >= 140);
        g_assert_cmpuint(packet->link_type, ==, LINK_ETHERNET);
        g_assert_cmpuint(packet->caplen, ==, 14u + 4 + (v6 ? 40 : 20) + 8);
        g_assert_cmpmem(packet->data + 12, 4, "\x81\0\0\x64", 4);
        g_assert_cmpuint(packet->group, ==, 9);
        reading_close(&reading);
    }
}

/* Out-of-band data is joined to its packet, whichever comes first, and the tag goes back into the
 * frame. */
static void test_nbl(void)
{
    const uint64_t info[12] = {[0] = 0x8, [2] = 100 << 4 | 5, [4] = 0xCAFE, [6] = 3 | 2 << 16};
    g_autoptr(GByteArray) frame = udp_frame(1, "tagged");
    for (int variant = 0; variant < 4; variant++) {
        const struct writer_options options = {.is_32bit = variant & 1};
        struct writer *writer = writer_new(&options);
        struct reading reading;
        const struct packet_body body = packet_of(frame);
        add_pktmon(writer, 0, variant & 2 ? 10 : 12, 180, body_nbl(&body, info, variant & 1));
        add_pktmon(writer, 0, 11, 160, body_packet(&body));
        read_log(&reading, writer);
        const struct pktmon_event *event = reading_get(&reading, PKTMON_RECORD_PACKET, 0);
        g_assert_cmpuint(event->packet.caplen, ==, frame->len + 4);
        g_assert_cmpuint(event->packet.origlen, ==, frame->len + 4);
        g_assert_cmpmem(event->packet.data + 12, 4, "\x81\0\xa0\x64", 4);
        g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_VLAN), ==, 100);
        g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_PRIORITY), ==, 5);
        g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_HASH), ==, 0xCAFE);
        g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_COALESCED), ==, 3);
        g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_DUPLICATE_ACKS), ==, 2);
        g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_EVENT), ==, 0);
        g_assert_cmpuint(etl_provider_report(reading.provider)->joined, ==, 1);
        reading_close(&reading);
    }
}

/* Without a packet, out-of-band data is delivered as notices, and nothing is lost. */
static void test_nbl_alone(void)
{
    const uint64_t info[12] = {0};
    static const uint16_t ids[] = {180, 190, 250, 260};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        struct reading reading;
        struct packet_body body = packet_of(NULL);
        body.reason = REASON_POLICY;
        read_event(&reading, ids[i],
                   ids[i] < 200 ? body_nbl(&body, info, false) : body_context(&body, 1, 77));
        const struct pktmon_event *event = reading_get(&reading, PKTMON_RECORD_EVENT, 0);
        g_assert_cmpstr(event->notice.provider, ==, "Microsoft-Windows-PktMon");
        g_assert_cmpuint(event->notice.id, ==, ids[i]);
        g_assert_nonnull(strstr(event->notice.message, "PktGroupId 9"));
        if (ids[i] == 190 || ids[i] == 260)
            g_assert_nonnull(strstr(event->notice.message, "INET: receive inspection"));
        reading_close(&reading);
    }
}

static void test_context(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) frame = udp_frame(1, "x");
    const struct packet_body body = packet_of(frame);
    add_pktmon(writer, 0, 10, 160, body_packet(&body));
    add_pktmon(writer, 0, 11, 250, body_context(&body, 1, 4711));
    read_log(&reading, writer);
    const struct pktmon_event *event = reading_get(&reading, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_CONTEXT), ==, 4711);
    g_assert_cmpuint(reading_nbl(event, PKTMON_FIELD_NBL_CONTEXT_TYPE), ==, 1);
    reading_close(&reading);
}

/* Frames that the log calls WiFi: 802.11, or Ethernet above nwifi.sys, even with a destination that
 * looks like frame control. */
static void test_wifi(void)
{
    g_autoptr(GByteArray) wifi = wifi_frame(1, "air", true), ethernet = udp_frame(1, "cable");
    g_autoptr(GByteArray) confusing = udp_frame(1, "cable"), drop = udp_frame(1, "cable");
    memcpy(confusing->data, "\x08\x01", 2);
    memset(drop->data + 12, 0, 2);
    const struct {
        const GByteArray *frame;
        uint16_t link_type;
        bool dropped;
    } cases[] = {{wifi, LINK_WIFI, false},
                 {ethernet, LINK_ETHERNET, false},
                 {confusing, LINK_ETHERNET, false},
                 {drop, LINK_ETHERNET, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct reading reading;
        struct packet_body body = packet_of(cases[i].frame);
        body.type = 2;
        body.reason = cases[i].dropped ? 204 : 0;
        body.location = cases[i].dropped ? 0xE0001007u : 0;
        read_event(&reading, cases[i].dropped ? 170 : 160, body_packet(&body));
        const struct pktmon_packet *packet = only_packet(&reading);
        g_assert_cmpuint(packet->link_type, ==, cases[i].link_type);
        g_assert_cmpuint(packet->caplen, ==, cases[i].frame->len);
        if (cases[i].link_type == LINK_WIFI)
            g_assert_cmpuint(packet->data[1] & 0x40, ==, 0); /* protected, but readable */
        reading_close(&reading);
    }
}

static void test_null_function(void)
{
    uint8_t frame[26] = {0xC8, 0x01};
    struct reading reading;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    put_bytes(bytes, frame, sizeof(frame));
    memcpy(bytes->data + 12, "\x08\x00", 2); /* part of an address that looks like IPv4 */
    struct packet_body body = packet_of(bytes);
    body.type = 2;
    read_event(&reading, 160, body_packet(&body));
    g_assert_cmpuint(only_packet(&reading)->link_type, ==, LINK_WIFI);
    reading_close(&reading);
}

static void test_components(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    GByteArray *text = g_byte_array_new();
    add_pktmon(writer, 0, 5, 270, body_component(9, 3, "late.sys", "Came late"));
    add_pktmon(writer, 0, 6, 280, body_component(9, 3, "late.sys", "Came late"));
    add_pktmon(writer, 0, 10, 20, body_component(7, 2, "nic.sys", "A NIC"));
    add_pktmon(writer, 0, 11, 30, body_property(7, 1, 12, 4));
    add_pktmon(writer, 0, 12, 75, body_property(7, 7, 0x0800, 2));
    add_pktmon(writer, 0, 13, 75, body_property(7, 7, 0x86DD, 2));
    put_u16(text, 7);
    put_u16(text, 10);
    put_wide(text, "My switch");
    g_byte_array_set_size(text, text->len - 2); /* as in real logs: no NUL */
    add_pktmon(writer, 0, 14, 73, text);
    add_pktmon(writer, 0, 15, 30, body_property(7, 5, 16, 4)); /* the medium, as in 26100 */
    add_pktmon(writer, 0, 16, 80, body_drops(7, 5));
    add_pktmon(writer, 0, 17, 90, body_flow(7, "Upper", 1, 50));
    read_log(&reading, writer);
    const struct pktmon_component *component = pktmon_registry_find(reading.registry, 7);
    g_assert_cmpstr(component->name, ==, "nic.sys");
    g_assert_cmpstr(component->description, ==, "A NIC");
    g_assert_cmpstr(component->type, ==, "Miniport");
    g_assert_cmpstr(pktmon_component_property(component, "IfIndex"), ==, "12");
    g_assert_cmpstr(pktmon_component_property(component, "EtherType"), ==, "IPv4, IPv6");
    g_assert_cmpstr(pktmon_component_property(component, "VMSwitchName"), ==, "My switch");
    g_assert_cmpstr(pktmon_component_property(component, "NdisMedium"), ==, "WiFi");
    g_assert_true(pktmon_registry_find(reading.registry, 9)->gone);
    const struct pktmon_counters *drops =
        &reading_get(&reading, PKTMON_RECORD_COUNTERS, 0)->counters;
    g_assert_true(drops->has_drops && !drops->has_flow);
    g_assert_cmpuint(drops->drops_in, ==, 5);
    g_assert_cmpuint(drops->drop_bytes_out, ==, 600);
    const struct pktmon_counters *flow =
        &reading_get(&reading, PKTMON_RECORD_COUNTERS, 1)->counters;
    g_assert_true(flow->has_flow && !flow->has_drops);
    g_assert_cmpstr(flow->edge_name, ==, "Upper");
    g_assert_cmpuint(flow->packets_in, ==, 50);
    g_assert_cmpuint(flow->bytes_out, ==, 5100);
    reading_close(&reading);
}

/* A component without a description in the rundown is still a component. */
static void test_no_rundown(void)
{
    struct reading reading;
    g_autoptr(GByteArray) frame = udp_frame(1, "x");
    const struct packet_body body = packet_of(frame);
    read_event(&reading, 160, body_packet(&body));
    g_assert_cmpuint(reading_get(&reading, PKTMON_RECORD_PACKET, 0)->component, ==, 7);
    reading_close(&reading);
}

/* An event too short for its id becomes a notice, and is counted. */
static void test_short(void)
{
    static const uint16_t ids[] = {80, 90, 120, 160, 170, 180, 200, 220, 250, 270};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        struct reading reading;
        GByteArray *body = g_byte_array_new();
        put_u8(body, 1);
        read_event(&reading, ids[i], body);
        g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 0);
        g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_EVENT), ==, 1);
        g_assert_cmpuint(etl_provider_report(reading.provider)->short_events, ==, 1);
        reading_close(&reading);
    }
}

#define NDIS_START   UINT64_C(0x40000000)
#define NDIS_END     UINT64_C(0x80000000)
#define NDIS_SEND    UINT64_C(0x100000000)
#define NDIS_RECEIVE UINT64_C(0x200000000)
#define NDIS_WIFI    UINT64_C(0x10000)

static void add_fragment(struct writer *writer, int64_t ticks, uint64_t keyword,
                         const uint8_t *data, size_t size)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    const struct writer_event event = {.guid = writer_ndis_guid, .id = 1001, .keyword = keyword};
    put_u32(body, 12);
    put_u32(body, 12);
    put_u32(body, (uint32_t)size);
    put_bytes(body, data, size);
    writer_add(writer, 0, ticks, &event, body);
}

static void test_netsh(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) frame = udp_frame(1, "in three parts"), wifi = wifi_frame(2, "a", true);
    add_fragment(writer, 10, NDIS_START | NDIS_SEND | 1, frame->data, 10);
    add_fragment(writer, 11, NDIS_SEND | 1, frame->data + 10, 10);
    add_fragment(writer, 12, NDIS_END | NDIS_SEND | 1, frame->data + 20, frame->len - 20);
    g_autoptr(GByteArray) metadata = g_byte_array_new();
    const struct writer_event event = {.guid = writer_ndis_guid, .id = 1002};
    put_u32(metadata, 12);
    put_u32(metadata, 12);
    put_u32(metadata, 32);
    put_u64(metadata, 0);
    put_u32(metadata, 7);
    put_u32(metadata, 5180);
    put_u32(metadata, 1);
    put_u32(metadata, (uint32_t)-52);
    put_u32(metadata, 108);
    put_u32(metadata, 0);
    writer_add(writer, 0, 13, &event, metadata);
    add_fragment(writer, 14, NDIS_START | NDIS_END | NDIS_RECEIVE | NDIS_WIFI, wifi->data,
                 wifi->len);
    add_fragment(writer, 15, NDIS_START | 1, frame->data, 30); /* never ends */
    read_log(&reading, writer);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 3);
    const struct pktmon_packet *joined = &reading_get(&reading, PKTMON_RECORD_PACKET, 0)->packet;
    g_assert_cmpmem(joined->data, joined->caplen, frame->data, frame->len);
    g_assert_cmpuint(joined->direction, ==, PKTMON_DIRECTION_TX);
    const struct pktmon_event *air = reading_get(&reading, PKTMON_RECORD_PACKET, 1);
    g_assert_cmpuint(air->packet.link_type, ==, LINK_WIFI);
    g_assert_cmpuint(air->packet.direction, ==, PKTMON_DIRECTION_RX);
    g_assert_cmpuint(air->packet.nbl->count, ==, 1);
    g_assert_cmpstr(air->packet.nbl->values[0].text, ==, "PHY 7, 5180 MHz, -52 dBm, 54.0 Mb/s");
    g_assert_cmpuint(etl_provider_report(reading.provider)->cut_packets, ==, 1);
    reading_close(&reading);
}

static void test_switch(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) frame = udp_frame(1, "virtual"), body = g_byte_array_new();
    const struct writer_event event = {
        .guid = writer_ndis_guid, .id = 1003, .keyword = NDIS_START | NDIS_END | NDIS_RECEIVE};
    put_u32(body, 12);
    put_u32(body, 12);
    put_u32(body, 3);
    put_wide(body, "port");
    put_wide(body, "vm1");
    put_wide(body, "Synthetic");
    put_u32(body, 2);
    for (unsigned port = 4; port < 6; port++) {
        put_u32(body, port);
        put_u16(body, 1);
        put_u16(body, 0);
    }
    put_u32(body, frame->len);
    put_bytes(body, frame->data, frame->len);
    put_u32(body, 9 * 8);
    for (int i = 0; i < 9; i++)
        put_u64(body, i == 4 ? 42 << 4 : i == 8 ? 0xBEEF : 0);
    writer_add(writer, 0, 10, &event, body);
    read_log(&reading, writer);
    const struct pktmon_event *seen = reading_get(&reading, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(seen->packet.caplen, ==, frame->len + 4);
    g_assert_cmpuint(reading_nbl(seen, PKTMON_FIELD_NBL_SOURCE_PORT), ==, 3);
    g_assert_cmpuint(reading_nbl(seen, PKTMON_FIELD_NBL_VLAN), ==, 42);
    g_assert_cmpuint(reading_nbl(seen, PKTMON_FIELD_NBL_HASH), ==, 0xBEEF);
    g_assert_cmpstr(pktmon_registry_find(reading.registry, seen->component)->name, ==, "vm1");
    reading_close(&reading);
}

static void test_wan(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) frame = udp_frame(1, "tunnel");
    for (uint16_t id = 5001; id <= 5002; id++) {
        const struct writer_event event = {.guid = writer_wan_guid, .id = id};
        g_autoptr(GByteArray) body = g_byte_array_new();
        put_wide(body, "domain");
        put_wide(body, "user");
        put_u32(body, frame->len);
        put_bytes(body, frame->data, frame->len);
        writer_add(writer, 0, id, &event, body);
    }
    read_log(&reading, writer);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, 2);
    const struct pktmon_packet *sent = &reading_get(&reading, PKTMON_RECORD_PACKET, 0)->packet;
    g_assert_cmpuint(sent->direction, ==, PKTMON_DIRECTION_TX);
    g_assert_cmpmem(sent->data, sent->caplen, frame->data, frame->len);
    reading_close(&reading);
}

/* A TraceLogging event describes itself; a WPP message is readable only with its maker's symbols.
 */
static void test_other_providers(void)
{
    static const uint8_t guid[16] = {1, 2, 3, 4};
    static const uint8_t schema[] = "\x14\0\0Hello\0count\0\x08who\0\x01";
    static const uint8_t traits[] = "\x0b\0My.Source";
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) extended = g_byte_array_new(), body = g_byte_array_new();
    writer_extended(extended, 0x0B, schema, sizeof(schema) - 1, true);
    writer_extended(extended, 0x0C, traits, sizeof(traits), false);
    put_u32(body, 3);
    put_wide(body, "w\303\266rld");
    const struct writer_event event = {.guid = guid, .level = 3, .extended = extended};
    writer_add(writer, 0, 10, &event, body);
    writer_add_message(writer, 1, 20, guid, 17, body);
    read_log(&reading, writer);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_EVENT), ==, 2);
    const struct pktmon_event *first = reading_get(&reading, PKTMON_RECORD_EVENT, 0);
    g_assert_cmpstr(first->notice.provider, ==, "My.Source");
    g_assert_cmpstr(first->notice.message, ==, "Hello: count=3, who=w\303\266rld");
    g_assert_cmpuint(first->notice.level, ==, 3);
    g_assert_cmpuint(first->time, ==, WRITER_START_NS + 1000);
    const struct pktmon_event *second = reading_get(&reading, PKTMON_RECORD_EVENT, 1);
    g_assert_cmpuint(second->notice.id, ==, 17);
    g_assert_cmpuint(second->time, ==, WRITER_START_NS + 2000);
    reading_close(&reading);
}

/* Characters that a terminal obeys, or that change the direction of text, reach no reader. */
static void test_direction_marks(void)
{
    static const char hostile[] = "a\u202Eb\u202Ac\u2066d\u2069e\u200Ff\u200Eg"
                                  "h\x1bi\x7fj\xc2\x85k\u2028l";
    static const uint8_t guid[16] = {1, 2, 3, 4};
    static const uint8_t schema[] = "\x0e\0\0Hello\0who\0\x01";
    static const uint8_t traits[] = "\x08\0M\xe2\x80\xaey";
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    struct reading reading;
    g_autoptr(GByteArray) extended = g_byte_array_new(), body = g_byte_array_new();

    writer_extended(extended, 0x0B, schema, sizeof(schema) - 1, true);
    writer_extended(extended, 0x0C, traits, sizeof(traits), false);
    put_wide(body, hostile);
    const struct writer_event event = {.guid = guid, .level = 3, .extended = extended};
    writer_add(writer, 0, 10, &event, body);
    read_log(&reading, writer);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_EVENT), ==, 1);
    const struct pktmon_event *first = reading_get(&reading, PKTMON_RECORD_EVENT, 0);
    g_assert_cmpstr(first->notice.provider, ==, "M y");
    g_assert_cmpstr(first->notice.message, ==, "Hello: who=a b c d e f gh i j k l");
    reading_close(&reading);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/events/drop", test_drop);
    g_test_add_func("/etl/events/reason-by-build", test_reason_by_build);
    g_test_add_func("/etl/events/embedded-map", test_embedded_map);
    g_test_add_func("/etl/events/payload-without-header", test_payload_without_header);
    g_test_add_func("/etl/events/parsed-alone", test_parsed_alone);
    g_test_add_func("/etl/events/nbl", test_nbl);
    g_test_add_func("/etl/events/nbl-alone", test_nbl_alone);
    g_test_add_func("/etl/events/context", test_context);
    g_test_add_func("/etl/events/wifi", test_wifi);
    g_test_add_func("/etl/events/null-function", test_null_function);
    g_test_add_func("/etl/events/components", test_components);
    g_test_add_func("/etl/events/no-rundown", test_no_rundown);
    g_test_add_func("/etl/events/short", test_short);
    g_test_add_func("/etl/events/netsh", test_netsh);
    g_test_add_func("/etl/events/switch", test_switch);
    g_test_add_func("/etl/events/wan", test_wan);
    g_test_add_func("/etl/events/other-providers", test_other_providers);
    g_test_add_func("/etl/events/direction-marks", test_direction_marks);
    return g_test_run();
}
