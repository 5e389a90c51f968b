/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "components.h"

#include <glib.h>

#include "compat.h"

struct component_key {
    uint64_t capture_id;
    uint64_t component;
};

/* A description holds from its frame on; live captures repeat descriptions every few seconds, so
 * only those that differ from the one before are kept. */
struct component {
    struct component_key key;
    struct component_words first;
    const struct component_words *newest;
    wmem_tree_t *by_frame; /* of struct component_words */
};

static wmem_map_t *components;

static guint key_hash(gconstpointer key)
{
    return wmem_strong_hash(key, sizeof(struct component_key));
}

static gboolean key_equal(gconstpointer left, gconstpointer right)
{
    return memcmp(left, right, sizeof(struct component_key)) == 0;
}

void components_register(void)
{
    components = wmem_map_new_autoreset(wmem_epan_scope(), wmem_file_scope(), key_hash, key_equal);
}

static struct component *find(uint64_t capture_id, uint32_t id)
{
    const struct component_key key = {capture_id, id};

    return wmem_map_lookup(components, &key);
}

static struct component *add(uint64_t capture_id, uint32_t id)
{
    struct component *component = wmem_new0(wmem_file_scope(), struct component);

    component->key = (struct component_key){capture_id, id};
    component->by_frame = wmem_tree_new(wmem_file_scope());
    wmem_map_insert(components, &component->key, component);
    return component;
}

/* Devices whose other end is a wire or a program. The others (veth, bridge, vlan, vxlan ...) hand
 * what they send to another part of the stack, where it may be seen again. */
static const char *const outward_kinds[] = {"physical", "tun", "tap", "macvtap", "ipvtap", NULL};

/* Value of the property "kind", which a device has that is not hardware; NULL where it has none. */
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
        named = field.type == PKTMON_FIELD_PROPERTY_NAME && field.length == strlen("kind") &&
                memcmp(field.value, "kind", strlen("kind")) == 0;
    }
    return NULL;
}

/* A bridge's port may be a device of any kind. */
static bool hands_out(const struct record *record, const char *type)
{
    const char *kind;
    bool outward;

    if (g_strcmp0(type, "bridge port") != 0)
        return type && g_strv_contains(outward_kinds, type);
    kind = kind_of(record, NULL);
    outward = !kind || g_strv_contains(outward_kinds, kind);
    wmem_free(NULL, (void *)kind);
    return outward;
}

static struct component_words read_words(const struct record *record, wmem_allocator_t *scope)
{
    const char *type = record_string(record, PKTMON_FIELD_COMPONENT_TYPE, scope);

    return (struct component_words){
        .name = record_string(record, PKTMON_FIELD_COMPONENT_NAME, scope),
        .description = record_string(record, PKTMON_FIELD_COMPONENT_DESCRIPTION, scope),
        .type = type,
        .hands_out = hands_out(record, type),
    };
}

static bool same_words(const struct component_words *left, const struct component_words *right)
{
    return g_strcmp0(left->name, right->name) == 0 &&
           g_strcmp0(left->description, right->description) == 0 &&
           g_strcmp0(left->type, right->type) == 0 && left->hands_out == right->hands_out;
}

static void keep_words(struct component *component, const struct record *record, uint32_t frame)
{
    struct component_words *words = wmem_new(wmem_file_scope(), struct component_words);

    *words = read_words(record, wmem_file_scope());
    if (!component->newest)
        component->first = *words;
    component->newest = words;
    wmem_tree_insert32(component->by_frame, frame, words);
}

void components_learn(const struct record *record, const packet_info *pinfo)
{
    uint64_t capture_id = record_number(record, PKTMON_FIELD_CAPTURE_ID);
    uint32_t id = (uint32_t)record_number(record, PKTMON_FIELD_COMPONENT);
    struct component_words words;
    struct component *component;

    if (record->type != PKTMON_RECORD_COMPONENT || id == 0)
        return;
    component = find(capture_id, id);
    if (!component)
        component = add(capture_id, id);
    words = read_words(record, pinfo->pool);
    if (!component->newest || !same_words(component->newest, &words))
        keep_words(component, record, pinfo->num);
}

const struct component_words *components_find(uint64_t capture_id, uint32_t id, uint32_t frame)
{
    struct component *component = find(capture_id, id);
    const struct component_words *words;

    if (!component)
        return NULL;
    words = wmem_tree_lookup32_le(component->by_frame, frame);
    return words ? words : &component->first;
}
