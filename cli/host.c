/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "pktmon/event.h"
#include "model/component-types.h"
#include "model/device-kinds.h"
#include "model/salted-hash.h"

/* Protocol layers of a namespace, from the devices up. */
static const char *const layer_types[] = {COMPONENT_TYPE_NETFILTER, COMPONENT_TYPE_ARP,
                                          COMPONENT_TYPE_IPV4, COMPONENT_TYPE_IPV6,
                                          COMPONENT_TYPE_SOCKETS};

/* State of the walk over the devices of one namespace. */
struct host_walk {
    struct cli_stacks *stacks;
    GHashTable *below, *above; /* id -> GArray of ids */
    GHashTable *devices;       /* ids to show */
    GHashTable *seen;          /* ids already visited */
};

static bool is_device(const struct pktmon_component *component)
{
    return pktmon_component_property(component, COMPONENT_PROPERTY_IFINDEX) != NULL;
}

static bool is_fallback(const struct pktmon_component *component)
{
    const char *slash = strrchr(component->name, '/');
    return device_is_fallback(component->type, slash ? slash + 1 : component->name);
}

static bool is_selected(const struct pktmon_component *component,
                        const struct cli_host_selection *selection)
{
    if (!component->name || (!selection->all && !is_device(component)))
        return false;
    if (selection->wants && !selection->wants(selection->context, component->id))
        return false;
    return selection->hidden || !(component->hidden || is_fallback(component));
}

static size_t layer_rank(const struct pktmon_component *component)
{
    size_t rank = 0;
    while (rank < G_N_ELEMENTS(layer_types) && g_strcmp0(component->type, layer_types[rank]) != 0)
        rank++;
    return rank;
}

static bool is_elsewhere(const struct pktmon_component *component)
{
    return g_strcmp0(component->type, COMPONENT_TYPE_KERNEL) == 0;
}

static int ifindex_of(const struct pktmon_component *component)
{
    const char *ifindex = pktmon_component_property(component, COMPONENT_PROPERTY_IFINDEX);
    return ifindex ? atoi(ifindex) : 0;
}

/* The own namespace first, then others by name, then components of no namespace; devices before
 * layers. */
static int compare_components(const void *a, const void *b)
{
    const struct pktmon_component *left = *(void *const *)a, *right = *(void *const *)b;
    int difference = is_elsewhere(left) - is_elsewhere(right);
    if (difference == 0)
        difference = strcmp(cli_text_or_empty(left->netns), cli_text_or_empty(right->netns));
    if (difference == 0)
        difference = is_device(right) - is_device(left);
    if (difference == 0)
        difference = (int)layer_rank(left) - (int)layer_rank(right);
    if (difference == 0)
        difference = ifindex_of(left) - ifindex_of(right);
    return difference ? difference : (left->id > right->id) - (left->id < right->id);
}

static void add_neighbour(GHashTable *neighbours, uint32_t component, uint32_t neighbour)
{
    GArray *ids = g_hash_table_lookup(neighbours, GUINT_TO_POINTER(component));
    if (!ids) {
        ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
        g_hash_table_insert(neighbours, GUINT_TO_POINTER(component), ids);
    }
    g_array_append_val(ids, neighbour);
}

static void bind_device(struct host_walk *walk, const struct pktmon_component *device)
{
    if (!device->parent)
        return;
    /* The parent of a stacked device is below it, that of a bridge or bond port above. */
    bool on_top = device_kind_has(device->type, DEVICE_STACKED);
    add_neighbour(walk->below, on_top ? device->id : device->parent,
                  on_top ? device->parent : device->id);
    add_neighbour(walk->above, on_top ? device->parent : device->id,
                  on_top ? device->id : device->parent);
}

static void walk_from(struct host_walk *walk, uint32_t device);

static void walk_neighbours(struct host_walk *walk, GHashTable *neighbours, uint32_t device)
{
    const GArray *ids = g_hash_table_lookup(neighbours, GUINT_TO_POINTER(device));
    for (guint i = 0; ids && i < ids->len; i++)
        walk_from(walk, g_array_index(ids, uint32_t, i));
}

