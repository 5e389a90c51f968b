/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared-provider.h"

#include "model/registry-copy.h"

#include "hub.h"

struct shared_provider {
    struct provider base;
    provider_factory *factory;
    struct subscriber *subscriber;
    struct hub *hub; /* NULL: none yet */
    bool started;    /* and not stopped */
    GArray *batch;   /* under way; NULL: none */
    guint next;      /* in the batch */
    uint64_t until;  /* no event behind the batch is older; 0: not known */
    struct subscriber_missed missed;
};

static struct shared_provider *shared_of(struct provider *base)
{
    return (struct shared_provider *)base;
}

static bool shared_enumerate(struct provider *base, GError **error)
{
    struct shared_provider *provider = shared_of(base);

    if (!provider->hub)
        provider->hub = hub_get(provider->factory, provider->subscriber, false);
    return hub_enumerate(provider->hub, provider->subscriber, base->registry, base->capture, error);
}

static bool start(struct shared_provider *provider, bool *refused, GError **error)
{
    provider->started = hub_start(provider->hub, provider->subscriber, provider->base.registry,
                                  provider->base.capture, refused, error);
    provider->base.join = provider->subscriber->join;
    return provider->started;
}

/* Components have the same ids in every hub. */
static bool start_alone(struct shared_provider *provider, GError **error)
{
    bool refused;

    hub_drop(provider->hub, provider->subscriber);
    provider->hub = hub_get(provider->factory, provider->subscriber, true);
    return start(provider, &refused, error);
}

static bool shared_start(struct provider *base, GError **error)
{
    struct shared_provider *provider = shared_of(base);
    g_autoptr(GError) reason = NULL;
    bool refused;

    if (start(provider, &refused, &reason))
        return true;
    if (refused) {
        g_info("the session uses programs of its own: %s", reason->message);
        return start_alone(provider, error);
    }
    g_propagate_error(error, g_steal_pointer(&reason));
    return false;
}

/* Delivery --------------------------------------------------------------------------------------
 */

static void hand_over(struct shared_provider *provider, const struct queue_entry *entry)
{
    struct pktmon_event event = entry->copy->event;

    event.judged = entry->judged;
    event.filters = entry->filters;
    if (event.record == PKTMON_RECORD_PACKET) {
        event.packet.lost = entry->lost;
        event.packet.incomplete = entry->incomplete;
    }
    provider->base.sink->event(provider->base.sink, &event);
    if (event.record == PKTMON_RECORD_RETIRED)
        pktmon_registry_remove(provider->base.registry, event.component);
}

/* Returns whether the next one may be delivered in the same call, too. */
static bool deliver_entry(struct shared_provider *provider, struct queue_entry *entry)
{
    bool changed = entry->changed;

    if (entry->descriptions)
        registry_copy_all(provider->base.registry, entry->descriptions);
    provider->missed = entry->missed;
    if (entry->copy)
        hand_over(provider, entry);
    provider->base.changes += changed;
    subscriber_release_entry(provider->subscriber, entry);
    return !changed;
}

/* Up to the next change, which the session is to know of before what follows. */
static void deliver_batch(struct shared_provider *provider)
{
    bool goes_on = true;

    while (goes_on && provider->next < provider->batch->len) {
        struct queue_entry *entry =
            &g_array_index(provider->batch, struct queue_entry, provider->next++);
        goes_on = deliver_entry(provider, entry);
    }
    if (provider->next == provider->batch->len)
        g_clear_pointer(&provider->batch, g_array_unref);
}

/* False: it has ended. */
static bool read_batch(struct shared_provider *provider, int timeout_ms)
{
    bool ended = false;

    if (!provider->batch) {
        provider->next = 0;
        provider->batch =
            subscriber_next(provider->subscriber, timeout_ms, &ended, &provider->until);
    }
    if (provider->batch)
        deliver_batch(provider);
    if (!provider->batch)
        provider->base.until = provider->until;
    return !ended;
}

static int shared_read(struct provider *base, int timeout_ms, GError **error)
{
    struct shared_provider *provider = shared_of(base);

    if (read_batch(provider, timeout_ms))
        return 1;
    if (provider->subscriber->error) {
        g_propagate_error(error, g_error_copy(provider->subscriber->error));
        return -1;
    }
    return 0;
}

/* The hub does so every second. */
static bool shared_read_counters(struct provider *base, GError **error)
{
    (void)base;
    (void)error;
    return true;
}

static bool shared_change(struct provider *base, const struct provider_options *options,
                          GError **error)
{
    struct shared_provider *provider = shared_of(base);

    (void)error;
    hub_change(provider->hub, provider->subscriber, options->filters, options->filter_count);
    return true;
}

/* Takes what is left meanwhile: the queue must not be full of what happened before the end. */
static bool shared_stop(struct provider *base, GError **error)
{
    struct shared_provider *provider = shared_of(base);

    (void)error; /* read() has reported everything */
    subscriber_leave(provider->subscriber);
    hub_leave(provider->hub, provider->subscriber);
    provider->started = false;
    while (read_batch(provider, -1)) {
    }
    return true;
}

static void shared_free(struct provider *base)
{
    struct shared_provider *provider = shared_of(base);

    if (provider->started)
        shared_stop(base, NULL);
    if (provider->hub)
        hub_drop(provider->hub, provider->subscriber);
    g_clear_pointer(&provider->batch, g_array_unref);
    subscriber_free(provider->subscriber);
    g_free(provider);
}

static const struct provider_ops shared_ops = {
    .name = "shared",
    .enumerate = shared_enumerate,
    .start = shared_start,
    .read = shared_read,
    .read_counters = shared_read_counters,
    .change = shared_change,
    .stop = shared_stop,
    .free = shared_free,
};

struct provider *shared_provider_new(provider_factory *factory, size_t queue_size,
                                     const struct provider_options *options,
                                     struct pktmon_registry *registry,
                                     struct pktmon_capture_info *capture, struct pktmon_sink *sink)
{
    struct shared_provider *provider = g_new0(struct shared_provider, 1);

    provider->base = (struct provider){
        .ops = &shared_ops, .registry = registry, .capture = capture, .sink = sink};
    provider->factory = factory;
    struct provider_options shared = *options;
    shared.stopped = NULL; /* the provider lives on for other sessions */
    provider->subscriber = subscriber_new(&shared, queue_size);
    return &provider->base;
}

struct subscriber_missed shared_provider_missed(const struct provider *provider)
{
    return ((const struct shared_provider *)provider)->missed;
}
