/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys in the pcapng writer: their frames, comments, continuations, and losses. */
#include <glib.h>
#include <string.h>

#include "fixture.h"
#include "model/journey-decode.h"
#include "pktmon/journey.h"

#define GROUP        0x123456789
#define RAW_IP       101
#define ARROW        " \xE2\x86\x92 "
#define MOST_HOPS    400
#define BIG_FRAME    300000
#define SMALL_RECORD 2000 /* bytes, of a hop that leaves room for few of its kind */

enum { COMMENT = 1, FLAGS = 2, DROPCOUNT = 4, PACKET_ID = 5, QUEUE = 6 };

/* A journey and what it is made of. */
struct made {
    struct pktmon_event events[MOST_HOPS];
    struct pktmon_hop hops[MOST_HOPS];
    struct pktmon_journey journey;
};

/* Hops at components 1 and 2 in turn. */
static struct made *make(size_t count)
{
    struct made *made = g_new0(struct made, 1);

    for (size_t i = 0; i < count; i++) {
        made->events[i] = packet_event(START + 10 * i, 1 + i % 2);
        made->events[i].packet.appearance = i + 1;
        made->hops[i] = (struct pktmon_hop){.event = &made->events[i],
                                            .name = i % 2 ? "br0" : "eth0",
                                            .count = 1,
                                            .last = START + 10 * i,
                                            .form = 1};
    }
    made->journey = (struct pktmon_journey){
        .group = GROUP,
        .time = START,
        .total = 10 * (count - 1),
        .fate = PKTMON_FATE_CONSUMED,
        .form = 1,
        .forms = 1,
        .link_type = ETHERNET,
        .data = made->events[0].packet.data,
        .caplen = FRAME_SIZE,
        .origlen = FRAME_SIZE,
        .hops = made->hops,
        .hop_count = count,
        .observations = count,
        .path = "eth0" ARROW "br0",
    };
    return made;
}

static struct pktmon_event event_of(const struct made *made)
{
    return (struct pktmon_event){.record = PKTMON_RECORD_JOURNEY,
                                 .time = made->journey.time,
                                 .component = made->events[0].component,
                                 .journey = &made->journey};
}

static struct packet find_journey(const struct fixture *fixture, guint n)
{
    struct block block = find_block(fixture, PACKET, PKTMON_RECORD_JOURNEY, n);

    return block_packet(&block);
}

/* Opens the n-th journey of the file. */
static void open_journey(const struct fixture *fixture, guint n, struct journey_decoder *decoder)
{
    struct block block = find_block(fixture, PACKET, PKTMON_RECORD_JOURNEY, n);
    struct packet packet = block_packet(&block);
    struct pktmon_metadata_field field;
    const struct journey_frame frame = {packet.time, packet.data, packet.caplen};

    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_CAPTURE_ID), ==,
                     CAPTURE_ID);
    g_assert_true(metadata_find(block_metadata(&block), PKTMON_FIELD_JOURNEY, &field));
    g_assert_true(journey_decode_open(decoder, field.value, field.length, &frame));
    g_assert_false(decoder->malformed);
}

/* A journey is one frame, with the description of each of its components before it. */
static void test_frame(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(5);
    struct journey_decoder decoder;

    made->events[0].packet.queue = 3;
    put(&fixture, event_of(made));
    put(&fixture, event_of(made));
    g_assert_true(pcapng_writer_has_packets_of(fixture.writer, 1));
    g_assert_true(pcapng_writer_has_packets_of(fixture.writer, 2));
    finish(&fixture, START + 99);
    assert_outline(&fixture, "SIEACICJJTT");

    struct packet packet = find_journey(&fixture, 0);

    g_assert_cmpuint(packet.interface, ==, 1);
    g_assert_cmpuint(packet.time, ==, START);
    g_assert_cmpmem(packet.data, packet.caplen, made->journey.data, FRAME_SIZE);
    g_assert_cmpuint(packet.origlen, ==, FRAME_SIZE);
    g_assert_cmpuint(option_number(&packet, PACKET_ID), ==, GROUP);
    g_assert_cmpuint(option_number(&packet, FLAGS), ==, 1);
    g_assert_cmpuint(option_number(&packet, QUEUE), ==, 3);
    g_assert_false(has_option(&packet, DROPCOUNT));
    g_assert_false(has_option(&packet, COMMENT));
    open_journey(&fixture, 0, &decoder);
    g_assert_cmpuint(decoder.journey.hop_count, ==, 5);
    g_assert_cmpstr(decoder.journey.path, ==, made->journey.path);
    clear(&fixture);
}

