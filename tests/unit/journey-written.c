/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-written.h"

#include "pcapng/journey-rest.h"

#include <string.h>

const char *component_name(void *context, uint32_t id)
{
    static const struct {
        uint32_t id;
        const char *name;
    } names[] = {
        {0x42FF1, "a/netfilter"}, {0x42002, "a/eth0"},    {0x43002, "b/eth0"},
        {0x43FF1, "b/netfilter"}, {0x43FF2, "b/sockets"}, {NAMELESS, NULL},
    };

    g_assert_null(context);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].id == id)
            return names[i].name;
    if (id < BLUE || id >= BLUE + BLUE_COUNT)
        return "component";
    g_autofree char *name = g_strdup_printf("blue/a-device-with-the-number-%u", id);
    return g_intern_string(name);
}

/* The value of the record's one field. */
static void take_value(struct written_journey *written, const uint8_t *record, size_t size)
{
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;

    g_assert_true(pktmon_metadata_open(&reader, record, size));
    g_assert_cmpuint(reader.record, ==, PKTMON_RECORD_JOURNEY);
    g_assert_true(pktmon_metadata_next(&reader, &field));
    g_assert_cmpuint(field.type, ==, PKTMON_FIELD_JOURNEY);
    written->value = g_memdup2(field.value, field.length);
    written->value_size = field.length;
    g_assert_false(pktmon_metadata_next(&reader, &field));
    g_assert_false(reader.malformed);
}

bool write_journey_into(struct written_journey *written, const struct pktmon_journey *journey,
                        size_t room)
{
    struct journey_encoder *encoder = journey_encoder_new();
    g_autofree uint8_t *record = g_malloc(room);
    struct pktmon_metadata_writer writer;

    struct pktmon_journey named = *journey;
    g_autofree struct pktmon_hop *hops =
        g_memdup2(journey->hops, journey->hop_count * sizeof(*journey->hops));

    for (size_t i = 0; i < journey->hop_count; i++)
        hops[i].name = component_name(NULL, hops[i].event->component);
    named.hops = hops;
    *written = (struct written_journey){0};
    pktmon_metadata_begin(&writer, record, room, PKTMON_RECORD_JOURNEY);
    bool ok = journey_record_put(encoder, &writer, &named, &written->result);
    journey_encoder_free(encoder);
    g_assert_cmpint(writer.overflow, ==, !ok);
    written->size = writer.length;
    g_assert_cmpuint(written->size, <=, JOURNEY_MAX_RECORD);
    if (ok)
        take_value(written, record, writer.length);
    return ok;
}

struct written_journey write_journey(const struct pktmon_journey *journey)
{
    struct written_journey written;

    g_assert_true(write_journey_into(&written, journey, PKTMON_METADATA_MAX_SIZE));
    return written;
}

void clear_journey(struct written_journey *written)
{
    g_clear_pointer(&written->value, g_free);
}

void open_journey(struct journey_decoder *decoder, const struct written_journey *written,
                  const struct pktmon_journey *journey, size_t size)
{
    const struct journey_frame frame = {.time = journey->time, .data = journey->data, .size = size};

    memset(decoder, 0xEE, sizeof(*decoder));
    g_assert_true(journey_decode_open(decoder, written->value, written->value_size, &frame));
    g_assert_false(decoder->malformed);
}

static void assert_nbl(const struct pktmon_nbl *nbl, const struct pktmon_nbl *expected)
{
    if (!expected || expected->count == 0) {
        g_assert_null(nbl);
        return;
    }
    g_assert_nonnull(nbl);
    g_assert_cmpuint(nbl->count, ==, expected->count);
    for (size_t i = 0; i < nbl->count; i++) {
        g_assert_cmpuint(nbl->values[i].field, ==, expected->values[i].field);
        g_assert_cmpuint(nbl->values[i].number, ==, expected->values[i].number);
        g_assert_cmpstr(nbl->values[i].text, ==, expected->values[i].text);
    }
}

void assert_hop(const struct pktmon_hop *hop, const struct pktmon_hop *expected)
{
    const struct pktmon_packet *packet = &hop->event->packet;
    const struct pktmon_packet *wanted = &expected->event->packet;

    g_assert_cmpuint(hop->event->record, ==, PKTMON_RECORD_PACKET);
    g_assert_cmpuint(hop->event->time, ==, expected->event->time);
    g_assert_cmpuint(hop->event->component, ==, expected->event->component);
    g_assert_cmpuint(hop->count, ==, expected->count);
    g_assert_cmpuint(hop->last, ==, expected->last);
    g_assert_cmpuint(hop->last_number, ==, expected->last_number);
    g_assert_cmpuint(hop->form, ==, expected->form);
#define X(NAME, member) g_assert_cmpuint(packet->member, ==, wanted->member);
    JOURNEY_HOP_NUMBERS(X)
#undef X
#define X(NAME, member) g_assert_cmpstr(packet->member, ==, wanted->member);
    JOURNEY_HOP_TEXTS(X)
#undef X
#define X(bit, member) g_assert_cmpuint(packet->member, ==, wanted->member);
    JOURNEY_HOP_FLAGS(X)
#undef X
    g_assert_cmpint(packet->cpu, ==, wanted->cpu);
    g_assert_cmpint(packet->queue, ==, wanted->queue);
    g_assert_cmpmem(packet->data, packet->caplen, wanted->data, wanted->caplen);
    assert_nbl(packet->nbl, wanted->nbl);
}

