/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fixture.h"

#define RAW_IP      101
#define OPTION_NAME 2

/* A component's description and interface block come before its first packet, once. */
static void test_order_frames(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});

    put(&fixture, packet_event(START + 1, 2));
    put(&fixture, packet_event(START + 2, 1));
    put(&fixture, packet_event(START + 3, 2));
    finish(&fixture, START + 4);
    assert_outline(&fixture, "SIEACIPCIPPTTT");

    struct block interface = find_block(&fixture, INTERFACE, 0, 0);
    struct block component = find_block(&fixture, PACKET, PKTMON_RECORD_COMPONENT, 0);

    assert_option_text(interface.body + 8, interface.body_size - 8, OPTION_NAME, "@pktmon");
    interface = find_block(&fixture, INTERFACE, 0, 1);
    assert_option_text(interface.body + 8, interface.body_size - 8, OPTION_NAME, "br0");
    assert_line(&component, "component 2 br0 (veth) MAC 00:00:00:00:00:02: a device");
    g_assert_cmpuint(find_packet(&fixture, 0).interface, ==, 1);
    g_assert_cmpuint(find_packet(&fixture, 1).interface, ==, 2);
    g_assert_cmpuint(find_packet(&fixture, 2).interface, ==, 1);
    clear(&fixture);
}

/* Custom Blocks carry descriptions; counters and events have a time, and are still frames. */
static void test_order_blocks(void)
{
    struct fixture fixture =
        begin((struct pcapng_writer_options){.carrier = PKTMON_CARRIER_BLOCKS});
    g_autoptr(GError) error = NULL;

    put(&fixture,
        (struct pktmon_event){.record = PKTMON_RECORD_FILTER, .filter = {.id = 1, .text = "icmp"}});
    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, (struct pktmon_event){.record = PKTMON_RECORD_COUNTERS,
                                        .time = START + 2,
                                        .component = 2,
                                        .counters = {.edge = 2, .has_flow = true}});
    put(&fixture, (struct pktmon_event){.record = PKTMON_RECORD_EVENT,
                                        .time = START + 3,
                                        .notice = {.provider = "p", .message = "m"}});
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 4, &error));
    finish(&fixture, START + 5);
    assert_outline(&fixture, "SIEafcIPcNEaccfTT");
    clear(&fixture);
}

/* A reader of the growing file finds a header before anything is known of the capture. */
static void test_header_at_once(void)
{
    struct fixture fixture = fixture_on(memfd_create("capture", MFD_CLOEXEC),
                                        (struct pcapng_writer_options){.live = true});
    g_autoptr(GError) error = NULL;

    g_assert_true(pcapng_writer_open(fixture.writer, &error));
    g_assert_cmpuint(lseek(fixture.fd, 0, SEEK_END), ==, pcapng_writer_size(fixture.writer));
    g_assert_cmpuint(pcapng_writer_written(fixture.writer), >, 0);
    g_assert_true(pcapng_writer_begin(fixture.writer, START, &error));
    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 2);
    assert_outline(&fixture, "SIEACIPTT");
    clear(&fixture);
}

/* Components without records take no room from the packets of others. */
static void test_silent_components_are_not_repeated(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autoptr(GError) error = NULL;

    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, packet_event(START + 2, 2));
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 3, &error));
    put(&fixture, packet_event(START + 4, 2));
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 5, &error));
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 6, &error));
    finish(&fixture, START + 7);
    assert_outline(&fixture, "SIEACIPCIPACCPACATTT");
    clear(&fixture);
}

static void test_link_types(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = false});
    struct pktmon_event raw = packet_event(START + 1, 1);
    struct block interface;

    raw.packet.link_type = RAW_IP;
    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, raw);
    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 2);
    assert_outline(&fixture, "SIEACIPIPPTTT");
    interface = find_block(&fixture, INTERFACE, 0, 2);
    g_assert_cmpuint(interface.body[0], ==, RAW_IP);
    g_assert_cmpuint(find_packet(&fixture, 1).interface, ==, 2);
    g_assert_cmpuint(find_packet(&fixture, 2).interface, ==, 1);
    clear(&fixture);
}

