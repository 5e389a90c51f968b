/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events become journeys, these become records, and each event comes back as it was. */
#include <glib.h>
#include <string.h>

#include "journey-written.h"
#include "journey/assemble.h"
#include "model/clock.h"
#include "pcapng/journey-rest.h"

#define SIZE   1514 /* bytes of a frame, */
#define KEPT   256  /* and of later observations */
#define MOST   600
#define ROUNDS 150

struct trip {
    struct pktmon_event events[MOST];
    uint8_t data[MOST][SIZE];
    bool is_back[MOST];
    guint count, back, runs, drops;
};

/* --- back --- */

static void assert_back(struct trip *trip, struct journey_decoder *decoder,
                        struct journey_decoded_hop *decoded)
{
    uint8_t memory[SIZE];
    guint index = decoded->event.packet.appearance - 1;

    g_assert_cmpuint(index, <, trip->count);
    g_assert_false(trip->is_back[index]);
    trip->is_back[index] = true;
    trip->back++;

    const struct pktmon_event *event = &trip->events[index];
    const struct pktmon_hop expected = {.event = event,
                                        .count = 1,
                                        .last = event->time,
                                        .last_number = event->packet.packet_number,
                                        .form = decoded->hop.form};

    decoded->hop.count = 1; /* of a run: its first observation */
    decoded->hop.last = decoded->event.time;
    decoded->hop.last_number = decoded->event.packet.packet_number;
    g_assert_true(journey_decode_bytes(decoder, decoded, memory, sizeof(memory)));
    assert_hop(&decoded->hop, &expected);
}

static void read_back(struct trip *trip, const struct written_journey *written,
                      const struct pktmon_journey *journey)
{
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *hop = g_new(struct journey_decoded_hop, 1);
    g_autofree struct journey_decoded_hop *piece = g_new(struct journey_decoded_hop, 1);

    open_journey(decoder, written, journey, journey->caplen);
    bool has_drop = journey_decode_has_drop(decoder), is_dropped = false;
    while (journey_decode_next(decoder, hop)) {
        trip->runs += hop->hop.count > 1;
        is_dropped |= hop->event.packet.dropped;
        assert_back(trip, decoder, hop);
        while (journey_decode_piece(decoder, hop, piece))
            assert_back(trip, decoder, piece);
    }
    g_assert_false(decoder->malformed);
    g_assert_cmpint(has_drop, ==, is_dropped);
    trip->drops += is_dropped;
}

static void take_journey(void *context, const struct pktmon_journey *journey)
{
    struct journey_rest rest;

    journey_rest_init(&rest, journey);
    while (rest.journey.hop_count > 0) {
        struct written_journey written = write_journey(&rest.journey);

        read_back(context, &written, &rest.journey);
        clear_journey(&written);
        journey_rest_advance(&rest, &written.result);
    }
    journey_rest_clear(&rest);
}

static void take_event(void *context, const struct pktmon_event *event)
{
    (void)context, (void)event;
    g_assert_not_reached();
}

/* --- there --- */

static void make_data(GRand *random, uint8_t *data, guint host, guint number)
{
    static const uint8_t headers[] = {2,  0, 0,  0,   0, 1, 2,   0,  0,  0,  0, 2,   8,  0,
                                      69, 0, 5,  220, 0, 1, 64,  0,  64, 17, 0, 0,   10, 7,
                                      0,  1, 10, 7,   0, 2, 156, 64, 0,  53, 5, 200, 0,  0};

    for (guint i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 13 + i / 7);
    memcpy(data, headers, sizeof(headers));
    data[5] = g_rand_int_range(random, 0, 3);
    data[19] = number;
    data[29] = host;
    data[60 + number] ^= 0x55;
}

/* The whole first, then runs of its pieces, of which some fare otherwise. */
static void make_event(struct trip *trip, GRand *random)
{
    static const char *const texts[] = {"blue", "red"};
    struct pktmon_event *event = &trip->events[trip->count];
    uint8_t *data = trip->data[trip->count];
    guint kind = g_rand_int_range(random, 0, 40), number = trip->count % 50;
    guint place = trip->count / 50;

    make_data(random, data, place > 6 ? 99 : 1, number);
    *event = (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = 1700000000 * UINT64_C(1000000000) + trip->count * 700 + kind,
        .component = 1 + place % 4,
        .packet = {.group = 5,
                   .appearance = trip->count + 1,
                   .copy = 1,
                   .edge = 1 + place / 4,
                   .packet_number = number,
                   .direction = PKTMON_DIRECTION_TX,
                   .packet_type = PKTMON_PACKET_ETHERNET,
                   .netns = texts[place & 1],
                   .cpu = kind == 1,
                   .pid = kind == 2 ? 77 : 0,
                   .comm = kind == 2 ? "curl" : NULL,
                   .queue = kind == 3 ? 2 : -1,
                   .lost = kind == 4 ? 3 : 0,
                   .dropped = kind == 5,
                   .drop_reason = kind == 5 ? "QUEUE_FULL" : NULL,
                   .end = kind == 6 ? PKTMON_END_CONSUMED : PKTMON_END_NONE,
                   .link_type = 1,
                   .data = data,
                   .caplen = kind == 7                       ? 0
                             : trip->count == 0 || kind == 8 ? SIZE
                                                             : KEPT,
                   .origlen = SIZE},
    };
    trip->count++;
}

static void test_random(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    const struct journey_options options = {
        .hold = 200 * PKTMON_NS_PER_MS, .settle = 10 * PKTMON_NS_PER_MS, .memory = 4 << 20};
    guint runs = 0, drops = 0;

    for (guint round = 0; round < ROUNDS; round++) {
        g_autofree struct trip *trip = g_new0(struct trip, 1);
        const struct journey_output output = {take_journey, take_event, trip};
        struct journey_assembler *assembler = journey_assembler_new(&options, &output);
        guint count = g_rand_int_range(random, 1, MOST + 1);

        while (trip->count < count) {
            make_event(trip, random);
            journey_assembler_take(assembler, &trip->events[trip->count - 1]);
        }
        journey_assembler_finish(assembler);
        journey_assembler_free(assembler);
        g_assert_cmpuint(trip->back, ==, count);
        runs += trip->runs;
        drops += trip->drops;
    }
    g_assert_cmpuint(runs, >, ROUNDS * 5);
    g_assert_cmpuint(drops, >, ROUNDS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-round-trip/random", test_random);
    return g_test_run();
}
