/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of journeys of any kind: random ones, long ones, cut ones, newer ones, damaged ones. */
#include <glib.h>
#include <string.h>

#include "journey-written.h"

#define START  1700000000123456789u
#define FRAME  1514
#define ROUNDS 3000
#define MANY   300

static struct pktmon_hop hop_of(const struct pktmon_event *event)
{
    return (struct pktmon_hop){.event = event, .count = 1, .last = START, .form = 1};
}

static struct pktmon_event event_of(uint64_t time, const uint8_t *data, size_t size)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = time,
        .component = 0x42002,
        .packet =
            {.cpu = -1, .queue = -1, .link_type = 1, .data = data, .caplen = size, .origlen = size},
    };
}

static struct pktmon_journey journey_of(const struct pktmon_hop *hops, size_t count,
                                        const uint8_t *data, size_t size)
{
    return (struct pktmon_journey){.group = 99,
                                   .time = START,
                                   .form = 1,
                                   .forms = 1,
                                   .link_type = 1,
                                   .data = data,
                                   .caplen = size,
                                   .origlen = size,
                                   .hops = hops,
                                   .hop_count = count};
}

static void fill(uint8_t *data, size_t size, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);

    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)g_rand_int(random);
}

/* --- random ones --- */

#define BYTES 600

struct random_hop {
    struct pktmon_event event;
    struct pktmon_nbl nbl;
    struct pktmon_nbl_value value;
    uint8_t data[BYTES];
};

/* Mostly a small number. */
static uint64_t any_number(GRand *random)
{
    uint64_t number = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);

    return number >> g_rand_int_range(random, 0, 64);
}

static const char *any_text(GRand *random)
{
    static const char *const texts[] = {NULL, "", "a", "blue", "/user.slice/a.scope", "curl"};

    return texts[g_rand_int_range(random, 0, G_N_ELEMENTS(texts))];
}

static void change_fields(GRand *random, struct pktmon_packet *packet)
{
#define ONE_IN_SIX (g_rand_int_range(random, 0, 6) == 0)
#define X(NAME, member)                                                                            \
    if (ONE_IN_SIX)                                                                                \
        packet->member = any_number(random);
    JOURNEY_HOP_NUMBERS(X)
#undef X
#define X(NAME, member)                                                                            \
    if (ONE_IN_SIX)                                                                                \
        packet->member = any_text(random);
    JOURNEY_HOP_TEXTS(X)
#undef X
#define X(bit, member)                                                                             \
    if (ONE_IN_SIX)                                                                                \
        packet->member = g_rand_boolean(random);
    JOURNEY_HOP_FLAGS(X)
#undef X
    packet->cpu = ONE_IN_SIX ? -1 : g_rand_int_range(random, 0, 4);
    packet->queue = ONE_IN_SIX ? (int32_t)any_number(random) : -1;
#undef ONE_IN_SIX
}

static void make_random(GRand *random, struct random_hop *hop, const struct random_hop *before,
                        const uint8_t *frame)
{
    struct pktmon_packet *packet = &hop->event.packet;

    hop->event = before->event;
    hop->event.time += any_number(random) % 1000000;
    hop->event.time -= g_rand_int_range(random, 0, 1000);
    if (g_rand_boolean(random))
        hop->event.component = g_rand_int_range(random, 0, 9);
    change_fields(random, packet);
    packet->caplen = g_rand_int_range(random, 0, BYTES + 1);
    packet->data = hop->data;
    memcpy(hop->data, g_rand_boolean(random) ? before->data : frame, BYTES);
    for (gint i = g_rand_int_range(random, 0, 4); i > 0; i--)
        hop->data[g_rand_int_range(random, 0, BYTES)] ^= 1;
    hop->value.field = PKTMON_FIELD_NBL_CONTEXT;
    hop->value.number = any_number(random) % 3;
    hop->nbl = (struct pktmon_nbl){.values = &hop->value, .count = 1};
    packet->nbl = g_rand_boolean(random) ? &hop->nbl : NULL;
}