/* A live capture has one link type. */
static void test_live_link_type(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_event raw = packet_event(START + 1, 1);
    g_autoptr(GError) error = NULL;

    raw.packet.link_type = RAW_IP;
    g_assert_false(pcapng_writer_write(fixture.writer, &raw, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED);
    finish(&fixture, START + 2);
    assert_outline(&fixture, "SIEAT");
    clear(&fixture);
}

static void test_changed_component(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_event changed = {.record = PKTMON_RECORD_COMPONENT, .component = 1};
    g_autofree char *value = NULL;
    struct block block;

    put(&fixture, packet_event(START + 1, 1));
    pktmon_component_set_property(pktmon_registry_get(fixture.registry, 1), "ifindex", "77");
    changed.time = START + 2;
    put(&fixture, changed);
    put(&fixture, packet_event(START + 3, 1));
    finish(&fixture, START + 4);
    assert_outline(&fixture, "SIEACIPCPTT");
    block = find_block(&fixture, PACKET, PKTMON_RECORD_COMPONENT, 1);
    g_assert_cmpuint(block_packet(&block).time, ==, START + 2);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_CAPTURE_ID), ==,
                     CAPTURE_ID);
    value = metadata_text(block_metadata(&block), PKTMON_FIELD_PROPERTY_VALUE);
    g_assert_cmpstr(value, ==, "00:00:00:00:00:01"); /* of MAC, which comes first */
    clear(&fixture);
}

/* An interface block cannot be changed: a renamed component gets another one. */
static void test_renamed_component(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_component *component = pktmon_registry_get(fixture.registry, 1);
    const struct pktmon_event changed = {
        .record = PKTMON_RECORD_COMPONENT, .time = START + 2, .component = 1};
    struct block interface;

    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, packet_event(START + 1, 2));
    component->speed = 1000;
    put(&fixture, changed);
    put(&fixture, packet_event(START + 2, 1));
    pktmon_component_set(&component->name, "wan0");
    put(&fixture, changed);
    put(&fixture, packet_event(START + 3, 1));
    put(&fixture, packet_event(START + 4, 2));
    finish(&fixture, START + 5);
    assert_outline(&fixture, "SIEACIPCIPCPCIPPTTTT");
    interface = find_block(&fixture, INTERFACE, 0, 3);
    assert_option_text(interface.body + 8, interface.body_size - 8, OPTION_NAME, "wan0");
    g_assert_cmpuint(find_packet(&fixture, 2).interface, ==, 1);
    g_assert_cmpuint(find_packet(&fixture, 3).interface, ==, 3);
    g_assert_cmpuint(find_packet(&fixture, 4).interface, ==, 2);
    clear(&fixture);
}

/* A component that the registry does not know is named by its number. */
static void test_unknown_component(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct block interface;

    put(&fixture, packet_event(START + 1, 9));
    finish(&fixture, START + 2);
    assert_outline(&fixture, "SIEAIPTT");
    interface = find_block(&fixture, INTERFACE, 0, 1);
    assert_option_text(interface.body + 8, interface.body_size - 8, OPTION_NAME, "component 9");
    clear(&fixture);
}

/* The fields that every packet has, and no field without a value. */
static void test_packet_fields(void)
{
    static const uint8_t expected[] = {
        'P', 'K', 'M', 'N', 1,    1,    0,    0,                            /* */
        1,   0,   8,   0,   0x01, 0x00, 0xfe, 0xca, 0xce, 0xfa, 0xed, 0xfe, /* CAPTURE_ID */
        2,   0,   4,   0,   1,    0,    0,    0,                            /* COMPONENT */
        9,   0,   2,   0,   2,    0,                                        /* EDGE */
        10,  0,   5,   0,   'L',  'o',  'w',  'e',  'r',                    /* EDGE_NAME */
        11,  0,   2,   0,   3,    0,                                        /* DIRECTION */
        12,  0,   8,   0,   0x89, 0x67, 0x45, 0x23, 0x01, 0,    0,    0,    /* GROUP */
        14,  0,   4,   0,   1,    0,    0,    0,                            /* APPEARANCE */
    };
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct packet packet;
    size_t length = 0;
    const uint8_t *value;

    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 2);
    packet = find_packet(&fixture, 0);
    g_assert_cmpuint(packet.time, ==, START + 1);
    g_assert_cmpmem(packet.data, packet.caplen, packet_event(0, 1).packet.data, FRAME_SIZE);
    value = option_find(packet.options, packet.options_size, PKTMON_OPTION_CODE, &length);
    g_assert_cmpmem(value + 4, length - 4, expected, sizeof(expected));
    g_assert_cmpuint(option_number(&packet, 5), ==, 0x123456789);
    g_assert_cmpuint(option_number(&packet, 2), ==, 1);
    g_assert_false(has_option(&packet, 1)); /* comment */
    g_assert_false(has_option(&packet, 4)); /* dropcount */
    g_assert_false(has_option(&packet, 6)); /* queue */
    g_assert_false(has_option(&packet, 7)); /* verdict, which Wireshark 4.0 corrupts */
    clear(&fixture);
}

