/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "readings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* Adds up what the CPUs counted, as numbers of 64 bits; width: bytes of one CPU's value. */
static void add_up(uint64_t *sum, const uint64_t *values, size_t width)
{
    int cpus = libbpf_num_possible_cpus();
    size_t numbers = width / sizeof(*sum);

    for (int cpu = 0; cpu < cpus; cpu++) {
        for (size_t i = 0; i < numbers; i++)
            sum[i] += values[cpu * numbers + i];
    }
}

/* Reads every entry of a per-CPU hash into elements of key and sum, which lie one behind the
 * other. */
static GArray *read_all(int map, size_t key_size, size_t value_size)
{
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
        add_up((uint64_t *)(reading + key_size), values, value_size);
    }
    return readings;
}

G_STATIC_ASSERT(sizeof(struct edge_reading) ==
                sizeof(struct device_key) + sizeof(struct edge_counters));
G_STATIC_ASSERT(sizeof(struct drop_reading) ==
                sizeof(struct drop_key) + sizeof(struct drop_counters));

GArray *readings_edges(int counters)
{
    return read_all(counters, sizeof(struct device_key), sizeof(struct edge_counters));
}

GArray *readings_drops(int drops)
{
    return read_all(drops, sizeof(struct drop_key), sizeof(struct drop_counters));
}

struct unaccounted readings_unaccounted(int unaccounted)
{
    g_autofree uint64_t *values =
        g_malloc0(libbpf_num_possible_cpus() * sizeof(struct unaccounted));
    struct unaccounted sum = {};
    uint32_t zero = 0;

    if (bpf_map_lookup_elem(unaccounted, &zero, values) == 0)
        add_up((uint64_t *)&sum, values, sizeof(sum));
    return sum;
}
