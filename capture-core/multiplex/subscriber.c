/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subscriber.h"

#include "model/registry-copy.h"

#include "filter/expression.h"
#include "model/plural.h"
#include "model/salted-hash.h"

#define ROOM_INTERVAL_US 1000

#define BATCH 256 /* events; a batch is handed over at once, and never later than a read() ends */

/* Making and freeing ----------------------------------------------------------------------------
 */

static void filter_clear(void *data)
{
    struct provider_filter *filter = data;

    filter_expression_free((struct filter_expression *)filter->expression);
}

GArray *filters_copy(const struct provider_filter *filters, size_t count)
{
    GArray *copy = g_array_new(FALSE, FALSE, sizeof(*filters));

    g_array_set_clear_func(copy, filter_clear);
    if (count > 0)
        g_array_append_vals(copy, filters, count);
    for (size_t i = 0; i < count; i++) {
        if (filters[i].expression)
            filter_expression_ref(filters[i].expression);
    }
    return copy;
}

static GHashTable *counts_new(void)
{
    return g_hash_table_new_full(salted_int64, g_int64_equal, g_free, g_free);
}

static GArray *batch_new(void)
{
    return g_array_sized_new(FALSE, FALSE, sizeof(struct queue_entry), BATCH);
}

struct subscriber *subscriber_new(const struct provider_options *options, size_t limit)
{
    struct subscriber *subscriber = g_new0(struct subscriber, 1);

    subscriber->options = *options;
    subscriber->without_ebpf = g_strdup(options->without_ebpf);
    subscriber->options.without_ebpf = subscriber->without_ebpf;
    subscriber->options.filters = NULL;
    subscriber->filters = filters_copy(options->filters, options->filter_count);
    subscriber->limit = limit;
    g_mutex_init(&subscriber->mutex);
    g_cond_init(&subscriber->filled);
    g_queue_init(&subscriber->batches);
    subscriber->filling = batch_new();
    subscriber->wants = g_hash_table_new(salted_number, NULL);
    subscriber->kept = pcapng_account_new();
    subscriber->left_out = counts_new();
    subscriber->unreported = counts_new();
    subscriber->holes = filter_followed_new();
    return subscriber;
}

static void free_batch(struct subscriber *subscriber, GArray *batch)
{
    for (guint i = 0; i < batch->len; i++)
        subscriber_release_entry(subscriber, &g_array_index(batch, struct queue_entry, i));
    g_array_unref(batch);
}

void subscriber_free(struct subscriber *subscriber)
{
    GArray *batch;

    while ((batch = g_queue_pop_head(&subscriber->batches)))
        free_batch(subscriber, batch);
    free_batch(subscriber, subscriber->filling);
    g_mutex_clear(&subscriber->mutex);
    g_cond_clear(&subscriber->filled);
    g_clear_error(&subscriber->error);
    g_clear_pointer(&subscriber->describe, pktmon_registry_free);
    g_array_unref(subscriber->filters);
    g_hash_table_unref(subscriber->wants);
    baseline_free(subscriber->baseline);
    pcapng_account_free(subscriber->kept);
    g_hash_table_unref(subscriber->left_out);
    g_hash_table_unref(subscriber->unreported);
    filter_followed_free(subscriber->holes);
    g_free(subscriber->without_ebpf);
    g_free(subscriber);
}

/* The queue --------------------------------------------------------------------------------------
 */

void subscriber_flush(struct subscriber *subscriber, uint64_t until)
{
    bool is_empty = subscriber->filling->len == 0;

    if (is_empty && until == 0)
        return;
    g_mutex_lock(&subscriber->mutex);
    subscriber->until = MAX(subscriber->until, until);
    if (!is_empty) {
        g_queue_push_tail(&subscriber->batches, subscriber->filling);
        g_cond_signal(&subscriber->filled);
    }
    g_mutex_unlock(&subscriber->mutex);
    if (!is_empty)
        subscriber->filling = batch_new();
}

