/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change-queue.h"

#include "pktmon/errors.h"

/* On the stack of the thread that waits for it. */
struct addition_request {
    const struct addition *addition;
    bool done;
    GError *error;
};

struct additions {
    GMutex mutex;
    GCond finished;
    GQueue request; /* of struct addition_request */
    bool closed;
};

struct additions *additions_new(void)
{
    struct additions *additions = g_new0(struct additions, 1);

    g_mutex_init(&additions->mutex);
    g_cond_init(&additions->finished);
    g_queue_init(&additions->request);
    return additions;
}

void additions_free(struct additions *additions)
{
    g_mutex_clear(&additions->mutex);
    g_cond_clear(&additions->finished);
    g_free(additions);
}

bool additions_request(struct additions *additions, const struct addition *addition, GError **error)
{
    struct addition_request request = {.addition = addition};

    g_mutex_lock(&additions->mutex);
    if (additions->closed) {
        request.done = true;
        request.error = g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                                    "The session has ended: activate it again.");
    } else {
        g_queue_push_tail(&additions->request, &request);
    }
    while (!request.done)
        g_cond_wait(&additions->finished, &additions->mutex);
    g_mutex_unlock(&additions->mutex);
    if (request.error) {
        g_propagate_error(error, request.error);
        return false;
    }
    return true;
}

const struct addition *additions_next(struct additions *additions)
{
    g_mutex_lock(&additions->mutex);
    const struct addition_request *request = g_queue_peek_head(&additions->request);
    g_mutex_unlock(&additions->mutex);
    return request ? request->addition : NULL;
}

void additions_finish(struct additions *additions, GError *error)
{
    g_mutex_lock(&additions->mutex);
    struct addition_request *request = g_queue_pop_head(&additions->request);
    request->done = true;
    request->error = error;
    g_cond_broadcast(&additions->finished);
    g_mutex_unlock(&additions->mutex);
}

void additions_close(struct additions *additions)
{
    g_mutex_lock(&additions->mutex);
    additions->closed = true;
    g_mutex_unlock(&additions->mutex);
    while (additions_next(additions)) {
        additions_finish(additions, g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                                                "The session has ended: activate it again."));
    }
}
