/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journeys [OBSERVATIONS]: what the assembler alone takes, without a provider and without a file.
 * Prints a table in Markdown: of five rounds the median, with the slowest and the fastest in
 * brackets.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journey/assemble.h"
#include "model/clock.h"
#include "model/edges.h"

#define ROUNDS      5
#define TOGETHER    16 /* packets that are on their way at the same time */
#define MAX_HOPS    256
#define PACKET_SIZE 1042 /* Ethernet, IPv4, UDP, 1,000 bytes */
#define REPEAT_SIZE 256  /* bytes that are kept of later observations */
#define HOSTS       14   /* offset of IP, */
#define PAYLOAD     42   /* and of what UDP carries */

struct packet_kind {
    const char *name;
    void (*make)(struct packet_kind *kind);
    uint8_t bytes[2][PACKET_SIZE]; /* before and after NAT */
    struct pktmon_event events[MAX_HOPS];
    unsigned hops;
};

/* --- kinds of packets --- */

static void make_bytes(uint8_t *bytes, uint8_t host)
{
    static const uint8_t headers[PAYLOAD] = {
        2, 0,  0,  0, 0, 1,  2, 0, 0, 0,  0, 2, 8, 0,    0x45, 0, 4,  4, 0,    1, 0x40,
        0, 64, 17, 0, 0, 10, 7, 0, 1, 10, 7, 0, 2, 0x9c, 0x40, 0, 53, 3, 0xf0, 0, 0};

    memcpy(bytes, headers, sizeof(headers));
    bytes[HOSTS + 15] = host;
    for (int i = PAYLOAD; i < PACKET_SIZE; i++)
        bytes[i] = (uint8_t)i;
}

static struct pktmon_packet *add_hop(struct packet_kind *kind, uint32_t component, uint16_t edge,
                                     uint16_t direction, int form)
{
    struct pktmon_event *event = &kind->events[kind->hops++];

    *event = (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .component = component,
        .packet = {.copy = 1,
                   .edge = edge,
                   .edge_name = edge_name(edge),
                   .direction = direction,
                   .linked = kind->hops > 1 ? PKTMON_LINKED_BY_BUFFER : 0,
                   .cpu = 1,
                   .queue = -1,
                   .netns = "demo-host",
                   .link_type = 1,
                   .data = kind->bytes[form - 1],
                   .caplen = kind->hops > 1 ? REPEAT_SIZE : PACKET_SIZE,
                   .origlen = PACKET_SIZE},
    };
    return &event->packet;
}

/* a/eth0 → sw/port-a → sw/port-b → b/eth0, and a hook. */
static void make_way(struct packet_kind *kind, int form_from_hop_5)
{
    for (uint32_t device = 1; device <= 4; device++) {
        bool is_sent = device % 2 == 1;
        uint16_t direction = is_sent ? PKTMON_DIRECTION_TX : PKTMON_DIRECTION_RX;
        int form = device > 2 ? form_from_hop_5 : 1;

        add_hop(kind, device, is_sent ? PKTMON_EDGE_UPPER : PKTMON_EDGE_LOWER, direction, form);
        add_hop(kind, device, is_sent ? PKTMON_EDGE_LOWER : PKTMON_EDGE_UPPER, direction, form);
    }
    add_hop(kind, 5, PKTMON_EDGE_INPUT, PKTMON_DIRECTION_IN, form_from_hop_5)->end =
        PKTMON_END_DELIVERED;
}

static void make_bridged(struct packet_kind *kind)
{
    make_way(kind, 1);
}

static void make_translated(struct packet_kind *kind)
{
    make_way(kind, 2);
}

static void make_dropped(struct packet_kind *kind)
{
    struct pktmon_packet *packet;

    add_hop(kind, 1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX, 1);
    packet = add_hop(kind, 5, PKTMON_EDGE_INPUT, PKTMON_DIRECTION_IN, 1);
    packet->dropped = true;
    packet->drop_reason = "NETFILTER_DROP";
}

static void make_segmented(struct packet_kind *kind)
{
    add_hop(kind, 1, PKTMON_EDGE_UPPER, PKTMON_DIRECTION_TX, 1);
    for (uint16_t piece = 1; piece <= 45; piece++) {
        for (uint32_t device = 1; device <= 4; device++) {
            struct pktmon_packet *packet =
                add_hop(kind, device, PKTMON_EDGE_LOWER,
                        device % 2 ? PKTMON_DIRECTION_TX : PKTMON_DIRECTION_RX, 1);

            packet->packet_number = piece;
            packet->end = device == 4 ? PKTMON_END_DELIVERED : 0;
        }
    }
}

