/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any sequence of events: no more memory is held than may be, each observation is in exactly one
 * journey, and what is written is in the order of time and consistent with itself.
 */
#include <glib.h>
#include <string.h>

#include "journey/assemble.h"
#include "model/clock.h"

#define MAX_EVENTS 2000

struct run {
    const uint8_t *input;
    size_t left;
    struct journey_options options;
    struct journey_assembler *assembler;
    uint64_t time;
    uint32_t taken;  /* observations so far, each of which has its number */
    uint32_t others; /* events so far that are no packets */
    bool is_seen[MAX_EVENTS + 1];
    uint8_t sums[MAX_EVENTS + 1]; /* of the bytes of each observation */
    uint32_t written, written_others;
    uint64_t written_time;
    uint32_t asked;
    char name[32];
};

static uint8_t next_byte(struct run *run)
{
    if (run->left == 0)
        return 0;
    run->left--;
    return *run->input++;
}

/* --- the receiver --- */

/* Valid until the next call only. */
static const char *name_of(const void *context, uint32_t component)
{
    struct run *run = (struct run *)context;

    g_snprintf(run->name, sizeof(run->name), "device-%u-%u", component, run->asked++);
    return component % 7 == 3 ? NULL : run->name;
}

static bool hands_out(const void *context, uint32_t component)
{
    (void)context;
    return component % 3 == 1;
}

static void check_time(struct run *run, uint64_t time)
{
    g_assert_cmpuint(time, >=, run->written_time);
    run->written_time = time;
}

static void see(struct run *run, uint32_t appearance)
{
    g_assert_cmpuint(appearance, <=, run->taken);
    g_assert_false(run->is_seen[appearance]);
    run->is_seen[appearance] = true;
}

/* A run has each of its observations, with the bytes that it had. */
static void check_pieces(struct run *run, const struct pktmon_hop *hop)
{
    const struct pktmon_piece *pieces = hop->pieces;
    uint64_t time = hop->event->time;

    g_assert_cmpuint(pieces->appearance, ==, hop->event->packet.appearance);
    for (uint32_t i = 0; i < hop->count; i++) {
        uint8_t sum = 0;

        g_assert_cmpuint(pieces[i].time, >=, time);
        g_assert_cmpuint(pieces[i].number, ==, hop->event->packet.packet_number + i);
        g_assert_cmpuint(pieces[i].caplen, <=, pieces[i].origlen);
        for (uint32_t at = 0; at < pieces[i].caplen; at++)
            sum ^= pieces[i].data[at];
        g_assert_cmpuint(sum, ==, run->sums[pieces[i].appearance]);
        if (i > 0)
            see(run, pieces[i].appearance);
        time = pieces[i].time;
    }
    g_assert_cmpuint(time, ==, hop->last);
}

static uint64_t check_hops(struct run *run, const struct pktmon_journey *journey)
{
    uint64_t observations = 0, time = journey->time;

    for (size_t i = 0; i < journey->hop_count; i++) {
        const struct pktmon_hop *hop = &journey->hops[i];
        const struct pktmon_packet *packet = &hop->event->packet;
        const char *name = hop->name;

        g_assert_cmpuint(packet->group, ==, journey->group);
        g_assert_cmpuint(hop->form, ==, journey->form);
        g_assert_cmpuint(hop->event->time, >=, time);
        g_assert_cmpuint(hop->last, >=, hop->event->time);
        g_assert_cmpuint(hop->last_number - packet->packet_number + 1u, ==, hop->count);
        see(run, packet->appearance);
        g_assert_cmpint(hop->count > 1, ==, hop->pieces != NULL);
        if (hop->pieces)
            check_pieces(run, hop);
        g_assert_true(!name || g_str_has_prefix(name, "device-"));
        time = hop->event->time;
        observations += hop->count;
    }
    return observations;
}

