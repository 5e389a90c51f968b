/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which frames the libpcap provider takes for appearances of one packet, and the order in which it
 * puts them. */
#include <glib.h>
#include <string.h>

#include "providers/pcap/reader/groups.h"
#include "providers/pcap/reader/link-layer.h"
#include "providers/pcap/reader/order.h"

#define MS 1000000ULL

enum { PLACE_1 = 1, PLACE_2, PLACE_3 };

/* An Ethernet frame with IPv4 and UDP. */
static const uint8_t udp_frame[] = {
    2,    0,    0, 0,  0,    1,    2, 0, 0,   0,   0,   2,   0x08, 0x00, /* Ethernet */
    0x45, 0,    0, 36, 0x12, 0x34, 0, 0, 64,  17,  0,   0,   10,   0,    0,   1,
    10,   0,    0, 2,                                                              /* IPv4 */
    0x30, 0x39, 0, 53, 0,    16,   0, 0, 'q', 'u', 'e', 's', 't',  'i',  'o', 'n', /* UDP */
};

enum { MAC = 6, TOTAL_LENGTH = 16, IDENTIFICATION = 18, TTL = 22, PROTOCOL = 23, SOURCE = 26 };
enum { DESTINATION = 30, SOURCE_PORT = 34, DESTINATION_PORT = 36, PAYLOAD = 42 };

struct fixture {
    struct pcap_groups *groups;
    uint8_t frame[sizeof(udp_frame) + 64];
    uint32_t length;
};

static void set_up(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->groups = pcap_groups_new();
    memcpy(fixture->frame, udp_frame, sizeof(udp_frame));
    fixture->length = sizeof(udp_frame);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    pcap_groups_free(fixture->groups);
}

static void expect(struct fixture *fixture, uint64_t time, uint64_t place, uint64_t group,
                   uint32_t appearance)
{
    const struct pcap_content content = pcap_content_of(fixture->frame, fixture->length);
    struct pcap_membership membership =
        pcap_groups_join(fixture->groups, time, &content, place, fixture->length - content.network);

    g_assert_cmpuint(membership.group, ==, group);
    g_assert_cmpuint(membership.appearance, ==, appearance);
}

/* Neither a router nor address translation makes it another packet. */
static void test_rewritten(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    expect(fixture, 1 * MS, PLACE_1, 1, 1);
    fixture->frame[MAC] = 4;
    fixture->frame[TTL]--;
    expect(fixture, 2 * MS, PLACE_2, 1, 2);
    fixture->frame[SOURCE] = 192;
    fixture->frame[SOURCE_PORT]++;
    expect(fixture, 3 * MS, PLACE_3, 1, 3);
}

static void test_tagged_and_padded(struct fixture *fixture, gconstpointer data)
{
    static const uint8_t tag[] = {0x81, 0x00, 0x00, 0x05};

    (void)data;
    expect(fixture, 1 * MS, PLACE_1, 1, 1);
    memmove(fixture->frame + 16, fixture->frame + 12, sizeof(udp_frame) - 12);
    memcpy(fixture->frame + 12, tag, sizeof(tag));
    fixture->length += sizeof(tag);
    expect(fixture, 2 * MS, PLACE_2, 1, 2);
    fixture->length += 10; /* padding of short Ethernet frames */
    memset(fixture->frame + fixture->length - 10, 0xAA, 10);
    expect(fixture, 3 * MS, PLACE_3, 1, 3);
}

static void test_others(struct fixture *fixture, gconstpointer data)
{
    static const uint32_t tell_apart[] = {IDENTIFICATION, PROTOCOL, PAYLOAD};

    (void)data;
    expect(fixture, 1 * MS, PLACE_1, 1, 1);
    for (guint i = 0; i < G_N_ELEMENTS(tell_apart); i++) {
        fixture->frame[tell_apart[i]] ^= 1;
        expect(fixture, 1 * MS, PLACE_2, i + 2, 1);
        fixture->frame[tell_apart[i]] ^= 1;
    }
}

/* The window is the time between two appearances. */
static void test_window(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    expect(fixture, 100 * MS, PLACE_1, 1, 1);
    expect(fixture, 110 * MS, PLACE_2, 1, 2);
    expect(fixture, 120 * MS, PLACE_3, 1, 3);
    expect(fixture, 130 * MS + 1, PLACE_3 + 1, 2, 1);
}

/* Equal packets in a burst, each through both places. */
static void test_equal(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    expect(fixture, 1 * MS, PLACE_1, 1, 1);
    expect(fixture, 1 * MS, PLACE_1, 2, 1);
    expect(fixture, 2 * MS, PLACE_2, 1, 2);
    expect(fixture, 2 * MS, PLACE_2, 2, 2);
    expect(fixture, 2 * MS, PLACE_2, 3, 1);
}

/* A reply with the same bytes goes in the opposite direction. */
static void test_answer(struct fixture *fixture, gconstpointer data)
{
    uint8_t *frame = fixture->frame;

    (void)data;
    expect(fixture, 1 * MS, PLACE_1, 1, 1);
    memcpy(frame + SOURCE, udp_frame + DESTINATION, 4);
    memcpy(frame + DESTINATION, udp_frame + SOURCE, 4);
    memcpy(frame + SOURCE_PORT, udp_frame + DESTINATION_PORT, 2);
    memcpy(frame + DESTINATION_PORT, udp_frame + SOURCE_PORT, 2);
    expect(fixture, 2 * MS, PLACE_2, 2, 1);
}

