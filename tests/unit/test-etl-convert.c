/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of a conversion: the order of the blocks, and classic pcap. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "events.h"
#include "etl-reader/events/link.h"
#include "reading.h"

#define FLOW          160
#define DROP          170
#define COMPONENT     20
#define PROPERTY      30
#define FLOW_COUNTERS 90
#define REGISTERED    270
#define NIC           7
#define IP            8
#define RADIO         9
#define STRANGER      11 /* a component without a description */
#define NDIS          (ETL_COMPONENT_NDIS + 12)

static struct packet_body at(uint16_t component, uint16_t type, const GByteArray *frame)
{
    static uint64_t group;
    struct packet_body body = packet_body_of(++group, frame);

    body.type = type;
    body.component = component;
    return body;
}

static void add_packet(struct writer *writer, int64_t ticks, uint16_t event, uint16_t component,
                       uint16_t type, const GByteArray *frame)
{
    const struct packet_body body = at(component, type, frame);
    add_pktmon(writer, 0, ticks, event, body_packet(&body));
}

static void add_netsh(struct writer *writer, int64_t ticks, const GByteArray *frame)
{
    const struct writer_event event = {
        .guid = writer_ndis_guid, .id = 1001, .keyword = UINT64_C(0x2C0000001)};
    g_autoptr(GByteArray) body = g_byte_array_new();
    put_u32(body, 12);
    put_u32(body, 12);
    put_u32(body, frame->len);
    put_bytes(body, frame->data, frame->len);
    writer_add(writer, 0, ticks, &event, body);
}

/* Three link types, at components of all kinds, one of which is renamed during the capture. */
static GByteArray *mixed_log(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    g_autoptr(GByteArray) cable = udp_frame(1, "cable"), air = wifi_frame(2, "air", false);
    GByteArray bare = {.data = cable->data + 14, .len = cable->len - 14};
    add_packet(writer, 10, FLOW, NIC, 1, cable);
    add_pktmon(writer, 0, 15, REGISTERED, body_component(NIC, 2, "between.sys", "A NIC"));
    add_packet(writer, 20, FLOW, NIC, 1, cable);
    add_packet(writer, 30, FLOW, RADIO, 2, cable);
    add_packet(writer, 40, FLOW, RADIO, 2, air);
    add_packet(writer, 50, DROP, IP, 3, &bare);
    add_netsh(writer, 60, cable);
    add_packet(writer, 70, FLOW, STRANGER, 1, cable);
    add_packet(writer, 80, FLOW, NIC, 1, cable);
    add_pktmon(writer, 0, 90, COMPONENT, body_component(NIC, 2, "nic.sys", "A NIC"));
    add_pktmon(writer, 0, 90, COMPONENT, body_component(IP, 11, "tcpip.sys", "TCP/IPv4"));
    add_pktmon(writer, 0, 90, COMPONENT, body_component(RADIO, 3, "wfp.sys", "Native MAC"));
    return writer_finish(writer);
}

/* A component that alternates between two names. */
static GByteArray *renamed_log(void)
{
    static const char *const names[] = {"one.sys", "other.sys", "one.sys", "other.sys"};
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    g_autoptr(GByteArray) cable = udp_frame(1, "cable");
    int64_t ticks = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        add_pktmon(writer, 0, ticks += 10, REGISTERED, body_component(NIC, 2, names[i], "A NIC"));
        add_packet(writer, ticks += 10, FLOW, NIC, 1, cable);
    }
    add_pktmon(writer, 0, ticks + 10, COMPONENT, body_component(NIC, 2, "one.sys", "A NIC"));
    return writer_finish(writer);
}

struct converted {
    char *data;
    gsize size;
    struct etl_report report;
    GError *error;
};

static void keep_report(void *user, const struct provider *provider)
{
    ((struct converted *)user)->report = *etl_provider_report(provider);
}

/* Converts the log; returns the output without its descriptor. */
static struct converted convert_log(const GByteArray *log, const struct etl_conversion *wanted)
{
    struct converted converted = {0};
    struct etl_conversion conversion = *wanted;
    g_autofree char *folder = g_dir_make_tmp("etl-test-XXXXXX", NULL);
    g_autofree char *in = g_build_filename(folder, "log.etl", NULL);
    g_autofree char *out = g_build_filename(folder, "out", NULL);
    const char *const paths[] = {in, NULL};
    g_assert_true(g_file_set_contents(in, (const char *)log->data, log->len, NULL));
    conversion.fd = g_creat(out, 0600);
    conversion.user = &converted;
    etl_convert(paths, &conversion, keep_report, &converted.error);
    close(conversion.fd);
    g_assert_true(g_file_get_contents(out, &converted.data, &converted.size, NULL));
    g_unlink(in);
    g_unlink(out);
    g_rmdir(folder);
    return converted;
}