static void check_bytes(const struct pktmon_journey *journey)
{
    uint8_t sum = 0;

    g_assert_true(journey->data || journey->caplen == 0);
    g_assert_cmpuint(journey->caplen, <=, journey->origlen);
    if (journey->continued)
        g_assert_cmpuint(journey->origlen, ==, 0);
    for (uint32_t i = 0; i < journey->caplen; i++)
        sum ^= journey->data[i];
    g_assert_cmpuint(sum, <=, 255);
}

static void take_journey(void *context, const struct pktmon_journey *journey)
{
    struct run *run = context;

    check_time(run, journey->time);
    g_assert_cmpuint(journey->hop_count, >, 0);
    g_assert_cmpuint(journey->hop_count, <=, PKTMON_JOURNEY_MAX_HOPS);
    g_assert_cmpuint(journey->hops[0].event->time, ==, journey->time);
    g_assert_cmpuint(journey->bytes_hop, <, journey->hop_count);
    g_assert_cmpuint(journey->form, >, 0);
    g_assert_cmpuint(journey->form, <=, journey->forms);
    g_assert_cmpuint(journey->side, <=, 2);
    g_assert_true(run->options.find_merged || journey->merged_into == 0 ||
                  journey->merged_into == journey->group);
    g_assert_cmpuint(strlen(journey->path), <, PKTMON_PATH_SIZE);
    g_assert_cmpuint(strlen(journey->path), >, 0);
    g_assert_cmpuint(check_hops(run, journey), ==, journey->observations);
    check_bytes(journey);
    bool is_dropped = journey->fate == PKTMON_FATE_DROPPED || journey->fate == PKTMON_FATE_UNKNOWN;
    bool is_slow = journey->total >= run->options.slower;
    g_assert_true(run->options.dropped_only ? is_dropped && is_slow : is_dropped || is_slow);
    run->written += journey->observations;
}

static void take_event(void *context, const struct pktmon_event *event)
{
    struct run *run = context;

    g_assert_cmpint(event->record, !=, PKTMON_RECORD_PACKET);
    check_time(run, event->time);
    run->written_others++;
}

/* --- the provider --- */

static void set_other(struct run *run, struct pktmon_event *event, uint8_t kind)
{
    static const enum pktmon_record records[] = {PKTMON_RECORD_COUNTERS, PKTMON_RECORD_COMPONENT,
                                                 PKTMON_RECORD_RETIRED, PKTMON_RECORD_EVENT};

    event->record = records[kind % G_N_ELEMENTS(records)];
    if (event->record == PKTMON_RECORD_EVENT)
        event->notice = (struct pktmon_notice){
            .provider = "pktmon", .id = PKTMON_NOTICE_LOST, .message = "lost"};
    run->others++;
}

/* TCP in place of UDP, with sequence numbers that may lie within each other. */
static uint32_t make_tcp(struct run *run, uint8_t *bytes)
{
    uint8_t numbers = next_byte(run);

    memset(bytes + 24, 0, 48);
    bytes[9] = 6;
    bytes[27] = numbers & 15;
    bytes[32] = 0x50;
    bytes[3] = 40 + (numbers >> 4);
    return bytes[3];
}

/* From IP to four bytes of payload, or so. */
static uint32_t make_ip(struct run *run, uint8_t *bytes)
{
    static const uint8_t ip[] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10,  0,   0,   0,
                                 10,   0, 0, 0,  0, 1, 0, 2, 0,  20, 0, 0, 'd', 'a', 't', 'a'};
    uint8_t hosts = next_byte(run), fragment = next_byte(run);

    memcpy(bytes, ip, sizeof(ip));
    bytes[3] = sizeof(ip);
    bytes[15] = hosts & 3;
    bytes[19] = hosts >> 2 & 3;
    bytes[21] = hosts >> 4 & 3;
    bytes[31] = hosts >> 6;
    if (fragment & 0x80) {
        bytes[5] = fragment & 3;
        bytes[6] = fragment & 4 ? 0x20 : 0;
        bytes[7] = fragment >> 3 & 3;
    }
    return fragment & 0x40 ? make_tcp(run, bytes) : sizeof(ip);
}

