/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hub-private.h"

#include "model/registry-copy.h"
#include "hub.h"

#define READ_TIMEOUT_MS      20 /* how long a request may wait */
#define COUNTERS_INTERVAL_MS 1000
/* A provider holds events back for less than this. */
#define MARK_OVERDUE_NS (1000 * PKTMON_NS_PER_MS)

static void copy_capture(struct pktmon_capture_info *to, const struct pktmon_capture_info *from)
{
    pktmon_component_set(&to->os, from->os);
    pktmon_component_set(&to->host, from->host);
    pktmon_component_set(&to->release, from->release);
    pktmon_component_set(&to->provider, from->provider);
    g_ptr_array_set_size(to->missing, 0);
    for (guint i = 0; i < from->missing->len; i++)
        g_ptr_array_add(to->missing, g_strdup(from->missing->pdata[i]));
}

static void describe(const struct hub *hub, const struct hub_request *request)
{
    registry_copy_all(request->registry, hub->registry);
    copy_capture(request->capture, hub->capture);
}

static void activate(struct hub *hub, struct hub_request *request)
{
    hub_take_over(hub, request);
    if (request->kind == HUB_START) {
        describe(hub, request);
        request->subscriber->join = hub->provider->join;
        request->subscriber->state = SUBSCRIBER_ACTIVE;
    }
    hub_reply(hub, request, NULL);
}

/* What it requested while it was active. */
static void drop_changes(struct hub *hub, const struct subscriber *subscriber)
{
    for (guint i = hub->marked->len; i-- > 0;) {
        if (((struct hub_request *)hub->marked->pdata[i])->subscriber == subscriber)
            hub_request_free(g_ptr_array_remove_index_fast(hub->marked, i));
    }
    for (GList *link = hub->waiting.head, *next; link; link = next) {
        struct hub_request *request = link->data;

        next = link->next;
        if (request->subscriber == subscriber) {
            g_queue_delete_link(&hub->waiting, link);
            hub_request_free(request);
        }
    }
}

static void forget_subscriber(struct hub *hub, struct subscriber *subscriber)
{
    static const struct bit_list none;
    struct filter_bits *const all[] = {&hub->bits, &hub->bits_before};
    uint64_t now = clock_monotonic();

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        filter_bits_release(all[i], &subscriber->bits, &none, now);
        filter_bits_release(all[i], &subscriber->next_bits, &none, now);
    }
    drop_changes(hub, subscriber);
    hub->selects_less = true;
    if (hub->other == subscriber)
        hub->other = NULL;
    if (hub->changing && hub->changing->subscriber == subscriber)
        hub_request_free(g_steal_pointer(&hub->changing));
    subscriber->state = SUBSCRIBER_ASLEEP;
    g_ptr_array_remove(hub->subscribers, subscriber);
    hub_request_less(hub);
}

/* Nothing more comes for it. Takes ownership of error. */
static void end_subscriber(struct hub *hub, struct subscriber *subscriber, GError *error)
{
    bool left = subscriber->state == SUBSCRIBER_GOING;

    subscriber_report_losses(subscriber, hub->newest, hub->registry);
    forget_subscriber(hub, subscriber);
    subscriber_end(subscriber, left, error);
}

static void settle_marked(struct hub *hub, uint64_t time)
{
    for (guint i = hub->marked->len; i-- > 0;) {
        struct hub_request *request = hub->marked->pdata[i];

        if (time > request->subscriber->mark) {
            if (request->kind == HUB_START)
                request->subscriber->baseline = baseline_copy(hub->readings);
            g_ptr_array_remove_index_fast(hub->marked, i);
            activate(hub, request);
        }
    }
}

static void settle_going(struct hub *hub, uint64_t time)
{
    for (guint i = hub->subscribers->len; i-- > 0;) {
        struct subscriber *subscriber = hub->subscribers->pdata[i];

        if (subscriber->state == SUBSCRIBER_GOING && time > subscriber->mark)
            end_subscriber(hub, subscriber, NULL);
    }
}

/* What was to happen before an event of this time. */
static void settle(struct hub *hub, uint64_t time)
{
    if (hub->mark == 0)
        return;
    settle_marked(hub, time);
    settle_going(hub, time);
    if (time > hub->mark)
        hub->mark = 0;
}

