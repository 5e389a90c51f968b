/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sums.h"

#include <glib.h>
#include <string.h>

#include "model/salted-hash.h"

static void sum_free(void *data)
{
    struct ebpf_component_sum *sum = data;

    g_array_unref(sum->edges);
    g_array_unref(sum->reasons);
    g_free(sum);
}

GHashTable *ebpf_sums_new(void)
{
    return g_hash_table_new_full(salted_number, NULL, NULL, sum_free);
}

GHashTable *ebpf_sums_copy(GHashTable *sums)
{
    GHashTable *copy = ebpf_sums_new();
    GHashTableIter iterator;
    void *component, *value;

    g_hash_table_iter_init(&iterator, sums);
    while (g_hash_table_iter_next(&iterator, &component, &value)) {
        const struct ebpf_component_sum *from = value;
        struct ebpf_component_sum *to = ebpf_sums_get(copy, GPOINTER_TO_UINT(component));

        g_array_append_vals(to->edges, from->edges->data, from->edges->len);
        g_array_append_vals(to->reasons, from->reasons->data, from->reasons->len);
        to->drops_lost = from->drops_lost;
        to->in_xdp = from->in_xdp;
        to->frames = from->frames;
    }
    return copy;
}

struct ebpf_component_sum *ebpf_sums_get(GHashTable *sums, uint32_t component)
{
    struct ebpf_component_sum *sum = g_hash_table_lookup(sums, GUINT_TO_POINTER(component));

    if (sum)
        return sum;
    sum = g_new0(struct ebpf_component_sum, 1);
    sum->edges = g_array_new(FALSE, TRUE, sizeof(struct ebpf_edge_sum));
    sum->reasons = g_array_new(FALSE, TRUE, sizeof(struct ebpf_reason_sum));
    g_hash_table_insert(sums, GUINT_TO_POINTER(component), sum);
    return sum;
}

static struct ebpf_edge_sum *edge_of(struct ebpf_component_sum *sum, uint16_t edge)
{
    const struct ebpf_edge_sum none = {.edge = edge};

    for (guint i = 0; i < sum->edges->len; i++) {
        struct ebpf_edge_sum *known = &g_array_index(sum->edges, struct ebpf_edge_sum, i);

        if (known->edge == edge)
            return known;
    }
    g_array_append_val(sum->edges, none);
    return &g_array_index(sum->edges, struct ebpf_edge_sum, sum->edges->len - 1);
}

static struct ebpf_reason_sum *reason_of(struct ebpf_component_sum *sum, const char *name)
{
    const struct ebpf_reason_sum none = {.count.reason = name};

    for (guint i = 0; i < sum->reasons->len; i++) {
        struct ebpf_reason_sum *reason = &g_array_index(sum->reasons, struct ebpf_reason_sum, i);

        if (strcmp(reason->count.reason, name) == 0)
            return reason;
    }
    g_array_append_val(sum->reasons, none);
    return &g_array_index(sum->reasons, struct ebpf_reason_sum, sum->reasons->len - 1);
}

void ebpf_sum_add_edge(struct ebpf_component_sum *sum, uint16_t edge,
                       const struct edge_counters *counters)
{
    struct edge_counters *all = &edge_of(sum, edge)->counters;

    for (int direction = 0; direction < RECORD_DIRECTIONS; direction++) {
        all->packets[direction] += counters->packets[direction];
        all->bytes[direction] += counters->bytes[direction];
    }
    all->lost += counters->lost;
}

void ebpf_sum_take_back(struct ebpf_component_sum *sum, uint16_t edge,
                        const struct drop_counters *drops)
{
    struct ebpf_edge_sum *of_edge = edge_of(sum, edge);

    of_edge->taken_back.packets += drops->packets;
    of_edge->taken_back.bytes += drops->bytes;
}

void ebpf_sum_add_drops(struct ebpf_component_sum *sum, const struct ebpf_drop_part *part)
{
    struct ebpf_reason_sum *reason = reason_of(sum, part->reason);
    struct pktmon_drop_count *count = &reason->count;
    bool received = part->direction == RECORD_RX;

    *(received ? &count->packets_in : &count->packets_out) += part->counters.packets;
    *(received ? &count->bytes_in : &count->bytes_out) += part->counters.bytes;
    reason->newest = MAX(reason->newest, part->counters.newest);
    sum->drops_lost += part->counters.lost;
    if (part->in_xdp)
        sum->in_xdp += part->counters.packets;
}

uint64_t ebpf_sum_lost(const struct ebpf_component_sum *sum)
{
    uint64_t lost = sum->drops_lost;

    for (guint i = 0; i < sum->edges->len; i++)
        lost += g_array_index(sum->edges, struct ebpf_edge_sum, i).counters.lost;
    return lost;
}
