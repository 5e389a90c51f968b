/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pcapng reader: what the writer has written is read as it was, and any other bytes are told
 * in one sentence. */
#include <string.h>

#include "fixture.h"
#include "pcapng-reading.h"
#include "pcapng/pcapng-blocks.h"
#include "pcapng/pcapng-reader.h"
#include "pktmon/journey.h"

#define SECOND 1000000000ULL

/* --- events --- */

static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, 1, 2};

static const struct pktmon_nbl_value nbl_values[] = {
    {.field = PKTMON_FIELD_NBL_CHECKSUM, .number = 9},
    {.field = PKTMON_FIELD_NBL_SOURCE_NIC, .text = "nic"},
};
static const struct pktmon_nbl nbl = {nbl_values, G_N_ELEMENTS(nbl_values)};

/* Each member has a value of its own. */
static struct pktmon_event whole_packet(void)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = START + 1,
        .component = 2,
        .packet = {.group = 1ULL << 40,
                   .appearance = 2,
                   .copy = 3,
                   .copy_of = 4,
                   .packet_number = 0,
                   .has_packet_number = true,
                   .edge = PKTMON_EDGE_INPUT,
                   .edge_name = "input",
                   .direction = PKTMON_DIRECTION_IN,
                   .traffic = PKTMON_TRAFFIC_THROUGH,
                   .packet_type = PKTMON_PACKET_IP,
                   .filter_id = 7,
                   .has_filter_id = true,
                   .linked = PKTMON_LINKED_BY_CONTENT,
                   .end = PKTMON_END_CONSUMED,
                   .dropped = true,
                   .copy_released = true,
                   .drop_reason = "REASON",
                   .drop_code = 8,
                   .drop_location = "function+0x10",
                   .drop_location_code = 0xE0000009,
                   .cpu = 10,
                   .pid = 11,
                   .comm = "program",
                   .cgroup = "/group",
                   .netns = "blue",
                   .queue = 12,
                   .gso_size = 13,
                   .gso_segs = 14,
                   .l2_synthesised = true,
                   .lost = 15,
                   .incomplete = true,
                   .link_type = 101,
                   .data = bytes,
                   .caplen = sizeof(bytes),
                   .origlen = 100,
                   .nbl = &nbl},
    };
}

static void assert_packet(const struct pktmon_packet *read, const struct pktmon_packet *written)
{
    g_assert_cmpint((int64_t)read->group, ==, (int64_t)written->group);
    g_assert_cmpint((int64_t)read->appearance, ==, (int64_t)written->appearance);
    g_assert_cmpint((int64_t)read->copy, ==, (int64_t)written->copy);
    g_assert_cmpint((int64_t)read->copy_of, ==, (int64_t)written->copy_of);
    g_assert_cmpint((int64_t)read->packet_number, ==, (int64_t)written->packet_number);
    g_assert_cmpint((int64_t)read->has_packet_number, ==, (int64_t)written->has_packet_number);
    g_assert_cmpint((int64_t)read->edge, ==, (int64_t)written->edge);
    g_assert_cmpint((int64_t)read->direction, ==, (int64_t)written->direction);
    g_assert_cmpint((int64_t)read->traffic, ==, (int64_t)written->traffic);
    g_assert_cmpint((int64_t)read->packet_type, ==, (int64_t)written->packet_type);
    g_assert_cmpint((int64_t)read->filter_id, ==, (int64_t)written->filter_id);
    g_assert_cmpint((int64_t)read->has_filter_id, ==, (int64_t)written->has_filter_id);
    g_assert_cmpint((int64_t)read->linked, ==, (int64_t)written->linked);
    g_assert_cmpint((int64_t)read->end, ==, (int64_t)written->end);
    g_assert_cmpint((int64_t)read->dropped, ==, (int64_t)written->dropped);
    g_assert_cmpint((int64_t)read->copy_released, ==, (int64_t)written->copy_released);
    g_assert_cmpint((int64_t)read->drop_code, ==, (int64_t)written->drop_code);
    g_assert_cmpint((int64_t)read->drop_location_code, ==, (int64_t)written->drop_location_code);
    g_assert_cmpint((int64_t)read->cpu, ==, (int64_t)written->cpu);
    g_assert_cmpint((int64_t)read->pid, ==, (int64_t)written->pid);
    g_assert_cmpint((int64_t)read->queue, ==, (int64_t)written->queue);
    g_assert_cmpint((int64_t)read->gso_size, ==, (int64_t)written->gso_size);
    g_assert_cmpint((int64_t)read->gso_segs, ==, (int64_t)written->gso_segs);
    g_assert_cmpint((int64_t)read->l2_synthesised, ==, (int64_t)written->l2_synthesised);
    g_assert_cmpint((int64_t)read->lost, ==, (int64_t)written->lost);
    g_assert_cmpint((int64_t)read->incomplete, ==, (int64_t)written->incomplete);
    g_assert_cmpint((int64_t)read->link_type, ==, (int64_t)written->link_type);
    g_assert_cmpint((int64_t)read->origlen, ==, (int64_t)written->origlen);
    g_assert_cmpstr(read->edge_name, ==, written->edge_name);
    g_assert_cmpstr(read->drop_reason, ==, written->drop_reason);
    g_assert_cmpstr(read->drop_location, ==, written->drop_location);
    g_assert_cmpstr(read->comm, ==, written->comm);
    g_assert_cmpstr(read->cgroup, ==, written->cgroup);
    g_assert_cmpstr(read->netns, ==, written->netns);
    g_assert_cmpmem(read->data, read->caplen, written->data, written->caplen);
}

