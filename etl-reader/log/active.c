/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "active.h"

#include <stdlib.h>

#include "etl-reader/bytes.h"

/* Packed, because there may be very many. */
struct etl_record_place {
    uint64_t time; /* ns */
    uint32_t at;   /* of the record, in the buffer */
} __attribute__((packed, aligned(4)));

struct etl_buffer_reader {
    struct etl_buffer buffer;
    guint order;
    struct etl_bytes bytes;
    GArray *places; /* of struct etl_record_place, in the order of time */
    guint next;     /* index of the next record's place */
    uint64_t time;  /* of the next record */
};

struct etl_active {
    const GPtrArray *files;
    GPtrArray *heap; /* of struct etl_buffer_reader: the earliest next record first */
    struct etl_buffer_reader *exhausted; /* finished, but its last record is still in use */
    uint64_t loaded, max_loaded;
    struct etl_bytes spare; /* memory of the last finished buffer, for the next one */
    GArray *spare_places;
};

struct etl_walk etl_walk_over(const struct etl_file *file, const struct etl_buffer *buffer,
                              const struct etl_bytes *bytes)
{
    return (struct etl_walk){
        .file = file,
        .buffer = buffer,
        .data = bytes->data,
        .at = ETL_BUFFER_HEADER_SIZE,
        .end = MIN(buffer->valid, bytes->size),
        .last_time = etl_filetime_ns(file->header.start_filetime),
    };
}

bool etl_walk_next(struct etl_walk *walk, etl_record_reader *read, struct etl_record *record)
{
    if (walk->at >= walk->end)
        return false;
    switch (read(walk->data + walk->at, walk->end - walk->at, record)) {
    case ETL_PARSED:
        break;
    case ETL_PARSED_BAD:
        walk->bad = true;
        return false;
    case ETL_PARSED_END:
        return false;
    }
    if (record->has_time)
        walk->last_time = etl_clock_ns(&walk->file->clock, record->ticks);
    record->time = walk->last_time;
    record->cpu = walk->buffer->cpu;
    walk->at += etl_record_stride(record);
    return true;
}

struct etl_active *etl_active_new(const GPtrArray *files)
{
    struct etl_active *active = g_new0(struct etl_active, 1);
    active->files = files;
    active->max_loaded = UINT64_MAX;
    active->heap = g_ptr_array_new();
    return active;
}

void etl_active_set_memory(struct etl_active *active, uint64_t bytes)
{
    active->max_loaded = bytes;
}

static void free_reader(struct etl_buffer_reader *reader)
{
    if (!reader)
        return;
    etl_bytes_clear(&reader->bytes);
    if (reader->places)
        g_array_free(reader->places, TRUE);
    g_free(reader);
}

void etl_active_free(struct etl_active *active)
{
    if (!active)
        return;
    for (guint i = 0; i < active->heap->len; i++)
        free_reader(g_ptr_array_index(active->heap, i));
    g_ptr_array_free(active->heap, TRUE);
    free_reader(active->exhausted);
    etl_bytes_clear(&active->spare);
    if (active->spare_places)
        g_array_free(active->spare_places, TRUE);
    g_free(active);
}

