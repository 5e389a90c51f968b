/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a hub is found, and what its subscribers request, each from its own thread. */
#include "hub-private.h"
#include "hub.h"
#include "shared-options.h"

static GMutex hubs_mutex;
static GPtrArray *hubs; /* of struct hub, those that are listed; under the mutex */

/* Finding, making, freeing ----------------------------------------------------------------------
 */

static unsigned needed_bits(const struct subscriber *subscriber)
{
    return MAX(subscriber->filters->len, 1);
}

static struct hub *hub_new(provider_factory *factory, const struct subscriber *subscriber)
{
    struct hub *hub = g_new0(struct hub, 1);

    hub->sink.event = hub_take_event;
    hub->factory = factory;
    hub->live = subscriber->options.live;
    g_mutex_init(&hub->mutex);
    g_cond_init(&hub->turned);
    g_queue_init(&hub->requests);
    g_queue_init(&hub->waiting);
    hub->registry = pktmon_registry_new();
    hub->capture = pktmon_capture_info_new();
    hub->subscribers = g_ptr_array_new();
    hub->marked = g_ptr_array_new();
    hub->overdue = g_ptr_array_new_with_free_func((GDestroyNotify)hub_order_free);
    hub->readings = baseline_new();
    hub->thread = g_thread_new("pktmon-hub", hub_main, hub);
    return hub;
}

static void hub_free(struct hub *hub)
{
    struct hub_request *request = g_new0(struct hub_request, 1);

    request->kind = HUB_QUIT;
    hub_post(hub, request);
    g_thread_join(hub->thread);
    g_mutex_clear(&hub->mutex);
    g_cond_clear(&hub->turned);
    pktmon_registry_free(hub->registry);
    pktmon_capture_info_free(hub->capture);
    g_ptr_array_unref(hub->subscribers);
    g_ptr_array_unref(hub->marked);
    g_ptr_array_unref(hub->overdue);
    g_clear_pointer(&hub->declined, hub_order_free);
    baseline_free(hub->readings);
    g_free(hub);
}

static bool fits(const struct hub *hub, provider_factory *factory,
                 const struct subscriber *subscriber)
{
    return !atomic_load(&hub->failed) && hub->factory == factory &&
           shared_options_fit(&hub->live, &subscriber->options.live) &&
           hub->reserved + needed_bits(subscriber) <= PROVIDER_MAX_FILTERS;
}

static struct hub *find(provider_factory *factory, const struct subscriber *subscriber)
{
    for (guint i = 0; hubs && i < hubs->len; i++) {
        if (fits(hubs->pdata[i], factory, subscriber))
            return hubs->pdata[i];
    }
    return NULL;
}

static struct hub *list(struct hub *hub)
{
    if (!hubs)
        hubs = g_ptr_array_new();
    hub->listed = true;
    g_ptr_array_add(hubs, hub);
    return hub;
}

/* Under the mutex of all hubs. */
static void unlist(struct hub *hub)
{
    if (hub->listed)
        g_ptr_array_remove(hubs, hub);
    hub->listed = false;
}

struct hub *hub_get(provider_factory *factory, struct subscriber *subscriber, bool fresh)
{
    g_mutex_lock(&hubs_mutex);
    struct hub *hub = fresh ? NULL : find(factory, subscriber);
    if (!hub)
        hub = list(hub_new(factory, subscriber));
    hub->subscriber_count++;
    subscriber->reserved = needed_bits(subscriber);
    hub->reserved += subscriber->reserved;
    g_mutex_unlock(&hubs_mutex);
    return hub;
}

void hub_drop(struct hub *hub, const struct subscriber *subscriber)
{
    g_mutex_lock(&hubs_mutex);
    bool last = --hub->subscriber_count == 0;
    hub->reserved -= subscriber->reserved;
    if (last)
        unlist(hub);
    g_mutex_unlock(&hubs_mutex);
    if (last)
        hub_free(hub);
}

/* For subscribers -------------------------------------------------------------------------------
 */

bool hub_enumerate(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
                   struct pktmon_capture_info *capture, GError **error)
{
    struct hub_request request = {
        .kind = HUB_ENUMERATE, .subscriber = subscriber, .registry = registry, .capture = capture};

    return hub_post_and_wait(hub, &request, error);
}

bool hub_start(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
               struct pktmon_capture_info *capture, bool *refused, GError **error)
{
    struct hub_request request = {
        .kind = HUB_START, .subscriber = subscriber, .registry = registry, .capture = capture};
    bool ok = hub_post_and_wait(hub, &request, error);

    *refused = request.refused;
    return ok;
}

/* If there is no room for more, the subscriber gets all packets. */
static void reserve(struct hub *hub, struct subscriber *subscriber, unsigned needed)
{
    g_mutex_lock(&hubs_mutex);
    if (needed > subscriber->reserved &&
        hub->reserved + needed - subscriber->reserved <= PROVIDER_MAX_FILTERS) {
        hub->reserved += needed - subscriber->reserved;
        subscriber->reserved = needed;
    }
    g_mutex_unlock(&hubs_mutex);
}

void hub_change(struct hub *hub, struct subscriber *subscriber,
                const struct provider_filter *filters, size_t count)
{
    struct hub_request *request = g_new0(struct hub_request, 1);

    reserve(hub, subscriber, MAX(count, 1));
    request->kind = HUB_CHANGE;
    request->subscriber = subscriber;
    request->filters = filters_copy(filters, count);
    hub_post(hub, request);
}

void hub_leave(struct hub *hub, struct subscriber *subscriber)
{
    struct hub_request *request = g_new0(struct hub_request, 1);

    g_mutex_lock(&hubs_mutex);
    request->last = hub->subscriber_count == 1;
    if (request->last) {
        unlist(hub); /* nobody joins it any more */
    }
    g_mutex_unlock(&hubs_mutex);
    request->kind = HUB_LEAVE;
    request->subscriber = subscriber;
    hub_post(hub, request);
}