static struct converted convert(const struct etl_conversion *wanted)
{
    g_autoptr(GByteArray) log = mixed_log();
    return convert_log(log, wanted);
}

static void converted_clear(struct converted *converted)
{
    g_free(converted->data);
    g_clear_error(&converted->error);
}

static struct etl_conversion everything(void)
{
    struct etl_conversion conversion = {.view = PKTMON_VIEW_APPEARANCES,
                                        .carrier = PKTMON_CARRIER_BLOCKS};
    etl_options_init(&conversion.events);
    return conversion;
}

/* The names and link types of the interfaces, all of which come before the first packet. */
static char *interfaces_of(const struct converted *converted)
{
    GString *names = g_string_new(NULL);
    struct block block;
    size_t offset = 0;
    bool begun = false;
    while (block_next((const uint8_t *)converted->data, converted->size, &offset, &block)) {
        begun |= block.type == PACKET || block.type == CUSTOM;
        if (block.type != INTERFACE)
            continue;
        g_assert_false(begun);
        size_t length;
        const uint8_t *name = option_find(block.body + 8, block.body_size - 8, 2, &length);
        g_string_append_printf(names, "%.*s/%u ", (int)length, (const char *)name,
                               block.body[0] | block.body[1] << 8);
    }
    return g_string_free(names, FALSE);
}

static void expect_interfaces(const struct etl_conversion *conversion, const char *wanted)
{
    struct converted converted = convert(conversion);
    g_assert_no_error(converted.error);
    g_autofree char *names = interfaces_of(&converted);
    g_assert_cmpstr(names, ==, wanted);
    converted_clear(&converted);
}

static void test_interfaces_first(void)
{
    static const enum pktmon_carrier carriers[] = {PKTMON_CARRIER_BLOCKS, PKTMON_CARRIER_FRAMES};
    for (size_t i = 0; i < G_N_ELEMENTS(carriers); i++) {
        struct etl_conversion conversion = everything();
        conversion.carrier = carriers[i];
        expect_interfaces(&conversion,
                          "@pktmon/1 between.sys/1 nic.sys/1 tcpip.sys/101 wfp.sys/1 wfp.sys/105 "
                          "component 11/1 interface 12/1 ");
    }
}

/* In the packets view, a packet that began without an Ethernet header has an Ethernet frame, if it
 * had that header later. */
static void test_lent_interfaces(void)
{
    struct etl_conversion conversion = everything();
    conversion.view = 0; /* the default */
    expect_interfaces(&conversion,
                      "@pktmon/1 between.sys/1 nic.sys/1 tcpip.sys/101 wfp.sys/1 wfp.sys/105 "
                      "component 11/1 interface 12/1 tcpip.sys/1 ");
    conversion.events.component = IP;
    expect_interfaces(&conversion, "tcpip.sys/101 ");
}

/* A component that is not selected has no interface. */
static void test_wanted_interfaces(void)
{
    struct etl_conversion conversion = everything();
    conversion.events.flow = false;
    expect_interfaces(&conversion, "@pktmon/1 tcpip.sys/101 ");
    conversion = everything();
    conversion.events.component = RADIO;
    expect_interfaces(&conversion, "@pktmon/1 wfp.sys/1 wfp.sys/105 ");
    conversion.events.component = NDIS;
    expect_interfaces(&conversion, "@pktmon/1 interface 12/1 ");
    /* tcpdump reads one link type only. */
    conversion.events.component = IP;
    expect_interfaces(&conversion, "tcpip.sys/101 ");
}

/* The numbers of the interfaces that the NIC's packets are on. */
static char *interfaces_of_nic(const struct converted *converted)
{
    GString *numbers = g_string_new(NULL);
    struct block block;
    size_t offset = 0;
    while (block_next((const uint8_t *)converted->data, converted->size, &offset, &block)) {
        struct pktmon_metadata_field field;
        if (block.type == PACKET &&
            metadata_find(block_metadata(&block), PKTMON_FIELD_GROUP, &field) &&
            metadata_number(block_metadata(&block), PKTMON_FIELD_COMPONENT) == NIC)
            g_string_append_printf(numbers, "%u ", block_packet(&block).interface);
    }
    return g_string_free(numbers, FALSE);
}