static void assert_same_packet(const struct pktmon_event *event, const struct pktmon_event *written)
{
    g_assert_cmpint(event->record, ==, PKTMON_RECORD_PACKET);
    g_assert_cmpuint(event->time, ==, written->time);
    g_assert_cmpuint(event->component, ==, written->component);
    assert_packet(&event->packet, &written->packet);
}

static void assert_nbl(const struct pktmon_nbl *read)
{
    g_assert_nonnull(read);
    g_assert_cmpuint(read->count, ==, nbl.count);
    g_assert_cmpuint(read->values[0].number, ==, 9);
    g_assert_cmpstr(read->values[1].text, ==, "nic");
}

static void test_packets(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});
    const struct pktmon_event whole = whole_packet(), plain = packet_event(START + 2, 1);

    put(&fixture, whole);
    put(&fixture, plain);
    finish(&fixture, START + 3);
    struct pcapng_reading reading = pcapng_reading_of(fixture.data, fixture.size);
    assert_same_packet(pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET), &whole);
    assert_nbl(reading.item.event->packet.nbl);
    g_assert_cmpstr(reading.item.name, ==, "br0");
    g_assert_cmpuint(reading.item.capture->info->id, ==, CAPTURE_ID);
    assert_same_packet(pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET), &plain);
    g_assert_null(reading.item.event->packet.nbl);
    pcapng_reading_assert_end(&reading);
    g_assert_cmpuint(pcapng_reader_counts(reading.reader).foreign_blocks, ==, 0);
    g_assert_cmpuint(pcapng_reader_counts(reading.reader).damaged_records, ==, 0);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

static const struct pktmon_event reading_of_drops = {
    .record = PKTMON_RECORD_COUNTERS,
    .time = START + 5,
    .component = 1,
    .counters = {.edge = PKTMON_EDGE_LOWER,
                 .has_flow = true,
                 .has_drops = true,
                 .packets_in = 1,
                 .bytes_in = 2,
                 .packets_out = 0,
                 .bytes_out = 4,
                 .taken_back = 5,
                 .taken_back_bytes = 6,
                 .drops_in = 7,
                 .drops_out = 8,
                 .drop_bytes_in = 9,
                 .drop_bytes_out = 0,
                 .drop_reason = "REASON",
                 .lost = 11},
};

static void assert_counters(const struct pktmon_event *event)
{
    const struct pktmon_counters *read = &event->counters;
    const struct pktmon_counters *written = &reading_of_drops.counters;

    g_assert_cmpuint(event->time, ==, reading_of_drops.time);
    g_assert_cmpuint(event->component, ==, 1);
    g_assert_null(read->edge_name); /* the usual one */
    g_assert_cmpstr(read->drop_reason, ==, written->drop_reason);
#define X(member) g_assert_cmpuint(read->member, ==, written->member);
    X(edge)
    X(has_flow)
    X(has_drops)
    X(packets_in)
    X(bytes_in)
    X(packets_out)
    X(bytes_out)
    X(taken_back)
    X(taken_back_bytes)
    X(drops_in)
    X(drops_out)
    X(drop_bytes_in)
    X(drop_bytes_out)
    X(lost)
#undef X
}

static void assert_notice(const struct pktmon_event *event)
{
    g_assert_cmpuint(event->component, ==, 2);
    g_assert_cmpuint(event->notice.group, ==, 77);
    g_assert_cmpuint(event->notice.id, ==, 78);
    g_assert_cmpuint(event->notice.level, ==, PKTMON_LEVEL_ERROR);
    g_assert_cmpstr(event->notice.provider, ==, "other");
    g_assert_cmpstr(event->notice.message, ==, "It happened.");
}

