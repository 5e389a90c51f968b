/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-places.h"

#include "model/salted-hash.h"

struct etl_places {
    GHashTable *places;             /* uint64_t, in the place -> struct etl_place_entry */
    struct etl_place_entry *newest; /* because packets come in runs; NULL: none */
};

struct etl_place_entry {
    uint64_t key;
    struct etl_place place;
};

struct etl_places *etl_places_new(void)
{
    struct etl_places *places = g_new0(struct etl_places, 1);
    places->places = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, g_free);
    return places;
}

void etl_places_free(struct etl_places *places)
{
    if (!places)
        return;
    g_hash_table_destroy(places->places);
    g_free(places);
}

static struct etl_place_entry *get_entry(struct etl_places *places, uint32_t component,
                                         uint16_t link_type)
{
    uint64_t key = (uint64_t)component << 16 | link_type;
    if (places->newest && places->newest->key == key)
        return places->newest;
    struct etl_place_entry *entry = g_hash_table_lookup(places->places, &key);
    if (!entry) {
        entry = g_new0(struct etl_place_entry, 1);
        entry->key = key;
        entry->place = (struct etl_place){.component = component, .link_type = link_type};
        g_hash_table_insert(places->places, &entry->key, entry);
    }
    places->newest = entry;
    return entry;
}

void etl_places_count(struct etl_places *places, uint32_t component, uint16_t link_type,
                      bool dropped)
{
    struct etl_place_entry *entry = get_entry(places, component, link_type);
    entry->place.drops += dropped;
    entry->place.flow += !dropped;
}

static int compare_places(const void *a, const void *b)
{
    const struct etl_place *left = a, *right = b;
    if (left->component != right->component)
        return left->component < right->component ? -1 : 1;
    return (left->link_type > right->link_type) - (left->link_type < right->link_type);
}

GArray *etl_places_list(const struct etl_places *places)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct etl_place));
    GHashTableIter iterator;
    gpointer value;
    g_hash_table_iter_init(&iterator, places->places);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        g_array_append_val(list, ((struct etl_place_entry *)value)->place);
    g_array_sort(list, compare_places);
    return list;
}
