/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rings.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "provider.h"

/* A program takes the time and then writes its record: within this, but for a host that stops
 * the machine between the two. */
#define SETTLE_NS (5 * 1000 * 1000ULL)
/* What is known of a packet this much later decides what its records say (copies.h). */
#define LOOK_AHEAD_NS (10 * 1000 * 1000ULL)
#define HOLD_NS       (SETTLE_NS + LOOK_AHEAD_NS)

/* Bytes taken out of one ring at a time, so that memory does not grow with a backlog. */
#define PULL_BYTES (2 * 1024 * 1024)

struct entry {
    uint64_t time;
    size_t offset; /* of the record in bytes */
};

struct queue {
    struct rings *rings;
    struct ring_buffer *ring;
    int descriptor;
    GByteArray *bytes; /* records, each aligned to 8 */
    GArray *entries;   /* of struct entry, in the order of time */
    guint next;        /* entry that is due next */
    size_t pulled;     /* bytes, in this pull */
    bool drained;      /* the ring was empty at the end of this pull */
    uint64_t newest;   /* time of the newest record seen */
};

struct rings {
    unsigned int count;
    uint64_t watermark;
    rings_look_ahead *look_ahead;
    void *context;
    struct queue queues[RECORD_MAX_RINGS];
};

static bool is_well_formed(const struct packet_record *record, size_t size)
{
    return size >= sizeof(*record) && record->caplen <= size - sizeof(*record) &&
           record->caplen <= record->origlen;
}

/* Nearly always at the end: records of one ring come nearly in order. */
static void insert(struct queue *queue, uint64_t time, size_t offset)
{
    struct entry entry = {.time = time, .offset = offset};
    guint place = queue->entries->len;

    while (place > queue->next &&
           g_array_index(queue->entries, struct entry, place - 1).time > time)
        place--;
    g_array_insert_val(queue->entries, place, entry);
}

/* Called by libbpf for each record; less than 0 ends the pull after this one. */
static int take(void *context, void *data, size_t size)
{
    struct queue *queue = context;
    const struct packet_record *record = data;
    guint offset = queue->bytes->len;

    if (is_well_formed(record, size)) {
        g_byte_array_set_size(queue->bytes, offset + (size + 7) / 8 * 8);
        memcpy(queue->bytes->data + offset, data, size);
        insert(queue, record->time, offset);
        queue->rings->look_ahead(queue->rings->context, record);
        queue->newest = MAX(queue->newest, record->time);
    }
    queue->pulled += size;
    return queue->pulled < PULL_BYTES ? 0 : -EAGAIN;
}

/* Throws away what was delivered. */
static void compact(struct queue *queue)
{
    size_t first = queue->bytes->len;

    for (guint i = queue->next; i < queue->entries->len; i++)
        first = MIN(first, g_array_index(queue->entries, struct entry, i).offset);
    if (queue->next > 0)
        g_array_remove_range(queue->entries, 0, queue->next);
    queue->next = 0;
    if (first == 0)
        return;
    for (guint i = 0; i < queue->entries->len; i++)
        g_array_index(queue->entries, struct entry, i).offset -= first;
    memmove(queue->bytes->data, queue->bytes->data + first, queue->bytes->len - first);
    g_byte_array_set_size(queue->bytes, queue->bytes->len - first);
}

static void pull(struct queue *queue)
{
    compact(queue);
    queue->pulled = 0;
    queue->drained = ring_buffer__consume(queue->ring) >= 0;
}

bool rings_pull(struct rings *rings, uint64_t now)
{
    uint64_t oldest_to_come = now;
    bool any = false;

    for (unsigned int i = 0; i < rings->count; i++) {
        struct queue *queue = &rings->queues[i];

        pull(queue);
        any |= queue->pulled > 0;
        if (!queue->drained)
            oldest_to_come = MIN(oldest_to_come, queue->newest);
    }
    if (oldest_to_come > HOLD_NS)
        rings->watermark = MAX(rings->watermark, oldest_to_come - HOLD_NS);
    return any;
}

bool rings_have_more(const struct rings *rings)
{
    for (unsigned int i = 0; i < rings->count; i++) {
        if (!rings->queues[i].drained)
            return true;
    }
    return false;
}

void rings_finish(struct rings *rings)
{
    rings->watermark = UINT64_MAX;
}

const struct packet_record *rings_next(struct rings *rings)
{
    struct queue *oldest = NULL;
    uint64_t time = UINT64_MAX;

    for (unsigned int i = 0; i < rings->count; i++) {
        struct queue *queue = &rings->queues[i];
        const struct entry *entry;

        if (queue->next >= queue->entries->len)
            continue;
        entry = &g_array_index(queue->entries, struct entry, queue->next);
        if (entry->time < time) {
            oldest = queue;
            time = entry->time;
        }
    }
    if (!oldest || time > rings->watermark)
        return NULL;
    return (const void *)(oldest->bytes->data +
                          g_array_index(oldest->entries, struct entry, oldest->next++).offset);
}

uint64_t rings_watermark(const struct rings *rings)
{
    return rings->watermark;
}

struct rings *rings_new(const int *descriptors, unsigned int count, rings_look_ahead *look_ahead,
                        void *context, GError **error)
{
    struct rings *rings = g_new0(struct rings, 1);

    rings->count = count;
    rings->look_ahead = look_ahead;
    rings->context = context;
    for (unsigned int i = 0; i < count; i++) {
        struct queue *queue = &rings->queues[i];

        queue->rings = rings;
        queue->descriptor = descriptors[i];
        queue->bytes = g_byte_array_new();
        queue->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
        queue->ring = ring_buffer__new(descriptors[i], take, queue, NULL);
        if (!queue->ring) {
            g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                        "A ring buffer could not be mapped (%s): choose a smaller --buffer-size.",
                        g_strerror(errno));
            rings->count = i + 1;
            rings_free(rings);
            return NULL;
        }
    }
    return rings;
}

void rings_free(struct rings *rings)
{
    if (!rings)
        return;
    for (unsigned int i = 0; i < rings->count; i++) {
        struct queue *queue = &rings->queues[i];

        ring_buffer__free(queue->ring);
        close(queue->descriptor);
        g_byte_array_unref(queue->bytes);
        g_array_unref(queue->entries);
    }
    g_free(rings);
}