/* The packets of a renamed component are on the interface with its name at the time. */
static void test_renamed(void)
{
    const struct etl_conversion conversion = everything();
    struct converted converted = convert(&conversion);
    g_autofree char *numbers = interfaces_of_nic(&converted);
    g_assert_cmpstr(numbers, ==, "2 1 1 ");
    converted_clear(&converted);
}

/* A name that returns uses its earlier interface. */
static void test_renamed_in_turn(void)
{
    const struct etl_conversion conversion = everything();
    g_autoptr(GByteArray) log = renamed_log();
    struct converted converted = convert_log(log, &conversion);
    g_autofree char *names = interfaces_of(&converted);
    g_autofree char *numbers = interfaces_of_nic(&converted);
    g_assert_no_error(converted.error);
    g_assert_cmpstr(names, ==, "@pktmon/1 one.sys/1 other.sys/1 ");
    g_assert_cmpstr(numbers, ==, "1 2 1 2 ");
    converted_clear(&converted);
}

/* Descriptions requested as frames, which are Ethernet, are not turned into blocks. */
static void test_one_other_link_type(void)
{
    struct etl_conversion conversion = everything();
    conversion.events.component = IP;
    conversion.carrier = PKTMON_CARRIER_FRAMES;
    conversion.carrier_given = true;
    struct converted converted = convert(&conversion);
    struct block block;
    size_t offset = 0, packets = 0;
    while (block_next((const uint8_t *)converted.data, converted.size, &offset, &block)) {
        g_assert_cmpuint(block.type, !=, CUSTOM);
        packets += block.type == PACKET;
    }
    g_assert_cmpuint(packets, ==, 1);
    converted_clear(&converted);
}

/* Two protocols on one adapter and one on another, with a reading of counters each. */
static GByteArray *bound_log(void)
{
    const struct writer_options options = {0};
    struct writer *writer = writer_new(&options);
    g_autoptr(GByteArray) cable = udp_frame(1, "cable");
    GByteArray bare = {.data = cable->data + 14, .len = cable->len - 14};
    add_packet(writer, 10, FLOW, NIC, 1, cable);
    add_packet(writer, 20, FLOW, IP, 3, &bare);
    for (uint16_t id = NIC; id <= STRANGER; id++) {
        bool is_adapter = id == NIC || id == STRANGER;
        add_pktmon(writer, 0, 90, COMPONENT, body_component(id, is_adapter ? 2 : 4, "a.sys", "A"));
        add_pktmon(writer, 0, 90, PROPERTY,
                   body_property(id, is_adapter ? 1 : 2, id < STRANGER ? 5 : 6, 4));
        add_pktmon(writer, 0, 95, FLOW_COUNTERS, body_flow(id, "Upper", 1, 100));
    }
    return writer_finish(writer);
}

/* The components that are described in frames. */
static char *described_in(const struct converted *converted)
{
    GString *ids = g_string_new(NULL);
    struct block block;
    size_t offset = 0;
    while (block_next((const uint8_t *)converted->data, converted->size, &offset, &block)) {
        struct pktmon_metadata_field field;
        if (block.type == PACKET &&
            metadata_find(block_metadata(&block), PKTMON_FIELD_COMPONENT_TYPE, &field))
            g_string_append_printf(
                ids, "%u ",
                (unsigned)metadata_number(block_metadata(&block), PKTMON_FIELD_COMPONENT));
    }
    return g_string_free(ids, FALSE);
}

/* The output of one component has its own description, those of the components it is bound to, and
 * its counters; the report counts what was written. */
static void expect_alone(uint32_t component, const char *described, uint64_t counters)
{
    struct etl_conversion conversion = everything();
    g_autoptr(GByteArray) log = bound_log();
    conversion.events.component = component;
    conversion.carrier = PKTMON_CARRIER_FRAMES;
    conversion.carrier_given = true;
    struct converted converted = convert_log(log, &conversion);
    g_assert_no_error(converted.error);
    g_autofree char *ids = described_in(&converted);
    g_assert_cmpstr(ids, ==, described);
    g_assert_cmpuint(converted.report.packets, ==, component == 0 ? 2 : 1);
    g_assert_cmpuint(converted.report.counters, ==, counters);
    g_assert_cmpuint(converted.report.notices, ==, 0);
    converted_clear(&converted);
}

static void test_one_component(void)
{
    expect_alone(0, "7 8 9 10 11 ", 5);
    expect_alone(NIC, "7 ", 1);
    /* Its packets are not Ethernet, but these frames would be. */
    expect_alone(IP, "", 0);
}

