/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "monitor.h"

#include "packet-filters.h"
#include "realtime-stream.h"
#include "session-live.h"
#include "shared/shared-provider.h"

struct pktmon_monitor {
    pktmon_source *source, *fallback;
};

/* Its own copies of what an addition borrows. */
struct kept_addition {
    struct addition addition;
    struct pktmon_constraint constraint;
    char *expression;
};

struct pktmon_live_session {
    GMutex mutex; /* held by every function */
    struct pktmon_monitor *monitor;
    char *name, *netns;
    struct pktmon_live_session_options options;
    GPtrArray *additions;                /* of struct kept_addition */
    struct pktmon_packet_filters *known; /* the same, to find out what is wrong with one */
    GPtrArray *streams;
    bool active;
};

/* The monitor -----------------------------------------------------------------------------------
 */

struct pktmon_monitor *pktmon_monitor_new(const char *provider, GError **error)
{
    struct pktmon_monitor found = {0};

    if (!session_find_source(provider, &found.source, &found.fallback, error)) {
        return NULL;
    }
    return g_memdup2(&found, sizeof(found));
}

struct pktmon_monitor *pktmon_monitor_new_from(pktmon_source *source)
{
    struct pktmon_monitor *monitor = g_new0(struct pktmon_monitor, 1);

    monitor->source = source;
    return monitor;
}

void pktmon_monitor_free(struct pktmon_monitor *monitor)
{
    g_free(monitor);
}

static void ignore(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    (void)sink;
    (void)event;
}

static bool list(pktmon_source *source, const char *without_ebpf, struct pktmon_registry *registry,
                 GError **error)
{
    const struct pktmon_provider_options options = {
        .points = PKTMON_POINTS_STACK, .buffer_size = 1, .without_ebpf = without_ebpf};
    struct pktmon_sink sink = {.event = ignore};
    struct pktmon_capture *capture = pktmon_capture_new();
    struct pktmon_provider *provider =
        shared_provider_new(source, 0, &options, registry, capture, &sink);
    bool good = provider->ops->enumerate(provider, error);

    provider->ops->free(provider);
    pktmon_capture_free(capture);
    return good;
}

struct pktmon_registry *pktmon_monitor_data_sources(struct pktmon_monitor *monitor, GError **error)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    g_autoptr(GError) reason = NULL;

    if (list(monitor->source, NULL, registry, &reason)) {
        return registry;
    }
    pktmon_registry_clear(registry);
    if (monitor->fallback && g_error_matches(reason, PKTMON_ERROR, PKTMON_ERROR_UNSUPPORTED)) {
        if (list(monitor->fallback, reason->message, registry, error)) {
            return registry;
        }
    } else {
        g_propagate_error(error, g_steal_pointer(&reason));
    }
    pktmon_registry_free(registry);
    return NULL;
}

/* Making and freeing ----------------------------------------------------------------------------
 */

void pktmon_live_session_options_init(struct pktmon_live_session_options *options)
{
    *options = (struct pktmon_live_session_options){
        .type = PKTMON_CAPTURE_ALL, .points = PKTMON_POINTS_STACK, .buffer_size = 64};
}

static bool name_is_good(const char *name, GError **error)
{
    bool good = name && g_utf8_validate(name, -1, NULL) && g_utf8_strlen(name, -1) >= 1 &&
                g_utf8_strlen(name, -1) <= PKTMON_MAX_SESSION_NAME;

    if (!good) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A session needs a name of 1 to %d characters in UTF-8: give it one.",
                    PKTMON_MAX_SESSION_NAME);
    }
    return good;
}

static void kept_addition_free(void *data)
{
    struct kept_addition *kept = data;

    g_free(kept->expression);
    g_free(kept);
}

static struct pktmon_session_options session_options(const struct pktmon_live_session *session)
{
    const struct pktmon_live_session_options *own = &session->options;
    struct pktmon_session_options options;