static void assert_whole(const struct pktmon_journey *journey,
                         const struct pktmon_journey *expected)
{
    g_assert_cmpuint(journey->group, ==, expected->group);
    g_assert_cmpuint(journey->time, ==, expected->time);
    g_assert_cmpuint(journey->total, ==, expected->total);
    g_assert_cmpuint(journey->fate, ==, expected->fate);
    g_assert_cmpint(journey->open, ==, expected->open);
    g_assert_cmpint(journey->continued, ==, expected->continued);
    g_assert_cmpuint(journey->form, ==, expected->form);
    g_assert_cmpuint(journey->forms, ==, expected->forms);
    g_assert_cmpuint(journey->side, ==, expected->side);
    g_assert_cmpuint(journey->merged_into, ==, expected->merged_into);
    g_assert_cmpuint(journey->link_type, ==, expected->link_type);
    g_assert_cmpmem(journey->data, journey->caplen, expected->data, expected->caplen);
    g_assert_cmpuint(journey->origlen, ==, expected->origlen);
    g_assert_cmpuint(journey->bytes_hop, ==, expected->bytes_hop);
    g_assert_cmpint(journey->composed, ==, expected->composed);
    g_assert_cmpstr(journey->path, ==, expected->path);
}

/* Reads one observation's bytes, and compares all of it. */
static void check_hop(struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                      const struct pktmon_hop *expected)
{
    size_t room = hop->event.packet.caplen;
    g_autofree uint8_t *memory = g_malloc(room + 1);

    g_assert_true(journey_decode_bytes(decoder, hop, memory, room));
    assert_hop(&hop->hop, expected);
    g_assert_cmpstr(hop->hop.name, ==, component_name(NULL, hop->event.component));
}

/* The nth observation of a run, as a hop. */
static struct pktmon_hop piece_of(const struct pktmon_hop *run, size_t n,
                                  struct pktmon_event *event)
{
    const struct pktmon_piece *piece = &run->pieces[n];
    struct pktmon_hop hop = *run;

    *event = *run->event;
    event->time = piece->time;
    event->packet.appearance = piece->appearance;
    event->packet.packet_number = piece->number;
    event->packet.data = piece->data;
    event->packet.caplen = piece->caplen;
    event->packet.origlen = piece->origlen;
    hop.event = event;
    hop.count = 1;
    hop.last = piece->time;
    hop.last_number = piece->number;
    return hop;
}

static void check_pieces(struct journey_decoder *decoder, struct journey_decoded_hop *run,
                         const struct pktmon_hop *expected)
{
    g_autofree struct journey_decoded_hop *piece = g_new(struct journey_decoded_hop, 1);

    for (uint32_t i = 1; expected->pieces && i < expected->count; i++) {
        struct pktmon_event event;
        const struct pktmon_hop wanted = piece_of(expected, i, &event);

        memset(piece, 0xEE, sizeof(*piece));
        g_assert_true(journey_decode_piece(decoder, run, piece));
        check_hop(decoder, piece, &wanted);
        g_assert_false(journey_decode_piece(decoder, piece, piece));
    }
    g_assert_false(journey_decode_piece(decoder, run, piece));
}

/* The nth line of the record; the last one may have a part of its run. */
static struct pktmon_hop line_of(const struct written_journey *written,
                                 const struct pktmon_journey *journey, size_t n)
{
    struct pktmon_hop hop = journey->hops[n];

    if (n == written->result.hops) {
        hop.count = written->result.pieces;
        hop.last = hop.pieces[hop.count - 1].time;
        hop.last_number = hop.pieces[hop.count - 1].number;
    }
    return hop;
}

void assert_written(const struct written_journey *written, const struct pktmon_journey *journey)
{
    size_t lines = written->result.hops + (written->result.pieces > 0);
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *hop = g_new(struct journey_decoded_hop, 1);
    uint32_t observations = 0;

    open_journey(decoder, written, journey, journey->caplen);
    assert_whole(&decoder->journey, journey);
    g_assert_cmpuint(decoder->journey.hop_count, ==, lines);
    g_assert_false(decoder->cut || decoder->foreign);
    for (size_t i = 0; i < lines; i++) {
        const struct pktmon_hop expected = line_of(written, journey, i);

        memset(hop, 0xEE, sizeof(*hop));
        g_assert_true(journey_decode_next(decoder, hop));
        check_hop(decoder, hop, &expected);
        check_pieces(decoder, hop, &expected);
        observations += hop->hop.count;
    }
    g_assert_cmpuint(decoder->journey.observations, ==, observations);
    g_assert_false(journey_decode_next(decoder, hop));
    g_assert_false(decoder->malformed);
}

guint assert_all_written(const struct pktmon_journey *journey)
{
    struct journey_rest rest;
    guint records = 0;

    journey_rest_init(&rest, journey);
    do {
        struct written_journey written = write_journey(&rest.journey);

        g_assert_false(written.result.cut);
        assert_written(&written, &rest.journey);
        clear_journey(&written);
        journey_rest_advance(&rest, &written.result);
        if (rest.journey.hop_count > 0)
            rest.journey.time = rest.journey.hops->event->time;
        records++;
    } while (rest.journey.hop_count > 0);
    journey_rest_clear(&rest);
    return records;
}