/* Frames that are of no packet. */
static guint count_own(const struct converted *converted)
{
    struct block block;
    size_t offset = 0;
    guint count = 0;
    while (block_next((const uint8_t *)converted->data, converted->size, &offset, &block))
        count += block.type == PACKET && block_packet(&block).interface == 0;
    return count;
}

/* In the packets view all descriptions are one frame, and all counters of a reading. */
static void test_few_frames(void)
{
    struct etl_conversion conversion = everything();
    g_autoptr(GByteArray) log = bound_log();
    conversion.view = PKTMON_VIEW_PACKETS;
    conversion.carrier = PKTMON_CARRIER_FRAMES;
    struct converted converted = convert_log(log, &conversion);
    g_assert_no_error(converted.error);
    g_assert_cmpuint(converted.report.counters, ==, 5);
    g_assert_cmpuint(count_own(&converted), ==, 3); /* and the beginning */
    converted_clear(&converted);
}

static void test_absent_component(void)
{
    struct etl_conversion conversion = everything();
    conversion.events.component = 12;
    struct converted converted = convert(&conversion);
    g_assert_error(converted.error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(converted.error->message, "no component 12"));
    g_assert_cmpuint(converted.size, ==, 0);
    converted_clear(&converted);
}

/* Link type, number of packets, and number of records left out of a pcap file. */
static void expect_pcap(uint32_t component, uint16_t asked, uint32_t link_type, guint packets,
                        guint misfits)
{
    struct etl_conversion conversion = everything();
    conversion.pcap = true;
    conversion.events.component = component;
    conversion.events.link_type = asked;
    struct converted converted = convert(&conversion);
    uint32_t header[6];
    g_assert_no_error(converted.error);
    g_assert_cmpuint(converted.size, >=, sizeof(header));
    memcpy(header, converted.data, sizeof(header));
    g_assert_cmphex(header[0], ==, 0xA1B23C4D);
    g_assert_cmpuint(header[5], ==, link_type);
    guint found = 0;
    for (gsize at = sizeof(header); at < converted.size; found++) {
        uint32_t packet[4];
        g_assert_cmpuint(converted.size - at, >=, sizeof(packet));
        memcpy(packet, converted.data + at, sizeof(packet));
        g_assert_cmpuint(packet[0], ==, WRITER_START_NS / 1000000000);
        at += sizeof(packet) + packet[2];
        g_assert_cmpuint(at, <=, converted.size);
    }
    g_assert_cmpuint(found, ==, packets);
    g_assert_cmpuint(converted.report.packets, ==, packets);
    g_assert_cmpuint(converted.report.misfits, ==, misfits);
    converted_clear(&converted);
}

static void test_pcap(void)
{
    expect_pcap(0, 0, ETL_LINKTYPE_ETHERNET, 6, 2);
    expect_pcap(0, ETL_LINKTYPE_RAW, ETL_LINKTYPE_RAW, 1, 7);
    expect_pcap(RADIO, ETL_LINKTYPE_IEEE802_11, ETL_LINKTYPE_IEEE802_11, 1, 1);
    expect_pcap(IP, 0, ETL_LINKTYPE_RAW, 1, 0);
}

static void test_pcap_without_packets(void)
{
    struct etl_conversion conversion = everything();
    conversion.pcap = true;
    conversion.events.component = NIC;
    conversion.events.link_type = ETL_LINKTYPE_RAW;
    struct converted converted = convert(&conversion);
    g_assert_error(converted.error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    converted_clear(&converted);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/convert/interfaces-first", test_interfaces_first);
    g_test_add_func("/etl/convert/lent-interfaces", test_lent_interfaces);
    g_test_add_func("/etl/convert/wanted-interfaces", test_wanted_interfaces);
    g_test_add_func("/etl/convert/renamed", test_renamed);
    g_test_add_func("/etl/convert/renamed-in-turn", test_renamed_in_turn);
    g_test_add_func("/etl/convert/one-other-link-type", test_one_other_link_type);
    g_test_add_func("/etl/convert/one-component", test_one_component);
    g_test_add_func("/etl/convert/few-frames", test_few_frames);
    g_test_add_func("/etl/convert/absent-component", test_absent_component);
    g_test_add_func("/etl/convert/pcap", test_pcap);
    g_test_add_func("/etl/convert/pcap-without-packets", test_pcap_without_packets);
    return g_test_run();
}
