/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixture.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "veth.h"

static const uint8_t frame[FRAME_SIZE] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
                                          0,    0,    0,    0,    1,    8,    6};

static void describe(struct pktmon_registry *registry, uint32_t id, const char *name)
{
    struct pktmon_component *component = add_veth(registry, id, name);

    pktmon_component_set(&component->description, "a device");
    pktmon_component_set_property(component, "ifindex", "2");
    component->has_mac = true;
    component->mac[5] = id;
}

struct fixture fixture_on(int fd, struct pcapng_writer_options options)
{
    struct fixture fixture = {
        .registry = pktmon_registry_new(),
        .capture = pktmon_capture_info_new(),
        .fd = fd,
    };

    describe(fixture.registry, 1, "eth0");
    describe(fixture.registry, 2, "br0");
    fixture.capture->id = CAPTURE_ID;
    fixture.capture->host = g_strdup("myhost");
    options.fd = fd;
    fixture.writer = pcapng_writer_new(&options, fixture.registry, fixture.capture);
    return fixture;
}

struct fixture begin(struct pcapng_writer_options options)
{
    struct fixture fixture = fixture_on(memfd_create("capture", MFD_CLOEXEC), options);
    g_autoptr(GError) error = NULL;

    g_assert_true(pcapng_writer_begin(fixture.writer, START, &error));
    g_assert_no_error(error);
    return fixture;
}

void put(struct fixture *fixture, struct pktmon_event event)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(pcapng_writer_write(fixture->writer, &event, &error));
    g_assert_no_error(error);
}

void finish(struct fixture *fixture, uint64_t time)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(pcapng_writer_end(fixture->writer, time, &error));
    g_assert_no_error(error);
    fixture->size = lseek(fixture->fd, 0, SEEK_END);
    fixture->data = g_malloc(fixture->size);
    g_assert_cmpint(pread(fixture->fd, fixture->data, fixture->size, 0), ==, fixture->size);
}

void clear(struct fixture *fixture)
{
    pcapng_writer_free(fixture->writer);
    pktmon_capture_info_free(fixture->capture);
    pktmon_registry_free(fixture->registry);
    g_free(fixture->data);
    close(fixture->fd);
}

struct pktmon_event packet_event(uint64_t time, uint32_t component)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = time,
        .component = component,
        .packet =
            {
                .group = 0x123456789,
                .appearance = 1,
                .edge = PKTMON_EDGE_LOWER,
                .direction = PKTMON_DIRECTION_RX,
                .cpu = -1,
                .queue = -1,
                .link_type = ETHERNET,
                .data = frame,
                .caplen = sizeof(frame),
                .origlen = sizeof(frame),
            },
    };
}

struct block find_block(const struct fixture *fixture, uint32_t type, uint8_t record, guint n)
{
    struct block block;
    size_t offset = 0;

    while (block_next(fixture->data, fixture->size, &offset, &block)) {
        if (block.type != type || (record != 0 && block_metadata(&block).record != record))
            continue;
        if (n-- == 0)
            return block;
    }
    g_test_message("no block of type %u with record %u", type, record);
    g_test_fail();
    g_assert_not_reached();
}

struct packet find_packet(const struct fixture *fixture, guint n)
{
    struct block block = find_block(fixture, PACKET, PKTMON_RECORD_PACKET, n);

    return block_packet(&block);
}

static char *outline(const struct fixture *fixture)
{
    static const char records[] = "?PCNFAE?J";
    GString *text = g_string_new(NULL);
    struct block block;
    size_t offset = 0;

    while (block_next(fixture->data, fixture->size, &offset, &block)) {
        char letter = block.type == SECTION ? 'S' : block.type == INTERFACE ? 'I' : 'T';

        if (block.type == PACKET)
            letter = records[block_metadata(&block).record];
        else if (block.type == CUSTOM)
            letter = g_ascii_tolower(records[block_metadata(&block).record]);
        g_string_append_c(text, letter);
    }
    return g_string_free(text, FALSE);
}

void assert_outline(const struct fixture *fixture, const char *expected)
{
    g_autofree char *text = outline(fixture);

    g_assert_cmpstr(text, ==, expected);
}

void assert_option_text(const uint8_t *options, size_t size, uint16_t code, const char *expected)
{
    size_t length = 0;
    const uint8_t *value = option_find(options, size, code, &length);

    g_assert_nonnull(value);
    g_assert_cmpmem(value, length, expected, strlen(expected));
}

uint64_t option_number(const struct packet *packet, uint16_t code)
{
    size_t length = 0;
    const uint8_t *value = option_find(packet->options, packet->options_size, code, &length);
    uint64_t number = 0;

    g_assert_nonnull(value);
    memcpy(&number, value, length);
    return number;
}

bool has_option(const struct packet *packet, uint16_t code)
{
    size_t length;

    return option_find(packet->options, packet->options_size, code, &length) != NULL;
}

void assert_line(const struct block *block, const char *expected)
{
    struct packet packet = block_packet(block);

    g_assert_cmpuint(packet.interface, ==, 0);
    g_assert_cmpuint(packet.caplen, ==, MAX(60, 14 + strlen(expected)));
    g_assert_cmpmem(packet.data, 14, "\x02PKMN\x02\x02PKMN\x01\x88\xb5", 14);
    g_assert_cmpmem(packet.data + 14, strlen(expected), expected, strlen(expected));
    for (size_t i = 14 + strlen(expected); i < packet.caplen; i++)
        g_assert_cmpuint(packet.data[i], ==, 0);
}