static void put_others(struct fixture *fixture)
{
    put(fixture, (struct pktmon_event){.record = PKTMON_RECORD_FILTER,
                                       .time = START + 4,
                                       .filter = {.id = 3, .name = "name", .text = "udp"}});
    put(fixture, reading_of_drops);
    put(fixture, (struct pktmon_event){.record = PKTMON_RECORD_EVENT,
                                       .time = START + 6,
                                       .component = 2,
                                       .notice = {.provider = "other",
                                                  .id = 78,
                                                  .level = PKTMON_LEVEL_ERROR,
                                                  .message = "It happened.",
                                                  .group = 77}});
}

static void assert_others(struct pcapng_reading *reading)
{
    const struct pktmon_event *event = pcapng_reading_next_of(reading, PKTMON_RECORD_CAPTURE);

    g_assert_cmpstr(reading->item.capture->info->host, ==, "myhost");
    event = pcapng_reading_next_of(reading, PKTMON_RECORD_FILTER);
    g_assert_cmpuint(event->filter.id, ==, 3);
    g_assert_cmpstr(event->filter.name, ==, "name");
    g_assert_cmpstr(event->filter.text, ==, "udp");
    assert_counters(pcapng_reading_next_of(reading, PKTMON_RECORD_COUNTERS));
    do
        event = pcapng_reading_next_of(reading, PKTMON_RECORD_EVENT);
    while (event->notice.id == PKTMON_NOTICE_BEGAN);
    assert_notice(event);
}

static void test_others(void)
{
    static const enum pktmon_carrier carriers[] = {PKTMON_CARRIER_FRAMES, PKTMON_CARRIER_BLOCKS};

    for (size_t i = 0; i < G_N_ELEMENTS(carriers); i++) {
        struct fixture fixture = begin((struct pcapng_writer_options){.carrier = carriers[i]});

        put_others(&fixture);
        finish(&fixture, START + 9);
        struct pcapng_reading reading = pcapng_reading_of(fixture.data, fixture.size);
        assert_others(&reading);
        pcapng_reading_assert_end(&reading);
        pcapng_reading_done(&reading);
        clear(&fixture);
    }
}

static void assert_component(const struct pktmon_component *read,
                             const struct pktmon_component *written)
{
    g_assert_cmpstr(read->name, ==, written->name);
    g_assert_cmpstr(read->description, ==, written->description);
    g_assert_cmpstr(read->type, ==, written->type);
    g_assert_cmpstr(read->netns, ==, written->netns);
    g_assert_cmpuint(read->parent, ==, written->parent);
    g_assert_cmpuint(read->speed, ==, written->speed);
    g_assert_true(read->has_mac);
    g_assert_cmpmem(read->mac, 6, written->mac, 6);
    g_assert_cmpstr(pktmon_component_property(read, "ifindex"), ==, "2");
}

/* A description that is repeated is no event; one that differs is. */
static void test_descriptions(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});
    struct pktmon_component *component = pktmon_registry_get(fixture.registry, 1);
    const struct pktmon_event described = {
        .record = PKTMON_RECORD_COMPONENT, .time = START + 2, .component = 1};
    g_autoptr(GError) error = NULL;

    component->speed = 10000000000;
    component->parent = 2;
    put(&fixture, packet_event(START + 1, 1));
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 2, &error));
    pktmon_component_set(&component->name, "eth1");
    pktmon_component_set_property(component, "MTU", "1500");
    put(&fixture, described);
    finish(&fixture, START + 3);
    struct pcapng_reading reading = pcapng_reading_of(fixture.data, fixture.size);
    pcapng_reading_next_of(&reading, PKTMON_RECORD_COMPONENT);
    const struct pktmon_component *read = pktmon_registry_find(reading.item.capture->registry, 1);
    g_assert_cmpstr(read->name, ==, "eth0");
    pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET);
    g_assert_cmpstr(reading.item.name, ==, "eth0");
    g_assert_cmpint(pcapng_reading_next(&reading)->record, ==, PKTMON_RECORD_COMPONENT);
    assert_component(read, component);
    g_assert_cmpstr(pktmon_component_property(read, "MTU"), ==, "1500");
    pcapng_reading_assert_end(&reading);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

/* --- journeys --- */

static const uint8_t other_bytes[] = {2, 0, 0, 0, 0, 9, 2,    0,    0, 0,
                                      0, 1, 8, 6, 1, 2, 0x55, 0x66, 7};

