/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys that are unfolded: observations leave in the order of time. */
#include <glib.h>

#include "journey/unfold.h"

#define MAX_HOPS 8

struct run {
    struct unfolder *unfolder;
    GString *given;
};

static void take(void *context, const struct pktmon_event *event, const char *name)
{
    struct run *run = context;

    g_string_append_printf(run->given, "%" G_GUINT64_FORMAT ":%u%s ", event->time, event->component,
                           name ? name : "");
}

/* Times of the hops, ended by 0; component is the journey's. */
static void give_journey(struct run *run, uint32_t component, const uint64_t *times)
{
    struct pktmon_event events[MAX_HOPS];
    struct pktmon_hop hops[MAX_HOPS];
    struct pktmon_journey journey = {.time = times[0], .hops = hops};

    for (; times[journey.hop_count]; journey.hop_count++) {
        size_t i = journey.hop_count;

        events[i] = (struct pktmon_event){.record = PKTMON_RECORD_PACKET,
                                          .time = times[i],
                                          .component = component,
                                          .packet = {.appearance = (uint32_t)i + 1}};
        hops[i] = (struct pktmon_hop){.event = &events[i], .name = "x", .count = 1};
    }
    unfolder_take(run->unfolder,
                  &(struct pktmon_event){
                      .record = PKTMON_RECORD_JOURNEY, .time = times[0], .journey = &journey},
                  NULL);
}

static void give_other(struct run *run, uint64_t time)
{
    unfolder_take(run->unfolder,
                  &(struct pktmon_event){.record = PKTMON_RECORD_COUNTERS, .time = time}, NULL);
}

static void begin(struct run *run, size_t memory)
{
    const struct unfold_output output = {take, run};

    run->given = g_string_new(NULL);
    run->unfolder = unfolder_new(memory, &output);
}

static void finish(struct run *run, const char *expected)
{
    unfolder_finish(run->unfolder);
    g_assert_cmpstr(run->given->str, ==, expected);
    g_string_free(run->given, TRUE);
    unfolder_free(run->unfolder);
}

static void test_order(void)
{
    struct run run;

    begin(&run, 1 << 20);
    give_other(&run, 1);
    give_journey(&run, 1, (const uint64_t[]){2, 9, 12, 0});
    give_journey(&run, 2, (const uint64_t[]){3, 5, 0});
    give_other(&run, 5);
    give_journey(&run, 3, (const uint64_t[]){10, 0});
    g_assert_cmpstr(run.given->str, ==, "1:0 2:1x 3:2x 5:0 5:2x 9:1x ");
    give_other(&run, 20);
    g_assert_cmpuint(unfolder_counts(run.unfolder).late, ==, 0);
    finish(&run, "1:0 2:1x 3:2x 5:0 5:2x 9:1x 10:3x 12:1x 20:0 ");
}

/* What has the same time has the order of appearances. */
static void test_same_time(void)
{
    struct run run;

    begin(&run, 1 << 20);
    give_journey(&run, 1, (const uint64_t[]){5, 7, 7, 7, 0});
    give_journey(&run, 2, (const uint64_t[]){7, 0});
    finish(&run, "5:1x 7:2x 7:1x 7:1x 7:1x ");
}

/* Without memory nothing is lost, but the order. */
static void test_memory(void)
{
    struct run run;

    begin(&run, 1);
    give_journey(&run, 1, (const uint64_t[]){5, 9, 0});
    give_journey(&run, 2, (const uint64_t[]){6, 0});
    g_assert_cmpuint(unfolder_counts(run.unfolder).late, ==, 1);
    finish(&run, "5:1x 9:1x 6:2x ");
}

static void test_pieces(void)
{
    const struct pktmon_piece pieces[] = {{.time = 5}, {.time = 7, .number = 2}, {.time = 9}};
    const struct pktmon_event event = {.record = PKTMON_RECORD_PACKET, .time = 5, .component = 1};
    struct pktmon_hop hop = {.event = &event, .name = "x", .count = 3, .pieces = pieces};
    const struct pktmon_journey journey = {.time = 5, .hops = &hop, .hop_count = 1};
    const struct pktmon_event whole = {
        .record = PKTMON_RECORD_JOURNEY, .time = 5, .journey = &journey};
    struct run run;

    begin(&run, 1 << 20);
    unfolder_take(run.unfolder, &whole, NULL);
    g_assert_cmpuint(unfolder_counts(run.unfolder).missing, ==, 0);
    hop.pieces = NULL;
    unfolder_take(run.unfolder, &whole, NULL);
    g_assert_cmpuint(unfolder_counts(run.unfolder).missing, ==, 2);
    finish(&run, "5:1x 5:1x 7:1x 9:1x ");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unfold/order", test_order);
    g_test_add_func("/unfold/same-time", test_same_time);
    g_test_add_func("/unfold/memory", test_memory);
    g_test_add_func("/unfold/pieces", test_pieces);
    return g_test_run();
}