/* The direction of each packet; 0: it has none. */
static void check_flags(struct fixture *fixture, const uint8_t *flags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct packet packet = find_packet(fixture, i);

        g_assert_true(has_option(&packet, 2) == (flags[i] != 0));
        if (flags[i] != 0)
            g_assert_cmpuint(option_number(&packet, 2), ==, flags[i]);
    }
}

static void test_directions(void)
{
    static const uint8_t flags[] = {0, 1, 2, 1, 2, 1, 2, 0};
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});

    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        struct pktmon_event event = packet_event(START + i, 1);

        event.packet.direction = i;
        put(&fixture, event);
    }
    finish(&fixture, START + 9);
    check_flags(&fixture, flags, G_N_ELEMENTS(flags));
    clear(&fixture);
}

/* At a hook, In does not mean inbound for a packet that is sent. */
static void test_traffic(void)
{
    static const uint8_t flags[] = {1, 1, 2, 0};
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});

    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        struct pktmon_event event = packet_event(START + i, 1);

        event.packet.direction = PKTMON_DIRECTION_IN;
        event.packet.traffic = i;
        put(&fixture, event);
    }
    finish(&fixture, START + 9);
    check_flags(&fixture, flags, G_N_ELEMENTS(flags));
    clear(&fixture);
}

static void test_drop(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_event event = packet_event(START + 1, 1);
    struct packet packet;

    event.packet.dropped = true;
    event.packet.drop_reason = "NETFILTER_DROP";
    event.packet.drop_code = 8;
    event.packet.drop_location = "nft_do_chain+0x3e8";
    event.packet.queue = 0;
    event.packet.lost = 12;
    put(&fixture, event);
    event.packet.drop_reason = NULL;
    event.packet.drop_location = NULL;
    put(&fixture, event);
    finish(&fixture, START + 2);

    packet = find_packet(&fixture, 0);
    assert_option_text(packet.options, packet.options_size, 1,
                       "Dropped by eth0: NETFILTER_DROP at nft_do_chain+0x3e8");
    g_assert_cmpuint(option_number(&packet, 4), ==, 12);
    g_assert_cmpuint(option_number(&packet, 6), ==, 0);
    packet = find_packet(&fixture, 1);
    assert_option_text(packet.options, packet.options_size, 1, "Dropped by eth0: reason 8");
    clear(&fixture);
}

static bool is_truncated(const struct fixture *fixture, guint n)
{
    struct block block = find_block(fixture, PACKET, PKTMON_RECORD_PACKET, n);
    struct pktmon_metadata_field field;

    return metadata_find(block_metadata(&block), PKTMON_FIELD_TRUNCATED, &field) &&
           field.number == 1;
}

/* No block is longer than dumpcap accepts, whatever its content. */
static void test_block_size(void)
{
    static const uint32_t sizes[] = {261000, 262000, 262144, 300 * 1024, 16 * 1024 * 1024};
    g_autofree uint8_t *data = g_malloc0(sizes[4]);
    g_autofree char *text = g_strnfill(65000, 'x');
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});

    for (size_t i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
        struct pktmon_event event = packet_event(START + i, 1);

        event.packet.data = data;
        event.packet.caplen = event.packet.origlen = sizes[i / 2];
        event.packet.cgroup = i % 2 ? text : NULL;
        put(&fixture, event);
    }
    finish(&fixture, START + 99);
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
        struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, i);
        struct packet packet = block_packet(&block);

        g_assert_cmpuint(block.length, <=, PKTMON_MAX_BLOCK_SIZE);
        g_assert_cmpuint(packet.origlen, ==, sizes[i / 2]);
        g_assert_true(is_truncated(&fixture, i) == (packet.caplen < packet.origlen));
        if (packet.caplen < packet.origlen) /* and no shorter than necessary */
            g_assert_cmpuint(block.length, >, PKTMON_MAX_BLOCK_SIZE - 16);
    }
    g_assert_false(is_truncated(&fixture, 0));
    g_assert_true(is_truncated(&fixture, 1));
    g_assert_true(is_truncated(&fixture, 4));
    clear(&fixture);
}

