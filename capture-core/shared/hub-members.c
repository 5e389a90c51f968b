/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a hub is found, and what its members ask it for, each in a thread of its own. */
#include "hub-private.h"

static GMutex hubs_mutex;
static GPtrArray *hubs; /* of struct hub, those that are listed; under the mutex */

/* Requests --------------------------------------------------------------------------------------
 */

void hub_request_free(struct hub_request *request)
{
    g_clear_pointer(&request->filters, g_array_unref);
    g_clear_error(&request->error);
    g_free(request);
}

void hub_answer(struct hub *hub, struct hub_request *request, GError *error)
{
    if (!request->waited_for) {
        g_clear_error(&error);
        hub_request_free(request);
        return;
    }
    g_mutex_lock(&hub->mutex);
    request->error = error;
    request->done = true;
    g_cond_broadcast(&hub->turned);
    g_mutex_unlock(&hub->mutex);
}

static void post(struct hub *hub, struct hub_request *request)
{
    g_mutex_lock(&hub->mutex);
    g_queue_push_tail(&hub->requests, request);
    g_cond_broadcast(&hub->turned);
    g_mutex_unlock(&hub->mutex);
}

static bool post_and_wait(struct hub *hub, struct hub_request *request, GError **error)
{
    request->waited_for = true;
    post(hub, request);
    g_mutex_lock(&hub->mutex);
    while (!request->done) {
        g_cond_wait(&hub->turned, &hub->mutex);
    }
    g_mutex_unlock(&hub->mutex);
    if (request->error) {
        g_propagate_error(error, request->error);
        return false;
    }
    return true;
}

/* NULL: there is none. */
struct hub_request *hub_next_request(struct hub *hub, bool wait)
{
    g_mutex_lock(&hub->mutex);
    while (wait && hub->requests.length == 0) {
        g_cond_wait(&hub->turned, &hub->mutex);
    }
    struct hub_request *request = g_queue_pop_head(&hub->requests);
    g_mutex_unlock(&hub->mutex);
    return request;
}

/* Finding, making, freeing ----------------------------------------------------------------------
 */

static unsigned needed_bits(const struct subscriber *subscriber)
{
    return MAX(subscriber->filters->len, 1);
}

static struct hub *hub_new(pktmon_source *source, const struct subscriber *subscriber)
{
    struct hub *hub = g_new0(struct hub, 1);

    hub->sink.event = hub_take_event;
    hub->source = source;
    hub->points = subscriber->options.points;
    hub->vxlan_port = subscriber->options.vxlan_port;
    hub->hook_queues = subscriber->options.hook_queues;
    g_mutex_init(&hub->mutex);
    g_cond_init(&hub->turned);
    g_queue_init(&hub->requests);
    g_queue_init(&hub->waiting);
    hub->registry = pktmon_registry_new();
    hub->capture = pktmon_capture_new();
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
    post(hub, request);
    g_thread_join(hub->thread);
    g_mutex_clear(&hub->mutex);
    g_cond_clear(&hub->turned);
    pktmon_registry_free(hub->registry);
    pktmon_capture_free(hub->capture);
    g_ptr_array_unref(hub->subscribers);
    g_ptr_array_unref(hub->marked);
    g_ptr_array_unref(hub->overdue);
    g_clear_pointer(&hub->declined, hub_order_free);
    baseline_free(hub->readings);
    g_free(hub);
}

static bool fits(const struct hub *hub, pktmon_source *source, const struct subscriber *subscriber)
{
    return hub->source == source && hub->points == subscriber->options.points &&
           hub->vxlan_port == subscriber->options.vxlan_port &&
           hub->hook_queues == subscriber->options.hook_queues &&
           hub->reserved + needed_bits(subscriber) <= PKTMON_PROVIDER_FILTERS;
}

static struct hub *find(pktmon_source *source, const struct subscriber *subscriber)
{
    for (guint i = 0; hubs && i < hubs->len; i++) {
        if (fits(hubs->pdata[i], source, subscriber)) {
            return hubs->pdata[i];
        }
    }
    return NULL;
}

static struct hub *list(struct hub *hub)
{
    if (!hubs) {
        hubs = g_ptr_array_new();
    }
    hub->listed = true;
    g_ptr_array_add(hubs, hub);
    return hub;
}

/* Under the mutex of all hubs. */
static void unlist(struct hub *hub)
{
    if (hub->listed) {
        g_ptr_array_remove(hubs, hub);
    }
    hub->listed = false;
}

void hub_hide(struct hub *hub)
{
    g_mutex_lock(&hubs_mutex);
    unlist(hub);
    g_mutex_unlock(&hubs_mutex);
}

struct hub *hub_get(pktmon_source *source, struct subscriber *subscriber, bool fresh)
{
    g_mutex_lock(&hubs_mutex);
    struct hub *hub = fresh ? NULL : find(source, subscriber);
    if (!hub) {
        hub = list(hub_new(source, subscriber));
    }
    hub->members++;
    subscriber->reserved = needed_bits(subscriber);
    hub->reserved += subscriber->reserved;
    g_mutex_unlock(&hubs_mutex);
    return hub;
}

void hub_drop(struct hub *hub, const struct subscriber *subscriber)
{
    g_mutex_lock(&hubs_mutex);
    bool last = --hub->members == 0;
    hub->reserved -= subscriber->reserved;
    if (last) {
        unlist(hub);
    }
    g_mutex_unlock(&hubs_mutex);
    if (last) {
        hub_free(hub);
    }
}

/* For members -----------------------------------------------------------------------------------
 */

bool hub_enumerate(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
                   struct pktmon_capture *capture, GError **error)
{
    struct hub_request request = {
        .kind = HUB_ENUMERATE, .subscriber = subscriber, .registry = registry, .capture = capture};

    return post_and_wait(hub, &request, error);
}

bool hub_start(struct hub *hub, struct subscriber *subscriber, struct pktmon_registry *registry,
               struct pktmon_capture *capture, bool *refused, GError **error)
{
    struct hub_request request = {
        .kind = HUB_START, .subscriber = subscriber, .registry = registry, .capture = capture};
    bool good = post_and_wait(hub, &request, error);

    *refused = request.refused;
    return good;
}

/* If there is no room for more, the subscriber gets all packets. */
static void reserve(struct hub *hub, struct subscriber *subscriber, unsigned needed)
{
    g_mutex_lock(&hubs_mutex);
    if (needed > subscriber->reserved &&
        hub->reserved + needed - subscriber->reserved <= PKTMON_PROVIDER_FILTERS) {
        hub->reserved += needed - subscriber->reserved;
        subscriber->reserved = needed;
    }
    g_mutex_unlock(&hubs_mutex);
}

void hub_change(struct hub *hub, struct subscriber *subscriber,
                const struct pktmon_provider_filter *filters, size_t count)
{
    struct hub_request *request = g_new0(struct hub_request, 1);

    reserve(hub, subscriber, MAX(count, 1));
    request->kind = HUB_CHANGE;
    request->subscriber = subscriber;
    request->filters = filters_copy(filters, count);
    post(hub, request);
}

void hub_leave(struct hub *hub, struct subscriber *subscriber)
{
    struct hub_request *request = g_new0(struct hub_request, 1);

    g_mutex_lock(&hubs_mutex);
    request->last = hub->members == 1;
    if (request->last) {
        unlist(hub); /* nobody joins it any more */
    }
    g_mutex_unlock(&hubs_mutex);
    request->kind = HUB_LEAVE;
    request->subscriber = subscriber;
    post(hub, request);
}
