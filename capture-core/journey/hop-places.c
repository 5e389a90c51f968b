/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hop-places.h"

#include <glib.h>
#include <string.h>

#include "model/salted-hash.h"

#define TABLE_ROW (4 * sizeof(void *)) /* bytes of a row in a hash table, about */
#define RECENT    64                   /* places that are found without the table */

struct journey_places {
    struct journey_describe describe;
    GHashTable *current;                  /* component -> struct journey_place */
    struct journey_place *recent[RECENT]; /* of these, by the component's lowest bits; NULL: none */
    size_t *size;
};

struct journey_places *journey_places_new(const struct journey_describe *describe, size_t *size)
{
    struct journey_places *places = g_new0(struct journey_places, 1);

    places->describe = *describe;
    places->current = g_hash_table_new(salted_number, g_direct_equal);
    places->size = size;
    return places;
}

void journey_places_free(struct journey_places *places)
{
    g_hash_table_unref(places->current);
    g_free(places);
}

static size_t size_of(const struct journey_place *place)
{
    return sizeof(*place) + TABLE_ROW + (place->name ? strlen(place->name) + 1 : 0);
}

static struct journey_place *make_place(struct journey_places *places, uint32_t component)
{
    const struct journey_describe *describe = &places->describe;
    const char *name = describe->name ? describe->name(describe->context, component) : NULL;
    size_t length = name ? strlen(name) + 1 : 0;
    struct journey_place *place = g_malloc(sizeof(*place) + length);

    *place = (struct journey_place){.component = component, .is_current = true};
    place->hands_out = describe->hands_out && describe->hands_out(describe->context, component);
    if (name)
        place->name = memcpy(place + 1, name, length);
    *places->size += size_of(place);
    g_hash_table_insert(places->current, GUINT_TO_POINTER(component), place);
    return place;
}

struct journey_place *journey_places_get(struct journey_places *places, uint32_t component)
{
    struct journey_place **recent = &places->recent[component % RECENT], *place = *recent;

    if (!place || place->component != component)
        place = g_hash_table_lookup(places->current, GUINT_TO_POINTER(component));
    if (!place)
        place = make_place(places, component);
    *recent = place;
    place->refs++;
    return place;
}

/* Nobody who asks gets it any more. */
static void retire(struct journey_places *places, struct journey_place *place)
{
    struct journey_place **recent = &places->recent[place->component % RECENT];

    if (*recent == place)
        *recent = NULL;
    place->is_current = false;
    g_hash_table_remove(places->current, GUINT_TO_POINTER(place->component));
}

void journey_places_renew(struct journey_places *places, uint32_t component)
{
    struct journey_place *place = g_hash_table_lookup(places->current, GUINT_TO_POINTER(component));

    if (place)
        retire(places, place);
}

void journey_places_unref(struct journey_places *places, struct journey_place *place)
{
    if (--place->refs > 0)
        return;
    if (place->is_current)
        retire(places, place);
    *places->size -= size_of(place);
    g_free(place);
}