static void test_random(void)
{
    enum { MOST = 12 };
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    g_autofree struct random_hop *made = g_new0(struct random_hop, MOST + 1);
    struct pktmon_hop hops[MOST];
    uint8_t frame[BYTES];

    fill(frame, sizeof(frame), 2);
    for (guint round = 0; round < ROUNDS; round++) {
        size_t count = g_rand_int_range(random, 0, MOST + 1);

        made[0].event = event_of(START, frame, sizeof(frame));
        for (size_t i = 0; i < count; i++) {
            make_random(random, &made[i + 1], &made[i], frame);
            hops[i] = (struct pktmon_hop){.event = &made[i + 1].event,
                                          .count = g_rand_int_range(random, 0, 3),
                                          .last = START + any_number(random),
                                          .last_number = (uint16_t)any_number(random),
                                          .form = (uint8_t)any_number(random)};
        }
        struct pktmon_journey journey =
            journey_of(hops, count, frame, g_rand_int_range(random, 0, BYTES));
        journey.group = any_number(random);
        journey.total = any_number(random);
        journey.path = any_text(random);
        journey.origlen += (uint32_t)any_number(random);
        journey.composed = g_rand_boolean(random);
        g_assert_cmpuint(assert_all_written(&journey), ==, 1);
    }
}

/* --- long ones --- */

/* Hop lines are at most 256, and bytes at most 32 KiB; what did not fit is in the continuation. */
static void test_many_hops(void)
{
    g_autofree uint8_t *data = g_malloc((size_t)MANY * FRAME);
    struct pktmon_event events[MANY];
    struct pktmon_hop hops[MANY];

    fill(data, (size_t)MANY * FRAME, 3);
    for (guint i = 0; i < MANY; i++) {
        events[i] = event_of(START + i, data, FRAME);
        events[i].packet.edge = i;
        hops[i] = hop_of(&events[i]);
        hops[i].last = events[i].time;
    }
    struct pktmon_journey journey = journey_of(hops, MANY, data, FRAME);
    struct written_journey written = write_journey(&journey);
    g_assert_cmpuint(written.result.hops, ==, PKTMON_JOURNEY_MAX_HOPS);
    clear_journey(&written);
    g_assert_cmpuint(assert_all_written(&journey), ==, 2);
    for (guint i = 0; i < MANY; i++)
        events[i].packet.data = data + (size_t)i * FRAME;
    g_assert_cmpuint(assert_all_written(&journey), ==, 15); /* 21 of 1,514 bytes in each */
}

/* The rest of a journey has no frame with bytes: its first hop is what the others are made of. */
static void test_continuation(void)
{
    uint8_t data[FRAME];
    struct pktmon_event events[20];
    struct pktmon_hop hops[G_N_ELEMENTS(events)];

    fill(data, sizeof(data), 4);
    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        events[i] = event_of(START + i, data, i == 0 ? 0 : i == 1 ? 256 : 250);
        events[i].packet.origlen = FRAME;
        hops[i] = hop_of(&events[i]);
        hops[i].last = events[i].time;
    }
    struct pktmon_journey journey = journey_of(hops, G_N_ELEMENTS(events), NULL, 0);
    journey.continued = true;
    struct written_journey written = write_journey(&journey);
    g_assert_cmpuint(written.size, <=, 256 + 120);
    assert_written(&written, &journey);
    clear_journey(&written);
}

static void test_many_texts(void)
{
    char texts[MANY][32];
    struct pktmon_event events[MANY];
    struct pktmon_hop hops[MANY];
    uint8_t data[FRAME] = {0};

    for (guint i = 0; i < MANY; i++) {
        g_snprintf(texts[i], sizeof(texts[i]), "text number %u", i);
        events[i] = event_of(START + i, data, FRAME);
        events[i].component = i + 1000;
#define X(NAME, member) events[i].packet.member = texts[(i + JOURNEY_HOP_##NAME * 50) % MANY];
        JOURNEY_HOP_TEXTS(X)
#undef X
        hops[i] = hop_of(&events[i]);
        hops[i].last = events[i].time;
    }
    struct pktmon_journey journey = journey_of(hops, MANY, data, FRAME);
    g_assert_cmpuint(assert_all_written(&journey), ==, 2);
}

/* Names that begin with their namespace, more of them than a reader puts together. */
static void test_many_names(void)
{
    struct pktmon_event events[MANY];
    struct pktmon_hop hops[MANY];
    uint8_t data[FRAME] = {0};

    for (guint i = 0; i < MANY; i++) {
        events[i] = event_of(START + i, data, FRAME);
        events[i].component = BLUE + i;
        events[i].packet.netns = i % 10 == 3 ? "red" : i % 10 == 5 ? "blue/a" : "blue";
        hops[i] = hop_of(&events[i]);
    }
    struct pktmon_journey journey = journey_of(hops, MANY, data, FRAME);
    journey.path = component_name(NULL, BLUE + 200);
    g_assert_cmpuint(assert_all_written(&journey), ==, 2);
}

