/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "realtime-stream.h"

#include <stdatomic.h>

#define DEFAULT_TRUNCATION 128 /* as Windows has it */
#define DEFAULT_BUFFER     (16U * 1024 * 1024)

struct pktmon_realtime_stream {
    struct pktmon_receiver receiver; /* first: the session hands it back to us */
    struct pktmon_realtime_stream_options options;
    struct pktmon_live_session *owner; /* NULL: none */
    struct pktmon_session *session;    /* NULL: it does not run */
    GThread *thread;
    atomic_uint_fast64_t missed_write, missed_read;

    GMutex mutex;
    GCond turned;
    bool began, ended; /* of the session's run; under the mutex */
    GError *error;     /* why it ended */
};

/* Not NULL in the threads of streams. */
static GPrivate calling;

bool realtime_stream_is_calling(void)
{
    return g_private_get(&calling) != NULL;
}

/* The session's thread --------------------------------------------------------------------------
 */

static void tell_state(struct pktmon_realtime_stream *stream, enum pktmon_stream_state state,
                       const GError *error)
{
    if (stream->options.state) {
        stream->options.state(stream->options.context, state, error);
    }
}

static void on_event(struct pktmon_receiver *receiver, const struct pktmon_event *event)
{
    struct pktmon_realtime_stream *stream = (struct pktmon_realtime_stream *)receiver;
    const struct subscriber_missed now = session_missed(stream->session);
    const struct pktmon_missed missed = {.write = now.before, .read = now.here};

    atomic_store_explicit(&stream->missed_write, missed.write, memory_order_relaxed);
    atomic_store_explicit(&stream->missed_read, missed.read, memory_order_relaxed);
    stream->options.event(stream->options.context, event, &missed);
}

static void has_begun(struct pktmon_realtime_stream *stream)
{
    g_mutex_lock(&stream->mutex);
    stream->began = true;
    g_cond_broadcast(&stream->turned);
    g_mutex_unlock(&stream->mutex);
}

static void on_caught_up(struct pktmon_receiver *receiver)
{
    struct pktmon_realtime_stream *stream = (struct pktmon_realtime_stream *)receiver;

    if (!stream->began) { /* nobody else writes it */
        tell_state(stream, PKTMON_STREAM_STARTED, NULL);
        has_begun(stream);
    }
}

static void *run(void *data)
{
    struct pktmon_realtime_stream *stream = data;
    GError *error = NULL;

    g_private_set(&calling, stream);
    pktmon_session_run_to(stream->session, &stream->receiver, &error);
    if (stream->began) {
        tell_state(stream, PKTMON_STREAM_STOPPED, error);
    }
    g_mutex_lock(&stream->mutex);
    stream->ended = true;
    stream->error = error;
    g_cond_broadcast(&stream->turned);
    g_mutex_unlock(&stream->mutex);
    return NULL;
}

/* For its owner ---------------------------------------------------------------------------------
 */

bool realtime_stream_stop(struct pktmon_realtime_stream *stream, GError **error)
{
    if (!stream->session) {
        return true;
    }
    pktmon_session_stop(stream->session);
    g_thread_join(stream->thread);
    g_clear_pointer(&stream->session, pktmon_session_free);
    if (stream->error) {
        g_propagate_error(error, g_steal_pointer(&stream->error));
        return false;
    }
    return true;
}

bool realtime_stream_start(struct pktmon_realtime_stream *stream, struct pktmon_session *session,
                           GError **error)
{
    stream->session = session;
    stream->began = stream->ended = false;
    atomic_store(&stream->missed_write, 0);
    atomic_store(&stream->missed_read, 0);
    stream->thread = g_thread_new("pktmon-stream", run, stream);
    g_mutex_lock(&stream->mutex);
    while (!stream->began && !stream->ended) {
        g_cond_wait(&stream->turned, &stream->mutex);
    }
    bool began = stream->began;
    g_mutex_unlock(&stream->mutex);
    return began || realtime_stream_stop(stream, error);
}

bool realtime_stream_add(struct pktmon_realtime_stream *stream, const struct addition *addition,
                         GError **error)
{
    return !stream->session || session_add(stream->session, addition, error);
}

bool realtime_stream_attach(struct pktmon_realtime_stream *stream,
                            struct pktmon_live_session *session)
{
    bool is_free = stream->owner == NULL;

    if (is_free) {
        stream->owner = session;
    }
    return is_free;
}

void realtime_stream_detach(struct pktmon_realtime_stream *stream)
{
    stream->owner = NULL;
}

uint32_t realtime_stream_truncation_size(const struct pktmon_realtime_stream *stream)
{
    return stream->options.truncation_size;
}

size_t realtime_stream_buffer_size(const struct pktmon_realtime_stream *stream)
{
    return stream->options.buffer_size;
}

/* Public ----------------------------------------------------------------------------------------
 */

void pktmon_realtime_stream_options_init(struct pktmon_realtime_stream_options *options)
{
    *options = (struct pktmon_realtime_stream_options){.truncation_size = DEFAULT_TRUNCATION,
                                                       .buffer_size = DEFAULT_BUFFER};
}

struct pktmon_realtime_stream *
pktmon_realtime_stream_new(struct pktmon_monitor *monitor,
                           const struct pktmon_realtime_stream_options *options, GError **error)
{
    (void)monitor; /* the object model has it here */
    if (!options->event) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A stream without an event callback gets nothing: set one.");
        return NULL;
    }
    struct pktmon_realtime_stream *stream = g_new0(struct pktmon_realtime_stream, 1);
    stream->receiver = (struct pktmon_receiver){.event = on_event, .caught_up = on_caught_up};
    stream->options = *options;
    g_mutex_init(&stream->mutex);
    g_cond_init(&stream->turned);
    return stream;
}

void pktmon_realtime_stream_free(struct pktmon_realtime_stream *stream)
{
    if (!stream) {
        return;
    }
    if (stream->owner) {
        live_session_detach(stream->owner, stream);
    }
    g_mutex_clear(&stream->mutex);
    g_cond_clear(&stream->turned);
    g_free(stream);
}

struct pktmon_missed pktmon_realtime_stream_missed(const struct pktmon_realtime_stream *stream)
{
    return (struct pktmon_missed){.write = atomic_load(&stream->missed_write),
                                  .read = atomic_load(&stream->missed_read)};
}

const struct pktmon_component *
pktmon_realtime_stream_component(const struct pktmon_realtime_stream *stream, uint32_t id)
{
    return pktmon_registry_find(pktmon_session_registry(stream->session), id);
}
