/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session-run.h"

#include <stdatomic.h>

#include "capture/capture.h"
#include "capture/file-sink.h"
#include "capture/outputs.h"
#include "filter/filter-set.h"
#include "monitor-private.h"
#include "stream-private.h"

struct pktmon_session {
    GMutex mutex; /* held by every function but those of the run */
    struct provider_ladder ladder;
    char *name;
    struct pktmon_session_options options; /* its strings are owned */
    GArray *sources;                       /* ids of components that were added */
    struct filter_set *filters;            /* of the options, and those that were added */
    GPtrArray *streams;
    struct outputs outputs;
    bool active;
    _Atomic(struct capture *) run; /* NULL: none yet */
    atomic_bool stopped;           /* the run */
};

/* Making and freeing ----------------------------------------------------------------------------
 */

void pktmon_session_options_init(struct pktmon_session_options *options)
{
    *options = (struct pktmon_session_options){
        .type = PKTMON_CAPTURE_ALL,
        .points = PKTMON_POINTS_STACK,
        .counters_interval_ms = 10000,
        .buffer_size = 64,
    };
}

static bool check_name(const char *name, GError **error)
{
    bool ok = name && g_utf8_validate(name, -1, NULL) && g_utf8_strlen(name, -1) >= 1 &&
              g_utf8_strlen(name, -1) <= PKTMON_MAX_SESSION_NAME;

    if (!ok) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A session needs a name of 1 to %d characters in UTF-8: give it one.",
                    PKTMON_MAX_SESSION_NAME);
    }
    return ok;
}

static void copy_options(struct pktmon_session_options *to,
                         const struct pktmon_session_options *from)
{
    *to = *from;
    to->components = g_strdup(from->components);
    to->netns = g_strdup(from->netns);
    to->capture_filter = NULL; /* session->filters has them */
    to->filters = NULL;
    to->provider = NULL;
}

static struct filter_set *compile_filters(const struct pktmon_session_options *options,
                                          GError **error)
{
    const struct filter_set_options set = {.expression = options->capture_filter,
                                           .inner = options->inner,
                                           .constraints = options->filters,
                                           .vxlan_port = options->vxlan_port};

    return filter_set_new(&set, error);
}

static bool choose_ladder(const struct pktmon_monitor *monitor, const char *provider,
                          struct provider_ladder *ladder, GError **error)
{
    *ladder = monitor->ladder;
    return !provider || !*provider || provider_ladder_find(provider, ladder, error);
}

struct pktmon_session *pktmon_session_new(struct pktmon_monitor *monitor, const char *name,
                                          const struct pktmon_session_options *options,
                                          GError **error)
{
    struct pktmon_session_options defaults;
    struct provider_ladder ladder;

    if (!options) {
        pktmon_session_options_init(&defaults);
        options = &defaults;
    }
    if (!check_name(name, error) || !choose_ladder(monitor, options->provider, &ladder, error))
        return NULL;
    struct filter_set *filters = compile_filters(options, error);
    if (!filters)
        return NULL;
    struct pktmon_session *session = g_new0(struct pktmon_session, 1);
    g_mutex_init(&session->mutex);
    session->ladder = ladder;
    session->name = g_strdup(name);
    copy_options(&session->options, options);
    session->sources = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    session->filters = filters;
    session->streams = g_ptr_array_new();
    return session;
}

/* With the session's mutex. */
static bool stop_streams(struct pktmon_session *session, GError **error)
{
    bool ok = true;

    for (guint i = 0; i < session->streams->len; i++) {
        /* The first error is the one that explains the others. */
        ok &= stream_stop(session->streams->pdata[i], ok ? error : NULL);
    }
    session->active = false;
    return ok;
}

