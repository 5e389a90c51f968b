/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "readings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* What one CPU's value in a map consists of: numbers of 64 bits, the last of which are times. */
struct layout {
    size_t key_size;
    size_t numbers;
    size_t times;
};

/* Adds up what the CPUs counted, and finds the newest times. */
static void add_up(uint64_t *sum, const uint64_t *values, const struct layout *layout)
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

/* Reads every entry of a per-CPU hash into elements of key and sum, which lie one behind the
 * other. */
static GArray *read_all(int map, const struct layout *layout)
{
    size_t key_size = layout->key_size, value_size = layout->numbers * sizeof(uint64_t);
    GArray *readings = g_array_new(FALSE, TRUE, key_size + value_size);
    g_autofree uint64_t *values = g_malloc0(libbpf_num_possible_cpus() * value_size);
    g_autofree uint8_t *key = g_malloc0(key_size), *next = g_malloc0(key_size);
    const void *previous = NULL;

    while (bpf_map_get_next_key(map, previous, next) == 0) {
        memcpy(key, next, key_size);
        previous = key;
        if (bpf_map_lookup_elem(map, key, values))
            continue;
        g_array_set_size(readings, readings->len + 1);
        uint8_t *reading =
            (uint8_t *)readings->data + (readings->len - 1) * (key_size + value_size);
        memcpy(reading, key, key_size);
        add_up((uint64_t *)(reading + key_size), values, layout);
    }
    return readings;
}

G_STATIC_ASSERT(sizeof(struct edge_reading) ==
                sizeof(struct device_key) + sizeof(struct edge_counters));
G_STATIC_ASSERT(sizeof(struct drop_reading) ==
                sizeof(struct drop_key) + sizeof(struct drop_counters));

GArray *readings_edges(int counters)
{
    static const struct layout layout = {.key_size = sizeof(struct device_key),
                                         .numbers = sizeof(struct edge_counters) / sizeof(__u64)};

    return read_all(counters, &layout);
}

GArray *readings_drops(int drops)
{
    static const struct layout layout = {.key_size = sizeof(struct drop_key),
                                         .numbers = sizeof(struct drop_counters) / sizeof(__u64),
                                         .times = 1};

    return read_all(drops, &layout);
}

/* The one element of a per-CPU array. */
static void read_one(int map, uint64_t *sum, size_t numbers)
{
    const struct layout layout = {.numbers = numbers};
    g_autofree uint64_t *values = g_new0(uint64_t, libbpf_num_possible_cpus() * numbers);
    uint32_t zero = 0;

    if (bpf_map_lookup_elem(map, &zero, values) == 0)
        add_up(sum, values, &layout);
}

struct unaccounted readings_unaccounted(int unaccounted)
{
    struct unaccounted sum = {};

    read_one(unaccounted, (uint64_t *)&sum, sizeof(sum) / sizeof(__u64));
    return sum;
}

struct group_counts readings_groups(int group_counts)
{
    struct group_counts sum = {};

    read_one(group_counts, (uint64_t *)&sum, sizeof(sum) / sizeof(__u64));
    return sum;
}

struct own_counts readings_own(int own_counts)
{
    struct own_counts sum = {};

    read_one(own_counts, (uint64_t *)&sum, sizeof(sum) / sizeof(__u64));
    return sum;
}