/* The interface is that of the first hop's component with the link type of the bytes. */
static void test_link_type(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = false});
    g_autofree struct made *made = make(2);

    made->events[0].packet.link_type = RAW_IP; /* the bytes are those of the second hop */
    put(&fixture, event_of(made));
    put(&fixture, made->events[0]);
    finish(&fixture, START + 99);
    assert_outline(&fixture, "SIEACICJIPTTT");
    g_assert_cmpuint(find_block(&fixture, INTERFACE, 0, 1).body[0], ==, ETHERNET);
    g_assert_cmpuint(find_block(&fixture, INTERFACE, 0, 2).body[0], ==, RAW_IP);
    clear(&fixture);
}

static void test_live_link_type(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(2);
    g_autoptr(GError) error = NULL;

    made->journey.link_type = RAW_IP;
    struct pktmon_event event = event_of(made);

    g_assert_false(pcapng_writer_write(fixture.writer, &event, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED);
    finish(&fixture, START + 99);
    assert_outline(&fixture, "SIEAT");
    clear(&fixture);
}

/* A component that has gone from the registry has the name that its hop has. */
static void test_gone(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(1);

    made->events[0].component = 9;
    made->hops[0].name = "blue/eth0";
    put(&fixture, event_of(made));
    finish(&fixture, START + 99);

    struct block interface = find_block(&fixture, INTERFACE, 0, 1);

    assert_option_text(interface.body + 8, interface.body_size - 8, 2, "blue/eth0");
    clear(&fixture);
}

static void drop(struct made *made, size_t hop, const char *reason)
{
    made->events[hop].packet.dropped = true;
    made->events[hop].packet.drop_reason = reason;
}

static void assert_comment(const struct fixture *fixture, guint n, const char *expected)
{
    struct packet packet = find_journey(fixture, n);

    assert_option_text(packet.options, packet.options_size, COMMENT, expected);
}

/* One comment has the drops: five, and how many more there are. */
static void test_comment(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(12);

    drop(made, 11, "NETFILTER_DROP");
    made->events[11].packet.drop_location = "nft_do_chain+0x3e8";
    put(&fixture, event_of(made));
    for (size_t i = 0; i < 11; i++)
        drop(made, i, "QUEUE_FULL");
    made->hops[1].count = 3;
    made->hops[7].count = 10;
    put(&fixture, event_of(made));
    finish(&fixture, START + 99);
    assert_comment(&fixture, 0, "Dropped by br0: NETFILTER_DROP at nft_do_chain+0x3e8");
    assert_comment(&fixture, 1,
                   "Dropped by eth0: QUEUE_FULL; Dropped by br0: QUEUE_FULL (3 pieces); "
                   "Dropped by eth0: QUEUE_FULL; Dropped by br0: QUEUE_FULL; "
                   "Dropped by eth0: QUEUE_FULL; and 16 more");
    clear(&fixture);
}

/* A continuation is a frame of ours, with the packet's path and fate as its text. */
static void test_continuation(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(2);
    struct journey_decoder decoder;

    made->journey.continued = true;
    made->journey.data = NULL;
    made->journey.caplen = made->journey.origlen = 0;
    made->journey.fate = PKTMON_FATE_DROPPED;
    made->journey.path = "\xE2\x80\xA6" ARROW "br0" ARROW "h\xC3\xB6st/eth0";
    drop(made, 1, "NO_SOCKET");
    put(&fixture, event_of(made));
    finish(&fixture, START + 99);
    assert_outline(&fixture, "SIEACCJT");

    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_JOURNEY, 0);
    struct packet packet = block_packet(&block);

    assert_line(&block, "packet 4886718345 continued: ... -> br0 -> h??st/eth0: dropped");
    g_assert_cmpuint(packet.time, ==, START);
    g_assert_cmpuint(option_number(&packet, PACKET_ID), ==, GROUP);
    assert_comment(&fixture, 0, "Dropped by br0: NO_SOCKET");
    open_journey(&fixture, 0, &decoder);
    g_assert_true(decoder.journey.continued);
    g_assert_cmpuint(decoder.journey.hop_count, ==, 2);
    g_assert_null(decoder.journey.data);
    clear(&fixture);
}

/* What a record has no room for follows at once, with the same time; nothing is said twice. */
/* The number with that many digits; it lasts as long as the program. */
static const char *digits(int count, size_t number)
{
    g_autofree char *text = g_strdup_printf("%0*zu", count, number);

    return g_intern_string(text);
}

