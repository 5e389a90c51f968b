/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <string.h>

#include "journey-written.h"

#define START 1700000000123456789u
#define GROUP 0x0003000100001234u
#define FRAME 142

static uint8_t frame[FRAME];

static void make_frame(void)
{
    static const uint8_t headers[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45};

    for (size_t i = 0; i < sizeof(frame); i++)
        frame[i] = (uint8_t)(i * 7 + i / 3);
    memcpy(frame, headers, sizeof(headers));
}

static struct pktmon_event make_event(uint64_t time)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = time,
        .component = 0x42002,
        .packet = {.group = GROUP,
                   .cpu = -1,
                   .queue = -1,
                   .link_type = 1,
                   .data = frame,
                   .caplen = FRAME,
                   .origlen = FRAME},
    };
}

static struct pktmon_hop make_hop(const struct pktmon_event *event)
{
    return (struct pktmon_hop){.event = event,
                               .count = 1,
                               .last = event->time,
                               .last_number = event->packet.packet_number,
                               .form = 1};
}

static struct pktmon_journey make_journey(const struct pktmon_hop *hops, size_t count)
{
    return (struct pktmon_journey){.group = GROUP,
                                   .time = START,
                                   .form = 1,
                                   .forms = 1,
                                   .link_type = 1,
                                   .data = frame,
                                   .caplen = FRAME,
                                   .origlen = FRAME,
                                   .hops = hops,
                                   .hop_count = count};
}

/* --- the packet of bench/capture --- */

static const struct {
    uint32_t component;
    uint16_t edge, direction;
    const char *netns;
    bool synthesised;
    uint64_t time; /* ns since the first */
} places[] = {
    {0x42FF1, PKTMON_EDGE_OUTPUT, PKTMON_DIRECTION_IN, "a", true, 0},
    {0x42FF1, PKTMON_EDGE_POSTROUTING, PKTMON_DIRECTION_IN, "a", true, 1870},
    {0x42002, PKTMON_EDGE_UPPER, PKTMON_DIRECTION_TX, "a", false, 4012},
    {0x42002, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_TX, "a", false, 5790},
    {0x43002, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX, "b", false, 8934},
    {0x43002, PKTMON_EDGE_UPPER, PKTMON_DIRECTION_RX, "b", false, 10250},
    {0x43FF1, PKTMON_EDGE_PREROUTING, PKTMON_DIRECTION_IN, "b", false, 11870},
    {0x43FF1, PKTMON_EDGE_INPUT, PKTMON_DIRECTION_IN, "b", false, 13432},
    {0x43FF2, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX, "b", false, 15101},
};
#define PLACES G_N_ELEMENTS(places)

static void make_places(struct pktmon_event events[PLACES], struct pktmon_hop hops[PLACES],
                        uint8_t synthesised[FRAME], const char *cgroup)
{
    memcpy(synthesised, frame, FRAME);
    memset(synthesised, 0, 12);
    for (guint i = 0; i < PLACES; i++) {
        struct pktmon_packet *packet = &events[i].packet;
        bool received = i == PLACES - 1;

        events[i] = make_event(START + places[i].time);
        events[i].component = places[i].component;
        packet->edge = places[i].edge;
        packet->direction = places[i].direction;
        packet->netns = places[i].netns;
        packet->appearance = i + 1;
        packet->copy = 1;
        packet->packet_type = PKTMON_PACKET_ETHERNET;
        packet->cpu = 1;
        packet->linked = i > 0 ? PKTMON_LINKED_BY_BUFFER : 0;
        packet->l2_synthesised = places[i].synthesised;
        if (places[i].synthesised)
            packet->data = synthesised;
        packet->pid = i < 4 ? 23456 : received ? 23457 : 0;
        packet->comm = i < 4 || received ? "udp_load" : NULL;
        packet->cgroup = i < 4 || received ? cgroup : NULL;
        packet->end = received ? PKTMON_END_DELIVERED : PKTMON_END_NONE;
        hops[i] = make_hop(&events[i]);
    }
}

