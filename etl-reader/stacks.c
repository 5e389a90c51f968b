/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of `pktmon list`: each adapter, the filters above it from the lowest up, then the
 * protocols, and after all adapters what is bound to none.
 */
#include "catalogue-private.h"

/* Rank within an adapter's stack. */
enum rank {
    RANK_ADAPTER,
    RANK_FILTER,
    RANK_PROTOCOL,
    RANK_OTHER,
};

struct entry {
    const struct etl_binding *binding;
    uint32_t adapter; /* id of the adapter; UINT32_MAX = bound to none */
    enum rank rank;
    unsigned height; /* of a filter: how many filters are below */
};

static uint32_t adapter_of(const struct etl_catalogue *catalogue, const struct etl_binding *binding)
{
    const struct pktmon_component *component =
        pktmon_registry_find(catalogue->registry, binding->id);
    if (component && component->parent)
        return component->parent;
    return binding->ifindex && !binding->miniport_ifindex ? binding->id : UINT32_MAX;
}

static enum rank rank_of(const struct etl_binding *binding, uint32_t adapter)
{
    if (binding->id == adapter)
        return RANK_ADAPTER;
    if (binding->type == ETL_COMPONENT_FILTER)
        return RANK_FILTER;
    return binding->type == ETL_COMPONENT_PROTOCOL ? RANK_PROTOCOL : RANK_OTHER;
}

static const struct etl_binding *filter_with(const GArray *entries, uint32_t ifindex)
{
    for (guint i = 0; i < entries->len; i++) {
        const struct etl_binding *binding = g_array_index(entries, struct entry, i).binding;
        if (binding->type == ETL_COMPONENT_FILTER && binding->ifindex == ifindex)
            return binding;
    }
    return NULL;
}

/* A filter says which interface is right below it; the lowest filter says nothing. A damaged log
 * may have a circle: there are never more below than there are components. */
static unsigned height_of(const GArray *entries, const struct etl_binding *binding)
{
    unsigned height = 0;
    while (binding && binding->lower_ifindex && height < entries->len) {
        height++;
        binding = filter_with(entries, binding->lower_ifindex);
    }
    return height;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->adapter != right->adapter)
        return left->adapter < right->adapter ? -1 : 1;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->height != right->height)
        return left->height < right->height ? -1 : 1;
    return left->binding->id < right->binding->id ? -1 : 1;
}

static GArray *collect(const struct etl_catalogue *catalogue)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, catalogue->bindings);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct entry entry = {.binding = value, .adapter = adapter_of(catalogue, value)};
        entry.rank = rank_of(value, entry.adapter);
        g_array_append_val(entries, entry);
    }
    return entries;
}

GPtrArray *etl_catalogue_stacks(const struct etl_catalogue *catalogue)
{
    g_autoptr(GArray) entries = collect(catalogue);
    GPtrArray *stacks = g_ptr_array_sized_new(entries->len);
    for (guint i = 0; i < entries->len; i++) {
        struct entry *entry = &g_array_index(entries, struct entry, i);
        if (entry->rank == RANK_FILTER)
            entry->height = height_of(entries, entry->binding);
    }
    g_array_sort(entries, compare_entries);
    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(stacks, (gpointer)g_array_index(entries, struct entry, i).binding);
    return stacks;
}
