/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys of made events: sizes, memory, names that change, and which journeys are wanted. */
#include <glib.h>

#include "journey-run.h"

/* --- sizes --- */

static void test_many_hops(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    for (int i = 0; i < 600; i++) {
        g_autofree char *text = g_strdup_printf("%g 7 a%d Lower Rx", 1 + i / 100.0, i % 2);

        journey_run_give(&fixture, text);
    }
    journey_run_give(&fixture, "9 7 b Lower Rx dropped; 9 counters");
    fixture.is_terse = true;
    journey_run_finish(&fixture, "9 counters\n");
    g_assert_cmpuint(fixture.journeys, ==, 3);
    g_assert_cmpuint(fixture.continued, ==, 2);
    g_assert_cmpuint(fixture.observations, ==, 601);
    journey_run_clear(&fixture);
}

/* Each chunk has its place in the order of time. */
static void test_many_hops_in_order(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    for (int i = 0; i < 256; i++)
        journey_run_give(&fixture, "1 7 a Lower Rx");
    journey_run_give(&fixture, "2 8 b Lower Rx; 3 7 c Lower Rx dropped");
    journey_run_finish(&fixture, "1 7 1/1 dropped 256 a\n2 8 1/1 unknown open 1 b\n"
                                 "3 7 1/1 dropped continued 1 … → c\n");
    journey_run_clear(&fixture);
}

static void check_flood(struct journey_run *fixture, struct pktmon_event *event,
                        void (*vary)(struct pktmon_event *event, guint i), guint count)
{
    fixture->is_terse = true;
    for (guint i = 0; i < count; i++) {
        vary(event, i);
        journey_assembler_take(fixture->assembler, event);
        g_assert_cmpuint(journey_assembler_size(fixture->assembler), <=, fixture->options.memory);
        fixture->most = MAX(fixture->most, journey_assembler_size(fixture->assembler));
    }
    journey_assembler_finish(fixture->assembler);
    g_assert_cmpuint(fixture->observations, ==, count);
    g_assert_cmpuint(fixture->most, >, fixture->options.memory / 3);
}

static void vary_group(struct pktmon_event *event, guint i)
{
    event->packet.group = i + 1;
}

static void vary_copy(struct pktmon_event *event, guint i)
{
    event->packet.copy = i + 1;
    event->packet.copy_of = i;
}

static void vary_piece(struct pktmon_event *event, guint i)
{
    event->packet.packet_number = (uint16_t)(i * 7 + 1);
}

static void vary_nothing(struct pktmon_event *event, guint i)
{
    (void)event, (void)i;
}

/* Another source port, and so another form. */
static void vary_form(struct pktmon_event *event, guint i)
{
    uint8_t *data = (uint8_t *)event->packet.data;

    data[34] = (uint8_t)(i >> 8);
    data[35] = (uint8_t)i;
}

static void vary_form_and_piece(struct pktmon_event *event, guint i)
{
    vary_form(event, i);
    vary_piece(event, i);
}

/* Each copy comes from the one before, as a piece of another form. */
static void vary_all(struct pktmon_event *event, guint i)
{
    vary_copy(event, i);
    vary_form_and_piece(event, i);
}

static void vary_component(struct pktmon_event *event, guint i)
{
    vary_group(event, i);
    event->component = i + 1;
}

static void test_memory(void)
{
    static void (*const vary[])(struct pktmon_event *, guint) = {
        vary_group, vary_copy,           vary_piece, vary_nothing,
        vary_form,  vary_form_and_piece, vary_all,   vary_component};
    const struct journey_options options = {.settle = 10 * MS, .memory = 1 << 20};

    for (gsize i = 0; i < G_N_ELEMENTS(vary); i++) {
        struct journey_run fixture;

        journey_run_init(&fixture, &options);
        struct pktmon_event event = journey_script_read(&fixture.script, "1 7 a Lower Rx");
        gint64 start = g_get_monotonic_time();
        check_flood(&fixture, &event, vary[i], 40000);
        g_test_message("%zu: %u journeys, %" G_GINT64_FORMAT " ms", i, fixture.journeys,
                       (g_get_monotonic_time() - start) / 1000);
        journey_run_clear(&fixture);
    }
}

/* --- components --- */

static void test_names(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture, "1 7 a Lower Tx; 2 7 b Lower Rx; 3 8 b Lower Rx");
    g_assert_cmpuint(fixture.script.asked, ==, 2);
    /* it is called otherwise from now on, and goes */
    journey_run_give(&fixture, "4 described b");
    g_free(fixture.script.names->pdata[1]);
    fixture.script.names->pdata[1] = g_strdup("c");
    journey_run_give(&fixture, "5 9 c Lower Rx; 6 retired c; 6 retired a");
    g_free(fixture.script.names->pdata[1]);
    fixture.script.names->pdata[1] = g_strdup("nobody");
    journey_run_finish(&fixture,
                       "1 7 1/1 unknown open 2 a → b\n3 8 1/1 unknown open 1 b\n4 described\n"
                       "5 9 1/1 unknown open 1 c\n6 retired\n6 retired\n");
    journey_run_clear(&fixture);
}

