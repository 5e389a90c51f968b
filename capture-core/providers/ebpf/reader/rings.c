/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rings.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "pktmon/errors.h"

/* Records are delivered with what is known about the packet this much later (copies.h). */
#define LOOK_AHEAD_NS (10 * 1000 * 1000ULL)
#define HOLD_NS       (RINGS_SETTLE_NS + LOOK_AHEAD_NS)

/* Bytes read from one ring at a time, so that memory does not grow with a backlog. */
#define PULL_BYTES (2 * 1024 * 1024)

struct ring_entry {
    uint64_t time;
    size_t offset; /* of the record in bytes */
};

struct ring_queue {
    struct ebpf_rings *rings;
    struct ring_buffer *ring;
    int descriptor;
    GByteArray *bytes; /* records, each aligned to 8 */
    GArray *entries;   /* of struct ring_entry, in the order of time */
    guint next;        /* entry that is due next */
    size_t pulled;     /* bytes, in this pull */
    bool drained;      /* the ring was empty at the end of this pull */
    uint64_t newest;   /* time of the newest record seen */
};

struct ebpf_rings {
    unsigned int count;
    uint64_t watermark;
    ebpf_look_ahead *look_ahead;
    void *context;
    struct ring_queue queues[RECORD_MAX_RINGS];
};

static bool is_well_formed(const struct packet_record *record, size_t size)
{
    return size >= sizeof(*record) && record->caplen <= size - sizeof(*record) &&
           record->caplen <= record->origlen;
}

/* Inserts nearly always at the end: records of one ring are nearly in order. */
static void insert(struct ring_queue *queue, uint64_t time, size_t offset)
{
    struct ring_entry entry = {.time = time, .offset = offset};
    guint place = queue->entries->len;

    while (place > queue->next &&
           g_array_index(queue->entries, struct ring_entry, place - 1).time > time)
        place--;
    g_array_insert_val(queue->entries, place, entry);
}

/* Called by libbpf for each record; less than 0 ends the pull after this one. */
static int take(void *context, void *data, size_t size)
{
    struct ring_queue *queue = context;
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

/* Discards delivered records. */
static void compact(struct ring_queue *queue)
{
    size_t first = queue->bytes->len;

    for (guint i = queue->next; i < queue->entries->len; i++)
        first = MIN(first, g_array_index(queue->entries, struct ring_entry, i).offset);
    if (queue->next > 0)
        g_array_remove_range(queue->entries, 0, queue->next);
    queue->next = 0;
    if (first == 0)
        return;
    for (guint i = 0; i < queue->entries->len; i++)
        g_array_index(queue->entries, struct ring_entry, i).offset -= first;
    memmove(queue->bytes->data, queue->bytes->data + first, queue->bytes->len - first);
    g_byte_array_set_size(queue->bytes, queue->bytes->len - first);
}

static void pull(struct ring_queue *queue)
{
    compact(queue);
    queue->pulled = 0;
    queue->drained = ring_buffer__consume(queue->ring) >= 0;
}

bool ebpf_rings_pull(struct ebpf_rings *rings, uint64_t now)
{
    uint64_t oldest_to_come = now;
    bool any = false;

    for (unsigned int i = 0; i < rings->count; i++) {
        struct ring_queue *queue = &rings->queues[i];

        pull(queue);
        any |= queue->pulled > 0;
        if (!queue->drained)
            oldest_to_come = MIN(oldest_to_come, queue->newest);
    }
    if (oldest_to_come > HOLD_NS)
        rings->watermark = MAX(rings->watermark, oldest_to_come - HOLD_NS);
    return any;
}

bool ebpf_rings_has_more(const struct ebpf_rings *rings)
{
    for (unsigned int i = 0; i < rings->count; i++) {
        if (!rings->queues[i].drained)
            return true;
    }
    return false;
}

void ebpf_rings_finish(struct ebpf_rings *rings)
{
    rings->watermark = UINT64_MAX;
}

const struct packet_record *ebpf_rings_next(struct ebpf_rings *rings)
{
    struct ring_queue *oldest = NULL;
    uint64_t time = UINT64_MAX;

    for (unsigned int i = 0; i < rings->count; i++) {
        struct ring_queue *queue = &rings->queues[i];
        const struct ring_entry *entry;

        if (queue->next >= queue->entries->len)
            continue;
        entry = &g_array_index(queue->entries, struct ring_entry, queue->next);
        if (entry->time < time) {
            oldest = queue;
            time = entry->time;
        }
    }
    if (!oldest || time > rings->watermark)
        return NULL;
    return (const void *)(oldest->bytes->data +
                          g_array_index(oldest->entries, struct ring_entry, oldest->next++).offset);
}

uint64_t ebpf_rings_watermark(const struct ebpf_rings *rings)
{
    return rings->watermark;
}

struct ebpf_rings *ebpf_rings_new(const int *descriptors, unsigned int count,
                                  ebpf_look_ahead *look_ahead, void *context, GError **error)
{
    struct ebpf_rings *rings = g_new0(struct ebpf_rings, 1);

    rings->count = count;
    rings->look_ahead = look_ahead;
    rings->context = context;
    for (unsigned int i = 0; i < count; i++) {
        struct ring_queue *queue = &rings->queues[i];

        queue->rings = rings;
        queue->descriptor = descriptors[i];
        queue->bytes = g_byte_array_new();
        queue->entries = g_array_new(FALSE, FALSE, sizeof(struct ring_entry));
        queue->ring = ring_buffer__new(descriptors[i], take, queue, NULL);
        if (!queue->ring) {
            g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                        "A ring buffer could not be mapped (%s): choose a smaller buffer size.",
                        g_strerror(errno));
            rings->count = i + 1;
            ebpf_rings_free(rings);
            return NULL;
        }
    }
    return rings;
}

void ebpf_rings_free(struct ebpf_rings *rings)
{
    if (!rings)
        return;
    for (unsigned int i = 0; i < rings->count; i++) {
        struct ring_queue *queue = &rings->queues[i];

        ring_buffer__free(queue->ring);
        close(queue->descriptor);
        g_byte_array_unref(queue->bytes);
        g_array_unref(queue->entries);
    }
    g_free(rings);
}