static void test_split(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(MOST_HOPS);
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct journey_decoded_hop *hop = g_new(struct journey_decoded_hop, 1);
    guint records = 0, hops = 0;

    for (size_t i = 0; i < MOST_HOPS; i++) {
        made->events[i].packet.cgroup = i % 100 == 7 ? digits(SMALL_RECORD, i) : digits(70, i % 9);
        made->events[i].packet.lost = i == 0 || i == MOST_HOPS - 1 ? 5 : 0;
    }
    drop(made, MOST_HOPS - 1, "NO_SOCKET");
    put(&fixture, event_of(made));
    finish(&fixture, START + 99999);
    for (; hops < MOST_HOPS; records++) {
        struct packet packet = find_journey(&fixture, records);

        g_assert_cmpuint(packet.time, ==, START);
        g_assert_cmpuint(packet.interface, ==, records == 0 ? 1 : 0);
        open_journey(&fixture, records, decoder);
        g_assert_cmpint(decoder->journey.continued, ==, records > 0);
        for (; journey_decode_next(decoder, hop); hops++) {
            g_assert_cmpuint(hop->event.time, ==, made->events[hops].time);
            g_assert_cmpuint(hop->event.packet.appearance, ==, hops + 1);
            g_assert_cmpstr(hop->event.packet.cgroup, ==, made->events[hops].packet.cgroup);
        }
        g_assert_cmpint(has_option(&packet, DROPCOUNT), ==, records == 0 || hops == MOST_HOPS);
        g_assert_cmpint(has_option(&packet, COMMENT), ==, hops == MOST_HOPS);
    }
    g_assert_cmpuint(records, >, 1);
    open_journey(&fixture, 1, decoder);
    g_assert_cmpstr(decoder->journey.path, ==, "\xE2\x80\xA6" ARROW "eth0" ARROW "br0");
    g_assert_cmpuint(pcapng_writer_lack(fixture.writer).shortened, ==, 0);
    clear(&fixture);
}

/* A long path that gets a beginning is cut before a whole character. */
static void test_long_path(void)
{
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);

    for (guint length = PKTMON_PATH_SIZE - 12; length < PKTMON_PATH_SIZE; length++) {
        struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
        g_autofree struct made *made = make(300);
        GString *path = g_string_new(NULL);

        g_string_set_size(path, length);
        memset(path->str, 'x', length);
        memcpy(path->str + length - 3, "\xE2\x82\xAC", 3);
        made->journey.path = path->str;
        put(&fixture, event_of(made));
        finish(&fixture, START + 99999);
        open_journey(&fixture, 1, decoder);
        g_assert_true(g_utf8_validate(decoder->journey.path, -1, NULL));
        g_assert_true(g_str_has_prefix(decoder->journey.path, "\xE2\x80\xA6" ARROW "xxx"));
        g_string_free(path, TRUE);
        clear(&fixture);
    }
}

/* Bytes of the packet are cut, never its record. */
static void test_block_size(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree uint8_t *data = g_malloc0(BIG_FRAME);
    g_autofree struct journey_decoder *decoder = g_new(struct journey_decoder, 1);
    g_autofree struct made *made = make(250);

    made->journey.data = data;
    made->journey.caplen = made->journey.origlen = BIG_FRAME;
    for (size_t i = 0; i < 250; i++)
        made->events[i].packet.cgroup = digits(100, i);
    put(&fixture, event_of(made));
    finish(&fixture, START + 99999);

    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_JOURNEY, 0);
    struct packet packet = block_packet(&block);

    g_assert_cmpuint(block.length, <=, PKTMON_MAX_BLOCK_SIZE);
    g_assert_cmpuint(packet.caplen, >, 200000);
    g_assert_cmpuint(packet.origlen, ==, BIG_FRAME);
    open_journey(&fixture, 0, decoder);
    g_assert_false(decoder->cut);
    g_assert_cmpuint(decoder->journey.hop_count, ==, 250);
    g_assert_cmpuint(decoder->journey.origlen, ==, BIG_FRAME);
    clear(&fixture);
}

/* Without "@pktmon" there is nothing to write a continuation on: it is counted. */
static void test_packets_only(void)
{
    struct fixture fixture = begin(
        (struct pcapng_writer_options){.packets_only = true, .carrier = PKTMON_CARRIER_BLOCKS});
    g_autofree struct made *made = make(MOST_HOPS);

    made->events[MOST_HOPS - 1].packet.lost = 4;
    put(&fixture, event_of(made));
    g_assert_cmpuint(pcapng_writer_lack(fixture.writer).continuations, ==, 1);
    made->journey.continued = true;
    made->journey.hop_count = 2;
    put(&fixture, event_of(made));
    g_assert_cmpuint(pcapng_writer_lack(fixture.writer).continuations, ==, 2);
    finish(&fixture, START + 99999);
    assert_outline(&fixture, "SacIcJT");
    clear(&fixture);
}