void pktmon_session_free(struct pktmon_session *session)
{
    if (!session)
        return;
    g_mutex_lock(&session->mutex);
    stop_streams(session, NULL);
    for (guint i = 0; i < session->streams->len; i++)
        stream_detach(session->streams->pdata[i]);
    g_mutex_unlock(&session->mutex);
    g_mutex_clear(&session->mutex);
    g_array_unref(session->sources);
    g_ptr_array_unref(session->streams);
    filter_set_free(session->filters);
    capture_free(session->run);
    g_free(session->name);
    g_free((char *)session->options.components);
    g_free((char *)session->options.netns);
    g_free(session);
}

/* Threads ---------------------------------------------------------------------------------------
 */

/* A stream's thread would wait for itself. False: it is one, and nothing is to be unlocked. */
static bool enter(struct pktmon_session *session, GError **error)
{
    if (stream_is_calling()) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A stream's callback cannot change a session: do so from another thread.");
        return false;
    }
    g_mutex_lock(&session->mutex);
    return true;
}

static bool leave(struct pktmon_session *session, bool ok, GError **error)
{
    if (!ok)
        g_prefix_error(error, "%s: ", session->name);
    g_mutex_unlock(&session->mutex);
    return ok;
}

/* Additions -------------------------------------------------------------------------------------
 */

/* An addition that is wrong by itself is not given to streams. */
static bool check_addition(struct pktmon_session *session, const struct addition *addition,
                           GError **error)
{
    if (addition->constraint)
        return filter_set_add(session->filters, addition->constraint, error);
    return addition->source || filter_set_add_expression(session->filters, addition->expression,
                                                         addition->inner, error);
}

static bool add_to_streams(struct pktmon_session *session, const struct addition *addition,
                           GError **error)
{
    bool ok = true;

    for (guint i = 0; ok && i < session->streams->len; i++)
        ok = stream_add(session->streams->pdata[i], addition, error);
    return ok;
}

static bool add(struct pktmon_session *session, const struct addition *addition, GError **error)
{
    filter_set_hold(session->filters);
    bool ok = check_addition(session, addition, error) && add_to_streams(session, addition, error);
    if (ok) {
        filter_set_commit(session->filters);
        if (addition->source)
            g_array_append_val(session->sources, addition->source);
    } else {
        filter_set_cancel(session->filters);
    }
    return ok;
}

static bool check_run(const struct pktmon_session *session, GError **error)
{
    if (session->run) {
        g_set_error(
            error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
            "The session has begun to write: add data sources and filters before activating it.");
    }
    return !session->run;
}

static bool enter_and_add(struct pktmon_session *session, const struct addition *addition,
                          GError **error)
{
    return enter(session, error) &&
           leave(session, check_run(session, error) && add(session, addition, error), error);
}

bool pktmon_session_add_source(struct pktmon_session *session, uint32_t id, GError **error)
{
    if (id == 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "There is no data source with the id 0: list them.");
        return false;
    }
    return enter_and_add(session, &(struct addition){.source = id}, error);
}

bool pktmon_session_add_constraint(struct pktmon_session *session,
                                   const struct pktmon_constraint *constraint, GError **error)
{
    return enter_and_add(session, &(struct addition){.constraint = constraint}, error);
}

bool pktmon_session_add_expression(struct pktmon_session *session, const char *expression,
                                   bool inner, GError **error)
{
    return enter_and_add(session, &(struct addition){.expression = expression, .inner = inner},
                         error);
}

static bool add_output(struct pktmon_session *session, int fd, GError **error)
{
    if (session->active) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The session is active: set its outputs before activating it.");
        return false;
    }
    outputs_add(&session->outputs, fd);
    return true;
}

bool pktmon_session_add_output(struct pktmon_session *session, int fd, GError **error)
{
    return enter(session, error) && leave(session, add_output(session, fd, error), error);
}

/* Streams ---------------------------------------------------------------------------------------
 */

/* Only journeys can be chosen by how they end. */
static bool check_view(const struct pktmon_session_options *options, GError **error)
{
    bool ok = options->view != PKTMON_VIEW_APPEARANCES ||
              (options->type != PKTMON_CAPTURE_DROPPED && options->slower_ms == 0);

    if (!ok) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The session chooses whole journeys, which the appearances view does not have: "
                    "choose the packets view.");
    }
    return ok;
}

