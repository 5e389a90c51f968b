/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "places.h"

#include <glib.h>

#include "captures.h"
#include "compat.h"
#include "components.h"
#include "fields.h"

static wmem_map_t *places;

static guint key_hash(gconstpointer key)
{
    return wmem_strong_hash(key, sizeof(struct place_key));
}

static gboolean key_equal(gconstpointer left, gconstpointer right)
{
    return memcmp(left, right, sizeof(struct place_key)) == 0;
}

void places_register(void)
{
    places = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), key_hash, key_equal);
}

static const char *edge_name(const struct record *record, uint32_t edge)
{
    if (record_has(record, PKTMON_FIELD_EDGE_NAME))
        return record_text(record, PKTMON_FIELD_EDGE_NAME, wmem_file_scope());
    return try_val_to_str(edge, field_edges);
}

static struct place *add_place(const struct place_key *key, const struct record *record,
                               const char *interface)
{
    struct place *place = wmem_new(wmem_file_scope(), struct place);

    *place = (struct place){
        .key = *key,
        .edge_name = edge_name(record, key->edge),
        .interface = interface ? wmem_strdup(wmem_file_scope(), interface) : NULL,
    };
    captures_number(key->capture_id); /* counts them in the order of the file */
    wmem_map_insert(places, &place->key, place);
    return place;
}

const struct place *places_get(const struct record *record, const char *interface)
{
    const struct place_key key = {
        .capture_id = record_number(record, PKTMON_FIELD_CAPTURE_ID),
        .component = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT),
        .edge = (uint32_t)record_number(record, PKTMON_FIELD_EDGE),
    };
    struct place *place = wmem_map_lookup(places, &key);

    return place ? place : add_place(&key, record, interface);
}

static const char *component_name(const struct place *place, uint32_t frame,
                                  wmem_allocator_t *scope)
{
    const struct component_words *words =
        components_find(place->key.capture_id, place->key.component, frame);
    const char *name = words && words->name ? words->name : place->interface;

    return name ? compat_format_text(scope, name)
                : wmem_strdup_printf(scope, "component %u", place->key.component);
}

const char *place_component_text(const struct place *place, uint32_t frame, wmem_allocator_t *scope)
{
    uint32_t capture = captures_number(place->key.capture_id);
    const char *name = component_name(place, frame, scope);

    return capture == 1 ? name : wmem_strdup_printf(scope, "%s (capture %u)", name, capture);
}

const char *place_text(const struct place *place, uint32_t frame, wmem_allocator_t *scope)
{
    const char *component = place_component_text(place, frame, scope);

    if (place->edge_name)
        return wmem_strdup_printf(scope, "%s %s", component, place->edge_name);
    if (place->key.edge != 0)
        return wmem_strdup_printf(scope, "%s edge %u", component, place->key.edge);
    return component;
}
