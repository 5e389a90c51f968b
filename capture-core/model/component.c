/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pktmon/component.h"

#include "model/registry-copy.h"

#include <string.h>

#include "printable.h"
#include "salted-hash.h"

struct pktmon_registry {
    GHashTable *components; /* id -> struct pktmon_component, owned */
};

static void property_free(void *data)
{
    struct pktmon_property *property = data;

    g_free(property->name);
    g_free(property->value);
    g_free(property);
}

static struct pktmon_component *component_new(uint32_t id)
{
    struct pktmon_component *component = g_new0(struct pktmon_component, 1);

    component->id = id;
    component->properties = g_ptr_array_new_with_free_func(property_free);
    return component;
}

static void component_free(void *data)
{
    struct pktmon_component *component = data;

    g_free(component->name);
    g_free(component->description);
    g_free(component->type);
    g_free(component->netns);
    g_ptr_array_unref(component->properties);
    g_free(component);
}

struct pktmon_registry *pktmon_registry_new(void)
{
    struct pktmon_registry *registry = g_new0(struct pktmon_registry, 1);

    registry->components = g_hash_table_new_full(salted_number, NULL, NULL, component_free);
    return registry;
}

void pktmon_registry_free(struct pktmon_registry *registry)
{
    if (!registry)
        return;
    g_hash_table_unref(registry->components);
    g_free(registry);
}

void pktmon_registry_clear(struct pktmon_registry *registry)
{
    g_hash_table_remove_all(registry->components);
}

void pktmon_registry_remove(struct pktmon_registry *registry, uint32_t id)
{
    g_hash_table_remove(registry->components, GUINT_TO_POINTER(id));
}

struct pktmon_component *pktmon_registry_get(struct pktmon_registry *registry, uint32_t id)
{
    struct pktmon_component *component;

    g_return_val_if_fail(id != 0, NULL);
    component = pktmon_registry_find(registry, id);
    if (!component) {
        component = component_new(id);
        g_hash_table_insert(registry->components, GUINT_TO_POINTER(id), component);
    }
    return component;
}

struct pktmon_component *pktmon_registry_find(const struct pktmon_registry *registry, uint32_t id)
{
    return g_hash_table_lookup(registry->components, GUINT_TO_POINTER(id));
}

static int compare_ids(const void *a, const void *b)
{
    const struct pktmon_component *left = *(struct pktmon_component *const *)a;
    const struct pktmon_component *right = *(struct pktmon_component *const *)b;

    return (left->id > right->id) - (left->id < right->id);
}

GPtrArray *pktmon_registry_list(const struct pktmon_registry *registry)
{
    GPtrArray *list = g_ptr_array_sized_new(g_hash_table_size(registry->components));
    GHashTableIter iter;
    void *component;

    g_hash_table_iter_init(&iter, registry->components);
    while (g_hash_table_iter_next(&iter, NULL, &component))
        g_ptr_array_add(list, component);
    g_ptr_array_sort(list, compare_ids);
    return list;
}

bool pktmon_component_set(char **field, const char *value)
{
    g_autofree char *clean = value ? printable(value, -1) : NULL;

    if (g_strcmp0(*field, clean) == 0)
        return false;
    g_free(*field);
    *field = g_steal_pointer(&clean);
    return true;
}

/* Index of the property, or the number of properties if none has that name. */
static guint find_property(const struct pktmon_component *component, const char *name)
{
    guint i = 0;

    while (i < component->properties->len) {
        const struct pktmon_property *property = g_ptr_array_index(component->properties, i);

        if (strcmp(property->name, name) == 0)
            break;
        i++;
    }
    return i;
}

bool pktmon_component_set_property(struct pktmon_component *component, const char *name,
                                   const char *value)
{
    guint i = find_property(component, name);
    struct pktmon_property *property;

    if (i < component->properties->len) {
        property = g_ptr_array_index(component->properties, i);
        if (value)
            return pktmon_component_set(&property->value, value);
        g_ptr_array_remove_index(component->properties, i);
        return true;
    }
    if (!value)
        return false;
    property = g_new0(struct pktmon_property, 1);
    pktmon_component_set(&property->name, name);
    pktmon_component_set(&property->value, value);
    g_ptr_array_add(component->properties, property);
    return true;
}

const char *pktmon_component_property(const struct pktmon_component *component, const char *name)
{
    guint i = find_property(component, name);
    const struct pktmon_property *property;

    if (i == component->properties->len)
        return NULL;
    property = g_ptr_array_index(component->properties, i);
    return property->value;
}

static void copy_properties(struct pktmon_component *to, const struct pktmon_component *from)
{
    g_ptr_array_set_size(to->properties, 0);
    for (guint i = 0; i < from->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(from->properties, i);

        pktmon_component_set_property(to, property->name, property->value);
    }
}

void registry_copy(struct pktmon_registry *to, const struct pktmon_component *component)
{
    struct pktmon_component *copy = pktmon_registry_get(to, component->id);

    copy->parent = component->parent;
    copy->has_mac = component->has_mac;
    memcpy(copy->mac, component->mac, sizeof(copy->mac));
    copy->speed = component->speed;
    copy->hidden = component->hidden;
    copy->gone = component->gone;
    pktmon_component_set(&copy->name, component->name);
    pktmon_component_set(&copy->description, component->description);
    pktmon_component_set(&copy->type, component->type);
    pktmon_component_set(&copy->netns, component->netns);
    copy->netns_inode = component->netns_inode;
    copy_properties(copy, component);
}

void registry_copy_all(struct pktmon_registry *to, const struct pktmon_registry *from)
{
    g_autoptr(GPtrArray) components = pktmon_registry_list(from);

    for (guint i = 0; i < components->len; i++)
        registry_copy(to, components->pdata[i]);
}

/* The component's name without the leading "<netns>/"; NULL if it has none. */
static const char *bare_name(const struct pktmon_component *component)
{
    size_t length = component->netns ? strlen(component->netns) : 0;

    if (length == 0 || strncmp(component->name, component->netns, length) != 0 ||
        component->name[length] != '/')
        return NULL;
    return component->name + length + 1;
}

bool pktmon_component_matches(const struct pktmon_component *component, const char *word)
{
    char id[sizeof("4294967295")];

    g_snprintf(id, sizeof(id), "%u", component->id);
    if (strcmp(id, word) == 0)
        return true;
    if (!component->name)
        return false;
    return strcmp(component->name, word) == 0 || g_strcmp0(bare_name(component), word) == 0;
}