/* Events ----------------------------------------------------------------------------------------
 */

void hub_take_event(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct hub *hub = (struct hub *)sink;
    struct event_copy *copy = NULL;

    settle(hub, event->time);
    hub->newest = MAX(hub->newest, event->time);
    if (event->record == PKTMON_RECORD_COUNTERS)
        baseline_note(hub->readings, event);
    for (guint i = 0; i < hub->subscribers->len; i++) {
        struct subscriber *subscriber = hub->subscribers->pdata[i];

        if (subscriber->state != SUBSCRIBER_COMING)
            subscriber_take(subscriber, event, hub->registry, &copy);
    }
    event_copy_unref(copy);
    if (event->record == PKTMON_RECORD_RETIRED)
        baseline_forget(hub->readings, event->component);
}

static void flush_all(struct hub *hub)
{
    for (guint i = 0; i < hub->subscribers->len; i++)
        subscriber_flush(hub->subscribers->pdata[i], hub->provider->until);
}

/* The provider ----------------------------------------------------------------------------------
 */

static void close_provider(struct hub *hub)
{
    if (hub->provider)
        hub->provider->ops->free(hub->provider);
    hub->provider = NULL;
    hub->running = false;
    g_clear_pointer(&hub->order, hub_order_free);
    pktmon_registry_clear(hub->registry);
    g_ptr_array_set_size(hub->capture->missing, 0);
}

static bool make_provider(struct hub *hub, const struct subscriber *subscriber, GError **error)
{
    hub->first = subscriber->options.live;
    hub->order = hub_order_new(hub, subscriber);
    hub->order->without_ebpf = g_strdup(subscriber->options.without_ebpf);
    hub->order->options.without_ebpf = hub->order->without_ebpf;
    hub->provider =
        hub->factory(&hub->order->options, hub->registry, hub->capture, &hub->sink, error);
    return hub->provider != NULL;
}

/* The options of one that cannot change are known only when it has been made. */
static bool open_provider(struct hub *hub, const struct subscriber *subscriber, GError **error)
{
    if (!make_provider(hub, subscriber, error))
        return false;
    if (!hub->provider->ops->change) {
        struct provider *first = hub->provider;
        struct hub_order *order = g_steal_pointer(&hub->order);
        bool ok = make_provider(hub, subscriber, error);

        first->ops->free(first);
        hub_order_free(order);
        if (!ok)
            return false;
    }
    return hub->provider->ops->enumerate(hub->provider, error);
}

/* The provider as this subscriber would have it, if it was alone. */
static bool prepare_provider(struct hub *hub, struct subscriber *subscriber, GError **error)
{
    hub->bits = (struct filter_bits){0};
    hub->other = subscriber;
    hub_assign(hub, subscriber, subscriber->filters);
    if (hub->provider && hub_order_fits(hub, subscriber))
        return true;
    close_provider(hub);
    if (open_provider(hub, subscriber, error))
        return true;
    close_provider(hub);
    return false;
}

static bool start_provider(struct hub *hub, struct subscriber *subscriber, GError **error)
{
    if (!prepare_provider(hub, subscriber, error))
        return false;
    hub->offset = clock_offset();
    if (!hub->provider->ops->start(hub->provider, error)) {
        close_provider(hub);
        return false;
    }
    hub->running = true;
    clock_timer_set(&hub->second, COUNTERS_INTERVAL_MS, clock_monotonic());
    return true;
}

/* Whoever still waited for something does so no longer. */
static void end_all(struct hub *hub, const GError *error)
{
    while (hub->subscribers->len > 0)
        end_subscriber(hub, hub->subscribers->pdata[0], error ? g_error_copy(error) : NULL);
}

/* Those who are still to start may do so elsewhere; there are no others. */
static void refuse_waiting(struct hub *hub)
{
    if (hub->changing)
        g_queue_push_tail(&hub->waiting, g_steal_pointer(&hub->changing));
    while (hub->waiting.length > 0) {
        struct hub_request *request = g_queue_pop_head(&hub->waiting);

        request->refused = true;
        hub_reply(hub, request,
                  g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                              "The capture has ended: start the session again."));
    }
}