/* What the statistics of the interface block say was lost. */
static uint64_t dropped_of(const struct fixture *fixture, guint n)
{
    struct block block = find_block(fixture, STATISTICS, 0, n);
    size_t length = 0;
    const uint8_t *value = option_find(block.body + 12, block.body_size - 12, 5, &length);
    uint64_t number = 0;

    g_assert_nonnull(value);
    memcpy(&number, value, length);
    return number;
}

static void count_losses(struct fixture *fixture, uint32_t component, uint64_t lost)
{
    put(fixture, (struct pktmon_event){.record = PKTMON_RECORD_COUNTERS,
                                       .time = START + 500,
                                       .component = component,
                                       .counters = {.edge = 2, .has_flow = true, .lost = lost}});
}

/* A frame reports the losses of all of its hops. Each loss is in the statistics once, also if
 * counters have it too, or if the component has packets of its own. */
static void test_losses(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(4);
    struct pktmon_event packet = packet_event(START + 300, 2);

    made->events[0].packet.lost = 2; /* of component 1 */
    made->events[1].packet.lost = 3; /* of component 2 */
    made->events[3].packet.lost = 4;
    put(&fixture, event_of(made));
    packet.packet.lost = 5;
    put(&fixture, packet);
    count_losses(&fixture, 1, 20);
    count_losses(&fixture, 2, 100);
    finish(&fixture, START + 999);

    struct packet frame = find_journey(&fixture, 0);

    g_assert_cmpuint(option_number(&frame, DROPCOUNT), ==, 9);
    g_assert_cmpuint(dropped_of(&fixture, 0), ==, 0);
    g_assert_cmpuint(dropped_of(&fixture, 1), ==, 9 + 18);
    g_assert_cmpuint(dropped_of(&fixture, 2), ==, 5 + 88);
    clear(&fixture);
}

/* A component that goes leaves the losses that others' frames reported of it to them. */
static void test_losses_of_retired(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autofree struct made *made = make(2);

    made->events[1].packet.lost = 3;
    put(&fixture, event_of(made));
    put(&fixture, packet_event(START + 300, 2));
    count_losses(&fixture, 2, 10);
    put(&fixture, (struct pktmon_event){
                      .record = PKTMON_RECORD_RETIRED, .time = START + 600, .component = 2});
    finish(&fixture, START + 999);
    g_assert_cmpuint(dropped_of(&fixture, 0), ==, 7); /* of component 2 */
    g_assert_cmpuint(dropped_of(&fixture, 1), ==, 0);
    g_assert_cmpuint(dropped_of(&fixture, 2), ==, 3);
    clear(&fixture);
}

/* Counters and repeated descriptions take a component of a hop as one with packets. */
static void test_counters_of_hops(void)
{
    struct fixture fixture =
        begin((struct pcapng_writer_options){.live = true, .matches_only = true});
    g_autofree struct made *made = make(2);
    g_autoptr(GError) error = NULL;

    count_losses(&fixture, 2, 0);
    g_assert_false(pcapng_writer_has_packets_of(fixture.writer, 2));
    put(&fixture, event_of(made));
    count_losses(&fixture, 2, 0);
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 600, &error));
    finish(&fixture, START + 999);
    assert_outline(&fixture, "SIEACICJNACCTT");
    clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pcapng-writer-journey/frame", test_frame);
    g_test_add_func("/pcapng-writer-journey/link-type", test_link_type);
    g_test_add_func("/pcapng-writer-journey/live-link-type", test_live_link_type);
    g_test_add_func("/pcapng-writer-journey/gone", test_gone);
    g_test_add_func("/pcapng-writer-journey/comment", test_comment);
    g_test_add_func("/pcapng-writer-journey/continuation", test_continuation);
    g_test_add_func("/pcapng-writer-journey/split", test_split);
    g_test_add_func("/pcapng-writer-journey/long-path", test_long_path);
    g_test_add_func("/pcapng-writer-journey/block-size", test_block_size);
    g_test_add_func("/pcapng-writer-journey/packets-only", test_packets_only);
    g_test_add_func("/pcapng-writer-journey/losses", test_losses);
    g_test_add_func("/pcapng-writer-journey/losses-of-retired", test_losses_of_retired);
    g_test_add_func("/pcapng-writer-journey/counters-of-hops", test_counters_of_hops);
    return g_test_run();
}