/* A capture with all options and additions of the session. */
static struct capture *make_capture(const struct pktmon_session *session,
                                    const struct pktmon_session_options *options)
{
    struct capture *capture =
        capture_new(options, filter_set_copy(session->filters), &session->ladder);

    for (guint i = 0; i < session->sources->len; i++)
        capture_add_component(capture, g_array_index(session->sources, uint32_t, i));
    capture_set_outputs(capture, &session->outputs);
    return capture;
}

static bool start_stream(const struct pktmon_session *session, struct pktmon_stream *stream,
                         GError **error)
{
    struct pktmon_session_options options = session->options;

    options.pkt_size = stream_truncation_size(stream);
    options.view = stream_view(stream);
    return check_view(&options, error) &&
           stream_start(stream, make_capture(session, &options), error);
}

static void detach(struct pktmon_session *session, struct pktmon_stream *stream)
{
    g_mutex_lock(&session->mutex);
    stream_stop(stream, NULL);
    g_ptr_array_remove(session->streams, stream);
    stream_detach(stream);
    g_mutex_unlock(&session->mutex);
}

static bool attach(struct pktmon_session *session, struct pktmon_stream *stream, GError **error)
{
    if (!stream_attach(stream, session, detach)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The stream is already attached to a session: create another one.");
        return false;
    }
    if (session->active && !start_stream(session, stream, error)) {
        stream_detach(stream);
        return false;
    }
    g_ptr_array_add(session->streams, stream);
    return true;
}

bool pktmon_session_attach(struct pktmon_session *session, struct pktmon_stream *stream,
                           GError **error)
{
    return enter(session, error) && leave(session, attach(session, stream, error), error);
}

static bool start_streams(struct pktmon_session *session, GError **error)
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

static bool set_active(struct pktmon_session *session, bool active, GError **error)
{
    if (active == session->active)
        return true;
    return active ? start_streams(session, error) : stop_streams(session, error);
}

bool pktmon_session_set_active(struct pktmon_session *session, bool active, GError **error)
{
    return enter(session, error) && leave(session, set_active(session, active, error), error);
}

/* The run ---------------------------------------------------------------------------------------
 */

static bool begin_run(struct pktmon_session *session, GError **error)
{
    if (session->run) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "The session has already run: create another one.");
        return false;
    }
    if (!check_view(&session->options, error))
        return false;
    session->run = make_capture(session, &session->options);
    return true;
}

bool session_run(struct pktmon_session *session, struct capture_sink *sink, GError **error)
{
    if (!enter(session, error) || !leave(session, begin_run(session, error), error)) {
        sink->ops->free(sink);
        return false;
    }
    if (atomic_load(&session->stopped)) { /* before there was anything to stop */
        capture_stop(session->run);
    }
    return capture_run(session->run, sink, error);
}

bool pktmon_session_run(struct pktmon_session *session, int fd, enum pktmon_carrier carrier,
                        GError **error)
{
    const struct file_sink_options options = {.fd = fd,
                                              .carrier = carrier,
                                              .application = "pktmon " PKTMON_VERSION,
                                              .quiet =
                                                  session->options.view != PKTMON_VIEW_APPEARANCES};

    return pktmon_session_add_output(session, fd, error) &&
           session_run(session, file_sink_base(file_sink_new(&options)), error);
}

void pktmon_session_stop(struct pktmon_session *session)
{
    struct capture *run;

    atomic_store(&session->stopped, true);
    run = atomic_load(&session->run);
    if (run)
        capture_stop(run);
}

const struct pktmon_registry *pktmon_session_registry(const struct pktmon_session *session)
{
    return session->run ? capture_registry(session->run) : NULL;
}

const struct pktmon_capture_info *pktmon_session_capture_info(const struct pktmon_session *session)
{
    return session->run ? capture_info(session->run) : NULL;
}

bool session_wants(const struct pktmon_session *session, uint32_t component)
{
    return session->run && capture_wants(session->run, component);
}
