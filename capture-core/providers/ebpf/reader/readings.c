/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "readings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* The layout of one CPU's value in a map: 64-bit numbers, the last of which are times. */
struct reading_layout {
    size_t key_size;
    size_t numbers;
    size_t times;
};

/* Adds up the counts of all CPUs, and takes the newest times. */
static void add_up(uint64_t *sum, const uint64_t *values, const struct reading_layout *layout)
{
    int cpus = libbpf_num_possible_cpus();
    size_t counts = layout->numbers - layout->times;

    for (int cpu = 0; cpu < cpus; cpu++, values += layout->numbers) {
        for (size_t i = 0; i < counts; i++)
            sum[i] += values[i];
        for (size_t i = counts; i < layout->numbers; i++)
            sum[i] = MAX(sum[i], values[i]);
    }
}

/* Entries that are read at once; more where a bucket of the map has more. */
#define BATCH 512

struct reading_batch {
    uint32_t room;
    uint8_t *keys;
    uint64_t *values;
    size_t key_size, value_size; /* of all CPUs */
};

static void batch_resize(struct reading_batch *batch, uint32_t room)
{
    batch->room = room;
    batch->keys = g_realloc(batch->keys, room * batch->key_size);
    batch->values = g_realloc(batch->values, room * batch->value_size);
}

/* Calls take for all entries of a hash. The kernel iterates over buckets, so that no entry comes
 * twice even if others are deleted meanwhile. */
static void for_all(int map, size_t key_size, size_t value_size,
                    void (*take)(void *context, const uint8_t *key, const uint64_t *value),
                    void *context)
{
    struct reading_batch batch = {.key_size = key_size, .value_size = value_size};
    uint64_t place = 0;
    bool begun = false;
    int error = 0;

    batch_resize(&batch, BATCH);
    while (error == 0 || error == -ENOSPC) {
        uint32_t count = batch.room;

        error = bpf_map_lookup_batch(map, begun ? &place : NULL, &place, batch.keys, batch.values,
                                     &count, NULL);
        if (error == -ENOSPC) {
            batch_resize(&batch, batch.room * 2);
            continue;
        }
        if (error && error != -ENOENT) /* the last entries come with it */
            break;
        begun = true;
        for (uint32_t i = 0; i < count; i++)
            take(context, batch.keys + i * key_size,
                 (uint64_t *)((uint8_t *)batch.values + i * value_size));
    }
    g_free(batch.keys);
    g_free(batch.values);
}

struct map_reading {
    GArray *array;
    const struct reading_layout *layout;
};

static void take_sum(void *context, const uint8_t *key, const uint64_t *values)
{
    const struct map_reading *reading = context;
    size_t size = g_array_get_element_size(reading->array);
    uint8_t *element;

    g_array_set_size(reading->array, reading->array->len + 1);
    element = (uint8_t *)reading->array->data + (reading->array->len - 1) * size;
    memcpy(element, key, reading->layout->key_size);
    add_up((uint64_t *)(element + reading->layout->key_size), values, reading->layout);
}

/* Reads every entry of a per-CPU hash into an array of elements, each a key followed by its sum. */
static GArray *read_all(int map, const struct reading_layout *layout)
{
    size_t value_size = layout->numbers * sizeof(uint64_t);
    struct map_reading reading = {.layout = layout};

    reading.array = g_array_new(FALSE, TRUE, layout->key_size + value_size);
    for_all(map, layout->key_size, value_size * libbpf_num_possible_cpus(), take_sum, &reading);
    return reading.array;
}

static void take_device(void *context, const uint8_t *key, const uint64_t *value)
{
    (void)value;
    g_array_append_vals(context, key, 1);
}

GArray *ebpf_read_devices(int devices)
{
    GArray *keys = g_array_new(FALSE, FALSE, sizeof(struct device_key));

    for_all(devices, sizeof(struct device_key), sizeof(struct device_value), take_device, keys);
    return keys;
}

G_STATIC_ASSERT(sizeof(struct ebpf_edge_reading) ==
                sizeof(struct device_key) + sizeof(struct edge_counters));
G_STATIC_ASSERT(sizeof(struct ebpf_drop_reading) ==
                sizeof(struct drop_key) + sizeof(struct drop_counters));

GArray *ebpf_read_edges(int counters)
{
    static const struct reading_layout layout = {.key_size = sizeof(struct device_key),
                                                 .numbers =
                                                     sizeof(struct edge_counters) / sizeof(__u64)};

    return read_all(counters, &layout);
}

GArray *ebpf_read_drops(int drops)
{
    static const struct reading_layout layout = {.key_size = sizeof(struct drop_key),
                                                 .numbers =
                                                     sizeof(struct drop_counters) / sizeof(__u64),
                                                 .times = 1};

    return read_all(drops, &layout);
}

/* Reads the only element of a per-CPU array. */
static void read_one(int map, uint64_t *sum, size_t numbers)
{
    const struct reading_layout layout = {.numbers = numbers};
    g_autofree uint64_t *values = g_new0(uint64_t, libbpf_num_possible_cpus() * numbers);
    uint32_t zero = 0;

    if (bpf_map_lookup_elem(map, &zero, values) == 0)
        add_up(sum, values, &layout);
}

struct unaccounted ebpf_read_unaccounted(int unaccounted)
{
    struct unaccounted sum = {};

    read_one(unaccounted, (uint64_t *)&sum, sizeof(sum) / sizeof(__u64));
    return sum;
}

struct group_counts ebpf_read_groups(int group_counts)
{
    struct group_counts sum = {};

    read_one(group_counts, (uint64_t *)&sum, sizeof(sum) / sizeof(__u64));
    return sum;
}

struct own_counts ebpf_read_own(int own_counts)
{
    struct own_counts sum = {};

    read_one(own_counts, (uint64_t *)&sum, sizeof(sum) / sizeof(__u64));
    return sum;
}