static struct pktmon_event hop_event(uint64_t time, uint32_t component, const uint8_t *data,
                                     uint32_t size)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = time,
        .component = component,
        .packet = {.group = 5,
                   .appearance = component,
                   .edge = PKTMON_EDGE_LOWER,
                   .direction = PKTMON_DIRECTION_RX,
                   .cpu = -1,
                   .queue = -1,
                   .link_type = ETHERNET,
                   .data = data,
                   .caplen = size,
                   .origlen = size},
    };
}

static void write_two_hops(struct fixture *fixture)
{
    const struct pktmon_event events[] = {
        hop_event(START + 1, 1, bytes, sizeof(bytes)),
        hop_event(START + 9, 2, other_bytes, sizeof(other_bytes)),
    };
    const struct pktmon_hop hops[] = {
        {.event = &events[0], .name = "eth0", .count = 1, .last = START + 1, .form = 1},
        {.event = &events[1], .name = "br0", .count = 1, .last = START + 9, .form = 1},
    };
    const struct pktmon_journey journey = {.group = 5,
                                           .time = START + 1,
                                           .total = 8,
                                           .fate = PKTMON_FATE_DELIVERED,
                                           .form = 1,
                                           .forms = 1,
                                           .link_type = ETHERNET,
                                           .data = bytes,
                                           .caplen = sizeof(bytes),
                                           .origlen = sizeof(bytes),
                                           .hops = hops,
                                           .hop_count = 2,
                                           .observations = 2,
                                           .path = "eth0 br0"};

    put(fixture, (struct pktmon_event){.record = PKTMON_RECORD_JOURNEY,
                                       .time = START + 1,
                                       .component = 1,
                                       .journey = &journey});
}

static void test_journey(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});

    write_two_hops(&fixture);
    finish(&fixture, START + 10);
    struct pcapng_reading reading = pcapng_reading_of(fixture.data, fixture.size);
    const struct pktmon_event *event = pcapng_reading_next_of(&reading, PKTMON_RECORD_JOURNEY);
    const struct pktmon_journey *journey = event->journey;
    g_assert_cmpuint(event->component, ==, 1);
    g_assert_cmpuint(event->time, ==, START + 1);
    g_assert_cmpuint(journey->hop_count, ==, 2);
    g_assert_cmpstr(journey->path, ==, "eth0 br0");
    g_assert_cmpint(journey->fate, ==, PKTMON_FATE_DELIVERED);
    const struct pktmon_event *last = journey->hops[1].event;
    g_assert_cmpstr(journey->hops[1].name, ==, "br0");
    g_assert_cmpuint(last->time, ==, START + 9);
    g_assert_cmpmem(last->packet.data, last->packet.caplen, other_bytes, sizeof(other_bytes));
    pcapng_reading_assert_end(&reading);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

/* The frame of the journey with fewer bytes, as editcap -s leaves it. */
static GByteArray *cut_frame(const struct fixture *fixture, uint32_t size)
{
    GByteArray *cut = g_byte_array_new();
    size_t offset = 0;
    struct block block;

    while (block_next(fixture->data, fixture->size, &offset, &block)) {
        const uint8_t *start = block.body - 8;

        if (block.type != PACKET || block_metadata(&block).record != PKTMON_RECORD_JOURNEY) {
            g_byte_array_append(cut, start, block.length);
            continue;
        }
        uint8_t *copy = g_memdup2(start, block.length);
        uint32_t length = block.length - (uint32_t)(sizeof(bytes) - size);
        memcpy(copy + 20, &size, 4);
        memcpy(copy + 4, &length, 4);
        g_byte_array_append(cut, copy, 28 + size);
        g_byte_array_append(cut, copy + 28 + sizeof(bytes),
                            block.length - 32 - (guint)sizeof(bytes));
        g_byte_array_append(cut, (const guint8 *)&length, 4);
        g_free(copy);
    }
    return cut;
}

static void test_cut(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});

    write_two_hops(&fixture);
    finish(&fixture, START + 10);
    g_autoptr(GByteArray) cut = cut_frame(&fixture, 8);
    struct pcapng_reading reading = pcapng_reading_of(cut->data, cut->len);
    const struct pktmon_journey *journey =
        pcapng_reading_next_of(&reading, PKTMON_RECORD_JOURNEY)->journey;
    for (size_t i = 0; i < 2; i++) {
        const struct pktmon_packet *packet = &journey->hops[i].event->packet;

        g_assert_cmpuint(packet->caplen, <, packet->origlen);
        g_assert_cmpmem(packet->data, packet->caplen, i ? other_bytes : bytes, packet->caplen);
    }
    g_assert_cmpuint(pcapng_reader_counts(reading.reader).cut_frames, ==, 1);
    pcapng_reading_assert_end(&reading);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