/* Visits the devices below, the device, and the devices above it. The kernel stacks at most eight
 * devices; a visited one is not entered again. */
static void walk_from(struct host_walk *walk, uint32_t device)
{
    if (!g_hash_table_contains(walk->devices, GUINT_TO_POINTER(device)) ||
        !g_hash_table_add(walk->seen, GUINT_TO_POINTER(device)))
        return;
    walk_neighbours(walk, walk->below, device);
    cli_stacks_add(walk->stacks, device);
    walk_neighbours(walk, walk->above, device);
}

static void open_stack(struct cli_stacks *stacks, const struct pktmon_component *component)
{
    if (is_elsewhere(component)) {
        cli_stacks_open(stacks, "Elsewhere");
        return;
    }
    g_autofree char *heading = component->netns
                                   ? g_strdup_printf("Network namespace %s", component->netns)
                                   : g_strdup("This network namespace");
    cli_stacks_open(stacks, heading);
}

static bool same_stack(const struct pktmon_component *one, const struct pktmon_component *other)
{
    return is_elsewhere(one) == is_elsewhere(other) && g_strcmp0(one->netns, other->netns) == 0;
}

static GPtrArray *selected_components(const struct pktmon_registry *registry,
                                      const struct cli_host_selection *selection)
{
    g_autoptr(GPtrArray) all = pktmon_registry_list(registry);
    GPtrArray *selected = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++) {
        if (is_selected(g_ptr_array_index(all, i), selection))
            g_ptr_array_add(selected, g_ptr_array_index(all, i));
    }
    g_ptr_array_sort(selected, compare_components);
    return selected;
}

static struct host_walk walk_new(const struct pktmon_registry *registry,
                                 const GPtrArray *components)
{
    const GDestroyNotify free_ids = (GDestroyNotify)g_array_unref;
    struct host_walk walk = {.stacks = cli_stacks_new(registry),
                             .below = g_hash_table_new_full(salted_number, NULL, NULL, free_ids),
                             .above = g_hash_table_new_full(salted_number, NULL, NULL, free_ids),
                             .devices = g_hash_table_new(salted_number, NULL),
                             .seen = g_hash_table_new(salted_number, NULL)};
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        g_hash_table_add(walk.devices, GUINT_TO_POINTER(component->id));
        bind_device(&walk, component);
    }
    return walk;
}

struct cli_stacks *cli_host_build_stacks(const struct pktmon_registry *registry,
                                         const struct cli_host_selection *selection)
{
    g_autoptr(GPtrArray) components = selected_components(registry, selection);
    struct host_walk walk = walk_new(registry, components);
    const struct pktmon_component *previous = NULL;
    for (guint i = 0; i < components->len; i++) {
        const struct pktmon_component *component = g_ptr_array_index(components, i);
        if (!previous || !same_stack(previous, component))
            open_stack(walk.stacks, component);
        previous = component;
        walk_from(&walk, component->id);
    }
    g_hash_table_unref(walk.below);
    g_hash_table_unref(walk.above);
    g_hash_table_unref(walk.devices);
    g_hash_table_unref(walk.seen);
    return walk.stacks;
}

const uint16_t *cli_host_get_edges(const struct pktmon_component *component)
{
    static const uint16_t none[] = {PKTMON_EDGE_NONE};
    static const uint16_t of_devices[] = {PKTMON_EDGE_LOWER, PKTMON_EDGE_UPPER, PKTMON_EDGE_NONE};
    static const uint16_t of_sockets[] = {PKTMON_EDGE_LOWER, PKTMON_EDGE_NONE};
    static const uint16_t of_netfilter[] = {
#define X(NAME, ...) PKTMON_EDGE_##NAME,
        PKTMON_HOOK_EDGES(X) PKTMON_EDGE_NONE
#undef X
    };
    if (is_device(component))
        return of_devices;
    if (g_strcmp0(component->type, COMPONENT_TYPE_NETFILTER) == 0)
        return of_netfilter;
    return g_strcmp0(component->type, COMPONENT_TYPE_SOCKETS) == 0 ? of_sockets : none;
}