    pktmon_session_options_init(&options);
    options.type = own->type;
    options.points = own->points;
    options.netns = own->netns;
    options.vxlan_port = own->vxlan_port;
    options.sample = own->sample;
    options.max_cpu = own->max_cpu;
    options.buffer_size = own->buffer_size;
    options.hook_queues = own->hook_queues;
    return options;
}

struct pktmon_live_session *
pktmon_monitor_session_new(struct pktmon_monitor *monitor, const char *name,
                           const struct pktmon_live_session_options *options, GError **error)
{
    if (!name_is_good(name, error)) {
        return NULL;
    }
    struct pktmon_live_session *session = g_new0(struct pktmon_live_session, 1);
    g_mutex_init(&session->mutex);
    session->monitor = monitor;
    session->name = g_strdup(name);
    if (options) {
        session->options = *options;
    } else {
        pktmon_live_session_options_init(&session->options);
    }
    session->options.netns = session->netns = g_strdup(session->options.netns);
    session->additions = g_ptr_array_new_with_free_func(kept_addition_free);
    session->streams = g_ptr_array_new();
    const struct pktmon_session_options plain = session_options(session);
    session->known = pktmon_packet_filters_new(&plain, NULL); /* no filter that could be wrong */
    return session;
}

/* With the session's mutex. */
static bool stop_streams(struct pktmon_live_session *session, GError **error)
{
    bool good = true;

    for (guint i = 0; i < session->streams->len; i++) {
        /* The first error is the one that explains the others. */
        good &= realtime_stream_stop(session->streams->pdata[i], good ? error : NULL);
    }
    session->active = false;
    return good;
}

void pktmon_live_session_free(struct pktmon_live_session *session)
{
    if (!session) {
        return;
    }
    g_mutex_lock(&session->mutex);
    stop_streams(session, NULL);
    for (guint i = 0; i < session->streams->len; i++) {
        realtime_stream_detach(session->streams->pdata[i]);
    }
    g_mutex_unlock(&session->mutex);
    g_mutex_clear(&session->mutex);
    g_ptr_array_unref(session->additions);
    g_ptr_array_unref(session->streams);
    pktmon_packet_filters_free(session->known);
    g_free(session->name);
    g_free(session->netns);
    g_free(session);
}

/* Threads ---------------------------------------------------------------------------------------
 */

/* A stream's thread would wait for itself. False: it is one, and nothing is to be unlocked. */
static bool enter(struct pktmon_live_session *session, GError **error)
{
    if (realtime_stream_is_calling()) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A stream's callback cannot change a session: do so from another thread.");
        return false;
    }
    g_mutex_lock(&session->mutex);
    return true;
}

static bool leave(struct pktmon_live_session *session, bool good, GError **error)
{
    if (!good) {
        g_prefix_error(error, "%s: ", session->name);
    }
    g_mutex_unlock(&session->mutex);
    return good;
}

/* Additions -------------------------------------------------------------------------------------
 */

/* Where the addition itself is wrong, no stream is asked. */
static bool check_addition(struct pktmon_live_session *session, const struct addition *addition,
                           GError **error)
{
    if (addition->constraint) {
        return pktmon_packet_filters_add(session->known, addition->constraint, error);
    }
    return addition->source || pktmon_packet_filters_add_expression(
                                   session->known, addition->expression, addition->inner, error);
}

static bool tell_streams(struct pktmon_live_session *session, const struct addition *addition,
                         GError **error)
{
    bool good = true;

    for (guint i = 0; good && i < session->streams->len; i++) {
        good = realtime_stream_add(session->streams->pdata[i], addition, error);
    }
    return good;
}

static void keep(struct pktmon_live_session *session, const struct addition *addition)
{
    struct kept_addition *kept = g_new0(struct kept_addition, 1);

    kept->addition = *addition;
    if (addition->constraint) {
        kept->constraint = *addition->constraint;
        kept->addition.constraint = &kept->constraint;
    }
    kept->addition.expression = kept->expression = g_strdup(addition->expression);
    g_ptr_array_add(session->additions, kept);
}