void subscriber_end(struct subscriber *subscriber, bool left, GError *error)
{
    subscriber_flush(subscriber, 0);
    g_mutex_lock(&subscriber->mutex);
    if (subscriber->ended)
        g_clear_error(&error);
    else
        subscriber->error = error;
    subscriber->ended = true;
    subscriber->left = left;
    g_cond_signal(&subscriber->filled);
    g_mutex_unlock(&subscriber->mutex);
}

void subscriber_leave(struct subscriber *subscriber)
{
    g_mutex_lock(&subscriber->mutex);
    subscriber->leaving = true;
    g_mutex_unlock(&subscriber->mutex);
}

/* Under the mutex. */
static bool has_ended(const struct subscriber *subscriber)
{
    return subscriber->leaving ? subscriber->left : subscriber->ended;
}

GArray *subscriber_next(struct subscriber *subscriber, int timeout_ms, bool *ended, uint64_t *until)
{
    gint64 end = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    bool in_time = true;

    g_mutex_lock(&subscriber->mutex);
    while (in_time && subscriber->batches.length == 0 && !has_ended(subscriber)) {
        if (timeout_ms < 0)
            g_cond_wait(&subscriber->filled, &subscriber->mutex);
        else
            in_time = g_cond_wait_until(&subscriber->filled, &subscriber->mutex, end);
    }
    GArray *batch = g_queue_pop_head(&subscriber->batches);
    *ended = !batch && has_ended(subscriber);
    if (subscriber->batches.length == 0)
        *until = subscriber->until;
    g_mutex_unlock(&subscriber->mutex);
    return batch;
}

static gsize size_of(const struct queue_entry *entry)
{
    return sizeof(*entry) + (entry->copy ? entry->copy->size : 0);
}

void subscriber_release_entry(struct subscriber *subscriber, struct queue_entry *entry)
{
    g_atomic_pointer_add(&subscriber->held, -(gssize)size_of(entry));
    event_copy_unref(entry->copy);
    g_clear_pointer(&entry->descriptions, pktmon_registry_free);
}

static bool has_room(struct subscriber *subscriber, size_t size)
{
    gsize held = (gsize)g_atomic_pointer_get(&subscriber->held);

    return held == 0 || held + size <= subscriber->limit;
}

/* The last words of a provider are waited for by those who can. */
static bool make_room(struct subscriber *subscriber, size_t size)
{
    while (!has_room(subscriber, size)) {
        if (!subscriber->alone)
            return false;
        subscriber_flush(subscriber, 0);
        g_usleep(ROOM_INTERVAL_US);
    }
    return true;
}

static void push(struct subscriber *subscriber, struct queue_entry entry)
{
    entry.descriptions = g_steal_pointer(&subscriber->describe);
    entry.missed = subscriber->missed;
    g_atomic_pointer_add(&subscriber->held, size_of(&entry));
    g_array_append_val(subscriber->filling, entry);
    if (subscriber->filling->len >= BATCH)
        subscriber_flush(subscriber, 0);
}

void subscriber_finish_change(struct subscriber *subscriber)
{
    push(subscriber, (struct queue_entry){.changed = true});
}

/* Losses ----------------------------------------------------------------------------------------
 */

static void add_count(GHashTable *counts, guint64 key)
{
    uint64_t *count = g_hash_table_lookup(counts, &key);

    if (!count) {
        count = g_new0(uint64_t, 1);
        g_hash_table_insert(counts, g_memdup2(&key, sizeof(key)), count);
    }
    ++*count;
}

static uint64_t count_of(GHashTable *counts, guint64 key)
{
    const uint64_t *count = g_hash_table_lookup(counts, &key);

    return count ? *count : 0;
}

static void leave_out(struct subscriber *subscriber, const struct pktmon_event *event)
{
    const struct pktmon_packet *packet = &event->packet;
    guint64 key =
        counter_key(event->component, packet->dropped ? 0 : packet->edge, packet->dropped);

    subscriber->missed.here++;
    pcapng_account_keep_loss(subscriber->kept, event->component, packet->lost + 1);
    filter_followed_add(subscriber->holes, packet->group, event->time, 1);
    add_count(subscriber->left_out, key);
    add_count(subscriber->unreported, event->component);
    if (subscriber->lost_from == 0)
        subscriber->lost_from = event->time;
    subscriber->lost_until = event->time;
}

