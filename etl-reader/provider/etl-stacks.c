/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of `pktmon list`: each adapter, its filters from the lowest up, its protocols; last,
 * the components that are not bound to an adapter.
 */
#include "catalogue.h"
#include "catalogue-private.h"
#include "model/salted-hash.h"

/* Most filters of one adapter that are ordered; Windows has some ten. */
#define MAX_HEIGHT 256

/* Rank in the stack of an adapter. */
enum etl_stack_rank {
    RANK_ADAPTER = 1,
    RANK_FILTER,
    RANK_PROTOCOL,
    RANK_OTHER,
};

struct etl_stack_entry {
    const struct etl_binding *binding;
    uint32_t adapter; /* id; UINT32_MAX = none, sorted last */
    enum etl_stack_rank rank;
    unsigned height; /* of a filter: number of filters below it */
};

static enum etl_stack_rank rank_of(const struct etl_binding *binding)
{
    static const enum etl_stack_rank ranks[] = {
        [ETL_COMPONENT_MINIPORT] = RANK_ADAPTER,  [ETL_COMPONENT_FILTER] = RANK_FILTER,
        [ETL_COMPONENT_PROTOCOL] = RANK_PROTOCOL, [ETL_COMPONENT_NETVSC] = RANK_ADAPTER,
        [ETL_COMPONENT_NETCX] = RANK_ADAPTER,
    };
    if (binding->id == binding->adapter)
        return RANK_ADAPTER;
    return binding->type < G_N_ELEMENTS(ranks) && ranks[binding->type] ? ranks[binding->type]
                                                                       : RANK_OTHER;
}

/* Filters by their own ifindex. */
static GHashTable *index_filters(const GArray *entries)
{
    GHashTable *filters = g_hash_table_new(salted_number, NULL);
    for (guint i = 0; i < entries->len; i++) {
        const struct etl_binding *binding =
            g_array_index(entries, struct etl_stack_entry, i).binding;
        if (binding->type == ETL_COMPONENT_FILTER && binding->ifindex)
            g_hash_table_insert(filters, GUINT_TO_POINTER(binding->ifindex), (gpointer)binding);
    }
    return filters;
}

/* A filter has the index of the interface right below it; the lowest one has none. A damaged log
 * may have a circle. */
static unsigned height_of(GHashTable *filters, const struct etl_binding *binding)
{
    unsigned height = 0;
    while (binding && binding->lower_ifindex && height < MAX_HEIGHT) {
        height++;
        binding = g_hash_table_lookup(filters, GUINT_TO_POINTER(binding->lower_ifindex));
    }
    return height;
}

static int compare_entries(const void *a, const void *b)
{
    const struct etl_stack_entry *left = a, *right = b;
    if (left->adapter != right->adapter)
        return left->adapter < right->adapter ? -1 : 1;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->height != right->height)
        return left->height < right->height ? -1 : 1;
    if (left->binding->type != right->binding->type && left->rank == RANK_ADAPTER)
        return left->binding->type < right->binding->type ? -1 : 1;
    return left->binding->id < right->binding->id ? -1 : 1;
}

static GArray *collect(const struct etl_catalogue *catalogue)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct etl_stack_entry));
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->bindings);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct etl_binding *binding = value;
        const struct etl_stack_entry entry = {.binding = binding,
                                              .adapter =
                                                  binding->adapter ? binding->adapter : UINT32_MAX,
                                              .rank = rank_of(binding)};
        g_array_append_val(entries, entry);
    }
    return entries;
}

GPtrArray *etl_catalogue_stacks(const struct etl_catalogue *catalogue)
{
    g_autoptr(GArray) entries = collect(catalogue);
    g_autoptr(GHashTable) filters = index_filters(entries);
    GPtrArray *stacks = g_ptr_array_sized_new(entries->len);
    for (guint i = 0; i < entries->len; i++) {
        struct etl_stack_entry *entry = &g_array_index(entries, struct etl_stack_entry, i);
        if (entry->rank == RANK_FILTER)
            entry->height = height_of(filters, entry->binding);
    }
    g_array_sort(entries, compare_entries);
    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(stacks,
                        (gpointer)g_array_index(entries, struct etl_stack_entry, i).binding);
    return stacks;
}
