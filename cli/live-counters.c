/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts packets of this host, and shows the counters. */
#include "live.h"

#include <stdio.h>
#include <unistd.h>

#include "capture/callback-sink.h"
#include "model/edges.h"
#include "model/plural.h"
#include "frontend/message.h"
#include "frontend/output-descriptor.h"
#include "model/salted-hash.h"
#include "pktmon/monitor.h"
#include "screen.h"
#include "session/session-run.h"
#include "frontend/signals.h"
#include "frontend/stop-session.h"
#include "table.h"

#define WARNINGS_KEPT 16 /* the newest ones */

#define GONE 0 /* not an id of a component: sums of all components that have gone */

/* The latest reading of a counter. */
struct counter_reading {
    guint64 key;
    struct cli_counter counter;
    struct pktmon_drop_count *reasons; /* owned */
};

struct counting {
    const struct cli_live_counting *options;
    struct pktmon_session *session;
    GHashTable *readings; /* struct counter_reading by its key */
    GQueue warnings;      /* of char * */
    struct cli_screen screen;
    guint gone;   /* number of components summed up in GONE */
    gint64 began; /* us; 0 = not yet */
    gint64 shown; /* us: last shown */
    bool changed; /* since last shown */
};

/* --- readings --- */

/* Display order of edges: from the wire up, then by number. */
static uint16_t rank_of_edge(uint16_t edge)
{
    static const uint16_t ranks[] = {
        [PKTMON_EDGE_LOWER] = 1, [PKTMON_EDGE_QDISC] = 2, [PKTMON_EDGE_UPPER] = 3};
    return edge < G_N_ELEMENTS(ranks) ? ranks[edge] : edge;
}

static guint64 key_of(uint32_t component, bool drops, uint16_t edge)
{
    return (guint64)component << 32 | (guint64)drops << 16 | rank_of_edge(edge);
}

static void reading_free(void *data)
{
    struct counter_reading *reading = data;
    g_free(reading->reasons);
    g_free(reading);
}

/* The event is borrowed. A kernel has few reasons, so their names are interned. */
static struct pktmon_drop_count *copy_reasons(const struct pktmon_counters *counters)
{
    struct pktmon_drop_count *reasons =
        g_memdup2(counters->reasons, counters->reason_count * sizeof(*reasons));
    for (size_t i = 0; i < counters->reason_count; i++)
        reasons[i].reason = g_intern_string(reasons[i].reason);
    return reasons;
}

static struct counter_reading *add_reading(struct counting *counting, guint64 key,
                                           const struct cli_counter *counter)
{
    struct counter_reading *reading = g_new0(struct counter_reading, 1);
    reading->key = key;
    reading->counter = *counter;
    g_hash_table_replace(counting->readings, &reading->key, reading);
    return reading;
}

static void take_flow(struct counting *counting, uint32_t component,
                      const struct pktmon_counters *counters)
{
    const struct cli_counter counter = {.component = component,
                                        .edge = g_intern_string(counters->edge_name),
                                        .packets_in = counters->packets_in,
                                        .bytes_in = counters->bytes_in,
                                        .packets_out = counters->packets_out,
                                        .bytes_out = counters->bytes_out,
                                        .taken_back = counters->taken_back,
                                        .taken_back_bytes = counters->taken_back_bytes};
    add_reading(counting, key_of(component, false, counters->edge), &counter);
}

static void take_drops(struct counting *counting, uint32_t component,
                       const struct pktmon_counters *counters)
{
    const struct cli_counter counter = {.component = component,
                                        .drops = true,
                                        .reason = g_intern_string(counters->drop_reason),
                                        .packets_in = counters->drops_in,
                                        .bytes_in = counters->drop_bytes_in,
                                        .packets_out = counters->drops_out,
                                        .bytes_out = counters->drop_bytes_out};
    struct counter_reading *reading = add_reading(counting, key_of(component, true, 0), &counter);
    reading->counter.reason_count = counters->reason_count;
    reading->counter.reasons = reading->reasons = copy_reasons(counters);
}

static const struct pktmon_drop_count *find_reason(const struct counter_reading *reading,
                                                   const char *name)
{
    for (size_t i = 0; i < reading->counter.reason_count; i++) {
        if (g_str_equal(reading->reasons[i].reason, name))
            return &reading->reasons[i];
    }
    return NULL;
}

/* Assumes that the newest drop belongs to the component that has just gone. */
static void add_reasons(struct counter_reading *sum, const struct counter_reading *reading)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct pktmon_drop_count));
    for (size_t i = 0; i < reading->counter.reason_count; i++) {
        struct pktmon_drop_count count = reading->reasons[i];
        const struct pktmon_drop_count *known = find_reason(sum, count.reason);
        if (known) {
            count.packets_in += known->packets_in;
            count.bytes_in += known->bytes_in;
            count.packets_out += known->packets_out;
            count.bytes_out += known->bytes_out;
        }
        g_array_append_val(all, count);
    }
    for (size_t i = 0; i < sum->counter.reason_count; i++) {
        if (!find_reason(reading, sum->reasons[i].reason))
            g_array_append_val(all, sum->reasons[i]);
    }
    g_free(sum->reasons);
    sum->counter.reason_count = all->len;
    sum->counter.reasons = sum->reasons =
        g_memdup2(all->data, all->len * sizeof(struct pktmon_drop_count));
    if (reading->counter.reason)
        sum->counter.reason = reading->counter.reason;
}