/* --- selections --- */

static void test_dropped_only(void)
{
    struct journey_options options = journey_run_usual;
    struct journey_run fixture;

    options.dropped_only = true;
    journey_run_init(&fixture, &options);
    journey_run_give(&fixture,
                     "1 7 a Lower Tx; 2 8 a Lower Tx; 3 8 b Lower Rx consumed; 4 9 a Lower Rx; "
                     "5 9 a Lower Rx dropped; 6 counters");
    journey_run_advance(&fixture, 9000, "");
    /* whole, however late */
    journey_run_give(&fixture, "9500 7 b Lower Rx dropped");
    journey_run_advance(&fixture, 9510,
                        "1 7 1/1 dropped 2 a → b\n4 9 1/1 dropped 2 a\n6 counters\n");
    /* not longer than that */
    journey_run_give(
        &fixture,
        "10000 10 a Lower Tx; 10001 11 a Lower Tx dropped; 10002 12 a Lower Tx lost=1; "
        "10003 13 a Lower Tx dropped lost=1; 10004 0 a Lower Rx; 10005 0 a Lower Rx dropped");
    journey_run_advance(&fixture, 19999, "");
    journey_run_advance(&fixture, 20001, "10001 11 1/1 dropped 1 a\n");
    journey_run_advance(&fixture, 30000, "10003 13 1/1 unknown 1 a\n10005 0 1/1 dropped 1 a\n");
    journey_run_clear(&fixture);
}

/* What was not wanted is dropped after all. */
static void test_dropped_later(void)
{
    struct journey_options options = journey_run_usual;
    struct journey_run fixture;

    options.dropped_only = true;
    journey_run_init(&fixture, &options);
    journey_run_give(&fixture, "1 7 a Lower Tx delivered; 100 7 a Lower Tx dropped");
    journey_run_advance(&fixture, 110, "100 7 1/1 dropped 1 … → a\n");
    journey_run_clear(&fixture);
}

static void test_slower(void)
{
    struct journey_options options = journey_run_usual;
    struct journey_run fixture;

    options.slower = 100 * MS;
    journey_run_init(&fixture, &options);
    journey_run_give(&fixture, "1 7 a Lower Tx; 2 8 a Lower Tx; 101 7 a Lower Rx consumed; "
                               "101 8 b Lower Rx consumed; 500 9 a Lower Rx dropped");
    journey_run_advance(&fixture, 600, "1 7 1/1 consumed 2 a\n500 9 1/1 dropped 1 a\n");
    journey_run_clear(&fixture);
    options.dropped_only = true;
    journey_run_init(&fixture, &options);
    journey_run_give(&fixture, "1 7 a Lower Tx; 2 8 a Lower Tx; 101 7 a Lower Rx consumed; "
                               "102 8 b Lower Rx dropped; 500 9 a Lower Rx dropped");
    journey_run_advance(&fixture, 600, "2 8 1/1 dropped 2 a → b\n");
    journey_run_clear(&fixture);
}

/* Nothing of those that are not wanted is held. */
static void test_unwanted_are_forgotten(void)
{
    struct journey_options options = journey_run_usual;
    struct journey_run fixture;
    size_t held;

    options.dropped_only = true;
    journey_run_init(&fixture, &options);
    journey_run_give(&fixture, "1 1 a Lower Tx");
    for (int i = 0; i < 1000; i++) {
        g_autofree char *text = g_strdup_printf("%d %d a Lower Rx consumed", 2 + i, 2 + i);

        journey_run_give(&fixture, text);
        if (i == 500)
            held = journey_assembler_size(fixture.assembler);
    }
    /* but that it was known */
    g_assert_cmpuint(journey_assembler_size(fixture.assembler), <, held + 500 * 600);
    journey_run_check(&fixture, "");
    journey_run_clear(&fixture);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(void);
    } tests[] = {
        {"/journey-bounds/many-hops", test_many_hops},
        {"/journey-bounds/many-hops-in-order", test_many_hops_in_order},
        {"/journey-bounds/memory", test_memory},
        {"/journey-bounds/names", test_names},
        {"/journey-bounds/dropped-only", test_dropped_only},
        {"/journey-bounds/dropped-later", test_dropped_later},
        {"/journey-bounds/slower", test_slower},
        {"/journey-bounds/unwanted-are-forgotten", test_unwanted_are_forgotten},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_func(tests[i].path, tests[i].test);
    return g_test_run();
}