/* TRUNCATED is present even if the record has room for nothing more. */
static void test_full_record(void)
{
    g_autofree char *text = g_strnfill(70000, 'x');
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});

    for (guint i = 0; i < 32; i++) {
        struct pktmon_event event = packet_event(START + i, 1);

        event.packet.cgroup = text + 70000 - 65450 - i;
        event.packet.origlen = 61;
        put(&fixture, event);
    }
    finish(&fixture, START + 99);
    for (guint i = 0; i < 32; i++)
        g_assert_true(is_truncated(&fixture, i));
    clear(&fixture);
}

static void test_snaplen(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true, .snaplen = 20});
    struct block interface;

    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 2);
    interface = find_block(&fixture, INTERFACE, 0, 0);
    g_assert_cmpuint(interface.body[4], ==, 20);
    interface = find_block(&fixture, INTERFACE, 0, 1);
    g_assert_cmpuint(interface.body[4], ==, 20);
    g_assert_cmpuint(find_packet(&fixture, 0).caplen, ==, 20);
    g_assert_cmpuint(find_packet(&fixture, 0).origlen, ==, 60);
    g_assert_true(is_truncated(&fixture, 0));

    struct block capture = find_block(&fixture, PACKET, PKTMON_RECORD_CAPTURE, 0);

    g_assert_cmpuint(block_packet(&capture).caplen, ==, 20);
    clear(&fixture);
}

/* An overlong description keeps its properties in pairs. */
static void test_large_component(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_component *component = pktmon_registry_get(fixture.registry, 1);
    g_autofree char *value = g_strnfill(20000, 'v');
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;
    guint names = 0, values = 0;
    struct block block;

    for (guint i = 0; i < 10; i++) {
        g_autofree char *name = g_strdup_printf("property %u", i);

        pktmon_component_set_property(component, name, i == 8 ? "short" : value);
    }
    pktmon_component_set(&component->description, "line\nbreak \xc3\xa9");
    put(&fixture, packet_event(START + 1, 1));
    finish(&fixture, START + 2);
    block = find_block(&fixture, PACKET, PKTMON_RECORD_COMPONENT, 0);
    g_assert_cmpuint(block.length, <=, PKTMON_MAX_BLOCK_SIZE);
    assert_line(&block, "component 1 eth0 (veth) MAC 00:00:00:00:00:01: line?break ??");
    reader = block_metadata(&block);
    while (pktmon_metadata_next(&reader, &field)) {
        names += field.type == PKTMON_FIELD_PROPERTY_NAME;
        values += field.type == PKTMON_FIELD_PROPERTY_VALUE;
        g_assert_cmpuint(names - values, <=, 1);
    }
    g_assert_false(reader.malformed);
    g_assert_cmpuint(names, ==, 6); /* MAC, ifindex, three long ones, the short one */
    g_assert_cmpuint(values, ==, 6);
    clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng-writer/order-frames", test_order_frames);
    g_test_add_func("/pcapng-writer/order-blocks", test_order_blocks);
    g_test_add_func("/pcapng-writer/header-at-once", test_header_at_once);
    g_test_add_func("/pcapng-writer/silent-components-are-not-repeated",
                    test_silent_components_are_not_repeated);
    g_test_add_func("/pcapng-writer/link-types", test_link_types);
    g_test_add_func("/pcapng-writer/live-link-type", test_live_link_type);
    g_test_add_func("/pcapng-writer/changed-component", test_changed_component);
    g_test_add_func("/pcapng-writer/renamed-component", test_renamed_component);
    g_test_add_func("/pcapng-writer/unknown-component", test_unknown_component);
    g_test_add_func("/pcapng-writer/packet-fields", test_packet_fields);
    g_test_add_func("/pcapng-writer/directions", test_directions);
    g_test_add_func("/pcapng-writer/traffic", test_traffic);
    g_test_add_func("/pcapng-writer/drop", test_drop);
    g_test_add_func("/pcapng-writer/block-size", test_block_size);
    g_test_add_func("/pcapng-writer/full-record", test_full_record);
    g_test_add_func("/pcapng-writer/snaplen", test_snaplen);
    g_test_add_func("/pcapng-writer/large-component", test_large_component);
    return g_test_run();
}