static void make_flooded(struct packet_kind *kind)
{
    add_hop(kind, 1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_RX, 1);
    for (uint32_t copy = 1; copy <= 100; copy++) {
        struct pktmon_packet *packet =
            add_hop(kind, copy + 1, PKTMON_EDGE_LOWER, PKTMON_DIRECTION_TX, 1);

        packet->copy = copy;
        packet->copy_of = copy > 1 ? 1 : 0;
        packet->end = PKTMON_END_CONSUMED;
    }
}

/* --- measuring --- */

struct result {
    uint64_t journeys, bytes;
    size_t most; /* bytes that were held */
    double seconds;
};

static void take_journey(void *context, const struct pktmon_journey *journey)
{
    struct result *result = context;

    result->journeys++;
    result->bytes += journey->caplen;
}

static void take_event(void *context, const struct pktmon_event *event)
{
    (void)context, (void)event;
}

static const char *name_of(const void *context, uint32_t component)
{
    static const char *const names[] = {"?",         "a/eth0", "sw/port-a",
                                        "sw/port-b", "b/eth0", "b/netfilter"};

    (void)context;
    return component < G_N_ELEMENTS(names) ? names[component] : "sw/port-n";
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 100,000 packets a second. */
static void give_all(struct journey_assembler *assembler, struct packet_kind *kind,
                     unsigned packets, struct result *result)
{
    uint64_t time = 1700000000 * UINT64_C(1000000000);

    for (unsigned first = 1; first <= packets; first += TOGETHER) {
        for (unsigned hop = 0; hop < kind->hops; hop++) {
            for (unsigned i = 0; i < TOGETHER; i++) {
                struct pktmon_event *event = &kind->events[hop];

                event->time = time += 10000 / kind->hops;
                event->packet.group = first + i;
                event->packet.appearance = hop + 1;
                journey_assembler_take(assembler, event);
            }
        }
        result->most = MAX(result->most, journey_assembler_size(assembler));
    }
    journey_assembler_finish(assembler);
}

static struct result measure(struct packet_kind *kind, unsigned packets)
{
    struct result result = {0};
    const struct journey_options options = {.hold = 200 * PKTMON_NS_PER_MS,
                                            .settle = 10 * PKTMON_NS_PER_MS,
                                            .memory = (size_t)256 << 20,
                                            .name = name_of};
    const struct journey_output output = {take_journey, take_event, &result};
    struct journey_assembler *assembler = journey_assembler_new(&options, &output);
    double start = cpu_seconds();

    give_all(assembler, kind, packets, &result);
    journey_assembler_free(assembler);
    result.seconds = cpu_seconds() - start;
    return result;
}

static int compare_seconds(const void *left, const void *right)
{
    const struct result *one = left, *other = right;

    return (one->seconds > other->seconds) - (one->seconds < other->seconds);
}

static void print_row(struct packet_kind *kind, unsigned packets)
{
    struct result results[ROUNDS], *median = &results[ROUNDS / 2];
    double observations;

    make_bytes(kind->bytes[0], 1);
    make_bytes(kind->bytes[1], 99);
    kind->make(kind);
    packets = MAX(packets / kind->hops / TOGETHER, 1) * TOGETHER;
    observations = (double)packets * kind->hops;
    for (int round = 0; round < ROUNDS; round++)
        results[round] = measure(kind, packets);
    qsort(results, ROUNDS, sizeof(results[0]), compare_seconds);
    printf("| %s | %u | %.0f (%.0f–%.0f) | %.2f | %.0f | %.1f |\n", kind->name, kind->hops,
           (double)median->journeys / median->seconds / 1000,
           (double)median->journeys / results[ROUNDS - 1].seconds / 1000,
           (double)median->journeys / results[0].seconds / 1000,
           observations / median->seconds / 1e6, median->seconds * 1e9 / observations,
           (double)median->most / (1 << 20));
}

int main(int argc, char **argv)
{
    static struct packet_kind kinds[] = {
        {.name = "nine hops", .make = make_bridged},
        {.name = "nine hops, NAT", .make = make_translated},
        {.name = "dropped at the second hop", .make = make_dropped},
        {.name = "large send, 45 pieces at four places", .make = make_segmented},
        {.name = "flood to 100 ports", .make = make_flooded},
    };
    unsigned observations = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;

    printf("| packet | observations | 1000 journeys/s of CPU time | million observations/s | "
           "ns per observation | MiB held at 100,000 packets/s |\n");
    printf("|---|--:|--:|--:|--:|--:|\n");
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        print_row(&kinds[i], observations);
    return EXIT_SUCCESS;
}