static struct pktmon_journey make_bench(struct pktmon_hop hops[PLACES])
{
    struct pktmon_journey journey = make_journey(hops, PLACES);

    journey.total = 15101;
    journey.fate = PKTMON_FATE_DELIVERED;
    journey.bytes_hop = 2;
    journey.path = "a/eth0 \xE2\x86\x92 b/eth0 \xE2\x86\x92 b/sockets";
    return journey;
}

static void test_bench(void)
{
    static const struct {
        const char *cgroup;
        size_t most;
    } cases[] = {{NULL, 190}, {"/user.slice/user-1000.slice/session-3.scope", 236}};
    struct pktmon_event events[PLACES];
    struct pktmon_hop hops[PLACES];
    uint8_t synthesised[FRAME];

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        make_places(events, hops, synthesised, cases[i].cgroup);
        struct pktmon_journey journey = make_bench(hops);
        struct written_journey written = write_journey(&journey);
        g_test_message("nine hops, control group %s: %zu bytes",
                       cases[i].cgroup ? cases[i].cgroup : "not known", written.size);
        g_assert_cmpuint(written.size, <=, cases[i].most);
        g_assert_cmpuint(written.result.hops, ==, PLACES);
        g_assert_false(written.result.cut);
        assert_written(&written, &journey);
        clear_journey(&written);
    }
}

/* --- every field --- */

/* The members of struct pktmon_packet are those that the format has. What the packet repeats is for
 * the capture alone, and is in no file; a comment is the frame's. */
