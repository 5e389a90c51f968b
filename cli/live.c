/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live.h"

#include <stdio.h>
#include <unistd.h>

#include "filter.h"
#include "plural.h"
#include "reader.h"
#include "salted.h"
#include "screen.h"
#include "signals.h"
#include "table.h"

#define WARNINGS_KEPT 16 /* the newest */

#define GONE 0 /* no component's id: the sums of all that have gone */

/* The newest reading of a counter. */
struct reading {
    guint64 key;
    struct counter counter;
    struct pktmon_drop_count *reasons; /* owned */
};

struct counting {
    struct pktmon_receiver receiver; /* first: the session hands it back to us */
    const struct live_counting *options;
    struct pktmon_session *session;
    GHashTable *readings; /* struct reading by its key */
    GQueue warnings;      /* of char * */
    struct screen screen;
    guint gone;   /* components whose counters are those of GONE now */
    gint64 began; /* us; 0 = not yet */
    gint64 shown; /* us, when it was shown last */
    bool changed; /* since then */
};

/* --- what this host has --- */

void live_print_missing(const struct pktmon_capture *capture)
{
    for (guint i = 0; i < capture->missing->len; i++) {
        g_autofree char *text = printable(g_ptr_array_index(capture->missing, i));
        fprintf(stderr, "Not seen: %s\n", text);
    }
}

/* without_ebpf: as in struct pktmon_provider_options. */
static bool list_from(pktmon_source *source, const char *without_ebpf,
                      const struct pktmon_constraints *constraints,
                      struct pktmon_registry *registry, GError **error)
{
    const struct pktmon_provider_options options = {.points = PKTMON_POINTS_STACK,
                                                    .take_alias = pktmon_constraints_take_alias,
                                                    .context = constraints,
                                                    .without_ebpf = without_ebpf};
    struct pktmon_capture *capture = pktmon_capture_new();
    struct pktmon_provider *provider = source(&options, registry, capture, NULL, error);
    bool done = provider && provider->ops->enumerate(provider, error);
    if (done)
        live_print_missing(capture);
    if (provider)
        provider->ops->free(provider);
    pktmon_capture_free(capture);
    return done;
}

static bool list_any(const struct pktmon_constraints *constraints, struct pktmon_registry *registry,
                     GError **error)
{
    g_autoptr(GError) reason = NULL;
    if (list_from(pktmon_ebpf_provider_new, NULL, constraints, registry, &reason))
        return true;
    if (g_error_matches(reason, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED))
        return list_from(pktmon_pcap_provider_new, reason->message, constraints, registry, error);
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

static GHashTable *choose(struct pktmon_constraints *constraints,
                          const struct pktmon_registry *registry)
{
    GHashTable *chosen = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) components = pktmon_registry_list(registry);
    for (guint i = 0; i < components->len; i++) {
        uint32_t id = ((const struct pktmon_component *)g_ptr_array_index(components, i))->id;
        if (pktmon_constraints_select(constraints, registry, id))
            g_hash_table_add(chosen, GUINT_TO_POINTER(id));
    }
    return chosen;
}

bool live_list(struct pktmon_registry *registry, const char *components, const char *netns,
               GHashTable **chosen, GError **error)
{
    const struct pktmon_session_options options = {.components = components, .netns = netns};
    struct pktmon_constraints *constraints = pktmon_constraints_new(&options);
    bool done = list_any(constraints, registry, error) &&
                pktmon_constraints_check(constraints, registry, error);
    *chosen = done && (components || netns) ? choose(constraints, registry) : NULL;
    pktmon_constraints_free(constraints);
    return done;
}

bool live_check_reason(const char *reason, GError **error)
{
    return pktmon_drop_reason_check(reason, error);
}

/* --- readings --- */

/* From the wire up, as components stand below each other; other edges in the order of their
 * numbers. */
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
    struct reading *reading = data;
    g_free(reading->reasons);
    g_free(reading);
}

/* The names of a kernel's reasons are few, and the event's are not ours to keep. */
static struct pktmon_drop_count *copy_reasons(const struct pktmon_counters *counters)
{
    struct pktmon_drop_count *reasons =
        g_memdup2(counters->reasons, counters->reason_count * sizeof(*reasons));
    for (size_t i = 0; i < counters->reason_count; i++)
        reasons[i].reason = g_intern_string(reasons[i].reason);
    return reasons;
}

static struct reading *add_reading(struct counting *counting, guint64 key,
                                   const struct counter *counter)
{
    struct reading *reading = g_new0(struct reading, 1);
    reading->key = key;
    reading->counter = *counter;
    g_hash_table_replace(counting->readings, &reading->key, reading);
    return reading;
}

static void take_flow(struct counting *counting, uint32_t component,
                      const struct pktmon_counters *counters)
{
    const struct counter counter = {.component = component,
                                    .edge = g_intern_string(counters->edge_name),
                                    .packets_in = counters->packets_in,
                                    .bytes_in = counters->bytes_in,
                                    .packets_out = counters->packets_out,
                                    .bytes_out = counters->bytes_out};
    add_reading(counting, key_of(component, false, counters->edge), &counter);
}

