/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor-run.h"

#include <string.h>

#define PATIENCE_US (20 * G_USEC_PER_SEC)

struct pktmon_monitor *monitor;

/* Streams ---------------------------------------------------------------------------------------
 */

static void hear_packet(struct heard *heard, const struct pktmon_event *event)
{
    uint32_t number = script_number(event);
    const struct pktmon_component *component = pktmon_realtime_stream_component(heard->stream, 1);

    g_array_append_val(heard->numbers, number);
    heard->lost += event->packet.lost;
    heard->incomplete += event->packet.incomplete;
    heard->filter_ids[MIN(event->packet.filter_id, G_N_ELEMENTS(heard->filter_ids) - 1)]++;
    heard->caplen = event->packet.caplen;
    g_assert_cmpstr(event->packet.comm, ==, "sender");
    g_free(heard->name);
    heard->name = g_strdup(component->name);
}

static void hear_counters(struct heard *heard, const struct pktmon_event *event)
{
    if (event->component != 1) {
        return;
    }
    if (event->counters.has_flow) {
        heard->packets_in = event->counters.packets_in;
        heard->counters_lost = event->counters.lost;
    } else {
        heard->drops_in = event->counters.drops_in;
        heard->drop_reasons = event->counters.reason_count;
    }
}

static void call_from_here(struct heard *heard)
{
    g_autoptr(GError) error = NULL;

    heard->refused = !pktmon_live_session_set_active(heard->call, false, &error);
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    heard->call = NULL;
}

static void hear(void *context, const struct pktmon_event *event,
                 const struct pktmon_missed *missed)
{
    struct heard *heard = context;

    g_mutex_lock(&heard->mutex);
    while (heard->held) {
        heard->waits = true;
        g_cond_broadcast(&heard->more);
        g_cond_wait(&heard->more, &heard->mutex);
    }
    if (event->record == PKTMON_RECORD_PACKET) {
        hear_packet(heard, event);
    } else if (event->record == PKTMON_RECORD_COUNTERS) {
        hear_counters(heard, event);
    }
    heard->filters += event->record == PKTMON_RECORD_FILTER;
    heard->loss_notices +=
        event->record == PKTMON_RECORD_EVENT && event->notice.id == PKTMON_NOTICE_LOST;
    heard->missed = *missed;
    if (heard->call) {
        call_from_here(heard);
    }
    g_cond_broadcast(&heard->more);
    g_mutex_unlock(&heard->mutex);
}

static void hear_state(void *context, enum pktmon_stream_state state, const GError *error)
{
    struct heard *heard = context;

    g_mutex_lock(&heard->mutex);
    heard->started += state == PKTMON_STREAM_STARTED;
    heard->stopped += state == PKTMON_STREAM_STOPPED;
    heard->error = error ? g_strdup(error->message) : NULL;
    g_cond_broadcast(&heard->more);
    g_mutex_unlock(&heard->mutex);
}

void hold(struct heard *heard, bool held)
{
    g_mutex_lock(&heard->mutex);
    heard->held = held;
    g_cond_broadcast(&heard->more);
    g_mutex_unlock(&heard->mutex);
}

void wait_for(struct heard *heard, expectation *holds, uint64_t value)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    g_mutex_lock(&heard->mutex);
    while (!holds(heard, value)) {
        g_assert_true(g_cond_wait_until(&heard->more, &heard->mutex, end));
    }
    g_mutex_unlock(&heard->mutex);
}

bool has_packets(const struct heard *heard, uint64_t count)
{
    return heard->numbers->len >= count;
}

bool has_stopped(const struct heard *heard, uint64_t count)
{
    return heard->stopped >= count;
}

bool has_counted(const struct heard *heard, uint64_t packets)
{
    return heard->packets_in >= packets;
}

bool does_wait(const struct heard *heard, uint64_t unused)
{
    (void)unused;
    return heard->waits;
}

/* Runs ------------------------------------------------------------------------------------------
 */

static struct run *make_run(const char *netns, const char *filter, uint32_t truncation_size,
                            size_t buffer_size)
{
    struct run *run = g_new0(struct run, 1);
    struct pktmon_live_session_options session_options;
    struct pktmon_realtime_stream_options options;
    g_autoptr(GError) error = NULL;

    g_mutex_init(&run->heard.mutex);
    g_cond_init(&run->heard.more);
    run->heard.numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    pktmon_realtime_stream_options_init(&options);
    options.truncation_size = truncation_size;
    options.buffer_size = buffer_size ? buffer_size : options.buffer_size;
    options.event = hear;
    options.state = hear_state;
    options.context = &run->heard;
    run->heard.stream = pktmon_realtime_stream_new(monitor, &options, &error);
    g_assert_no_error(error);
    pktmon_live_session_options_init(&session_options);
    session_options.netns = netns;
    run->session = pktmon_monitor_session_new(monitor, "test", &session_options, &error);
    g_assert_no_error(error);
    if (filter) {
        pktmon_live_session_add_expression(run->session, filter, false, &error);
        g_assert_no_error(error);
    }
    pktmon_live_session_attach(run->session, run->heard.stream, &error);
    g_assert_no_error(error);
    return run;
}

struct run *run_new(const char *filter, uint32_t truncation_size, size_t buffer_size)
{
    return make_run(NULL, filter, truncation_size, buffer_size);
}

struct run *run_new_in(const char *netns)
{
    return make_run(netns, NULL, 0, 0);
}

void set_active(struct run *run, bool active)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(pktmon_live_session_set_active(run->session, active, &error));
    g_assert_no_error(error);
}

struct run *start(const char *filter)
{
    struct run *run = run_new(filter, 0, 0);

    set_active(run, true);
    return run;
}

void run_free(struct run *run)
{
    pktmon_live_session_free(run->session);
    pktmon_realtime_stream_free(run->heard.stream);
    g_array_unref(run->heard.numbers);
    g_free(run->heard.error);
    g_free(run->heard.name);
    g_mutex_clear(&run->heard.mutex);
    g_cond_clear(&run->heard.more);
    g_free(run);
}

void begin(void)
{
    script_reset();
    monitor = pktmon_monitor_new_from(script_new);
}

/* All is gone with the last session. */
void end(void)
{
    g_assert_cmpint(script_state().providers, ==, 0);
    pktmon_monitor_free(monitor);
}

void assert_numbers(const struct run *run, uint32_t first, uint32_t count, uint32_t step)
{
    const GArray *numbers = run->heard.numbers;

    g_assert_cmpuint(numbers->len, ==, count);
    for (guint i = 0; i < count; i++) {
        g_assert_cmpuint(g_array_index(numbers, uint32_t, i), ==, first + i * step);
    }
}
