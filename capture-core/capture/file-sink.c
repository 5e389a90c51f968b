/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file-sink.h"

#include <poll.h>
#include <sys/stat.h>

#include "pcapng/pcapng-writer.h"

struct file_sink {
    struct capture_sink base;
    struct file_sink_options options;
    struct pcapng_writer *writer; /* NULL: not opened yet */
    bool failed;
    GError *error; /* why; NULL where the reader left */
};

static struct file_sink *file_of(const struct capture_sink *sink)
{
    return (struct file_sink *)sink;
}

/* A pipe that its reader closed is a normal end. Takes ownership of error. */
static bool note_result(struct file_sink *file, bool ok, GError *error)
{
    const struct file_sink_hooks *hooks = &file->options.hooks;

    if (ok)
        return !file->failed;
    if (file->failed || pcapng_writer_closed(file->writer))
        g_clear_error(&error);
    if (file->failed)
        return false;
    file->failed = true;
    file->error = error;
    if (hooks->fail)
        hooks->fail(hooks->context, pcapng_writer_written(file->writer));
    return false;
}

/* What the capture is told. */
static bool give_result(struct file_sink *file, GError **error)
{
    if (file->error)
        g_propagate_error(error, g_steal_pointer(&file->error));
    return !file->failed;
}

/* For hooks -------------------------------------------------------------------------------------
 */

bool file_sink_write(struct file_sink *file, const struct pktmon_event *event)
{
    GError *error = NULL;

    if (file->failed)
        return false;
    return pcapng_writer_write(file->writer, event, &error) || note_result(file, false, error);
}

bool file_sink_flush(struct file_sink *file)
{
    GError *error = NULL;

    if (file->failed)
        return false;
    bool ok = pcapng_writer_flush(file->writer, &error);
    return note_result(file, ok, error);
}

bool file_sink_continue(struct file_sink *file, int fd, uint64_t time)
{
    GError *error = NULL;

    if (file->failed)
        return false;
    file->options.fd = fd;
    bool ok = pcapng_writer_continue(file->writer, fd, time, &error);
    return note_result(file, ok, error);
}

void file_sink_fail(struct file_sink *file, GError *error)
{
    note_result(file, false, error);
}

uint64_t file_sink_size(const struct file_sink *file)
{
    return pcapng_writer_size(file->writer);
}

bool file_sink_describes(const struct file_sink *file, uint32_t component)
{
    return pcapng_writer_has_described(file->writer, component);
}

bool file_sink_has_packets_of(const struct file_sink *file, uint32_t component)
{
    return pcapng_writer_has_packets_of(file->writer, component);
}

/* For the capture -------------------------------------------------------------------------------
 */

static bool file_open(struct capture_sink *sink, const struct capture_view *view, GError **error)
{
    struct file_sink *file = file_of(sink);
    GError *reason = NULL;
    const struct pcapng_writer_options options = {
        .fd = file->options.fd,
        .carrier = file->options.carrier,
        .quiet = file->options.quiet,
        .live = true,
        .matches_only = view->has_filters,
        .application = file->options.application,
    };

    file->writer = pcapng_writer_new(&options, view->registry, view->info);
    bool ok = pcapng_writer_open(file->writer, &reason);
    note_result(file, ok, reason);
    return give_result(file, error);
}

static bool file_begin(struct capture_sink *sink, const struct capture_beginning *beginning,
                       GError **error)
{
    struct file_sink *file = file_of(sink);
    const struct file_sink_hooks *hooks = &file->options.hooks;
    GError *reason = NULL;

    if (hooks->begin)
        hooks->begin(hooks->context);
    bool ok = pcapng_writer_begin(file->writer, beginning->time, &reason);
    note_result(file, ok, reason);
    return give_result(file, error);
}

static bool file_write(struct capture_sink *sink, const struct pktmon_event *event, GError **error)
{
    struct file_sink *file = file_of(sink);
    const struct file_sink_hooks *hooks = &file->options.hooks;

    if (hooks->take)
        hooks->take(hooks->context, event);
    else
        file_sink_write(file, event);
    return !file->failed || give_result(file, error);
}

static void file_miss(struct capture_sink *sink, const struct pktmon_event *event)
{
    const struct file_sink_hooks *hooks = &file_of(sink)->options.hooks;

    if (hooks->miss)
        hooks->miss(hooks->context, event);
}

static bool file_repeat(struct capture_sink *sink, uint64_t time, GError **error)
{
    struct file_sink *file = file_of(sink);
    GError *reason = NULL;

    bool ok = pcapng_writer_repeat_descriptions(file->writer, time, &reason);
    note_result(file, ok, reason);
    return give_result(file, error);
}

/* The reader of a pipe may keep its newest bytes only, which shall be those of packets. */
static bool file_wants_again(const struct capture_sink *sink, uint32_t component)
{
    return !sink->wants_repeated_descriptions || file_sink_has_packets_of(file_of(sink), component);
}

static bool file_flush(struct capture_sink *sink, uint64_t until, GError **error)
{
    struct file_sink *file = file_of(sink);
    const struct file_sink_hooks *hooks = &file->options.hooks;

    (void)until;
    if (file_sink_flush(file) && hooks->caught_up)
        hooks->caught_up(hooks->context);
    return give_result(file, error);
}

static bool file_end(struct capture_sink *sink, uint64_t time, GError **error)
{
    struct file_sink *file = file_of(sink);
    const struct file_sink_hooks *hooks = &file->options.hooks;
    GError *reason = NULL;

    if (hooks->finish)
        hooks->finish(hooks->context);
    if (!file->failed) {
        bool ok = pcapng_writer_end(file->writer, time, &reason);
        note_result(file, ok, reason);
    }
    return give_result(file, error);
}

/* A closed pipe is noticed even while there is nothing to write to it. */
static bool file_is_closed(const struct capture_sink *sink)
{
    const struct file_sink *file = file_of(sink);
    struct pollfd reader = {.fd = file->options.fd};

    return pcapng_writer_closed(file->writer) ||
           (poll(&reader, 1, 0) > 0 && reader.revents & (POLLERR | POLLHUP));
}

static void file_free(struct capture_sink *sink)
{
    struct file_sink *file = file_of(sink);

    pcapng_writer_free(file->writer);
    g_clear_error(&file->error);
    g_free(file);
}

static const struct capture_sink_ops file_ops = {
    .open = file_open,
    .begin = file_begin,
    .write = file_write,
    .miss = file_miss,
    .repeat_descriptions = file_repeat,
    .wants_again = file_wants_again,
    .flush = file_flush,
    .end = file_end,
    .is_closed = file_is_closed,
    .free = file_free,
};

static bool is_regular_file(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

struct file_sink *file_sink_new(const struct file_sink_options *options)
{
    struct file_sink *file = g_new0(struct file_sink, 1);

    file->base.ops = &file_ops;
    /* A file is read from its start; the reader of a pipe may keep its end only (ring files). */
    file->base.wants_repeated_descriptions = !is_regular_file(options->fd);
    file->options = *options;
    return file;
}

struct capture_sink *file_sink_base(struct file_sink *file)
{
    return &file->base;
}