static void take_drops(struct counting *counting, uint32_t component,
                       const struct pktmon_counters *counters)
{
    const struct counter counter = {.component = component,
                                    .drops = true,
                                    .reason = g_intern_string(counters->drop_reason),
                                    .packets_in = counters->drops_in,
                                    .bytes_in = counters->drop_bytes_in,
                                    .packets_out = counters->drops_out,
                                    .bytes_out = counters->drop_bytes_out};
    struct reading *reading = add_reading(counting, key_of(component, true, 0), &counter);
    reading->counter.reason_count = counters->reason_count;
    reading->counter.reasons = reading->reasons = copy_reasons(counters);
}

static const struct pktmon_drop_count *find_reason(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->counter.reason_count; i++) {
        if (g_str_equal(reading->reasons[i].reason, name))
            return &reading->reasons[i];
    }
    return NULL;
}

/* The newest drop was one of those that have just gone, as far as is known. */
static void add_reasons(struct reading *sum, const struct reading *reading)
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

static void add_to_gone(struct counting *counting, const struct reading *reading)
{
    const guint64 key = reading->key & UINT32_MAX; /* of the component GONE */
    const struct counter *counter = &reading->counter;
    struct reading *sum = g_hash_table_lookup(counting->readings, &key);
    if (!sum) {
        const struct counter none = {
            .component = GONE, .drops = counter->drops, .edge = counter->edge};
        sum = add_reading(counting, key, &none);
    }
    sum->counter.packets_in += counter->packets_in;
    sum->counter.bytes_in += counter->bytes_in;
    sum->counter.packets_out += counter->packets_out;
    sum->counter.bytes_out += counter->bytes_out;
    if (counter->drops)
        add_reasons(sum, reading);
}

static bool move_to_gone(struct counting *counting, uint32_t component, bool drops, uint16_t edge)
{
    const guint64 key = key_of(component, drops, edge);
    const struct reading *reading = g_hash_table_lookup(counting->readings, &key);
    if (!reading)
        return false;
    add_to_gone(counting, reading);
    g_hash_table_remove(counting->readings, &key);
    return true;
}

/* However many come and go, what has gone is shown in a few lines. */
static void take_retired(struct counting *counting, uint32_t component)
{
    bool any = move_to_gone(counting, component, true, 0);
    for (uint16_t edge = 0; edge < PKTMON_EDGES; edge++)
        any |= move_to_gone(counting, component, false, edge);
    counting->gone += any;
}

static void take_warning(struct counting *counting, const struct pktmon_notice *notice)
{
    /* What could not be attached is among the capture's missing parts, too. */
    if (notice->level > PKTMON_LEVEL_WARNING || notice->id == PKTMON_NOTICE_NOT_ATTACHED)
        return;
    g_queue_push_tail(&counting->warnings, printable(notice->message));
    if (counting->warnings.length > WARNINGS_KEPT)
        g_free(g_queue_pop_head(&counting->warnings));
}

static void take_event(struct pktmon_receiver *receiver, const struct pktmon_event *event)
{
    struct counting *counting = (struct counting *)receiver;
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

/* --- what is shown --- */

static void add_zero(struct counting *counting, guint64 key, const struct counter *counter)
{
    if (!g_hash_table_contains(counting->readings, &key))
        add_reading(counting, key, counter);
}

static bool is_selected(void *session, uint32_t component)
{
    return pktmon_session_selects(session, component);
}

/* Counters of what has not seen a packet yet. */
static void add_zeros(struct counting *counting)
{
    g_autoptr(GPtrArray) components =
        pktmon_registry_list(pktmon_session_registry(counting->session));
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        struct counter counter = {.component = component->id};
        if (component->gone || !is_selected(counting->session, component->id))
            continue;
        for (const struct host_edge *edge = host_edges(component); edge->id; edge++) {
            counter.edge = edge->name;
            add_zero(counting, key_of(component->id, false, edge->id), &counter);
        }
        counter.edge = NULL;
        counter.drops = true;
        add_zero(counting, key_of(component->id, true, 0), &counter);
    }
}

static int compare_readings(const void *a, const void *b)
{
    const struct reading *left = *(void *const *)a, *right = *(void *const *)b;
    return (left->key > right->key) - (left->key < right->key);
}

static counter_list *sorted_counters(const struct counting *counting)
{
    g_autoptr(GPtrArray) readings = g_ptr_array_new();
    counter_list *counters = g_array_new(FALSE, FALSE, sizeof(struct counter));
    GHashTableIter iterator;
    void *reading;
    g_hash_table_iter_init(&iterator, counting->readings);
    while (g_hash_table_iter_next(&iterator, NULL, &reading))
        g_ptr_array_add(readings, reading);
    g_ptr_array_sort(readings, compare_readings);
    for (guint i = 0; i < readings->len; i++)
        g_array_append_val(counters,
                           ((const struct reading *)g_ptr_array_index(readings, i))->counter);
    return counters;
}