static int compare_places(const void *a, const void *b)
{
    const struct etl_record_place *left = a, *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

/* A record gets its time before its room is reserved, so the record of an interrupt may precede the
 * one that it interrupted: records are nearly, but not always, sorted. */
static void find_places(struct etl_buffer_reader *reader, const struct etl_file *file)
{
    struct etl_walk walk = etl_walk_over(file, &reader->buffer, &reader->bytes);
    struct etl_record record;
    bool sorted = true;
    uint64_t last = 0;
    for (uint32_t at = (uint32_t)walk.at; etl_walk_next(&walk, etl_record_skim, &record);
         at = (uint32_t)walk.at) {
        struct etl_record_place place = {.time = record.time, .at = at};
        sorted &= place.time >= last;
        last = place.time;
        g_array_append_val(reader->places, place);
    }
    if (!sorted)
        qsort(reader->places->data, reader->places->len, sizeof(struct etl_record_place),
              compare_places);
}

static size_t memory_of(const struct etl_buffer_reader *reader)
{
    return reader->bytes.capacity + (size_t)reader->places->len * sizeof(struct etl_record_place);
}

static void load(struct etl_active *active, struct etl_buffer_reader *reader)
{
    const struct etl_file *file = g_ptr_array_index(active->files, reader->buffer.file);
    reader->bytes = active->spare;
    active->spare = (struct etl_bytes){0};
    reader->places = active->spare_places
                         ? active->spare_places
                         : g_array_sized_new(FALSE, FALSE, sizeof(struct etl_record_place),
                                             reader->buffer.records);
    active->spare_places = NULL;
    g_array_set_size(reader->places, 0);
    etl_file_load(file, &reader->buffer, &reader->bytes);
    find_places(reader, file);
    active->loaded += memory_of(reader);
}

static bool before(const struct etl_buffer_reader *left, const struct etl_buffer_reader *right)
{
    return left->time != right->time ? left->time < right->time : left->order < right->order;
}

static void sift_down(GPtrArray *heap)
{
    struct etl_buffer_reader **readers = (struct etl_buffer_reader **)heap->pdata;
    for (guint parent = 0;;) {
        guint child = 2 * parent + 1;
        if (child >= heap->len)
            return;
        if (child + 1 < heap->len && before(readers[child + 1], readers[child]))
            child++;
        if (!before(readers[child], readers[parent]))
            return;
        struct etl_buffer_reader *moved = readers[parent];
        readers[parent] = readers[child];
        readers[child] = moved;
        parent = child;
    }
}

static void push(GPtrArray *heap, struct etl_buffer_reader *reader)
{
    g_ptr_array_add(heap, reader);
    struct etl_buffer_reader **readers = (struct etl_buffer_reader **)heap->pdata;
    guint child = heap->len - 1;
    for (; child > 0 && before(reader, readers[(child - 1) / 2]); child = (child - 1) / 2)
        readers[child] = readers[(child - 1) / 2];
    readers[child] = reader;
}

static struct etl_buffer_reader *pop(GPtrArray *heap)
{
    struct etl_buffer_reader *first = g_ptr_array_index(heap, 0);
    g_ptr_array_remove_index_fast(heap, 0);
    sift_down(heap);
    return first;
}

/* Keeps the memory of a finished buffer, because most buffers have the same size. */
static void retire(struct etl_active *active, struct etl_buffer_reader *reader)
{
    active->loaded -= memory_of(reader);
    etl_bytes_clear(&active->spare);
    active->spare = reader->bytes;
    if (active->spare_places)
        g_array_free(active->spare_places, TRUE);
    active->spare_places = reader->places;
    g_free(reader);
}

void etl_active_add(struct etl_active *active, const struct etl_buffer *buffer, guint order)
{
    struct etl_buffer_reader *reader = g_new0(struct etl_buffer_reader, 1);
    reader->buffer = *buffer;
    reader->order = order;
    load(active, reader);
    if (reader->places->len == 0) {
        retire(active, reader);
        return;
    }
    reader->time = g_array_index(reader->places, struct etl_record_place, 0).time;
    push(active->heap, reader);
}

bool etl_active_is_full(const struct etl_active *active)
{
    return active->loaded >= active->max_loaded;
}

bool etl_active_is_empty(const struct etl_active *active)
{
    return active->heap->len == 0;
}

uint64_t etl_active_time(const struct etl_active *active)
{
    const struct etl_buffer_reader *reader = g_ptr_array_index(active->heap, 0);
    return reader->time;
}

/* Reads the record at its place again. Without a time of its own, it has that of the place. */
static bool read_record(const struct etl_buffer_reader *reader, struct etl_record *record)
{
    const struct etl_record_place *place =
        &g_array_index(reader->places, struct etl_record_place, reader->next);
    size_t end = MIN(reader->buffer.valid, reader->bytes.size);
    if (etl_record_parse(reader->bytes.data + place->at, end - place->at, record) != ETL_PARSED)
        return false;
    record->time = place->time;
    record->cpu = reader->buffer.cpu;
    return true;
}

bool etl_active_take(struct etl_active *active, struct etl_record *record)
{
    struct etl_buffer_reader *reader = g_ptr_array_index(active->heap, 0);
    /* The file may have been truncated since the scan. */
    bool there = reader->next < reader->places->len && read_record(reader, record);
    reader->next++;
    if (!there || reader->next >= reader->places->len) {
        active->exhausted = pop(active->heap);
        return there;
    }
    reader->time = g_array_index(reader->places, struct etl_record_place, reader->next).time;
    sift_down(active->heap);
    return true;
}

void etl_active_release(struct etl_active *active)
{
    if (active->exhausted)
        retire(active, active->exhausted);
    active->exhausted = NULL;
}
