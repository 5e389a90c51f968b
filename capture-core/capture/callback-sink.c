/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "callback-sink.h"

struct callback_sink {
    struct capture_sink base;
    struct callback_sink_calls calls;
};

static const struct callback_sink_calls *calls_of(const struct capture_sink *sink)
{
    return &((const struct callback_sink *)sink)->calls;
}

static bool callback_open(struct capture_sink *sink, const struct capture_view *view,
                          GError **error)
{
    const struct callback_sink_calls *calls = calls_of(sink);

    (void)error;
    if (calls->open)
        calls->open(calls->context, view);
    return true;
}

static bool callback_begin(struct capture_sink *sink, const struct capture_beginning *beginning,
                           GError **error)
{
    (void)sink;
    (void)beginning;
    (void)error;
    return true;
}

static bool callback_ignore_time(struct capture_sink *sink, uint64_t time, GError **error)
{
    (void)sink;
    (void)time;
    (void)error;
    return true;
}

static bool callback_write(struct capture_sink *sink, const struct pktmon_event *event,
                           GError **error)
{
    const struct callback_sink_calls *calls = calls_of(sink);

    (void)error;
    calls->event(calls->context, event);
    return true;
}

static bool callback_wants_again(const struct capture_sink *sink, uint32_t component)
{
    (void)sink;
    (void)component;
    return true;
}

static bool callback_flush(struct capture_sink *sink, uint64_t until, GError **error)
{
    const struct callback_sink_calls *calls = calls_of(sink);

    (void)until;
    (void)error;
    calls->caught_up(calls->context);
    return true;
}

static bool callback_end(struct capture_sink *sink, uint64_t time, GError **error)
{
    return callback_flush(sink, time, error);
}

static bool callback_is_closed(const struct capture_sink *sink)
{
    (void)sink;
    return false;
}

static void callback_free(struct capture_sink *sink)
{
    g_free(sink);
}

static const struct capture_sink_ops callback_ops = {
    .open = callback_open,
    .begin = callback_begin,
    .write = callback_write,
    .repeat_descriptions = callback_ignore_time, /* the registry is at hand */
    .wants_again = callback_wants_again,
    .flush = callback_flush,
    .end = callback_end,
    .is_closed = callback_is_closed,
    .free = callback_free,
};

struct capture_sink *callback_sink_new(const struct callback_sink_calls *calls)
{
    struct callback_sink *sink = g_new0(struct callback_sink, 1);

    sink->base.ops = &callback_ops;
    sink->calls = *calls;
    return &sink->base;
}