static uint32_t make_bytes(struct run *run, uint8_t bytes[128], uint8_t kind)
{
    static const uint8_t link[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    uint32_t size = 0;

    if (kind % 8 == 0) {
        for (uint8_t left = next_byte(run) % 96; left > 0; left--)
            bytes[size++] = next_byte(run);
        return size;
    }
    memcpy(bytes, link, sizeof(link));
    size = sizeof(link);
    if (kind & 8) { /* a VLAN */
        bytes[12] = 0x81;
        memcpy(bytes + size, "\0\1\10\0", 4);
        size += 4;
    }
    return size + make_ip(run, bytes + size);
}

static void set_packet(struct run *run, struct pktmon_event *event, uint8_t bytes[128])
{
    struct pktmon_packet *packet = &event->packet;
    uint8_t shape = next_byte(run), end = next_byte(run), place = next_byte(run);

    event->record = PKTMON_RECORD_PACKET;
    *packet = (struct pktmon_packet){
        .group = next_byte(run) % 32,
        .appearance = ++run->taken,
        .copy = 1 + (place & 3),
        .copy_of = place >> 2 & 3,
        .packet_number = shape & 16 ? next_byte(run) : 0,
        .has_packet_number = (shape & 0xE0) == 0xE0,
        .edge = place >> 4 & 7,
        .direction = place >> 6,
        .end = (end & 15) < 3 ? end & 15 : 0,
        .dropped = (end & 0xF0) == 0x10,
        .copy_released = (end & 0xF0) == 0x20,
        .drop_reason = end & 0x10 ? "REASON" : NULL,
        .lost = end == 0xFF,
        .link_type = 1,
        .data = bytes,
        .origlen = make_bytes(run, bytes, shape),
    };
    packet->caplen = packet->origlen;
    if (end & 0x80)
        packet->caplen = next_byte(run) % (packet->origlen + 1);
    for (uint32_t i = 0; i < packet->caplen; i++)
        run->sums[packet->appearance] ^= bytes[i];
}

static void give_event(struct run *run)
{
    uint8_t bytes[128], kind = next_byte(run), wait = next_byte(run);
    struct pktmon_event event = {.component = kind & 15};

    /* mostly short, rarely long enough for all that waits */
    run->time += wait & 0x80 ? wait & 0x7F : (uint64_t)wait * wait * 5 * PKTMON_NS_PER_MS;
    event.time = run->time;
    if (kind >= 0xE0)
        set_other(run, &event, kind >> 4);
    else
        set_packet(run, &event, bytes);
    journey_assembler_take(run->assembler, &event);
    g_assert_cmpuint(journey_assembler_size(run->assembler), <=, run->options.memory);
}

static void set_options(struct run *run)
{
    uint8_t times = next_byte(run), memory = next_byte(run), selection = next_byte(run);

    run->options = (struct journey_options){
        .hold = times & 1 ? 200 * PKTMON_NS_PER_MS : 0,
        .settle = 10 * PKTMON_NS_PER_MS,
        .join = times & 2 ? 10 * PKTMON_NS_PER_MS : 0,
        .memory = 4096 + (size_t)memory * memory * 16,
        .dropped_only = selection % 8 == 1,
        .slower = selection % 8 == 2 ? 5 * PKTMON_NS_PER_MS : 0,
        .find_merged = selection & 8,
        .name = name_of,
        .hands_out = hands_out,
        .context = run,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = {.input = data, .left = size};
    const struct journey_output output = {take_journey, take_event, &run};

    set_options(&run);
    run.assembler = journey_assembler_new(&run.options, &output);
    for (int i = 0; i < MAX_EVENTS && run.left > 0; i++)
        give_event(&run);
    if (run.time % 2 == 0) {
        journey_assembler_finish(run.assembler);
        g_assert_cmpuint(run.written_others, ==, run.others);
        if (!run.options.dropped_only && run.options.slower == 0)
            g_assert_cmpuint(run.written, ==, run.taken);
        g_assert_cmpuint(run.written, <=, run.taken);
    }
    journey_assembler_free(run.assembler);
    return 0;
}