/* A hop that is too long for any record loses bytes, then its texts' ends: it is told. */
static void test_huge_hop(void)
{
    size_t size = 65000;
    g_autofree uint8_t *data = g_malloc(size);
    g_autofree char *text = g_strnfill(10000, 'x');
    struct pktmon_event event;
    const struct pktmon_hop hop = hop_of(&event);
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *made = g_new(struct journey_decoded_hop, 1);
    uint8_t memory[256];

    fill(data, size, 5);
    event = event_of(START, data, size);
    struct pktmon_journey journey = journey_of(&hop, 1, NULL, 0);
    struct written_journey written = write_journey(&journey);
    g_assert_true(written.result.cut);
    g_assert_cmpuint(written.result.hops, ==, 1);
    open_journey(decoder, &written, &journey, 0);
    g_assert_true(journey_decode_next(decoder, made));
    g_assert_true(journey_decode_bytes(decoder, made, memory, sizeof(memory)));
    g_assert_cmpmem(made->event.packet.data, made->event.packet.caplen, data, 256);
    g_assert_cmpuint(made->event.packet.origlen, ==, size);
    clear_journey(&written);

#define X(NAME, member) event.packet.member = text + JOURNEY_HOP_##NAME;
    JOURNEY_HOP_TEXTS(X)
#undef X
    written = write_journey(&journey);
    g_assert_true(written.result.cut);
    g_assert_cmpuint(written.result.hops, ==, 1);
    open_journey(decoder, &written, &journey, 0);
    g_assert_true(journey_decode_next(decoder, made));
    g_assert_cmpuint(strlen(made->event.packet.comm), ==, 4095);
    clear_journey(&written);
}

static void test_no_room(void)
{
    uint8_t data[60] = {0};
    struct pktmon_event event = event_of(START, data, sizeof(data));
    const struct pktmon_hop hops[] = {hop_of(&event), hop_of(&event), hop_of(&event)};
    struct pktmon_journey journey = journey_of(hops, G_N_ELEMENTS(hops), data, sizeof(data));
    bool fitted = false;

    journey.path = "somewhere";
    for (size_t room = PKTMON_METADATA_HEADER_SIZE; room < 400; room++) {
        struct written_journey written;
        bool fits = write_journey_into(&written, &journey, room);

        if (fits)
            assert_written(&written, &journey);
        g_assert_true(fits || !fitted);
        fitted |= fits;
        clear_journey(&written);
    }
    g_assert_true(fitted);
}

/* --- cut ones --- */

/* No hop of a frame that another tool cut or changed has a wrong byte. */
static void test_cut_frame(void)
{
    uint8_t frame[FRAME], other[FRAME], memory[FRAME];
    struct pktmon_event events[2];
    const struct pktmon_hop hops[] = {hop_of(&events[0]), hop_of(&events[1])};
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *hop = g_new(struct journey_decoded_hop, 1);

    fill(frame, sizeof(frame), 6);
    memcpy(other, frame, sizeof(other));
    fill(other, 12, 7);
    events[0] = event_of(START, frame, FRAME);
    events[1] = event_of(START, other, FRAME);
    struct pktmon_journey journey = journey_of(hops, 2, frame, FRAME);
    struct written_journey written = write_journey(&journey);
    for (size_t size = 0; size < sizeof(frame); size++) {
        open_journey(decoder, &written, &journey, size);
        g_assert_true(decoder->cut);
        g_assert_cmpint(decoder->foreign, ==, size < JOURNEY_CHECKED_BYTES);
        g_assert_cmpuint(decoder->journey.caplen, ==, size);
        for (guint i = 0; i < 2; i++) {
            g_assert_true(journey_decode_next(decoder, hop));
            g_assert_false(journey_decode_bytes(decoder, hop, memory, sizeof(memory)));
            g_assert_cmpmem(hop->event.packet.data, hop->event.packet.caplen, events[i].packet.data,
                            decoder->foreign ? i * 12 : size);
        }
    }
    journey.data = frame + 14; /* the link header was taken away */
    open_journey(decoder, &written, &journey, FRAME - 14);
    g_assert_true(decoder->foreign);
    g_assert_true(journey_decode_next(decoder, hop));
    g_assert_false(journey_decode_bytes(decoder, hop, memory, sizeof(memory)));
    g_assert_cmpuint(hop->event.packet.caplen, ==, 0);
    clear_journey(&written);
}

/* --- newer and damaged ones --- */

static void put_section(struct journey_writer *writer, uint8_t type, const void *data, size_t size)
{
    journey_put_number(writer, type);
    journey_put_number(writer, size);
    journey_put(writer, data, size);
}

static void put_numbers(struct journey_writer *writer, uint8_t type, const uint64_t *numbers,
                        size_t count)
{
    uint8_t memory[100];
    struct journey_writer section = {.data = memory, .size = sizeof(memory)};

    for (size_t i = 0; i < count; i++)
        journey_put_number(&section, numbers[i]);
    put_section(writer, type, memory, section.length);
}