static void tell_loss(struct subscriber *subscriber, uint64_t time, uint32_t component,
                      const char *name, uint64_t lost)
{
    g_autofree char *message = g_strdup_printf(
        "%" G_GUINT64_FORMAT " %s of %s did not fit in the session's buffer: give it a larger one, "
        "take its events faster, or keep less of each packet.",
        lost, PLURAL(lost, "event", "events"), name ? name : "no component");
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = time,
        .component = component,
        .notice = {.provider = "pktmon",
                   .id = PKTMON_NOTICE_LOST,
                   .level = PKTMON_LEVEL_WARNING,
                   .message = message,
                   .from = subscriber->lost_from,
                   .until = subscriber->lost_until},
    };

    push(subscriber, (struct queue_entry){.copy = event_copy_new(&event)});
}

void subscriber_report_losses(struct subscriber *subscriber, uint64_t time,
                              const struct pktmon_registry *registry)
{
    GHashTableIter iterator;
    void *key, *lost;

    g_hash_table_iter_init(&iterator, subscriber->unreported);
    while (g_hash_table_iter_next(&iterator, &key, &lost)) {
        uint32_t id = *(guint64 *)key;
        const struct pktmon_component *component = pktmon_registry_find(registry, id);

        tell_loss(subscriber, time, id, component ? component->name : NULL, *(uint64_t *)lost);
    }
    g_hash_table_remove_all(subscriber->unreported);
    subscriber->lost_from = subscriber->lost_until = 0;
}

/* Events ----------------------------------------------------------------------------------------
 */

void subscriber_forget_wants(struct subscriber *subscriber)
{
    g_hash_table_remove_all(subscriber->wants);
}

static bool wants_component(struct subscriber *subscriber, uint32_t id,
                            const struct pktmon_registry *registry)
{
    const struct provider_options *options = &subscriber->options;
    void *known;

    if (id == 0)
        return true;
    if (g_hash_table_lookup_extended(subscriber->wants, GUINT_TO_POINTER(id), NULL, &known))
        return GPOINTER_TO_INT(known);
    const struct pktmon_component *component = pktmon_registry_find(registry, id);
    bool wanted = !options->wants_component || !component ||
                  options->wants_component(options->context, component);
    g_hash_table_insert(subscriber->wants, GUINT_TO_POINTER(id), GINT_TO_POINTER(wanted));
    return wanted;
}

static void describe(struct subscriber *subscriber, uint32_t id,
                     const struct pktmon_registry *registry)
{
    const struct pktmon_component *component = pktmon_registry_find(registry, id);

    if (component && !subscriber->describe)
        subscriber->describe = pktmon_registry_new();
    if (component)
        registry_copy(subscriber->describe, component);
}

/* The capture has its own copies, and gets a component before its first event. */
static void describe_if_new(struct subscriber *subscriber, const struct pktmon_event *event,
                            const struct pktmon_registry *registry)
{
    uint32_t id = event->component;
    bool anew = event->record == PKTMON_RECORD_COMPONENT;

    if (id != 0 && (anew || !g_hash_table_contains(subscriber->wants, GUINT_TO_POINTER(id)))) {
        g_hash_table_remove(subscriber->wants, GUINT_TO_POINTER(id));
        describe(subscriber, id, registry);
    }
}

static bool is_of_type(const struct subscriber *subscriber, const struct pktmon_packet *packet)
{
    const bool flow = subscriber->options.flow, drops = subscriber->options.drops;

    if (packet->copy_released)
        return flow && drops;
    return packet->dropped ? drops : flow;
}

/* As the subscriber's own filters see it. */
static struct queue_entry entry_for(const struct subscriber *subscriber,
                                    const struct pktmon_event *event)
{
    bool judged = event->judged && !subscriber->judges_itself;

    return (struct queue_entry){
        .judged = judged,
        .filters =
            subscriber->judges_itself ? 0 : bit_list_translate(&subscriber->bits, event->filters),
    };
}

static bool is_for_others(const struct subscriber *subscriber, const struct queue_entry *entry)
{
    return entry->judged && entry->filters == 0 && subscriber->filters->len > 0;
}

