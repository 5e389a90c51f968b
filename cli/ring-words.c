/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring-words.h"

#include "salted.h"
#include "shared/event-copy.h"

#define SHARE        4 /* they have one part in so many of a file */
#define NOTICES_KEPT 256
#define KILOBYTE     1000

struct waiting {
    guint64 key; /* component, edge, and kind of counters */
    struct event_copy *copy;
};

static void waiting_free(void *data)
{
    struct waiting *waiting = data;
    event_copy_unref(waiting->copy);
    g_free(waiting);
}

void ring_words_init(struct ring_words *words, struct pktmon_stream *stream,
                     const struct file_limits *limits)
{
    *words = (struct ring_words){
        .stream = stream,
        .room = limits->kilobytes ? limits->kilobytes * KILOBYTE / SHARE : UINT64_MAX,
        .readings = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, waiting_free),
    };
    g_queue_init(&words->notices);
}

void ring_words_clear(struct ring_words *words)
{
    g_clear_pointer(&words->readings, g_hash_table_unref);
    g_queue_clear_full(&words->notices, (GDestroyNotify)event_copy_unref);
}

static guint64 key_of(const struct pktmon_event *event)
{
    const struct pktmon_counters *counters = &event->counters;
    return (guint64)event->component << 32 | (guint64)counters->edge << 2 |
           (guint64)counters->has_flow << 1 | (guint64)counters->has_drops;
}

static void keep_reading(struct ring_words *words, const struct pktmon_event *event)
{
    struct waiting *waiting = g_new0(struct waiting, 1);
    waiting->key = key_of(event);
    waiting->copy = event_copy_new(event);
    g_hash_table_replace(words->readings, &waiting->key, waiting);
}

static void keep_notice(struct ring_words *words, const struct pktmon_event *event)
{
    g_queue_push_tail(&words->notices, event_copy_new(event));
    if (words->notices.length <= NOTICES_KEPT)
        return;
    event_copy_unref(g_queue_pop_head(&words->notices));
    words->left_out++;
}

/* A reading that waits for room is no news beside a newer one. */
static bool admit_reading(struct ring_words *words, const struct pktmon_event *event, bool room)
{
    const guint64 key = key_of(event);
    if (room)
        g_hash_table_remove(words->readings, &key);
    else
        keep_reading(words, event);
    return room;
}

static bool admit_notice(struct ring_words *words, const struct pktmon_event *event, bool room)
{
    if (!room)
        keep_notice(words, event);
    return room;
}

/* Nobody knows the component any more. */
static void forget_readings(struct ring_words *words, uint32_t component)
{
    for (uint32_t edge_and_kind = 0; edge_and_kind < PKTMON_EDGES << 2; edge_and_kind++) {
        const guint64 key = (guint64)component << 32 | edge_and_kind;
        g_hash_table_remove(words->readings, &key);
    }
}

bool ring_words_admit(struct ring_words *words, const struct pktmon_event *event, bool full)
{
    bool room = !full && words->used < words->room;
    switch (event->record) {
    case PKTMON_RECORD_COMPONENT: /* is described before it speaks, as it is then */
        return pktmon_stream_speaks_of(words->stream, event->component);
    case PKTMON_RECORD_COUNTERS:
        return admit_reading(words, event, room);
    case PKTMON_RECORD_RETIRED:
        forget_readings(words, event->component);
        return true;
    case PKTMON_RECORD_EVENT:
        return admit_notice(words, event, room);
    default:
        return true;
    }
}

void ring_words_count(struct ring_words *words, uint64_t bytes)
{
    words->used += bytes;
}

/* Components with packets in the file before the others; then as they are numbered. */
static int compare_waiting(const void *a, const void *b, void *stream)
{
    const struct waiting *left = *(void *const *)a, *right = *(void *const *)b;
    int difference = pktmon_stream_has_packets_of(stream, right->copy->event.component) -
                     pktmon_stream_has_packets_of(stream, left->copy->event.component);
    return difference ? difference : (left->key > right->key) - (left->key < right->key);
}

static GPtrArray *sorted_readings(struct ring_words *words)
{
    GPtrArray *readings = g_ptr_array_new();
    GHashTableIter iterator;
    void *waiting;
    g_hash_table_iter_init(&iterator, words->readings);
    while (g_hash_table_iter_next(&iterator, NULL, &waiting))
        g_ptr_array_add(readings, waiting);
    g_ptr_array_sort_with_data(readings, compare_waiting, words->stream);
    return readings;
}

static void write_one(const struct event_copy *copy, uint64_t time, ring_words_writer *writer,
                      void *context)
{
    struct pktmon_event event = copy->event;
    event.time = MAX(event.time, time);
    writer(context, &event);
}

static void write_notices(struct ring_words *words, uint64_t time, ring_words_writer *writer,
                          void *context)
{
    while (words->notices.length > 0 && words->used < words->room) {
        struct event_copy *copy = g_queue_pop_head(&words->notices);
        write_one(copy, time, writer, context);
        event_copy_unref(copy);
    }
}

void ring_words_begin_file(struct ring_words *words, uint64_t time, ring_words_writer *writer,
                           void *context)
{
    words->used = 0;
    write_notices(words, time, writer, context);
}

uint64_t ring_words_end(struct ring_words *words, uint64_t time, ring_words_writer *writer,
                        void *context)
{
    g_autoptr(GPtrArray) readings = sorted_readings(words);
    guint written = 0;
    words->used = 0;
    write_notices(words, time, writer, context);
    for (; written < readings->len && words->used < words->room; written++) {
        const struct waiting *waiting = g_ptr_array_index(readings, written);
        write_one(waiting->copy, time, writer, context);
    }
    return words->left_out + words->notices.length + readings->len - written;
}
