/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "additions.h"

#include "provider.h"

/* Its asker's, on whose stack it is. */
struct asked {
    const struct addition *addition;
    bool done;
    GError *error;
};

struct additions {
    GMutex mutex;
    GCond finished;
    GQueue asked; /* of struct asked */
    bool closed;
};

struct additions *additions_new(void)
{
    struct additions *additions = g_new0(struct additions, 1);

    g_mutex_init(&additions->mutex);
    g_cond_init(&additions->finished);
    g_queue_init(&additions->asked);
    return additions;
}

void additions_free(struct additions *additions)
{
    g_mutex_clear(&additions->mutex);
    g_cond_clear(&additions->finished);
    g_free(additions);
}

bool additions_ask(struct additions *additions, const struct addition *addition, GError **error)
{
    struct asked asked = {.addition = addition};

    g_mutex_lock(&additions->mutex);
    if (additions->closed) {
        asked.done = true;
        asked.error = g_error_new(PKTMON_ERROR, PKTMON_ERROR_FAILED,
                                  "The session has ended: make it active again.");
    } else {
        g_queue_push_tail(&additions->asked, &asked);
    }
    while (!asked.done) {
        g_cond_wait(&additions->finished, &additions->mutex);
    }
    g_mutex_unlock(&additions->mutex);
    if (asked.error) {
        g_propagate_error(error, asked.error);
        return false;
    }
    return true;
}

const struct addition *additions_next(struct additions *additions)
{
    g_mutex_lock(&additions->mutex);
    const struct asked *asked = g_queue_peek_head(&additions->asked);
    g_mutex_unlock(&additions->mutex);
    return asked ? asked->addition : NULL;
}

void additions_finish(struct additions *additions, GError *error)
{
    g_mutex_lock(&additions->mutex);
    struct asked *asked = g_queue_pop_head(&additions->asked);
    asked->done = true;
    asked->error = error;
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
                                                "The session has ended: make it active again."));
    }
}