static void test_members(void)
{
    static const char *const known[] = {
#define X(NAME, member) #member,
        JOURNEY_HOP_NUMBERS(X) JOURNEY_HOP_TEXTS(X)
#undef X
#define X(bit, member) #member,
            JOURNEY_HOP_FLAGS(X)
#undef X
                "cpu",
        "queue",
        "data",
        "nbl",
        "repeats",
        "comment",
        NULL};
    g_autofree char *header = NULL;
    g_autoptr(GMatchInfo) match = NULL;
    guint count = 0;

    g_assert_true(g_file_get_contents(EVENT_HEADER, &header, NULL, NULL));
    char *text = strstr(header, "\nstruct pktmon_packet {");
    g_assert_nonnull(text);
    *strstr(text, "\n};") = '\0';
    g_autoptr(GRegex) member = g_regex_new("^    \\w[^;/]*\\b(\\w+);", G_REGEX_MULTILINE, 0, NULL);
    for (g_regex_match(member, text, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        g_autofree char *name = g_match_info_fetch(match, 1);

        if (!g_strv_contains(known, name))
            g_error("pktmon_packet.%s is not in model/journey-format.h.", name);
        count++;
    }
    g_assert_cmpuint(count, ==, G_N_ELEMENTS(known) - 1);
}

/* The hop has the field, the one before and the one after do not. */
static void check_between(const struct pktmon_event *event)
{
    struct pktmon_event before = make_event(START), after = make_event(START + 2000);
    const struct pktmon_hop hops[] = {make_hop(&before), make_hop(event), make_hop(event),
                                      make_hop(&after)};
    struct pktmon_journey journey = make_journey(hops, G_N_ELEMENTS(hops));

    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
    journey.hops++;
    journey.hop_count--;
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

static void test_fields(void)
{
    static const uint64_t values[] = {1, 127, 128, 0x1234567890ABCDEF, UINT64_MAX};
    struct pktmon_event event;

    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
#define X(NAME, member)                                                                            \
    event = make_event(START + 1000);                                                              \
    event.packet.member = values[i];                                                               \
    if (event.packet.caplen == FRAME)                                                              \
        check_between(&event);
        JOURNEY_HOP_NUMBERS(X)
#undef X
        event = make_event(START + 1000);
        event.packet.cpu = event.packet.queue = (int32_t)values[i];
        event.component = (uint32_t)values[i];
        check_between(&event);
    }
#define X(NAME, member)                                                                            \
    event = make_event(START + 1000);                                                              \
    event.packet.member = #member;                                                                 \
    check_between(&event);                                                                         \
    event.packet.member = "";                                                                      \
    check_between(&event);
    JOURNEY_HOP_TEXTS(X)
#undef X
#define X(bit, member)                                                                             \
    event = make_event(START + 1000);                                                              \
    event.packet.member = true;                                                                    \
    check_between(&event);
    JOURNEY_HOP_FLAGS(X)
#undef X
}

/* Whatever is out-of-band data of Windows is read as that. */
static void test_nbl_fields(void)
{
#define X(NAME, number, kind, field)                                                               \
    g_assert_cmpint(g_str_has_prefix(field, "pktmon.nbl."), ==,                                    \
                    (number) >= JOURNEY_FIRST_NBL && (number) <= JOURNEY_LAST_NBL);
    PKTMON_FIELDS(X)
#undef X
}

static void test_nbl(void)
{
    static const struct pktmon_nbl_value values[] = {
        {.field = PKTMON_FIELD_NBL_CHECKSUM, .number = 0},
        {.field = PKTMON_FIELD_NBL_CHECKSUM_TEXT, .text = "IPv4, TCP"},
        {.field = PKTMON_FIELD_NBL_VLAN, .number = 100},
        {.field = PKTMON_FIELD_NBL_CONTEXT, .number = 0xFFFFE00012345678},
        {.field = PKTMON_FIELD_NBL_SOURCE_NIC, .text = ""},
        {.field = PKTMON_FIELD_NBL_CONTEXT, .number = UINT64_MAX},
    };
    const struct pktmon_nbl one = {.values = values, .count = G_N_ELEMENTS(values)};
    const struct pktmon_nbl other = {.values = values + 2, .count = 2}, none = {0};
    const struct pktmon_nbl *const nbls[] = {&one, &other, &one, NULL, &none, &other};
    struct pktmon_event events[G_N_ELEMENTS(nbls)];
    struct pktmon_hop hops[G_N_ELEMENTS(nbls)];

    for (guint i = 0; i < G_N_ELEMENTS(nbls); i++) {
        events[i] = make_event(START + i);
        events[i].packet.nbl = nbls[i];
        hops[i] = make_hop(&events[i]);
    }
    struct pktmon_journey journey = make_journey(hops, G_N_ELEMENTS(hops));
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

static void check_whole(struct pktmon_journey journey)
{
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

static void test_whole(void)
{
    struct pktmon_event event = make_event(START);
    const struct pktmon_hop hop = make_hop(&event);
    struct pktmon_journey journey = make_journey(&hop, 1);

    journey.group = journey.total = journey.merged_into = UINT64_MAX;
    check_whole(journey);
    journey.open = journey.continued = journey.composed = true;
    journey.form = journey.forms = journey.side = 255;
    journey.bytes_hop = journey.link_type = UINT16_MAX;
    journey.origlen = UINT32_MAX;
    journey.time -= 5; /* the frame is earlier than its first hop */
    check_whole(journey);
    journey.time += 10; /* or later */
    check_whole(journey);
    journey.form = journey.forms = 0;
    for (journey.fate = 0; journey.fate <= PKTMON_FATE_DELIVERED; journey.fate++)
        check_whole(journey);
    journey.hop_count = 0;
    check_whole(journey);
}

static void test_paths(void)
{
    static const char *const paths[] = {
        "",
        "b/eth0",
        "\xE2\x86\x92",
        "\xE2\x80\xA6 \xE2\x86\x92 [NAT] \xE2\x86\x92 a/eth0 \xE2\x86\x92 a/eth0:1 (+99 copies)",
        "a/netfilter output (a/eth0) b/eth0b/eth0",
        "\xFF\xFE\xFF\x01 a/eth0\xFE",
    };
    struct pktmon_event events[PLACES];
    struct pktmon_hop hops[PLACES];
    uint8_t synthesised[FRAME];
    char longest[PKTMON_PATH_SIZE];

    make_places(events, hops, synthesised, NULL);
    struct pktmon_journey journey = make_journey(hops, PLACES);
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        journey.path = paths[i];
        check_whole(journey);
    }
    memset(longest, 0xFF, sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    journey.path = longest;
    check_whole(journey);
}

static void test_runs(void)
{
    struct pktmon_event events[4];
    struct pktmon_hop hops[G_N_ELEMENTS(events)];

    for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
        events[i] = make_event(START + i * 10000);
        events[i].packet.packet_number = i == 3 ? UINT16_MAX - 3 : 1 + i;
        hops[i] = make_hop(&events[i]);
    }
    hops[1].count = 45;
    hops[1].last += 123456;
    hops[1].last_number = 46;
    hops[2].last_number = 9; /* pieces that did not come in order */
    hops[2].last--;
    hops[3].count = UINT32_MAX;
    hops[3].last_number = 41;
    struct pktmon_journey journey = make_journey(hops, G_N_ELEMENTS(hops));
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

/* --- pieces --- */

#define SEND      64306 /* bytes of a large send: Ethernet, IPv4, TCP */
#define SEND_HEAD 54
#define SEGMENT   1428
#define SEGMENTS  45
#define KEPT      256 /* bytes of each segment */
#define SENT_AT   9   /* places */

struct send {
    uint8_t whole[SEND];
    uint8_t segments[SENT_AT][SEGMENTS][KEPT];
    struct pktmon_event events[SENT_AT + 1];
    struct pktmon_hop hops[SENT_AT + 1];
    struct pktmon_piece pieces[SENT_AT][SEGMENTS];
};

/* The headers of the whole, with what is a segment's own; other MAC addresses at each device. */
static void make_segment(struct send *send, guint place, guint n)
{
    uint8_t *data = send->segments[place][n];
    uint32_t sequence = GUINT32_TO_BE(0x12345678 + n * SEGMENT);
    guint32 sum = 0x1234 + n * 0x777;

    memcpy(data, send->whole, SEND_HEAD);
    memcpy(data + SEND_HEAD, send->whole + SEND_HEAD + (size_t)n * SEGMENT, KEPT - SEND_HEAD);
    data[5] = data[11] = place / 2;
    data[16] = SEGMENT >> 8;
    data[17] = SEGMENT & 0xFF;
    data[19] = n;
    data[24] = sum >> 8;
    data[25] = sum;
    memcpy(data + 38, &sequence, sizeof(sequence));
    data[50] = sum >> 4;
    data[51] = sum >> 2;
}

static void make_run(struct send *send, guint place)
{
    struct pktmon_event *event = &send->events[place + 1];

    for (guint n = 0; n < SEGMENTS; n++) {
        bool is_last = n == SEGMENTS - 1;

        make_segment(send, place, n);
        send->pieces[place][n] = (struct pktmon_piece){
            .time = START + 5000 + 2000 * n + 150 * place + n % 7 * 11,
            .appearance = 2 + n * SENT_AT + place,
            .caplen = KEPT,
            .origlen = is_last ? 1000 : SEND_HEAD + SEGMENT,
            .data = send->segments[place][n],
            .number = n + 1,
        };
    }
    const struct pktmon_piece *first = send->pieces[place];
    const struct pktmon_piece *last = &send->pieces[place][SEGMENTS - 1];

    *event = make_event(first->time);
    event->component = places[MIN(place, PLACES - 1)].component;
    event->packet.edge = place % 2 ? PKTMON_EDGE_LOWER : PKTMON_EDGE_UPPER;
    event->packet.appearance = first->appearance;
    event->packet.packet_number = 1;
    event->packet.data = first->data;
    event->packet.caplen = first->caplen;
    event->packet.origlen = first->origlen;
    send->hops[place + 1] = (struct pktmon_hop){.event = event,
                                                .count = SEGMENTS,
                                                .last = last->time,
                                                .last_number = last->number,
                                                .form = 1,
                                                .pieces = first};
}

static struct send *make_send(void)
{
    struct send *send = g_new0(struct send, 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(2);

    for (size_t i = 0; i < SEND; i++)
        send->whole[i] = (uint8_t)g_rand_int(random);
    memcpy(send->whole, frame, 14);
    send->events[0] = make_event(START);
    send->events[0].packet.data = send->whole;
    send->events[0].packet.caplen = send->events[0].packet.origlen = SEND;
    send->events[0].packet.appearance = 1;
    send->hops[0] = make_hop(&send->events[0]);
    for (guint place = 0; place < SENT_AT; place++)
        make_run(send, place);
    return send;
}

static struct pktmon_journey journey_of_send(const struct send *send, size_t hops)
{
    struct pktmon_journey journey = make_journey(send->hops, hops);

    journey.data = send->whole;
    journey.caplen = journey.origlen = SEND;
    return journey;
}

/* Every observation of a run comes back, and most of them are few bytes. */
static void test_pieces(void)
{
    static const size_t most[] = {60, 1900, 3800, 4000};
    g_autofree struct send *send = make_send();

    for (guint hops = 1; hops <= G_N_ELEMENTS(most); hops++) {
        struct pktmon_journey journey = journey_of_send(send, hops);
        struct written_journey written = write_journey(&journey);

        g_test_message("45 segments at %u places: %zu bytes", hops - 1, written.size);
        g_assert_cmpuint(written.size, <=, most[hops - 1]);
        assert_written(&written, &journey);
        clear_journey(&written);
    }
    struct pktmon_journey journey = journey_of_send(send, SENT_AT + 1);
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

/* A run of more than a record has room for goes on in the next one, in its middle. */
static void test_split_runs(void)
{
    g_autofree struct send *send = make_send();
    struct pktmon_journey journey = journey_of_send(send, SENT_AT + 1);
    g_autoptr(GRand) random = g_rand_new_with_seed(3);

    for (guint place = 0; place < SENT_AT; place++)
        for (guint n = 0; n < SEGMENTS; n++)
            for (guint i = 0; i < KEPT; i++)
                send->segments[place][n][i] = (uint8_t)g_rand_int(random);
    g_assert_cmpuint(assert_all_written(&journey), ==, 4); /* 104 KB in all */
}

/* What is known of a run may be less. */
static void test_unknown_pieces(void)
{
    g_autofree struct send *send = make_send();
    struct pktmon_journey journey = journey_of_send(send, 5);

    send->hops[1].pieces = send->hops[3].pieces = NULL;
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
    send->hops[2].pieces = send->hops[4].pieces = NULL;
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

/* Observations that do not follow any order. */
static void test_odd_pieces(void)
{
    static const uint64_t odd[] = {0, 1, 127, 128, 0xFFFF, 0x12345678, UINT32_MAX};
    g_autofree struct send *send = make_send();
    struct pktmon_journey journey = journey_of_send(send, 3);

    for (guint n = 1; n < SEGMENTS; n++) {
        struct pktmon_piece *piece = &send->pieces[0][n];

        piece->time = START + odd[n % G_N_ELEMENTS(odd)];
        piece->appearance = odd[n / 2 % G_N_ELEMENTS(odd)];
        piece->number = odd[n / 3 % G_N_ELEMENTS(odd)];
        piece->origlen = odd[n / 4 % G_N_ELEMENTS(odd)];
        piece->caplen = MIN(odd[n / 5 % G_N_ELEMENTS(odd)], KEPT);
        piece->data = piece->caplen == 1 ? send->whole : piece->data;
    }
    g_assert_cmpuint(assert_all_written(&journey), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_frame();
    g_test_add_func("/journey-record/bench", test_bench);
    g_test_add_func("/journey-record/members", test_members);
    g_test_add_func("/journey-record/fields", test_fields);
    g_test_add_func("/journey-record/nbl-fields", test_nbl_fields);
    g_test_add_func("/journey-record/nbl", test_nbl);
    g_test_add_func("/journey-record/whole", test_whole);
    g_test_add_func("/journey-record/paths", test_paths);
    g_test_add_func("/journey-record/runs", test_runs);
    g_test_add_func("/journey-record/pieces", test_pieces);
    g_test_add_func("/journey-record/split-runs", test_split_runs);
    g_test_add_func("/journey-record/unknown-pieces", test_unknown_pieces);
    g_test_add_func("/journey-record/odd-pieces", test_odd_pieces);
    return g_test_run();
}
