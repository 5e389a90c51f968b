/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session-output.h"

#include <poll.h>
#include <sys/stat.h>

/* A file or pipe ------------------------------------------------------------------------------- */

struct file_output {
    struct session_output base;
    struct pktmon_stream *stream;
    int fd;
};

static struct pktmon_stream *stream_of(const struct session_output *output)
{
    return ((const struct file_output *)output)->stream;
}

static bool file_open(struct session_output *output, GError **error)
{
    return pktmon_stream_open(stream_of(output), error);
}

static bool file_begin(struct session_output *output, uint64_t time, GError **error)
{
    return pktmon_stream_begin(stream_of(output), time, error);
}

static bool file_write(struct session_output *output, const struct pktmon_event *event,
                       GError **error)
{
    return pktmon_stream_write(stream_of(output), event, error);
}

static bool file_repeat(struct session_output *output, uint64_t time, GError **error)
{
    return pktmon_stream_repeat_descriptions(stream_of(output), time, error);
}

/* The reader of a pipe may keep its newest bytes only, which shall be those of packets. */
static bool file_wants_again(const struct session_output *output, uint32_t component)
{
    return !output->wants_repeated_descriptions ||
           pktmon_stream_has_packets_of(stream_of(output), component);
}

static bool file_flush(struct session_output *output, GError **error)
{
    return pktmon_stream_flush(stream_of(output), error);
}

static bool file_end(struct session_output *output, uint64_t time, GError **error)
{
    return pktmon_stream_end(stream_of(output), time, error);
}

/* A closed pipe is noticed even while there is nothing to write to it. */
static bool file_closed(const struct session_output *output)
{
    struct pollfd reader = {.fd = ((const struct file_output *)output)->fd};

    return pktmon_stream_closed(stream_of(output)) ||
           (poll(&reader, 1, 0) > 0 && reader.revents & (POLLERR | POLLHUP));
}

static void file_free(struct session_output *output)
{
    pktmon_stream_free(stream_of(output));
    g_free(output);
}

static const struct session_output_ops file_ops = {
    .open = file_open,
    .begin = file_begin,
    .write = file_write,
    .repeat_descriptions = file_repeat,
    .wants_again = file_wants_again,
    .flush = file_flush,
    .end = file_end,
    .closed = file_closed,
    .free = file_free,
};

static bool is_regular_file(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

struct session_output *session_output_to_file(const struct pktmon_stream_options *options,
                                              const struct pktmon_registry *registry,
                                              const struct pktmon_capture *capture)
{
    struct file_output *output = g_new0(struct file_output, 1);

    output->base.ops = &file_ops;
    /* A file is read from its start; the reader of a pipe may keep its end only (ring files). */
    output->base.wants_repeated_descriptions = !is_regular_file(options->fd);
    output->stream = pktmon_stream_new(options, registry, capture);
    output->fd = options->fd;
    return &output->base;
}

/* A receiver ----------------------------------------------------------------------------------- */

struct receiver_output {
    struct session_output base;
    struct pktmon_receiver *receiver;
};

static struct pktmon_receiver *receiver_of(const struct session_output *output)
{
    return ((const struct receiver_output *)output)->receiver;
}

static bool receiver_open(struct session_output *output, GError **error)
{
    (void)output;
    (void)error;
    return true;
}

static bool receiver_at(struct session_output *output, uint64_t time, GError **error)
{
    (void)output;
    (void)time;
    (void)error;
    return true;
}

static bool receiver_write(struct session_output *output, const struct pktmon_event *event,
                           GError **error)
{
    struct pktmon_receiver *receiver = receiver_of(output);

    (void)error;
    receiver->event(receiver, event);
    return true;
}

static bool receiver_wants_again(const struct session_output *output, uint32_t component)
{
    (void)output;
    (void)component;
    return true;
}

static bool receiver_flush(struct session_output *output, GError **error)
{
    struct pktmon_receiver *receiver = receiver_of(output);

    (void)error;
    receiver->caught_up(receiver);
    return true;
}

static bool receiver_end(struct session_output *output, uint64_t time, GError **error)
{
    (void)time;
    return receiver_flush(output, error);
}

static bool receiver_closed(const struct session_output *output)
{
    (void)output;
    return false;
}

static void receiver_free(struct session_output *output)
{
    g_free(output);
}

static const struct session_output_ops receiver_ops = {
    .open = receiver_open,
    .begin = receiver_at,
    .write = receiver_write,
    .repeat_descriptions = receiver_at, /* the registry is at hand */
    .wants_again = receiver_wants_again,
    .flush = receiver_flush,
    .end = receiver_end,
    .closed = receiver_closed,
    .free = receiver_free,
};

struct session_output *session_output_to_receiver(struct pktmon_receiver *receiver)
{
    struct receiver_output *output = g_new0(struct receiver_output, 1);

    output->base.ops = &receiver_ops;
    output->receiver = receiver;
    return &output->base;
}
