/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "places.h"

#include <glib.h>

#include "captures.h"
#include "compat.h"
#include "components.h"
#include "fields.h"

static wmem_map_t *places;
static wmem_map_t *names; /* of components; a text -> itself */

static guint key_hash(gconstpointer key)
{
    return wmem_strong_hash(key, sizeof(struct record_place_key));
}

static gboolean key_equal(gconstpointer left, gconstpointer right)
{
    return memcmp(left, right, sizeof(struct record_place_key)) == 0;
}

void places_register(void)
{
    places = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), key_hash, key_equal);
    names =
        wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), wmem_str_hash, g_str_equal);
}

/* NULL: no name. */
static const char *keep_name(const char *name)
{
    char *kept = name ? wmem_map_lookup(names, name) : NULL;

    if (name && !kept) {
        kept = wmem_strdup(wmem_file_scope(), name);
        wmem_map_insert(names, kept, kept);
    }
    return kept;
}

/* edge_name, interface: NULL: none. */
static const struct record_place *get_place(const struct record_place_key *key,
                                            const char *edge_name, const char *interface)
{
    struct record_place *place = wmem_map_lookup(places, key);

    if (place)
        return place;
    place = wmem_new(wmem_file_scope(), struct record_place);
    *place = (struct record_place){
        .key = *key,
        .edge_name = edge_name ? compat_format_text(wmem_file_scope(), edge_name) : NULL,
        .interface = interface ? wmem_strdup(wmem_file_scope(), interface) : NULL,
    };
    captures_number(key->capture_id); /* numbers captures in the order of the file */
    wmem_map_insert(places, &place->key, place);
    return place;
}

const struct record_place *places_of_record(const struct record *record)
{
    const struct record_place_key key = {
        .capture_id = record_number(record, PKTMON_FIELD_CAPTURE_ID),
        .component = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT),
        .edge = (uint32_t)record_number(record, PKTMON_FIELD_EDGE),
    };
    char *given = (char *)record_string(record, PKTMON_FIELD_EDGE_NAME, NULL);
    const struct record_place *place =
        get_place(&key, given ? given : try_val_to_str(key.edge, field_edges), NULL);

    wmem_free(NULL, given);
    return place;
}

const struct record_place *places_of_hop(const struct frame_hops *hops, const struct frame_hop *hop,
                                         const char *interface)
{
    bool is_journey = hops->view == PKTMON_VIEW_PACKETS;
    const struct record_place_key key = {
        .capture_id = hops->capture_id,
        .component = hop->event.component,
        .edge = hop->event.packet.edge,
        .name = is_journey ? keep_name(hop->name) : NULL,
    };

    return get_place(&key, hop->edge_name, is_journey ? NULL : interface);
}

static const char *component_name(const struct record_place *place, uint32_t frame,
                                  wmem_allocator_t *scope)
{
    const char *name = place->key.name;

    if (!name) {
        const struct component_description *known =
            components_find(place->key.capture_id, place->key.component, frame);

        name = known && known->name ? known->name : place->interface;
    }

    return name ? compat_format_text(scope, name)
                : wmem_strdup_printf(scope, "component %u", place->key.component);
}

const char *places_component_text(const struct record_place *place, uint32_t frame,
                                  wmem_allocator_t *scope)
{
    uint32_t capture = captures_number(place->key.capture_id);
    const char *name = component_name(place, frame, scope);

    return capture == 1 ? name : wmem_strdup_printf(scope, "%s (capture %u)", name, capture);
}

const char *places_text(const struct record_place *place, uint32_t frame, wmem_allocator_t *scope)
{
    const char *component = places_component_text(place, frame, scope);

    if (place->edge_name)
        return wmem_strdup_printf(scope, "%s %s", component, place->edge_name);
    if (place->key.edge != 0)
        return wmem_strdup_printf(scope, "%s edge %u", component, place->key.edge);
    return component;
}
