/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring-records.h"

#include "model/salted-hash.h"
#include "model/event-copy.h"

#define SHARE        4 /* these records may fill 1/SHARE of a file */
#define NOTICES_KEPT 256
#define KILOBYTE     1000

struct waiting_reading {
    guint64 key; /* component, edge and kind of counter */
    struct event_copy *copy;
};

static void waiting_free(void *data)
{
    struct waiting_reading *waiting = data;
    event_copy_unref(waiting->copy);
    g_free(waiting);
}

void cli_ring_records_init(struct cli_ring_records *records, struct file_sink *file,
                           const struct cli_file_limits *limits)
{
    *records = (struct cli_ring_records){
        .file = file,
        .room = limits->kilobytes ? limits->kilobytes * KILOBYTE / SHARE : UINT64_MAX,
        .readings = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, waiting_free),
    };
    g_queue_init(&records->notices);
}

void cli_ring_records_clear(struct cli_ring_records *records)
{
    g_clear_pointer(&records->readings, g_hash_table_unref);
    g_queue_clear_full(&records->notices, (GDestroyNotify)event_copy_unref);
}

static guint64 key_of(const struct pktmon_event *event)
{
    const struct pktmon_counters *counters = &event->counters;
    return (guint64)event->component << 32 | (guint64)counters->edge << 2 |
           (guint64)counters->has_flow << 1 | (guint64)counters->has_drops;
}

static void keep_reading(struct cli_ring_records *records, const struct pktmon_event *event)
{
    struct waiting_reading *waiting = g_new0(struct waiting_reading, 1);
    waiting->key = key_of(event);
    waiting->copy = event_copy_new(event);
    g_hash_table_replace(records->readings, &waiting->key, waiting);
}

static void keep_notice(struct cli_ring_records *records, const struct pktmon_event *event)
{
    g_queue_push_tail(&records->notices, event_copy_new(event));
    if (records->notices.length <= NOTICES_KEPT)
        return;
    event_copy_unref(g_queue_pop_head(&records->notices));
    records->left_out++;
}

/* A newer reading replaces one that waits. */
static bool admit_reading(struct cli_ring_records *records, const struct pktmon_event *event,
                          bool room)
{
    const guint64 key = key_of(event);
    if (room)
        g_hash_table_remove(records->readings, &key);
    else
        keep_reading(records, event);
    return room;
}

static bool admit_notice(struct cli_ring_records *records, const struct pktmon_event *event,
                         bool room)
{
    if (!room)
        keep_notice(records, event);
    return room;
}

/* The component is gone, and its id may be reused. */
static void forget_readings(struct cli_ring_records *records, uint32_t component)
{
    for (uint32_t edge_and_kind = 0; edge_and_kind < PKTMON_EDGE_COUNT << 2; edge_and_kind++) {
        const guint64 key = (guint64)component << 32 | edge_and_kind;
        g_hash_table_remove(records->readings, &key);
    }
}

bool cli_ring_records_admit(struct cli_ring_records *records, const struct pktmon_event *event,
                            bool full)
{
    bool room = !full && records->used < records->room;
    switch (event->record) {
    case PKTMON_RECORD_COMPONENT: /* the writer describes it before its first record */
        return file_sink_describes(records->file, event->component);
    case PKTMON_RECORD_COUNTERS:
        return admit_reading(records, event, room);
    case PKTMON_RECORD_RETIRED:
        forget_readings(records, event->component);
        return true;
    case PKTMON_RECORD_EVENT:
        return admit_notice(records, event, room);
    default:
        return true;
    }
}

void cli_ring_records_count(struct cli_ring_records *records, uint64_t bytes)
{
    records->used += bytes;
}

/* Components with packets in the file first, then by key. */
static int compare_waiting(const void *a, const void *b, void *file)
{
    const struct waiting_reading *left = *(void *const *)a, *right = *(void *const *)b;
    int difference = file_sink_has_packets_of(file, right->copy->event.component) -
                     file_sink_has_packets_of(file, left->copy->event.component);
    return difference ? difference : (left->key > right->key) - (left->key < right->key);
}

static GPtrArray *sorted_readings(struct cli_ring_records *records)
{
    GPtrArray *readings = g_ptr_array_new();
    GHashTableIter iterator;
    void *waiting;
    g_hash_table_iter_init(&iterator, records->readings);
    while (g_hash_table_iter_next(&iterator, NULL, &waiting))
        g_ptr_array_add(readings, waiting);
    g_ptr_array_sort_with_data(readings, compare_waiting, records->file);
    return readings;
}

static void write_one(const struct event_copy *copy, uint64_t time, cli_ring_records_writer *writer,
                      void *context)
{
    struct pktmon_event event = copy->event;
    event.time = MAX(event.time, time);
    writer(context, &event);
}

static void write_notices(struct cli_ring_records *records, uint64_t time,
                          cli_ring_records_writer *writer, void *context)
{
    while (records->notices.length > 0 && records->used < records->room) {
        struct event_copy *copy = g_queue_pop_head(&records->notices);
        write_one(copy, time, writer, context);
        event_copy_unref(copy);
    }
}

void cli_ring_records_begin_file(struct cli_ring_records *records, uint64_t time,
                                 cli_ring_records_writer *writer, void *context)
{
    records->used = 0;
    write_notices(records, time, writer, context);
}

uint64_t cli_ring_records_end(struct cli_ring_records *records, uint64_t time,
                              cli_ring_records_writer *writer, void *context)
{
    g_autoptr(GPtrArray) readings = sorted_readings(records);
    guint written = 0;
    records->used = 0;
    write_notices(records, time, writer, context);
    for (; written < readings->len && records->used < records->room; written++) {
        const struct waiting_reading *waiting = g_ptr_array_index(readings, written);
        write_one(waiting->copy, time, writer, context);
    }
    return records->left_out + records->notices.length + readings->len - written;
}
