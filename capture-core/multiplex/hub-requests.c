/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of requests to a hub's thread, and marks in the order of events. */
#include "hub-private.h"

/* Requests --------------------------------------------------------------------------------------
 */

void hub_request_free(struct hub_request *request)
{
    g_clear_pointer(&request->filters, g_array_unref);
    g_clear_error(&request->error);
    g_free(request);
}

void hub_reply(struct hub *hub, struct hub_request *request, GError *error)
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

void hub_post(struct hub *hub, struct hub_request *request)
{
    g_mutex_lock(&hub->mutex);
    g_queue_push_tail(&hub->requests, request);
    g_cond_broadcast(&hub->turned);
    g_mutex_unlock(&hub->mutex);
}

bool hub_post_and_wait(struct hub *hub, struct hub_request *request, GError **error)
{
    request->waited_for = true;
    hub_post(hub, request);
    g_mutex_lock(&hub->mutex);
    while (!request->done)
        g_cond_wait(&hub->turned, &hub->mutex);
    g_mutex_unlock(&hub->mutex);
    if (request->error) {
        g_propagate_error(error, request->error);
        return false;
    }
    return true;
}

struct hub_request *hub_next_request(struct hub *hub, bool wait)
{
    g_mutex_lock(&hub->mutex);
    while (wait && hub->requests.length == 0)
        g_cond_wait(&hub->turned, &hub->mutex);
    struct hub_request *request = g_queue_pop_head(&hub->requests);
    g_mutex_unlock(&hub->mutex);
    return request;
}

/* Marks -----------------------------------------------------------------------------------------
 */

uint64_t hub_now(const struct hub *hub)
{
    return clock_monotonic() + (uint64_t)hub->offset;
}

void hub_read_counters(struct hub *hub)
{
    g_autoptr(GError) error = NULL;

    if (!hub->provider->ops->read_counters(hub->provider, &error))
        g_info("the counters could not be read: %s", error ? error->message : "unknown reason");
}

void hub_mark(struct hub *hub, struct subscriber *subscriber)
{
    hub_read_counters(hub);
    subscriber->mark = hub_now(hub) + HUB_MARK_MARGIN_NS;
    hub->mark = subscriber->mark;
    hub->reads_again = true;
}

/* Coming and going ------------------------------------------------------------------------------
 */