static void add_to_gone(struct counting *counting, const struct counter_reading *reading)
{
    const guint64 key = reading->key & UINT32_MAX; /* of the component GONE */
    const struct cli_counter *counter = &reading->counter;
    struct counter_reading *sum = g_hash_table_lookup(counting->readings, &key);
    if (!sum) {
        const struct cli_counter none = {
            .component = GONE, .drops = counter->drops, .edge = counter->edge};
        sum = add_reading(counting, key, &none);
    }
    sum->counter.packets_in += counter->packets_in;
    sum->counter.bytes_in += counter->bytes_in;
    sum->counter.packets_out += counter->packets_out;
    sum->counter.bytes_out += counter->bytes_out;
    sum->counter.taken_back += counter->taken_back;
    sum->counter.taken_back_bytes += counter->taken_back_bytes;
    if (counter->drops)
        add_reasons(sum, reading);
}

static bool move_to_gone(struct counting *counting, uint32_t component, bool drops, uint16_t edge)
{
    const guint64 key = key_of(component, drops, edge);
    const struct counter_reading *reading = g_hash_table_lookup(counting->readings, &key);
    if (!reading)
        return false;
    add_to_gone(counting, reading);
    g_hash_table_remove(counting->readings, &key);
    return true;
}

/* Components that have gone are summed up, so that the table does not grow without end. */
static void take_retired(struct counting *counting, uint32_t component)
{
    bool any = move_to_gone(counting, component, true, 0);
    for (uint16_t edge = 0; edge < PKTMON_EDGE_COUNT; edge++)
        any |= move_to_gone(counting, component, false, edge);
    counting->gone += any;
}

static void take_warning(struct counting *counting, const struct pktmon_notice *notice)
{
    /* Points that could not be attached are also in the capture's list of missing parts. */
    if (notice->level > PKTMON_LEVEL_WARNING || notice->id == PKTMON_NOTICE_NOT_ATTACHED)
        return;
    g_queue_push_tail(&counting->warnings, frontend_message_text(notice->message));
    if (counting->warnings.length > WARNINGS_KEPT)
        g_free(g_queue_pop_head(&counting->warnings));
}

static void take_event(void *context, const struct pktmon_event *event)
{
    struct counting *counting = context;
    if (event->record == PKTMON_RECORD_EVENT)
        take_warning(counting, &event->notice);
    if (event->record == PKTMON_RECORD_RETIRED)
        take_retired(counting, event->component);
    if (event->record != PKTMON_RECORD_COUNTERS)
        return;
    if (event->counters.has_flow)
        take_flow(counting, event->component, &event->counters);
    if (event->counters.has_drops)
        take_drops(counting, event->component, &event->counters);
    counting->changed = true;
}

/* --- display --- */

static void add_zero(struct counting *counting, guint64 key, const struct cli_counter *counter)
{
    if (!g_hash_table_contains(counting->readings, &key))
        add_reading(counting, key, counter);
}

static bool is_selected(void *session, uint32_t component)
{
    return session_wants(session, component);
}

/* Adds zero counters of components that have not seen a packet yet. */
static void add_zeros(struct counting *counting)
{
    g_autoptr(GPtrArray) components =
        pktmon_registry_list(pktmon_session_registry(counting->session));
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        struct cli_counter counter = {.component = component->id};
        if (component->gone || !is_selected(counting->session, component->id))
            continue;
        for (const uint16_t *edge = cli_host_get_edges(component); *edge; edge++) {
            counter.edge = edge_name(*edge);
            add_zero(counting, key_of(component->id, false, *edge), &counter);
        }
        counter.edge = NULL;
        counter.drops = true;
        add_zero(counting, key_of(component->id, true, 0), &counter);
    }
}

static int compare_readings(const void *a, const void *b)
{
    const struct counter_reading *left = *(void *const *)a, *right = *(void *const *)b;
    return (left->key > right->key) - (left->key < right->key);
}

static GArray *sorted_counters(const struct counting *counting)
{
    g_autoptr(GPtrArray) readings = g_ptr_array_new();
    GArray *counters = g_array_new(FALSE, FALSE, sizeof(struct cli_counter));
    GHashTableIter iterator;
    void *reading;
    g_hash_table_iter_init(&iterator, counting->readings);
    while (g_hash_table_iter_next(&iterator, NULL, &reading))
        g_ptr_array_add(readings, reading);
    g_ptr_array_sort(readings, compare_readings);
    for (guint i = 0; i < readings->len; i++)
        g_array_append_val(
            counters, ((const struct counter_reading *)g_ptr_array_index(readings, i))->counter);
    return counters;
}