static bool add(struct pktmon_live_session *session, const struct addition *addition,
                GError **error)
{
    pktmon_packet_filters_hold(session->known);
    bool good = check_addition(session, addition, error) && tell_streams(session, addition, error);
    if (good) {
        pktmon_packet_filters_commit(session->known);
        keep(session, addition);
    } else {
        pktmon_packet_filters_cancel(session->known);
    }
    return good;
}

static bool enter_and_add(struct pktmon_live_session *session, const struct addition *addition,
                          GError **error)
{
    return enter(session, error) && leave(session, add(session, addition, error), error);
}

bool pktmon_live_session_add_source(struct pktmon_live_session *session, uint32_t id,
                                    GError **error)
{
    if (id == 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "There is no data source with the id 0: list them.");
        return false;
    }
    return enter_and_add(session, &(struct addition){.source = id}, error);
}

bool pktmon_live_session_add_constraint(struct pktmon_live_session *session,
                                        const struct pktmon_constraint *constraint, GError **error)
{
    return enter_and_add(session, &(struct addition){.constraint = constraint}, error);
}

bool pktmon_live_session_add_expression(struct pktmon_live_session *session, const char *expression,
                                        bool inner, GError **error)
{
    return enter_and_add(session, &(struct addition){.expression = expression, .inner = inner},
                         error);
}

/* Streams ---------------------------------------------------------------------------------------
 */

static bool prepare(const struct pktmon_live_session *session, struct pktmon_session *own,
                    GError **error)
{
    bool good = true;

    for (guint i = 0; good && i < session->additions->len; i++) {
        const struct kept_addition *kept = session->additions->pdata[i];

        good = session_prepare(own, &kept->addition, error);
    }
    return good;
}

static bool start_stream(const struct pktmon_live_session *session,
                         struct pktmon_realtime_stream *stream, GError **error)
{
    struct pktmon_session_options options = session_options(session);

    options.pkt_size = realtime_stream_truncation_size(stream);
    struct pktmon_session *own =
        session_new_shared(&options, session->monitor->source, session->monitor->fallback,
                           realtime_stream_buffer_size(stream), error);
    if (!own) {
        return false;
    }
    if (!prepare(session, own, error)) {
        pktmon_session_free(own);
        return false;
    }
    return realtime_stream_start(stream, own, error);
}

static bool attach(struct pktmon_live_session *session, struct pktmon_realtime_stream *stream,
                   GError **error)
{
    if (!realtime_stream_attach(stream, session)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The stream is attached to a session already: create another one.");
        return false;
    }
    if (session->active && !start_stream(session, stream, error)) {
        realtime_stream_detach(stream);
        return false;
    }
    g_ptr_array_add(session->streams, stream);
    return true;
}

bool pktmon_live_session_attach(struct pktmon_live_session *session,
                                struct pktmon_realtime_stream *stream, GError **error)
{
    return enter(session, error) && leave(session, attach(session, stream, error), error);
}

void live_session_detach(struct pktmon_live_session *session, struct pktmon_realtime_stream *stream)
{
    g_mutex_lock(&session->mutex);
    realtime_stream_stop(stream, NULL);
    g_ptr_array_remove(session->streams, stream);
    realtime_stream_detach(stream);
    g_mutex_unlock(&session->mutex);
}

static bool start_streams(struct pktmon_live_session *session, GError **error)
{
    for (guint i = 0; i < session->streams->len; i++) {
        if (!start_stream(session, session->streams->pdata[i], error)) {
            stop_streams(session, NULL);
            return false;
        }
    }
    session->active = true;
    return true;
}

static bool set_active(struct pktmon_live_session *session, bool active, GError **error)
{
    if (active == session->active) {
        return true;
    }
    return active ? start_streams(session, error) : stop_streams(session, error);
}

bool pktmon_live_session_set_active(struct pktmon_live_session *session, bool active,
                                    GError **error)
{
    return enter(session, error) && leave(session, set_active(session, active, error), error);
}