/* Sections, fields of the head and of hops, and extras that this version does not know. */
static void test_newer(void)
{
    static const uint8_t components[] = {14, 0, 'e', 't', 'h', '0', 0};
    static const uint8_t extras[] = {11, 0x80, 0x60, 2, 9, 9, PKTMON_FIELD_NBL_VLAN,
                                     1,  100,  1,    1, 7};
    static const uint64_t head[] = {
        1u << JOURNEY_HEAD_GROUP | 1u << JOURNEY_HEAD_HOP_COUNT | 1u << 23, 5, 2, 77};
    static const uint64_t hops[] = {10,
                                    1u << JOURNEY_HOP_EDGE | UINT64_C(1) << JOURNEY_HOP_EXTRAS |
                                        UINT64_C(1) << 63,
                                    4,
                                    1,
                                    1234,
                                    20,
                                    UINT64_C(1) << JOURNEY_HOP_COUNT | 1u << JOURNEY_HOP_EDGE,
                                    5,
                                    1234};
    uint8_t memory[256];
    struct journey_writer value = {.data = memory, .size = sizeof(memory)};
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *hop = g_new(struct journey_decoded_hop, 1);
    const struct journey_frame frame = {.time = START};

    put_section(&value, 100, "from the future", 15);
    put_numbers(&value, JOURNEY_SECTION_HOPS, hops, G_N_ELEMENTS(hops));
    put_numbers(&value, JOURNEY_SECTION_HEAD, head, G_N_ELEMENTS(head));
    put_section(&value, JOURNEY_SECTION_COMPONENTS, components, sizeof(components));
    put_section(&value, JOURNEY_SECTION_EXTRAS, extras, sizeof(extras));
    put_section(&value, 101, "", 0);
    g_assert_true(journey_decode_open(decoder, memory, value.length, &frame));
    g_assert_cmpuint(decoder->journey.group, ==, 5);
    g_assert_cmpuint(decoder->journey.hop_count, ==, 2);
    g_assert_true(journey_decode_next(decoder, hop));
    g_assert_cmpuint(hop->event.time, ==, START + 10);
    g_assert_cmpuint(hop->event.packet.edge, ==, 4);
    g_assert_cmpstr(hop->hop.name, ==, "eth0");
    g_assert_cmpuint(hop->event.component, ==, 7);
    g_assert_cmpuint(hop->event.packet.nbl->count, ==, 1);
    g_assert_cmpuint(hop->nbl_values[0].number, ==, 100);
    g_assert_true(journey_decode_next(decoder, hop));
    g_assert_cmpuint(hop->event.time, ==, START + 30);
    g_assert_cmpuint(hop->event.packet.edge, ==, 5);
    g_assert_false(decoder->malformed);
}

/* Whatever is missing at the end, what is read is in the record, and comes to an end. */
static void test_truncated(void)
{
    uint8_t data[FRAME], memory[FRAME];
    struct pktmon_event event;
    const struct pktmon_hop hops[] = {hop_of(&event), hop_of(&event), hop_of(&event)};
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *hop = g_new(struct journey_decoded_hop, 1);

    fill(data, sizeof(data), 8);
    event = event_of(START, data, FRAME);
    event.packet.comm = "comm";
    struct pktmon_journey journey = journey_of(hops, G_N_ELEMENTS(hops), NULL, 0);
    journey.path = "eth0";
    struct written_journey written = write_journey(&journey);
    for (size_t size = 0; size < written.value_size; size++) {
        g_autofree uint8_t *value = g_memdup2(written.value, size);
        const struct journey_frame frame = {.time = START};

        if (!journey_decode_open(decoder, value, size, &frame))
            continue;
        while (journey_decode_next(decoder, hop))
            journey_decode_bytes(decoder, hop, memory, sizeof(memory));
        g_assert_true(decoder->malformed);
    }
    clear_journey(&written);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-limits/random", test_random);
    g_test_add_func("/journey-limits/many-hops", test_many_hops);
    g_test_add_func("/journey-limits/continuation", test_continuation);
    g_test_add_func("/journey-limits/many-texts", test_many_texts);
    g_test_add_func("/journey-limits/many-names", test_many_names);
    g_test_add_func("/journey-limits/huge-hop", test_huge_hop);
    g_test_add_func("/journey-limits/no-room", test_no_room);
    g_test_add_func("/journey-limits/cut-frame", test_cut_frame);
    g_test_add_func("/journey-limits/newer", test_newer);
    g_test_add_func("/journey-limits/truncated", test_truncated);
    return g_test_run();
}
