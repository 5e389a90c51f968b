/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "components.h"

#include <glib.h>

#include "capture-map.h"
#include "compat.h"
#include "model/component-types.h"
#include "model/device-kinds.h"

/* A description is valid from its frame on. Live captures repeat descriptions every few seconds;
 * only those that differ from the previous one are kept. */
struct component {
    struct capture_map_key key;
    struct component_description first;
    const struct component_description *newest;
    wmem_tree_t *by_frame; /* of struct component_description */
};

static wmem_map_t *components;

void components_register(void)
{
    components = capture_map_new();
}

static struct component *find(uint64_t capture_id, uint32_t id)
{
    const struct capture_map_key key = {capture_id, id};

    return wmem_map_lookup(components, &key);
}

static struct component *add(uint64_t capture_id, uint32_t id)
{
    struct component *component = wmem_new0(wmem_file_scope(), struct component);

    component->key = (struct capture_map_key){capture_id, id};
    component->by_frame = wmem_tree_new(wmem_file_scope());
    wmem_map_insert(components, &component->key, component);
    return component;
}

/* The value of the property "kind"; NULL: the component is hardware, which has none. */
static const char *kind_of(const struct record *record, wmem_allocator_t *scope)
{
    unsigned size = tvb_captured_length(record->tvb);
    struct pktmon_metadata_reader reader;
    struct pktmon_metadata_field field;
    bool named = false;

    if (!pktmon_metadata_open(&reader, tvb_get_ptr(record->tvb, 0, (gint)size), size))
        return NULL;
    while (pktmon_metadata_next(&reader, &field)) {
        if (named && field.type == PKTMON_FIELD_PROPERTY_VALUE)
            return wmem_strndup(scope, (const char *)field.value, field.length);
        named = field.type == PKTMON_FIELD_PROPERTY_NAME &&
                field.length == strlen(COMPONENT_PROPERTY_KIND) &&
                memcmp(field.value, COMPONENT_PROPERTY_KIND, field.length) == 0;
    }
    return NULL;
}

static bool hands_out(const struct record *record, const char *type)
{
    const char *kind = kind_of(record, NULL);
    bool outward = device_hands_out(type, kind);

    wmem_free(NULL, (void *)kind);
    return outward;
}

static struct component_description read_description(const struct record *record,
                                                     wmem_allocator_t *scope)
{
    const char *type = record_string(record, PKTMON_FIELD_COMPONENT_TYPE, scope);

    return (struct component_description){
        .name = record_string(record, PKTMON_FIELD_COMPONENT_NAME, scope),
        .description = record_string(record, PKTMON_FIELD_COMPONENT_DESCRIPTION, scope),
        .type = type,
        .hands_out = hands_out(record, type),
    };
}

static bool is_same_description(const struct component_description *left,
                                const struct component_description *right)
{
    return g_strcmp0(left->name, right->name) == 0 &&
           g_strcmp0(left->description, right->description) == 0 &&
           g_strcmp0(left->type, right->type) == 0 && left->hands_out == right->hands_out;
}

static void keep_description(struct component *component, const struct record *record,
                             uint32_t frame)
{
    struct component_description *known = wmem_new(wmem_file_scope(), struct component_description);

    *known = read_description(record, wmem_file_scope());
    if (!component->newest)
        component->first = *known;
    component->newest = known;
    wmem_tree_insert32(component->by_frame, frame, known);
}

void components_learn(const struct record *record, const packet_info *pinfo)
{
    uint64_t capture_id = record_number(record, PKTMON_FIELD_CAPTURE_ID);
    uint32_t id = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT);
    struct component_description known;
    struct component *component;

    if (record->type != PKTMON_RECORD_COMPONENT || id == 0)
        return;
    component = find(capture_id, id);
    if (!component)
        component = add(capture_id, id);
    known = read_description(record, pinfo->pool);
    if (!component->newest || !is_same_description(component->newest, &known))
        keep_description(component, record, pinfo->num);
}

const struct component_description *components_find(uint64_t capture_id, uint32_t id,
                                                    uint32_t frame)
{
    struct component *component = find(capture_id, id);
    const struct component_description *known;

    if (!component)
        return NULL;
    known = wmem_tree_lookup32_le(component->by_frame, frame);
    return known ? known : &component->first;
}
