/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "salted.h"

/* Layers of a namespace, from the devices up. */
static const char *const layer_types[] = {"netfilter", "arp", "ipv4", "ipv6", "sockets"};

/* Their parent is the device below them; that of all others (ports of bridges and bonds) is above.
 */
static const char *const stacked_types[] = {"vlan",   "macvlan", "macvtap", "ipvlan",
                                            "ipvtap", "vxlan",   "geneve",  "gre",
                                            "gretap", "macsec",  NULL};

/* The walk over the devices of one namespace. */
struct walk {
    struct stacks *stacks;
    GHashTable *below, *above; /* id -> GArray of ids */
    GHashTable *devices;       /* ids that are to be shown */
    GHashTable *seen;          /* ids that were reached */
};

static bool is_device(const struct pktmon_component *component)
{
    return pktmon_component_property(component, "ifindex") != NULL;
}

/* Devices that modules of tunnels make in each namespace, whether or not anybody uses them. */
static bool is_fallback(const struct pktmon_component *component)
{
    static const struct {
        const char *type, *name;
    } fallbacks[] = {
        {"ipip", "tunl0"},     {"gre", "gre0"},       {"gretap", "gretap0"},
        {"erspan", "erspan0"}, {"vti", "ip_vti0"},    {"sit", "sit0"},
        {"ip6tnl", "ip6tnl0"}, {"ip6gre", "ip6gre0"}, {"vti6", "ip6_vti0"},
    };
    const char *slash = strrchr(component->name, '/');
    const char *name = slash ? slash + 1 : component->name;
    for (size_t i = 0; i < G_N_ELEMENTS(fallbacks); i++) {
        if (g_strcmp0(component->type, fallbacks[i].type) == 0 &&
            g_str_equal(name, fallbacks[i].name))
            return true;
    }
    return false;
}

static bool is_selected(const struct pktmon_component *component,
                        const struct host_selection *selection)
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
    return g_strcmp0(component->type, "kernel") == 0;
}

static int ifindex_of(const struct pktmon_component *component)
{
    const char *ifindex = pktmon_component_property(component, "ifindex");
    return ifindex ? atoi(ifindex) : 0;
}

/* Own namespace, others by name, what is of none; then devices before layers. */
static int compare_components(const void *a, const void *b)
{
    const struct pktmon_component *left = *(void *const *)a, *right = *(void *const *)b;
    int difference = is_elsewhere(left) - is_elsewhere(right);
    if (difference == 0)
        difference = strcmp(text_or_empty(left->netns), text_or_empty(right->netns));
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

static void bind_device(struct walk *walk, const struct pktmon_component *device)
{
    if (!device->parent)
        return;
    bool on_top = device->type && g_strv_contains(stacked_types, device->type);
    add_neighbour(walk->below, on_top ? device->id : device->parent,
                  on_top ? device->parent : device->id);
    add_neighbour(walk->above, on_top ? device->parent : device->id,
                  on_top ? device->id : device->parent);
}

static void walk_from(struct walk *walk, uint32_t device);

static void walk_neighbours(struct walk *walk, GHashTable *neighbours, uint32_t device)
{
    const GArray *ids = g_hash_table_lookup(neighbours, GUINT_TO_POINTER(device));
    for (guint i = 0; ids && i < ids->len; i++)
        walk_from(walk, g_array_index(ids, uint32_t, i));
}

/* All that is below the device, the device, all that is above it. The kernel allows eight devices
 * above each other; what was reached is not entered again. */
static void walk_from(struct walk *walk, uint32_t device)
{
    if (!g_hash_table_contains(walk->devices, GUINT_TO_POINTER(device)) ||
        !g_hash_table_add(walk->seen, GUINT_TO_POINTER(device)))
        return;
    walk_neighbours(walk, walk->below, device);
    stacks_add(walk->stacks, device);
    walk_neighbours(walk, walk->above, device);
}

static void open_stack(struct stacks *stacks, const struct pktmon_component *component)
{
    if (is_elsewhere(component)) {
        stacks_open(stacks, "Elsewhere");
        return;
    }
    g_autofree char *heading = component->netns
                                   ? g_strdup_printf("Network namespace %s", component->netns)
                                   : g_strdup("This network namespace");
    stacks_open(stacks, heading);
}

static bool same_stack(const struct pktmon_component *one, const struct pktmon_component *other)
{
    return is_elsewhere(one) == is_elsewhere(other) && g_strcmp0(one->netns, other->netns) == 0;
}

static GPtrArray *selected_components(const struct pktmon_registry *registry,
                                      const struct host_selection *selection)
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

static struct walk walk_new(const struct pktmon_registry *registry, const GPtrArray *components)
{
    const GDestroyNotify free_ids = (GDestroyNotify)g_array_unref;
    struct walk walk = {.stacks = stacks_new(registry),
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

struct stacks *host_stacks(const struct pktmon_registry *registry,
                           const struct host_selection *selection)
{
    g_autoptr(GPtrArray) components = selected_components(registry, selection);
    struct walk walk = walk_new(registry, components);
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

const struct host_edge *host_edges(const struct pktmon_component *component)
{
    static const struct host_edge none[] = {{0}};
    static const struct host_edge of_devices[] = {
        {PKTMON_EDGE_LOWER, "Lower"}, {PKTMON_EDGE_UPPER, "Upper"}, {0}};
    static const struct host_edge of_netfilter[] = {
        {PKTMON_EDGE_PREROUTING, "prerouting"},   {PKTMON_EDGE_INPUT, "input"},
        {PKTMON_EDGE_FORWARD, "forward"},         {PKTMON_EDGE_OUTPUT, "output"},
        {PKTMON_EDGE_POSTROUTING, "postrouting"}, {0}};
    static const struct host_edge of_sockets[] = {{PKTMON_EDGE_LOWER, "Lower"}, {0}};
    if (is_device(component))
        return of_devices;
    if (g_strcmp0(component->type, "netfilter") == 0)
        return of_netfilter;
    return g_strcmp0(component->type, "sockets") == 0 ? of_sockets : none;
}
