/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which times a loss of records may concern. */
#include <glib.h>

#include "journey-script.h"
#include "journey/losses.h"
#include "model/clock.h"

struct span_case {
    const char *events;
    double last_ms;
    bool is_covered;
};

static void take(struct journey_losses *losses, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "; ", -1);
    struct journey_script script;

    journey_script_init(&script);
    for (guint i = 0; lines[i]; i++) {
        const struct pktmon_event event = journey_script_read(&script, lines[i]);

        journey_losses_take(losses, &event);
    }
    journey_script_clear(&script);
}

static bool covers(const struct journey_losses *losses, double ms)
{
    return journey_losses_cover(losses, (uint64_t)(ms * PKTMON_NS_PER_MS));
}

#define READINGS "5000 counters; 5004 counters; 9000 counters; 9009 counters; "

static void test_spans(void)
{
    static const struct span_case cases[] = {
        /* since the reading before, and a second before it */
        {READINGS "9009 loss a", 9009, true},
        {READINGS "9009 loss a", 5000, true},
        {READINGS "9009 loss a", 4000, true},
        {READINGS "9009 loss a", 3999.9, false},
        {READINGS "9009 loss a", 9009.1, false},
        /* between readings: since the newest one */
        {READINGS "12000 loss a", 8000, true},
        {READINGS "12000 loss a", 7999.9, false},
        /* counters of one reading come within 10 ms */
        {READINGS "9011 counters; 9011 loss a", 8000, true},
        {READINGS "9011 counters; 9011 loss a", 7999.9, false},
        {"500 counters; 900 counters; 900 loss a", 0, true},
        {"900 loss a", 0, true},
        /* neither a reading nor a loss */
        {READINGS "9009 notice; 9009 7 a Lower Rx lost=1", 9000, false},
        {READINGS "9009 loss ?", 9000, false},
        {READINGS "9009 loss a; 20000 counters; 30000 counters; 30000 loss b", 12000, false},
        {READINGS "9009 loss a; 20000 counters; 30000 counters; 30000 loss b", 9000, true},
        {READINGS "9009 loss a; 9009 loss b; 9009.5 loss c", 9009.5, true},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct journey_losses *losses = journey_losses_new();

        g_test_message("%s: %f", cases[i].events, cases[i].last_ms);
        take(losses, cases[i].events);
        g_assert_cmpint(covers(losses, cases[i].last_ms), ==, cases[i].is_covered);
        journey_losses_free(losses);
    }
}

/* Losses that are told with their times make those that are not superfluous. */
static void test_told_spans(void)
{
    struct journey_losses *losses = journey_losses_new();
    const struct pktmon_event loss = {.record = PKTMON_RECORD_EVENT,
                                      .time = 9000 * PKTMON_NS_PER_MS,
                                      .notice = {.provider = "pktmon",
                                                 .id = PKTMON_NOTICE_LOST,
                                                 .from = 9010 * PKTMON_NS_PER_MS,
                                                 .until = 9020 * PKTMON_NS_PER_MS}};

    journey_losses_take(losses, &loss);
    take(losses, "12000 counters; 12000 loss a");
    g_assert_false(covers(losses, 8009.9));
    g_assert_true(covers(losses, 8010));
    g_assert_true(covers(losses, 9020));
    g_assert_false(covers(losses, 9020.1));
    journey_losses_free(losses);
}

/* However many there are, they take no more memory, and none is forgotten. */
static void test_many(void)
{
    struct journey_losses *losses = journey_losses_new();
    size_t size = 0;

    for (int i = 1; i <= 5000; i++) {
        g_autofree char *text = g_strdup_printf("%d counters; %d loss a", i * 10000, i * 10000);

        take(losses, text);
        if (i == 1100)
            size = journey_losses_size(losses);
    }
    g_assert_cmpuint(journey_losses_size(losses), <=, size);
    for (int i = 1; i <= 5000; i++)
        g_assert_true(covers(losses, i * 10000 - 5));
    g_assert_false(covers(losses, 50000001));
    journey_losses_free(losses);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-losses/spans", test_spans);
    g_test_add_func("/journey-losses/told-spans", test_told_spans);
    g_test_add_func("/journey-losses/many", test_many);
    return g_test_run();
}