/* --- other files --- */

static void swap(uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = at[i];

        at[i] = at[size - 1 - i];
        at[size - 1 - i] = byte;
    }
}

/* Options whose values are numbers: those of four and eight bytes; a custom one begins with the
 * enterprise number. */
static void swap_options(uint8_t *at, uint8_t *end)
{
    while (end - at >= 4) {
        uint16_t code, size;

        memcpy(&code, at, 2);
        memcpy(&size, at + 2, 2);
        swap(at, 2);
        swap(at + 2, 2);
        at += 4;
        if (code == PKTMON_OPTION_CODE || (code > 1 && size == 4))
            swap(at, 4);
        else if (code > 3 && size == 8)
            swap(at, 8);
        at += (size + 3u) & ~3u;
    }
}

/* The file as a machine of the other byte order writes it. */
static void swap_file(uint8_t *data, size_t size)
{
    static const struct {
        uint32_t type;
        uint8_t words[8]; /* sizes of the numbers, ended by 0 */
        bool has_data;
    } layouts[] = {
        {SECTION, {4, 2, 2, 8}, false},
        {INTERFACE, {2, 2, 4}, false},
        {PACKET, {4, 4, 4, 4, 4}, true},
        {STATISTICS, {4, 4, 4}, false},
        {CUSTOM, {4}, false},
    };

    for (size_t offset = 0; offset < size;) {
        uint8_t *block = data + offset, *at = block + 8;
        uint32_t type, length, caplen;

        memcpy(&type, block, 4);
        memcpy(&length, block + 4, 4);
        memcpy(&caplen, block + 20, 4);
        for (size_t i = 0; i < G_N_ELEMENTS(layouts); i++) {
            if (layouts[i].type != type)
                continue;
            for (const uint8_t *word = layouts[i].words; *word; at += *word++)
                swap(at, *word);
            if (layouts[i].has_data)
                at += (caplen + 3) & ~3u;
        }
        if (type != CUSTOM)
            swap_options(at, block + length - 4);
        swap(block, 4);
        swap(block + 4, 4);
        swap(block + length - 4, 4);
        offset += length;
    }
}

static void test_byte_order(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});
    const struct pktmon_event whole = whole_packet();

    put(&fixture, whole);
    put_others(&fixture);
    finish(&fixture, START + 9);
    swap_file(fixture.data, fixture.size);
    struct pcapng_reading reading = pcapng_reading_of(fixture.data, fixture.size);
    assert_same_packet(pcapng_reading_next_of(&reading, PKTMON_RECORD_PACKET), &whole);
    g_assert_cmpstr(reading.item.name, ==, "br0");
    pcapng_reading_next_of(&reading, PKTMON_RECORD_FILTER);
    assert_counters(pcapng_reading_next_of(&reading, PKTMON_RECORD_COUNTERS));
    assert_notice(pcapng_reading_next_of(&reading, PKTMON_RECORD_EVENT));
    pcapng_reading_assert_end(&reading);
    pcapng_reading_done(&reading);
    clear(&fixture);
}

static void read_all(const uint8_t *data, size_t size)
{
    struct pcapng_reading reading = pcapng_reading_of(data, size);

    while (pcapng_reader_next(reading.reader, &reading.item, &reading.error))
        continue;
    pcapng_reading_done(&reading);
}

/* Each byte of a file of all kinds of records, once changed. */
static void test_any_bytes(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){0});

    put(&fixture, whole_packet());
    write_two_hops(&fixture);
    put_others(&fixture);
    finish(&fixture, START + 9);
    for (size_t i = 0; i < fixture.size; i++) {
        fixture.data[i] ^= 0xFF;
        read_all(fixture.data, fixture.size);
        fixture.data[i] ^= 0xFF;
    }
    clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng-reader/packets", test_packets);
    g_test_add_func("/pcapng-reader/others", test_others);
    g_test_add_func("/pcapng-reader/descriptions", test_descriptions);
    g_test_add_func("/pcapng-reader/journey", test_journey);
    g_test_add_func("/pcapng-reader/cut", test_cut);
    g_test_add_func("/pcapng-reader/byte-order", test_byte_order);
    g_test_add_func("/pcapng-reader/any-bytes", test_any_bytes);
    return g_test_run();
}
