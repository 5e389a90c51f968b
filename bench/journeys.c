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
#include "packet_kinds.h"

#define ROUNDS   5
#define TOGETHER 16 /* packets that are on their way at the same time */

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
                                            .name = packet_kind_component};
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

    packet_kind_make(kind, PACKET_SIZE);
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