/* What is at least as long behind the link header as all before is no repeat. */
static void test_repeats(struct fixture *fixture, gconstpointer data)
{
    const struct {
        uint32_t length;
        bool repeats;
    } cases[] = {{100, false}, {100, true}, {60, true}, {101, false}, {101, true}, {100, true}};
    const struct pcap_content content = pcap_content_of(fixture->frame, fixture->length);

    (void)data;
    g_assert_cmpuint(content.network, ==, 14);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pcap_membership membership =
            pcap_groups_join(fixture->groups, 1 * MS, &content, PLACE_1 + i, cases[i].length);

        g_assert_cmpuint(membership.appearance, ==, i + 1);
        g_assert_cmpint(membership.repeats, ==, cases[i].repeats);
    }
}

/* In a flood of equal packets, time and memory stay bounded. */
static void test_flood(struct fixture *fixture, gconstpointer data)
{
    (void)data;
    for (guint i = 1; i <= 300000; i++)
        expect(fixture, 1 * MS, PLACE_1, i, 1);
}

/* Arbitrary bytes, truncated anywhere. */
static void test_any_bytes(struct fixture *fixture, gconstpointer data)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5);

    (void)data;
    for (guint round = 0; round < 100000; round++) {
        uint32_t length = g_rand_int_range(random, 0, sizeof(udp_frame));
        g_autofree uint8_t *frame = g_memdup2(udp_frame, sizeof(udp_frame));
        uint8_t *exact = NULL;

        frame[g_rand_int_range(random, 12, sizeof(udp_frame))] = g_rand_int(random);
        frame[g_rand_int_range(random, 12, 24)] = round % 2 ? 0x86 : g_rand_int(random);
        exact = g_memdup2(frame, length);
        pcap_content_of(exact, length);
        g_free(exact);
    }
    (void)fixture;
}

static void expect_taken(struct pcap_order *order, uint64_t until, uint32_t component)
{
    struct pcap_waiting *waiting = pcap_order_take(order, until);

    g_assert_cmpuint(waiting ? waiting->event.component : 0, ==, component);
    g_free(waiting);
}

static void add(struct pcap_order *order, uint64_t time, uint32_t rank, uint32_t component)
{
    const struct pktmon_event event = {.time = time, .component = component};

    pcap_order_add(order, &event, rank, &component, sizeof(component));
}

static void test_order(void)
{
    struct pcap_order *order = pcap_order_new();

    add(order, 30, 0, 5);
    add(order, 10, 1, 2);
    add(order, 20, 0, 3);
    add(order, 10, 0, 1);
    add(order, 20, 0, 4);
    g_assert_cmpuint(pcap_order_size(order), >, 0);
    expect_taken(order, 9, 0);
    expect_taken(order, 20, 1);
    expect_taken(order, 20, 2);
    expect_taken(order, 20, 3);
    expect_taken(order, 20, 4);
    expect_taken(order, 20, 0);
    expect_taken(order, UINT64_MAX, 5);
    g_assert_cmpuint(pcap_order_size(order), ==, 0);
    add(order, 1, 0, 1); /* the rest is freed */
    pcap_order_free(order);
}

static void test_link_layer(void)
{
    enum { DLT_ETHERNET = 1, DLT_RAW_IP = 12, DLT_COOKED = 113, DLT_UNKNOWN = 127 };
    uint8_t room[PCAP_MAX_GROWTH + 20] = {[PCAP_MAX_GROWTH] = 0x45};
    uint8_t *bytes = room + PCAP_MAX_GROWTH;
    struct pktmon_packet packet = {0};

    g_assert_true(pcap_fill_frame(&packet, DLT_ETHERNET, bytes, 20, 60));
    g_assert_true(packet.data == bytes && packet.caplen == 20 && packet.origlen == 60);
    g_assert_false(packet.l2_synthesised);
    g_assert_true(pcap_fill_frame(&packet, DLT_RAW_IP, bytes, 20, 60));
    g_assert_true(packet.data == room && packet.caplen == 34 && packet.origlen == 74);
    g_assert_true(packet.l2_synthesised);
    g_assert_cmpmem(room + 12, 3, "\x08\x00\x45", 3);
    memcpy(bytes + 14, "\x86\xDD\x60", 3);
    g_assert_true(pcap_fill_frame(&packet, DLT_COOKED, bytes, 20, 60));
    g_assert_true(packet.data == bytes + 2 && packet.caplen == 18 && packet.origlen == 58);
    g_assert_cmpmem(packet.data + 12, 3, "\x86\xDD\x60", 3);
    g_assert_false(pcap_fill_frame(&packet, DLT_COOKED, bytes, 15, 60));
    g_assert_false(pcap_fill_frame(&packet, DLT_UNKNOWN, bytes, 20, 60));
}

static void add_grouping(const char *name, void (*test)(struct fixture *, gconstpointer))
{
    g_test_add(name, struct fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_grouping("/pcap/groups/rewritten", test_rewritten);
    add_grouping("/pcap/groups/tagged-and-padded", test_tagged_and_padded);
    add_grouping("/pcap/groups/others", test_others);
    add_grouping("/pcap/groups/window", test_window);
    add_grouping("/pcap/groups/equal", test_equal);
    add_grouping("/pcap/groups/answer", test_answer);
    add_grouping("/pcap/groups/repeats", test_repeats);
    add_grouping("/pcap/groups/flood", test_flood);
    add_grouping("/pcap/groups/any-bytes", test_any_bytes);
    g_test_add_func("/pcap/order", test_order);
    g_test_add_func("/pcap/link-layer", test_link_layer);
    return g_test_run();
}