static char *table_text_of(const struct counting *counting, const struct cli_stacks *stacks,
                           const GArray *counters)
{
    char *text = cli_counters_format(&counting->options->view, stacks, counters, true);
    if (*text)
        return text;
    g_free(text);
    return g_strdup("Nothing was counted.\n");
}

/* The tables in between have a title line, the last one has none. */
static void show_table(struct counting *counting, const char *table, bool last)
{
    if (last) {
        fputs(table, stdout);
        return;
    }
    g_autofree char *page =
        counting->screen.in_place
            ? g_strdup_printf("Counting for %d s; press Ctrl-C to stop.\n\n%s",
                              (int)((counting->shown - counting->began) / G_USEC_PER_SEC), table)
            : g_strdup(table);
    if (!cli_screen_show(&counting->screen, page))
        pktmon_session_stop(counting->session);
}

static void show(struct counting *counting, bool last)
{
    const struct cli_counter_view *view = &counting->options->view;
    const struct cli_host_selection selection = {
        .all = true, .hidden = view->hidden, .wants = is_selected, .context = counting->session};
    if (view->zero || view->json)
        add_zeros(counting);
    struct cli_stacks *stacks =
        cli_host_build_stacks(pktmon_session_registry(counting->session), &selection);
    g_autofree char *gone = g_strdup_printf("%u removed %s", counting->gone,
                                            PLURAL(counting->gone, "component", "components"));
    if (counting->gone > 0)
        cli_stacks_add_rest(stacks, GONE, "Gone", gone);
    g_autoptr(GArray) counters = sorted_counters(counting);
    if (view->json) {
        cli_counters_print_json(view, stacks, counters);
        if (fflush(stdout) != 0)
            pktmon_session_stop(counting->session);
    } else {
        g_autofree char *table = table_text_of(counting, stacks, counters);
        show_table(counting, table, last);
    }
    cli_stacks_free(stacks);
}

/* --- run --- */

static void begin(struct counting *counting)
{
    const struct cli_live_counting *options = counting->options;
    counting->began = g_get_monotonic_time();
    if (options->refresh)
        counting->changed = true; /* an empty table shows that counting has begun */
    else if (options->seconds > 0)
        fprintf(stderr, "Counting for %d s, or until Ctrl-C.\n", options->seconds);
    else
        fputs("Counting until Ctrl-C.\n", stderr);
}

static void caught_up(void *context)
{
    struct counting *counting = context;
    const struct cli_live_counting *options = counting->options;
    if (!counting->began)
        begin(counting);
    gint64 now = g_get_monotonic_time();
    if (frontend_has_reader_gone(STDOUT_FILENO))
        pktmon_session_stop(counting->session);
    if (options->seconds > 0 && now - counting->began >= options->seconds * G_USEC_PER_SEC)
        pktmon_session_stop(counting->session);
    /* On a terminal the title line has the elapsed time, so it is always refreshed. */
    if (options->refresh && (counting->changed || counting->screen.in_place) &&
        now - counting->shown >= G_USEC_PER_SEC / options->rate) {
        counting->shown = now;
        counting->changed = false;
        show(counting, false);
    }
}

static struct pktmon_session *new_session(struct pktmon_monitor *monitor,
                                          const struct cli_live_counting *counting, GError **error)
{
    struct pktmon_session_options options = counting->settings;
    options.counters_only = true;
    options.counters_interval_ms = counting->refresh ? 1000 / (uint32_t)counting->rate : 0;
    options.buffer_size = 1; /* no packets go through it */
    return pktmon_session_new(monitor, "counters", &options, error);
}

static void print_warnings(const struct counting *counting)
{
    cli_live_print_missing(pktmon_session_capture_info(counting->session));
    for (const GList *warning = counting->warnings.head; warning; warning = warning->next)
        fprintf(stderr, "Warning: %s\n", (const char *)warning->data);
}

static bool run(struct counting *counting, GError **error)
{
    const struct callback_sink_calls calls = {
        .event = take_event, .caught_up = caught_up, .context = counting};
    frontend_catch_stop_signals();
    frontend_stop_session_by_signal(counting->session);
    bool ok = session_run(counting->session, callback_sink_new(&calls), error);
    frontend_stop_session_by_signal(NULL);
    return ok;
}

static bool count(struct counting *counting, GError **error)
{
    counting->readings = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, reading_free);
    g_queue_init(&counting->warnings);
    cli_screen_init(&counting->screen);
    bool ok = run(counting, error);
    cli_screen_close(&counting->screen);
    if (ok) {
        if (counting->screen.shown && !counting->screen.in_place)
            putchar('\n');
        show(counting, true);
        print_warnings(counting);
    }
    g_hash_table_unref(counting->readings);
    g_queue_clear_full(&counting->warnings, g_free);
    return ok;
}

bool cli_live_count(const struct cli_live_counting *options, GError **error)
{
    struct pktmon_monitor *monitor = pktmon_monitor_new(NULL, error);
    if (!monitor)
        return false;
    struct counting counting = {.options = options,
                                .session = new_session(monitor, options, error)};
    bool ok = counting.session && count(&counting, error);
    pktmon_session_free(counting.session);
    pktmon_monitor_free(monitor);
    return ok;
}