static char *table_text_of(const struct counting *counting, const struct stacks *stacks,
                           const counter_list *counters)
{
    char *text = counter_view_text(&counting->options->view, stacks, counters, true);
    if (*text)
        return text;
    g_free(text);
    return g_strdup("Nothing was counted.\n");
}

/* Under a line that says what this is; the last table stands alone. */
static void show_table(struct counting *counting, const char *table, bool last)
{
    if (last) {
        fputs(table, stdout);
        return;
    }
    g_autofree char *page =
        counting->screen.in_place
            ? g_strdup_printf("Counting for %d s; Ctrl-C ends.\n\n%s",
                              (int)((counting->shown - counting->began) / G_USEC_PER_SEC), table)
            : g_strdup(table);
    if (!screen_show(&counting->screen, page))
        pktmon_session_stop(counting->session);
}

static void show(struct counting *counting, bool last)
{
    const struct counter_view *view = &counting->options->view;
    const struct host_selection selection = {
        .all = true, .hidden = view->hidden, .wants = is_selected, .context = counting->session};
    if (view->zero || view->json)
        add_zeros(counting);
    struct stacks *stacks = host_stacks(pktmon_session_registry(counting->session), &selection);
    g_autofree char *gone =
        g_strdup_printf("%u %s gone", counting->gone,
                        PLURAL(counting->gone, "component that has", "components that have"));
    if (counting->gone > 0)
        stacks_add_rest(stacks, GONE, "Gone", gone);
    g_autoptr(GArray) counters = sorted_counters(counting);
    if (view->json) {
        counter_view_print_json(view, stacks, counters);
        if (fflush(stdout) != 0)
            pktmon_session_stop(counting->session);
    } else {
        g_autofree char *table = table_text_of(counting, stacks, counters);
        show_table(counting, table, last);
    }
    stacks_free(stacks);
}

/* --- the run --- */

static void begin(struct counting *counting)
{
    const struct live_counting *options = counting->options;
    counting->began = g_get_monotonic_time();
    if (options->refresh)
        counting->changed = true; /* an empty table says that it counts */
    else if (options->seconds > 0)
        fprintf(stderr, "Counting for %d s, or until Ctrl-C.\n", options->seconds);
    else
        fputs("Counting until Ctrl-C.\n", stderr);
}

static void caught_up(struct pktmon_receiver *receiver)
{
    struct counting *counting = (struct counting *)receiver;
    const struct live_counting *options = counting->options;
    if (!counting->began)
        begin(counting);
    gint64 now = g_get_monotonic_time();
    if (reader_has_gone(STDOUT_FILENO))
        pktmon_session_stop(counting->session);
    if (options->seconds > 0 && now - counting->began >= options->seconds * G_USEC_PER_SEC)
        pktmon_session_stop(counting->session);
    /* On a terminal the line above the table tells the time. */
    if (options->refresh && (counting->changed || counting->screen.in_place) &&
        now - counting->shown >= G_USEC_PER_SEC / options->rate) {
        counting->shown = now;
        counting->changed = false;
        show(counting, false);
    }
}

static struct pktmon_session *new_session(const struct live_counting *counting, GError **error)
{
    struct pktmon_session_options options;
    pktmon_session_options_init(&options);
    options.counters_only = true;
    options.counters_interval_ms = counting->refresh ? 1000 / (uint32_t)counting->rate : 0;
    options.components = counting->components;
    options.netns = counting->netns;
    options.hook_queues = counting->hook_queues;
    options.buffer_size = 1; /* no packet goes through it */
    return pktmon_session_new(&options, error);
}

static void print_warnings(const struct counting *counting)
{
    live_print_missing(pktmon_session_capture(counting->session));
    for (const GList *warning = counting->warnings.head; warning; warning = warning->next)
        fprintf(stderr, "Warning: %s\n", (const char *)warning->data);
}

bool live_count(const struct live_counting *options, GError **error)
{
    struct counting counting = {.receiver = {.event = take_event, .caught_up = caught_up},
                                .options = options,
                                .session = new_session(options, error)};
    if (!counting.session)
        return false;
    counting.readings = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, reading_free);
    g_queue_init(&counting.warnings);
    screen_init(&counting.screen);
    signals_stop(counting.session);
    bool done = pktmon_session_run_to(counting.session, &counting.receiver, error);
    signals_forget();
    screen_close(&counting.screen);
    if (done) {
        if (counting.screen.shown && !counting.screen.in_place)
            putchar('\n');
        show(&counting, true);
        print_warnings(&counting);
    }
    pktmon_session_free(counting.session);
    g_hash_table_unref(counting.readings);
    g_queue_clear_full(&counting.warnings, g_free);
    return done;
}