/* Takes the last events. error: that ended it, or NULL. */
static void stop_provider(struct hub *hub, const GError *error)
{
    g_autoptr(GError) stop_error = NULL;

    hub->provider->ops->stop(hub->provider, &stop_error);
    settle(hub, UINT64_MAX);
    end_all(hub, error ? error : stop_error);
    refuse_waiting(hub);
    g_clear_pointer(&hub->requested, hub_order_free);
    close_provider(hub);
}

/* Its thread ------------------------------------------------------------------------------------
 */

static void do_what_is_due(struct hub *hub)
{
    if (clock_timer_due(&hub->second, clock_monotonic())) {
        if (!hub->requested) { /* a provider that is busy with a change would have to keep them all
                                */
            hub_read_counters(hub);
        }
        for (guint i = 0; i < hub->subscribers->len; i++)
            subscriber_report_losses(hub->subscribers->pdata[i], hub->newest, hub->registry);
    }
    if (hub->reads_again && hub_now(hub) > hub->mark + HUB_MARK_MARGIN_NS) {
        hub->reads_again = false;
        hub_read_counters(hub);
    }
    if (hub->mark && hub_now(hub) > hub->mark + MARK_OVERDUE_NS)
        settle(hub, hub_now(hub));
}

static void pump(struct hub *hub)
{
    GError *error = NULL;

    hub_advance_changes(hub);
    int more = hub->provider->ops->read(hub->provider, READ_TIMEOUT_MS, &error);
    if (more <= 0) {
        atomic_store(&hub->failed, true);
        stop_provider(hub, error);
        g_clear_error(&error);
        return;
    }
    do_what_is_due(hub);
    flush_all(hub);
}

static void serve_enumerate(struct hub *hub, struct hub_request *request)
{
    GError *error = NULL;

    if (hub->provider || prepare_provider(hub, request->subscriber, &error))
        describe(hub, request);
    hub->other = NULL;
    hub_reply(hub, request, error);
}

static void serve_start(struct hub *hub, struct hub_request *request)
{
    GError *error = NULL;

    if (hub->running) {
        g_queue_push_tail(&hub->waiting, request);
        return;
    }
    if (!start_provider(hub, request->subscriber, &error)) {
        hub->other = NULL;
        hub_reply(hub, request, error);
        return;
    }
    hub->other = NULL;
    g_ptr_array_add(hub->subscribers, request->subscriber);
    activate(hub, request);
}

static void serve_change(struct hub *hub, struct hub_request *request)
{
    if (request->subscriber->state == SUBSCRIBER_ACTIVE)
        g_queue_push_tail(&hub->waiting, request);
    else
        hub_request_free(request);
}

static void serve_leave(struct hub *hub, struct hub_request *request)
{
    struct subscriber *subscriber = request->subscriber;

    if (subscriber->state == SUBSCRIBER_ASLEEP) { /* the provider has ended before */
        subscriber_end(subscriber, true, NULL);
    } else {
        subscriber->state = SUBSCRIBER_GOING;
        subscriber->alone = request->last;
        drop_changes(hub, subscriber);
        if (request->last)
            stop_provider(hub, NULL);
        else
            hub_mark(hub, subscriber);
    }
    hub_request_free(request);
}

typedef void request_server(struct hub *hub, struct hub_request *request);

static request_server *const servers[] = {
    [HUB_ENUMERATE] = serve_enumerate,
    [HUB_START] = serve_start,
    [HUB_CHANGE] = serve_change,
    [HUB_LEAVE] = serve_leave,
};

void *hub_main(void *data)
{
    struct hub *hub = data;
    bool quits = false;

    while (!quits) {
        struct hub_request *request = hub_next_request(hub, !hub->running);

        if (request && request->kind == HUB_QUIT) {
            hub_request_free(request);
            quits = true;
        } else if (request) {
            servers[request->kind](hub, request);
        } else {
            pump(hub);
        }
    }
    if (hub->running)
        stop_provider(hub, NULL);
    close_provider(hub);
    return NULL;
}
