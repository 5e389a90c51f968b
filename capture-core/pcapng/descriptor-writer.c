/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "descriptor-writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pktmon/errors.h"

struct descriptor_writer {
    int fd;
    uint64_t written;
    bool closed;     /* the reader closed the pipe (EPIPE) */
    GError *error;   /* not reported to the caller yet */
    bool failed;     /* nothing more can be written */
    GThread *thread; /* NULL: the caller writes */
    /* For the thread; protected by the mutex: */
    GMutex mutex;
    GCond changed;
    GByteArray *full; /* to be written; NULL = none */
    GByteArray *free; /* for the caller; NULL = being written */
    bool ended;
};

/* The result of one call. */
struct result {
    size_t written; /* bytes */
    bool closed;    /* the reader of the pipe has gone: no error */
    GError *error;
};

/* How many of the bytes are whole blocks. Each block begins with its type and its length. */
static size_t whole_blocks(const GByteArray *bytes, size_t size)
{
    size_t end = 0;
    uint32_t length;

    while (end + 2 * sizeof(length) <= size) {
        memcpy(&length, bytes->data + end + sizeof(length), sizeof(length));
        if (length > size - end || length == 0)
            break;
        end += length;
    }
    return end;
}

/* After a partial write, cuts the file behind its last whole block, so that it can be read. */
static size_t cut(int fd, const GByteArray *bytes, size_t written)
{
    size_t whole = whole_blocks(bytes, written);
    off_t end = lseek(fd, 0, SEEK_CUR);

    if (end < 0 || ftruncate(fd, end - (off_t)(written - whole)) < 0)
        return written; /* not a regular file: nothing can be taken back */
    return whole;
}

static GError *explain(int reason)
{
    return g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                       "The capture could not be written (%s); make room or choose another place "
                       "for it.",
                       g_strerror(reason));
}

static struct result write_all(int fd, const GByteArray *bytes)
{
    struct result result = {0};

    while (result.written < bytes->len) {
        ssize_t written = write(fd, bytes->data + result.written, bytes->len - result.written);

        if (written >= 0) {
            result.written += written;
        } else if (errno == EPIPE) {
            result.closed = true;
            return result;
        } else if (errno != EINTR) {
            result.error = explain(errno);
            result.written = cut(fd, bytes, result.written);
            return result;
        }
    }
    return result;
}

static void note_result(struct descriptor_writer *output, const struct result *result)
{
    output->written += result->written;
    output->error = result->error;
    output->closed = result->closed;
    output->failed = result->error || result->closed;
}

static void *write_in_thread(void *data)
{
    struct descriptor_writer *output = data;

    g_mutex_lock(&output->mutex);
    while (!output->ended || output->full) {
        if (!output->full) {
            g_cond_wait(&output->changed, &output->mutex);
            continue;
        }
        GByteArray *bytes = output->full;
        bool failed = output->failed;
        struct result result = {0};
        g_mutex_unlock(&output->mutex);
        if (!failed)
            result = write_all(output->fd, bytes);
        g_mutex_lock(&output->mutex);
        if (!failed)
            note_result(output, &result);
        g_byte_array_set_size(bytes, 0);
        output->full = NULL;
        output->free = bytes;
        g_cond_broadcast(&output->changed);
    }
    g_mutex_unlock(&output->mutex);
    return NULL;
}

/* Call with the mutex held. */
static void wait_until_written(struct descriptor_writer *output)
{
    while (output->full)
        g_cond_wait(&output->changed, &output->mutex);
}

static bool give_result(struct descriptor_writer *output, GError **error)
{
    if (output->error)
        g_propagate_error(error, g_steal_pointer(&output->error));
    return !output->failed;
}

static bool put_at_once(struct descriptor_writer *output, GByteArray *buffer, GError **error)
{
    if (!output->failed) {
        const struct result result = write_all(output->fd, buffer);
        note_result(output, &result);
    }
    g_byte_array_set_size(buffer, 0);
    return give_result(output, error);
}

bool descriptor_writer_put(struct descriptor_writer *output, GByteArray **buffer, GError **error)
{
    if (!output->thread)
        return put_at_once(output, *buffer, error);
    g_mutex_lock(&output->mutex);
    wait_until_written(output);
    output->full = *buffer;
    *buffer = g_steal_pointer(&output->free);
    g_cond_broadcast(&output->changed);
    bool ok = give_result(output, error);
    g_mutex_unlock(&output->mutex);
    return ok;
}

bool descriptor_writer_finish(struct descriptor_writer *output, GError **error)
{
    g_mutex_lock(&output->mutex);
    wait_until_written(output);
    bool ok = give_result(output, error);
    g_mutex_unlock(&output->mutex);
    return ok;
}

bool descriptor_writer_closed(struct descriptor_writer *output)
{
    g_mutex_lock(&output->mutex);
    bool closed = output->closed;
    g_mutex_unlock(&output->mutex);
    return closed;
}

uint64_t descriptor_writer_written(struct descriptor_writer *output)
{
    g_mutex_lock(&output->mutex);
    uint64_t written = output->written;
    g_mutex_unlock(&output->mutex);
    return written;
}

struct descriptor_writer *descriptor_writer_new(int fd, bool own_thread)
{
    struct descriptor_writer *output = g_new0(struct descriptor_writer, 1);

    output->fd = fd;
    g_mutex_init(&output->mutex);
    g_cond_init(&output->changed);
    if (own_thread) {
        output->free = g_byte_array_new();
        output->thread = g_thread_new("output", write_in_thread, output);
    }
    return output;
}

void descriptor_writer_free(struct descriptor_writer *output)
{
    if (output->thread) {
        g_mutex_lock(&output->mutex);
        output->ended = true;
        g_cond_broadcast(&output->changed);
        g_mutex_unlock(&output->mutex);
        g_thread_join(output->thread);
        g_byte_array_unref(output->free);
    }
    g_clear_error(&output->error);
    g_mutex_clear(&output->mutex);
    g_cond_clear(&output->changed);
    g_free(output);
}