static struct event_copy *share(const struct pktmon_event *event, struct event_copy **copy)
{
    if (!*copy)
        *copy = event_copy_new(event);
    return event_copy_ref(*copy);
}

static void take_packet(struct subscriber *subscriber, const struct pktmon_event *event,
                        struct event_copy **copy)
{
    const struct pktmon_packet *packet = &event->packet;
    struct queue_entry entry = entry_for(subscriber, event);

    subscriber->missed.before += packet->lost;
    if (is_for_others(subscriber, &entry) || !is_of_type(subscriber, packet)) {
        pcapng_account_keep_loss(subscriber->kept, event->component, packet->lost);
        return;
    }
    /* The strings, which are the least of it, are not measured for a copy that is not made. */
    if (!make_room(subscriber, sizeof(entry) + sizeof(**copy) + packet->caplen)) {
        leave_out(subscriber, event);
        return;
    }
    entry.copy = share(event, copy);
    entry.lost = packet->lost + pcapng_account_take_loss(subscriber->kept, event->component);
    entry.incomplete = packet->incomplete || filter_followed_has(subscriber->holes, packet->group);
    push(subscriber, entry);
}

/* A later reading says all that this one does: a full queue can do without it, but not without the
 * last one. */
static void take_counters(struct subscriber *subscriber, const struct pktmon_event *event)
{
    g_autoptr(GArray) reasons = g_array_new(FALSE, FALSE, sizeof(struct pktmon_drop_count));
    struct pktmon_event own = *event;

    if (subscriber->state != SUBSCRIBER_GOING && !has_room(subscriber, 0))
        return;
    if (subscriber->baseline)
        own = baseline_subtract(subscriber->baseline, event, reasons);
    own.counters.lost +=
        count_of(subscriber->left_out,
                 counter_key(event->component, own.counters.edge, own.counters.has_drops));
    push(subscriber, (struct queue_entry){.copy = event_copy_new(&own)});
}

/* Nothing more comes of the component: reports what was lost of it and not reported yet. */
static void forget_component(struct subscriber *subscriber, uint32_t id)
{
    guint64 component = id;

    for (uint16_t edge = 0; edge < PKTMON_EDGE_COUNT; edge++) {
        for (int drops = 0; drops <= 1; drops++) {
            guint64 key = counter_key(id, edge, drops);

            g_hash_table_remove(subscriber->left_out, &key);
        }
    }
    g_hash_table_remove(subscriber->unreported, &component);
    g_hash_table_remove(subscriber->wants, GUINT_TO_POINTER(id));
    pcapng_account_forget(subscriber->kept, id);
    if (subscriber->baseline)
        baseline_forget(subscriber->baseline, id);
}

static void take_retired(struct subscriber *subscriber, const struct pktmon_event *event,
                         const struct pktmon_registry *registry, struct event_copy **copy)
{
    const struct pktmon_component *component = pktmon_registry_find(registry, event->component);
    guint64 key = event->component;
    uint64_t unreported = count_of(subscriber->unreported, key);

    if (unreported > 0) {
        tell_loss(subscriber, event->time, event->component, component ? component->name : NULL,
                  unreported);
    }
    push(subscriber, (struct queue_entry){.copy = share(event, copy)});
    forget_component(subscriber, event->component);
}

void subscriber_take(struct subscriber *subscriber, const struct pktmon_event *event,
                     const struct pktmon_registry *registry, struct event_copy **copy)
{
    if (event->record == PKTMON_RECORD_RETIRED) {
        take_retired(subscriber, event, registry, copy);
        return;
    }
    describe_if_new(subscriber, event, registry);
    if (!wants_component(subscriber, event->component, registry))
        return;
    if (event->record == PKTMON_RECORD_PACKET) {
        take_packet(subscriber, event, copy);
    } else if (event->record == PKTMON_RECORD_COUNTERS) {
        take_counters(subscriber, event);
    } else {
        struct queue_entry entry = entry_for(subscriber, event);

        entry.copy = share(event, copy);
        push(subscriber, entry);
    }
}
