/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor-run.h"

#include "session/monitor-private.h"

#include <string.h>

#define PATIENCE_US (20 * G_USEC_PER_SEC)

struct pktmon_monitor *monitor;

/* Streams ---------------------------------------------------------------------------------------
 */

static void receive_packet(struct received *received, const struct pktmon_event *event)
{
    uint32_t number = script_number(event);
    const struct pktmon_component *component = pktmon_stream_component(received->stream, 1);

    g_array_append_val(received->numbers, number);
    received->lost += event->packet.lost;
    received->incomplete += event->packet.incomplete;
    received->filter_ids[MIN(event->packet.filter_id, G_N_ELEMENTS(received->filter_ids) - 1)]++;
    received->caplen = event->packet.caplen;
    g_assert_cmpstr(event->packet.comm, ==, "sender");
    g_free(received->name);
    received->name = g_strdup(component->name);
}

static void receive_journey(struct received *received, const struct pktmon_event *event)
{
    const struct pktmon_component *component =
        pktmon_stream_component(received->stream, event->component);

    g_assert_cmpuint(event->journey->hop_count, ==, 1);
    g_assert_cmpstr(event->journey->path, ==, component->name);
    g_assert_cmpstr(event->journey->hops[0].event->packet.comm, ==, "sender");
    received->journeys++;
}

static void receive_counters(struct received *received, const struct pktmon_event *event)
{
    if (event->component != 1)
        return;
    if (event->counters.has_flow) {
        received->packets_in = event->counters.packets_in;
        received->counters_lost = event->counters.lost;
    } else {
        received->drops_in = event->counters.drops_in;
        received->drop_reasons = event->counters.reason_count;
    }
}

static void call_from_here(struct received *received)
{
    g_autoptr(GError) error = NULL;

    received->refused = !pktmon_session_set_active(received->call, false, &error);
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    received->call = NULL;
}

static void receive(void *context, const struct pktmon_event *event,
                    const struct pktmon_missed *missed)
{
    struct received *received = context;

    g_mutex_lock(&received->mutex);
    while (received->held) {
        received->waits = true;
        g_cond_broadcast(&received->more);
        g_cond_wait(&received->more, &received->mutex);
    }
    if (event->record == PKTMON_RECORD_PACKET)
        receive_packet(received, event);
    else if (event->record == PKTMON_RECORD_JOURNEY)
        receive_journey(received, event);
    else if (event->record == PKTMON_RECORD_COUNTERS)
        receive_counters(received, event);
    received->filters += event->record == PKTMON_RECORD_FILTER;
    received->loss_notices +=
        event->record == PKTMON_RECORD_EVENT && event->notice.id == PKTMON_NOTICE_LOST;
    received->missed = *missed;
    if (received->call)
        call_from_here(received);
    g_cond_broadcast(&received->more);
    g_mutex_unlock(&received->mutex);
}

static void receive_state(void *context, enum pktmon_stream_state state, const GError *error)
{
    struct received *received = context;

    g_mutex_lock(&received->mutex);
    received->started += state == PKTMON_STREAM_STARTED;
    received->stopped += state == PKTMON_STREAM_STOPPED;
    received->error = error ? g_strdup(error->message) : NULL;
    g_cond_broadcast(&received->more);
    g_mutex_unlock(&received->mutex);
}

void hold(struct received *received, bool held)
{
    g_mutex_lock(&received->mutex);
    received->held = held;
    g_cond_broadcast(&received->more);
    g_mutex_unlock(&received->mutex);
}

void wait_for(struct received *received, expectation *holds, uint64_t value)
{
    gint64 end = g_get_monotonic_time() + PATIENCE_US;

    g_mutex_lock(&received->mutex);
    while (!holds(received, value))
        g_assert_true(g_cond_wait_until(&received->more, &received->mutex, end));
    g_mutex_unlock(&received->mutex);
}

bool has_packets(const struct received *received, uint64_t count)
{
    return received->numbers->len >= count;
}

bool has_journeys(const struct received *received, uint64_t count)
{
    return received->journeys >= count;
}

bool has_stopped(const struct received *received, uint64_t count)
{
    return received->stopped >= count;
}

bool has_counted(const struct received *received, uint64_t packets)
{
    return received->packets_in >= packets;
}

bool does_wait(const struct received *received, uint64_t unused)
{
    (void)unused;
    return received->waits;
}

/* Runs ------------------------------------------------------------------------------------------
 */

static struct run *make_run(const char *netns, const char *filter, uint32_t truncation_size,
                            size_t buffer_size, enum pktmon_view view)
{
    struct run *run = g_new0(struct run, 1);
    struct pktmon_session_options session_options;
    struct pktmon_stream_options options;
    g_autoptr(GError) error = NULL;

    g_mutex_init(&run->received.mutex);
    g_cond_init(&run->received.more);
    run->received.numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    pktmon_stream_options_init(&options);
    options.view = view;
    options.truncation_size = truncation_size;
    options.buffer_size = buffer_size ? buffer_size : options.buffer_size;
    options.event = receive;
    options.state = receive_state;
    options.context = &run->received;
    run->received.stream = pktmon_stream_new(monitor, &options, &error);
    g_assert_no_error(error);
    pktmon_session_options_init(&session_options);
    session_options.netns = netns;
    run->session = pktmon_session_new(monitor, "test", &session_options, &error);
    g_assert_no_error(error);
    if (filter) {
        pktmon_session_add_expression(run->session, filter, false, &error);
        g_assert_no_error(error);
    }
    pktmon_session_attach(run->session, run->received.stream, &error);
    g_assert_no_error(error);
    return run;
}

struct run *run_new(const char *filter, uint32_t truncation_size, size_t buffer_size)
{
    return make_run(NULL, filter, truncation_size, buffer_size, PKTMON_VIEW_APPEARANCES);
}

struct run *run_new_in(const char *netns)
{
    return make_run(netns, NULL, 0, 0, PKTMON_VIEW_APPEARANCES);
}

struct run *run_new_of_journeys(void)
{
    return make_run(NULL, NULL, 0, 0, PKTMON_VIEW_PACKETS);
}

void set_active(struct run *run, bool active)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(pktmon_session_set_active(run->session, active, &error));
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
    pktmon_session_free(run->session);
    pktmon_stream_free(run->received.stream);
    g_array_unref(run->received.numbers);
    g_free(run->received.error);
    g_free(run->received.name);
    g_mutex_clear(&run->received.mutex);
    g_cond_clear(&run->received.more);
    g_free(run);
}

void begin(void)
{
    script_reset();
    monitor = monitor_new_from(script_new);
}

/* Nothing is left after the last session. */
void end(void)
{
    g_assert_cmpint(script_state().providers, ==, 0);
    pktmon_monitor_free(monitor);
}

void assert_numbers(const struct run *run, uint32_t first, uint32_t count, uint32_t step)
{
    const GArray *numbers = run->received.numbers;

    g_assert_cmpuint(numbers->len, ==, count);
    for (guint i = 0; i < count; i++)
        g_assert_cmpuint(g_array_index(numbers, uint32_t, i), ==, first + i * step);
}
