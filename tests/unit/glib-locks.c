/* SPDX-License-Identifier: GPL-2.0-or-later
 * For ThreadSanitizer alone: GLib's mutexes, conditions and reference counts, made of primitives
 * that ThreadSanitizer sees. The library's own are futexes and atomic instructions in code that
 * was compiled without it: all that they order would be reported as a race. */
#include <glib.h>
#include <pthread.h>

/* The pthread_mutex_t or pthread_cond_t behind a GMutex or GCond; zeroed memory has none yet. */
static void *object_of(gpointer *place, gsize size)
{
    void *object = __atomic_load_n(place, __ATOMIC_ACQUIRE), *none = NULL;
    if (object)
        return object;
    object = g_malloc0(size); /* equal to PTHREAD_MUTEX_INITIALIZER and PTHREAD_COND_INITIALIZER */
    if (__atomic_compare_exchange_n(place, &none, object, FALSE, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        return object;
    }
    g_free(object);
    return none;
}

static pthread_mutex_t *mutex_of(GMutex *mutex)
{
    return object_of(&mutex->p, sizeof(pthread_mutex_t));
}

static pthread_cond_t *cond_of(GCond *cond)
{
    return object_of(&cond->p, sizeof(pthread_cond_t));
}

void g_mutex_init(GMutex *mutex)
{
    mutex->p = NULL;
}

void g_mutex_clear(GMutex *mutex)
{
    pthread_mutex_destroy(mutex_of(mutex));
    g_free(mutex->p);
}

void g_mutex_lock(GMutex *mutex)
{
    g_assert_cmpint(pthread_mutex_lock(mutex_of(mutex)), ==, 0);
}

void g_mutex_unlock(GMutex *mutex)
{
    g_assert_cmpint(pthread_mutex_unlock(mutex_of(mutex)), ==, 0);
}

void g_cond_init(GCond *cond)
{
    cond->p = NULL;
}

void g_cond_clear(GCond *cond)
{
    pthread_cond_destroy(cond_of(cond));
    g_free(cond->p);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    pthread_cond_wait(cond_of(cond), mutex_of(mutex));
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    const struct timespec end = {.tv_sec = end_time / G_USEC_PER_SEC,
                                 .tv_nsec = end_time % G_USEC_PER_SEC * 1000};
    return pthread_cond_clockwait(cond_of(cond), mutex_of(mutex), CLOCK_MONOTONIC, &end) == 0;
}

void g_cond_signal(GCond *cond)
{
    pthread_cond_signal(cond_of(cond));
}

void g_cond_broadcast(GCond *cond)
{
    pthread_cond_broadcast(cond_of(cond));
}

void(g_atomic_ref_count_inc)(gatomicrefcount *count)
{
    __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

gboolean(g_atomic_ref_count_dec)(gatomicrefcount *count)
{
    return __atomic_sub_fetch(count, 1, __ATOMIC_ACQ_REL) == 0;
}
