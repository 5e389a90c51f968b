/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journey-run.h"

#include <string.h>

#include "model/event-copy.h"

static const char *const fate_names[] = {
#define X(NAME, number, name) [number] = name,
    PKTMON_FATES(X)
#undef X
};

static void note_journey(struct journey_run *fixture, const struct pktmon_journey *journey)
{
    GString *text = fixture->written;

    fixture->journeys++;
    fixture->continued += journey->continued;
    fixture->observations += journey->observations;
    fixture->total = journey->total;
    g_assert_cmpuint(journey->hop_count, <=, PKTMON_JOURNEY_MAX_HOPS);
    g_assert_cmpint(journey->data == NULL, ==, journey->continued);
    if (fixture->is_terse)
        return;
    g_string_append_printf(text, "%g %" G_GUINT64_FORMAT " %u/%u", (double)journey->time / MS,
                           journey->group, journey->form, journey->forms);
    if (journey->merged_into)
        g_string_append_printf(text, " in %" G_GUINT64_FORMAT, journey->merged_into);
    if (journey->side)
        g_string_append_printf(text, " side %u", journey->side);
    g_string_append_printf(text, " %s%s%s %u", fate_names[journey->fate],
                           journey->open ? " open" : "", journey->continued ? " continued" : "",
                           (unsigned)journey->hop_count);
    if (journey->observations != journey->hop_count)
        g_string_append_printf(text, "(%u)", journey->observations);
    g_string_append_printf(text, " %s\n", journey->path);
}

/* Of a copy, which has all that the journey points to. */
static void take_journey(void *context, const struct pktmon_journey *given)
{
    const struct pktmon_event event = {.record = PKTMON_RECORD_JOURNEY, .journey = given};
    struct event_copy *copy = event_copy_new(&event);
    const struct pktmon_journey *journey = copy->event.journey;
    struct journey_run *fixture = context;

    g_assert_true(journey != given);
    note_journey(fixture, journey);
    event_copy_unref(copy);
}

static void take_event(void *context, const struct pktmon_event *event)
{
    struct journey_run *fixture = context;
    static const char *const names[] = {
        [PKTMON_RECORD_COUNTERS] = "counters",
        [PKTMON_RECORD_EVENT] = "event",
        [PKTMON_RECORD_COMPONENT] = "described",
        [PKTMON_RECORD_RETIRED] = "retired",
    };

    g_string_append_printf(fixture->written, "%g %s\n", (double)event->time / MS,
                           names[event->record]);
}

const struct journey_options journey_run_usual = {
    .hold = 200 * MS, .settle = 10 * MS, .memory = 16 << 20};

void journey_run_init(struct journey_run *fixture, const struct journey_options *options)
{
    const struct journey_output output = {take_journey, take_event, fixture};

    memset(fixture, 0, sizeof(*fixture));
    journey_script_init(&fixture->script);
    fixture->options = *options;
    fixture->options.name = journey_script_name;
    fixture->options.hands_out = journey_script_hands_out;
    fixture->options.context = &fixture->script;
    fixture->assembler = journey_assembler_new(&fixture->options, &output);
    fixture->written = g_string_new(NULL);
}

void journey_run_clear(struct journey_run *fixture)
{
    journey_assembler_free(fixture->assembler);
    journey_script_clear(&fixture->script);
    g_string_free(fixture->written, TRUE);
}

void journey_run_give(struct journey_run *fixture, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "; ", -1);

    for (guint i = 0; lines[i] && *lines[i]; i++) {
        const struct pktmon_event event = journey_script_read(&fixture->script, lines[i]);

        journey_assembler_take(fixture->assembler, &event);
    }
}

/* What was written since the last time. */
void journey_run_check(struct journey_run *fixture, const char *expected)
{
    g_assert_cmpstr(fixture->written->str, ==, expected);
    g_string_truncate(fixture->written, 0);
}

void journey_run_advance(struct journey_run *fixture, double ms, const char *expected)
{
    journey_assembler_advance(fixture->assembler, (uint64_t)(ms * MS));
    journey_run_check(fixture, expected);
}

void journey_run_finish(struct journey_run *fixture, const char *expected)
{
    journey_assembler_finish(fixture->assembler);
    journey_run_check(fixture, expected);
}
