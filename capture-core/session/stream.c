/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stream-private.h"

#include <stdatomic.h>

#include "capture/callback-sink.h"
#include "capture/capture.h"
#include "multiplex/shared-provider.h"
#include "pktmon/errors.h"

#define DEFAULT_TRUNCATION 128 /* as Windows has it */
#define DEFAULT_BUFFER     (16U * 1024 * 1024)

struct pktmon_stream {
    struct pktmon_stream_options options;
    struct pktmon_session *owner;    /* NULL: none */
    stream_detacher *detach;         /* the owner's */
    struct capture *capture;         /* NULL: it does not run */
    const struct provider *provider; /* of the capture; shared */
    const struct pktmon_registry
        *registry; /* components as events have described them; NULL: none yet */
    GThread *thread;
    atomic_uint_fast64_t missed_write, missed_read;

    GMutex mutex;
    GCond turned;
    bool began, ended; /* of the capture's run; under the mutex */
    GError *error;     /* why it ended */
};

/* Not NULL in the threads of streams. */
static GPrivate calling;

bool stream_is_calling(void)
{
    return g_private_get(&calling) != NULL;
}

/* The capture's thread --------------------------------------------------------------------------
 */

static void report_state(struct pktmon_stream *stream, enum pktmon_stream_state state,
                         const GError *error)
{
    if (stream->options.state)
        stream->options.state(stream->options.context, state, error);
}

static void on_open(void *context, const struct capture_view *view)
{
    struct pktmon_stream *stream = context;

    stream->registry = view->registry;
}

static void on_event(void *context, const struct pktmon_event *event)
{
    struct pktmon_stream *stream = context;
    const struct subscriber_missed now = shared_provider_missed(stream->provider);
    const struct pktmon_missed missed = {.write = now.before, .read = now.here};

    atomic_store_explicit(&stream->missed_write, missed.write, memory_order_relaxed);
    atomic_store_explicit(&stream->missed_read, missed.read, memory_order_relaxed);
    stream->options.event(stream->options.context, event, &missed);
}

static void note_begin(struct pktmon_stream *stream)
{
    g_mutex_lock(&stream->mutex);
    stream->began = true;
    g_cond_broadcast(&stream->turned);
    g_mutex_unlock(&stream->mutex);
}

static void on_caught_up(void *context)
{
    struct pktmon_stream *stream = context;

    if (!stream->began) { /* nobody else writes it */
        report_state(stream, PKTMON_STREAM_STARTED, NULL);
        note_begin(stream);
    }
}

static void *run(void *data)
{
    struct pktmon_stream *stream = data;
    const struct callback_sink_calls calls = {
        .open = on_open, .event = on_event, .caught_up = on_caught_up, .context = stream};
    GError *error = NULL;

    g_private_set(&calling, stream);
    capture_run(stream->capture, callback_sink_new(&calls), &error);
    if (stream->began)
        report_state(stream, PKTMON_STREAM_STOPPED, error);
    g_mutex_lock(&stream->mutex);
    stream->ended = true;
    stream->error = error;
    g_cond_broadcast(&stream->turned);
    g_mutex_unlock(&stream->mutex);
    return NULL;
}

/* For its owner ---------------------------------------------------------------------------------
 */

bool stream_stop(struct pktmon_stream *stream, GError **error)
{
    if (!stream->capture)
        return true;
    capture_stop(stream->capture);
    g_thread_join(stream->thread);
    g_clear_pointer(&stream->capture, capture_free);
    if (stream->error) {
        g_propagate_error(error, g_steal_pointer(&stream->error));
        return false;
    }
    return true;
}

/* A factory's provider that the captures of this process share. */
static struct provider *make_shared(void *context, provider_factory *factory,
                                    const struct provider_options *options,
                                    struct pktmon_registry *registry,
                                    struct pktmon_capture_info *info, struct pktmon_sink *sink,
                                    GError **error)
{
    struct pktmon_stream *stream = context;
    struct provider *provider =
        shared_provider_new(factory, stream->options.buffer_size, options, registry, info, sink);

    (void)error; /* the shared provider is made later */
    stream->provider = provider;
    return provider;
}

bool stream_start(struct pktmon_stream *stream, struct capture *capture, GError **error)
{
    stream->capture = capture;
    capture_set_provider_maker(capture, make_shared, stream);
    stream->began = stream->ended = false;
    atomic_store(&stream->missed_write, 0);
    atomic_store(&stream->missed_read, 0);
    stream->thread = g_thread_new("pktmon-stream", run, stream);
    g_mutex_lock(&stream->mutex);
    while (!stream->began && !stream->ended)
        g_cond_wait(&stream->turned, &stream->mutex);
    bool began = stream->began;
    g_mutex_unlock(&stream->mutex);
    return began || stream_stop(stream, error);
}

bool stream_add(struct pktmon_stream *stream, const struct addition *addition, GError **error)
{
    return !stream->capture || capture_add(stream->capture, addition, error);
}

bool stream_attach(struct pktmon_stream *stream, struct pktmon_session *session,
                   stream_detacher *detach)
{
    bool is_free = stream->owner == NULL;

    if (is_free) {
        stream->owner = session;
        stream->detach = detach;
    }
    return is_free;
}

void stream_detach(struct pktmon_stream *stream)
{
    stream->owner = NULL;
}

enum pktmon_view stream_view(const struct pktmon_stream *stream)
{
    return stream->options.view;
}

uint32_t stream_truncation_size(const struct pktmon_stream *stream)
{
    return stream->options.truncation_size;
}

/* Public ----------------------------------------------------------------------------------------
 */

void pktmon_stream_options_init(struct pktmon_stream_options *options)
{
    *options = (struct pktmon_stream_options){.truncation_size = DEFAULT_TRUNCATION,
                                              .buffer_size = DEFAULT_BUFFER};
}

struct pktmon_stream *pktmon_stream_new(struct pktmon_monitor *monitor,
                                        const struct pktmon_stream_options *options, GError **error)
{
    (void)monitor; /* the object model has it here */
    if (!options->event) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A stream without an event callback receives nothing: set one.");
        return NULL;
    }
    struct pktmon_stream *stream = g_new0(struct pktmon_stream, 1);
    stream->options = *options;
    g_mutex_init(&stream->mutex);
    g_cond_init(&stream->turned);
    return stream;
}

void pktmon_stream_free(struct pktmon_stream *stream)
{
    if (!stream)
        return;
    if (stream->owner)
        stream->detach(stream->owner, stream);
    g_mutex_clear(&stream->mutex);
    g_cond_clear(&stream->turned);
    g_free(stream);
}

struct pktmon_missed pktmon_stream_missed(const struct pktmon_stream *stream)
{
    return (struct pktmon_missed){.write = atomic_load(&stream->missed_write),
                                  .read = atomic_load(&stream->missed_read)};
}

const struct pktmon_component *pktmon_stream_component(const struct pktmon_stream *stream,
                                                       uint32_t id)
{
    return pktmon_registry_find(stream->registry, id);
}
