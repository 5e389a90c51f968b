/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line-output.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A reader that makes room for one of these goes on reading. */
#define WRITE_SIZE 65536

struct line_batch {
    GString *text;
    uint64_t lines;
};

/* The thread, and whoever made it, have a reference each: a write that never ends must not keep the
 * program. */
struct cli_line_output {
    gatomicrefcount references;
    int fd;
    size_t limit;
    GMutex lock; /* of all that follows */
    GCond changed;
    GQueue batches; /* of struct line_batch; the first one is being written */
    size_t waiting; /* bytes */
    uint64_t written;
    bool is_closed;
    int error;
};

static void free_batch(struct line_batch *batch)
{
    g_string_free(batch->text, TRUE);
    g_free(batch);
}

static void unref(struct cli_line_output *output)
{
    if (!g_atomic_ref_count_dec(&output->references))
        return;
    g_queue_clear_full(&output->batches, (GDestroyNotify)free_batch);
    g_mutex_clear(&output->lock);
    g_cond_clear(&output->changed);
    g_free(output);
}

/* --- the thread --- */

/* NULL: there is none, and none comes. */
static struct line_batch *await_batch(struct cli_line_output *output)
{
    g_mutex_lock(&output->lock);
    while (g_queue_is_empty(&output->batches) && !output->is_closed)
        g_cond_wait(&output->changed, &output->lock);
    struct line_batch *batch = output->is_closed ? NULL : g_queue_peek_head(&output->batches);
    g_mutex_unlock(&output->lock);
    return batch;
}

/* size: bytes written; less than 0: error has the reason. */
static void note_written(struct cli_line_output *output, ssize_t size, int error)
{
    g_mutex_lock(&output->lock);
    if (size >= 0) {
        output->waiting -= (size_t)size;
        output->written += (uint64_t)size;
    } else {
        output->is_closed = true;
        output->error = error == EPIPE ? 0 : error;
    }
    g_cond_broadcast(&output->changed);
    g_mutex_unlock(&output->lock);
}

static bool write_batch(struct cli_line_output *output, const GString *text)
{
    for (size_t done = 0; done < text->len;) {
        ssize_t size = write(output->fd, text->str + done, MIN(text->len - done, WRITE_SIZE));
        if (size < 0 && errno == EINTR)
            continue;
        note_written(output, size, errno);
        if (size < 0)
            return false;
        done += (size_t)size;
    }
    return true;
}

static void remove_batch(struct cli_line_output *output)
{
    g_mutex_lock(&output->lock);
    struct line_batch *batch = g_queue_pop_head(&output->batches);
    g_cond_broadcast(&output->changed);
    g_mutex_unlock(&output->lock);
    free_batch(batch);
}

/* Signals are for the other threads. */
static void *write_lines(void *user)
{
    struct cli_line_output *output = user;
    struct line_batch *batch;
    while ((batch = await_batch(output)) && write_batch(output, batch->text))
        remove_batch(output);
    unref(output);
    return NULL;
}

static void start_thread(struct cli_line_output *output)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    g_thread_unref(g_thread_new("lines", write_lines, output));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* --- for its owner --- */

struct cli_line_output *cli_line_output_new(int fd, size_t limit)
{
    struct cli_line_output *output = g_new0(struct cli_line_output, 1);
    g_atomic_ref_count_init(&output->references);
    g_atomic_ref_count_inc(&output->references);
    output->fd = fd;
    output->limit = limit;
    g_mutex_init(&output->lock);
    g_cond_init(&output->changed);
    g_queue_init(&output->batches);
    start_thread(output);
    return output;
}

void cli_line_output_free(struct cli_line_output *output)
{
    if (!output)
        return;
    g_mutex_lock(&output->lock);
    output->is_closed = true;
    g_cond_broadcast(&output->changed);
    g_mutex_unlock(&output->lock);
    unref(output);
}

static bool has_room(const struct cli_line_output *output, size_t size)
{
    return output->waiting == 0 || output->waiting + size <= output->limit;
}

bool cli_line_output_has_room(struct cli_line_output *output, size_t size)
{
    g_mutex_lock(&output->lock);
    bool fits = has_room(output, size);
    g_mutex_unlock(&output->lock);
    return fits;
}

void cli_line_output_add(struct cli_line_output *output, GString *text, uint64_t lines)
{
    if (text->len == 0)
        return;
    struct line_batch *batch = g_new(struct line_batch, 1);
    batch->text = g_string_sized_new(text->allocated_len - 1);
    batch->lines = lines;
    GString empty = *batch->text; /* the text is handed over, not copied */
    *batch->text = *text;
    *text = empty;
    g_mutex_lock(&output->lock);
    g_queue_push_tail(&output->batches, batch);
    output->waiting += batch->text->len;
    g_cond_broadcast(&output->changed);
    g_mutex_unlock(&output->lock);
}

bool cli_line_output_is_closed(struct cli_line_output *output)
{
    g_mutex_lock(&output->lock);
    bool is_closed = output->is_closed;
    g_mutex_unlock(&output->lock);
    return is_closed;
}

int cli_line_output_error(struct cli_line_output *output)
{
    g_mutex_lock(&output->lock);
    int error = output->error;
    g_mutex_unlock(&output->lock);
    return error;
}

static uint64_t count_waiting(const struct cli_line_output *output)
{
    uint64_t lines = 0;
    for (const GList *at = output->batches.head; at; at = at->next)
        lines += ((const struct line_batch *)at->data)->lines;
    return lines;
}

uint64_t cli_line_output_finish(struct cli_line_output *output, unsigned patience_ms)
{
    bool goes_on = true;
    g_mutex_lock(&output->lock);
    while (goes_on && !output->is_closed && !g_queue_is_empty(&output->batches)) {
        uint64_t before = output->written;
        gint64 end = g_get_monotonic_time() + (gint64)patience_ms * G_TIME_SPAN_MILLISECOND;
        bool in_time = true;
        while (in_time && !output->is_closed && output->written == before &&
               !g_queue_is_empty(&output->batches))
            in_time = g_cond_wait_until(&output->changed, &output->lock, end);
        goes_on = in_time;
    }
    uint64_t lines = count_waiting(output);
    g_mutex_unlock(&output->lock);
    return lines;
}
