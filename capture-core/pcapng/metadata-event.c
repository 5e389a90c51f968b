/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metadata-event.h"

#include <stdio.h>
#include <string.h>

#include "event-fields.h"
#include "model/edges.h"
#include "model/printable.h"

#define MAX_PROPERTIES 256 /* of a component; each is looked for among all */

uint64_t pcapng_record_number(const struct pktmon_metadata_reader *record, enum pktmon_field field)
{
    struct pktmon_metadata_reader reader = *record;
    struct pktmon_metadata_field found;

    while (pktmon_metadata_next(&reader, &found))
        if (found.type == field && found.kind != PKTMON_KIND_NONE)
            return found.number;
    return 0;
}

/* A text ends at its first zero byte. */
static const char *keep_text(struct metadata_memory *memory,
                             const struct pktmon_metadata_field *field)
{
    size_t size = strnlen((const char *)field->value, field->length);
    char *text = memory->texts + memory->used;

    if (size >= sizeof(memory->texts) - memory->used)
        return NULL;
    memcpy(text, field->value, size);
    text[size] = '\0';
    memory->used += size + 1;
    return text;
}

/* The usual name of an edge is not kept, as an event does not have it either. */
static const char *keep_edge_name(struct metadata_memory *memory, uint16_t edge,
                                  const struct pktmon_metadata_field *field)
{
    const char *name = keep_text(memory, field);

    return g_strcmp0(name, edge_common_name(edge)) == 0 ? NULL : name;
}

static void keep_nbl(struct metadata_memory *memory, const struct pktmon_metadata_field *field)
{
    if (memory->nbl.count == METADATA_MAX_NBL || field->type < PKTMON_FIELD_NBL_GROUP ||
        field->type > PKTMON_FIELD_NBL_WIFI)
        return;
    memory->nbl_values[memory->nbl.count++] = (struct pktmon_nbl_value){
        .field = (enum pktmon_field)field->type,
        .number = field->number,
        .text = field->kind == PKTMON_KIND_STRING ? keep_text(memory, field) : NULL,
    };
}

/* Rows of event-fields.h, in a switch over the type of "field", which set a member of "to". */
#define GET_NUMBER(FIELD, member)                                                                  \
    case PKTMON_FIELD_##FIELD:                                                                     \
        to->member = (__typeof__(to->member))field->number;                                        \
        break;
#define GET_KNOWN(FIELD, member, known)                                                            \
    case PKTMON_FIELD_##FIELD:                                                                     \
        to->member = (__typeof__(to->member))field->number;                                        \
        to->known = true;                                                                          \
        break;
#define GET_TEXT(FIELD, member)                                                                    \
    case PKTMON_FIELD_##FIELD:                                                                     \
        to->member = keep_text(memory, field);                                                     \
        break;

static void get_packet(struct metadata_memory *memory, const struct pktmon_metadata_field *field,
                       struct pktmon_event *event)
{
    struct pktmon_packet *to = &event->packet;

    switch (field->type) {
        EVENT_PACKET_FIELDS(GET_NUMBER, GET_NUMBER, GET_KNOWN)
        EVENT_DROP_FIELDS(GET_NUMBER, GET_NUMBER, GET_TEXT)
        EVENT_CONTEXT_FIELDS(GET_NUMBER, GET_TEXT)
        GET_NUMBER(EDGE, edge)
        GET_NUMBER(CPU, cpu)
    case PKTMON_FIELD_COMPONENT:
        event->component = (uint32_t)field->number;
        break;
    case PKTMON_FIELD_EDGE_NAME:
        to->edge_name = keep_edge_name(memory, to->edge, field);
        break;
    default:
        keep_nbl(memory, field);
    }
}

/* Which counters a reading has is told by those of which no row is missing. */
static void get_counters(struct metadata_memory *memory, const struct pktmon_metadata_field *field,
                         struct pktmon_event *event)
{
    struct pktmon_counters *to = &event->counters;

    to->has_flow |= field->type == PKTMON_FIELD_PACKETS_IN;
    to->has_drops |= field->type == PKTMON_FIELD_DROPS_IN;
    switch (field->type) {
        EVENT_FLOW_FIELDS(GET_NUMBER, GET_NUMBER)
        EVENT_DROPS_FIELDS(GET_NUMBER)
        EVENT_READING_FIELDS(GET_NUMBER, GET_TEXT)
        GET_NUMBER(EDGE, edge)
    case PKTMON_FIELD_COMPONENT:
        event->component = (uint32_t)field->number;
        break;
    case PKTMON_FIELD_EDGE_NAME:
        to->edge_name = keep_edge_name(memory, to->edge, field);
        break;
    }
}

static void get_filter(struct metadata_memory *memory, const struct pktmon_metadata_field *field,
                       struct pktmon_event *event)
{
    struct pktmon_filter_description *to = &event->filter;

    switch (field->type) {
        EVENT_FILTER_FIELDS(GET_NUMBER, GET_TEXT)
    }
}

static void get_notice(struct metadata_memory *memory, const struct pktmon_metadata_field *field,
                       struct pktmon_event *event)
{
    struct pktmon_notice *to = &event->notice;

    switch (field->type) {
        EVENT_NOTICE_FIELDS(GET_NUMBER, GET_NUMBER, GET_TEXT)
    case PKTMON_FIELD_COMPONENT:
        event->component = (uint32_t)field->number;
        break;
    }
}

bool pcapng_record_get_event(struct pktmon_metadata_reader *record, struct metadata_memory *memory,
                             struct pktmon_event *event)
{
    typedef void field_getter(struct metadata_memory *, const struct pktmon_metadata_field *,
                              struct pktmon_event *);
    static field_getter *const getters[] = {
        [PKTMON_RECORD_PACKET] = get_packet,
        [PKTMON_RECORD_COUNTERS] = get_counters,
        [PKTMON_RECORD_FILTER] = get_filter,
        [PKTMON_RECORD_EVENT] = get_notice,
    };
    struct pktmon_metadata_field field;

    if (record->record >= G_N_ELEMENTS(getters) || !getters[record->record])
        return false;
    event->record = (enum pktmon_record)record->record;
    memory->used = 0;
    memory->nbl = (struct pktmon_nbl){.values = memory->nbl_values};
    if (event->record == PKTMON_RECORD_PACKET)
        event->packet.cpu = -1;
    while (pktmon_metadata_next(record, &field))
        if (field.kind != PKTMON_KIND_NONE)
            getters[record->record](memory, &field, event);
    if (event->record == PKTMON_RECORD_PACKET && memory->nbl.count > 0)
        event->packet.nbl = &memory->nbl;
    return true;
}

/* --- descriptions --- */

static char *text_of(const struct pktmon_metadata_field *field)
{
    return printable((const char *)field->value, (gssize)field->length);
}

static void set_mac(struct pktmon_component *component, const char *value)
{
    unsigned mac[6];

    if (sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
               &mac[5]) != 6)
        return;
    component->has_mac = true;
    for (size_t i = 0; i < sizeof(component->mac); i++)
        component->mac[i] = (uint8_t)mac[i];
}

/* Also the members that were written as properties. */
static void set_property(struct pktmon_component *component, const char *name, const char *value)
{
    if (g_str_equal(name, EVENT_MAC_PROPERTY))
        set_mac(component, value);
    else if (g_str_equal(name, EVENT_SPEED_PROPERTY))
        component->speed = g_ascii_strtoull(value, NULL, 10);
    pktmon_component_set_property(component, name, value);
}

/* What a record says of a component, in texts of their own. */
struct component_texts {
    char *name, *description, *type, *netns;
    uint32_t parent;
    GPtrArray *properties; /* of char *: names and values by turns; owned */
};

#define TAKE_TEXT(FIELD, member)                                                                   \
    case PKTMON_FIELD_##FIELD:                                                                     \
        g_free(to->member);                                                                        \
        to->member = text_of(field);                                                               \
        break;

/* False: a name without its value, the inverse, or too many. */
static bool take_property(GPtrArray *properties, const struct pktmon_metadata_field *field)
{
    bool is_value = properties->len % 2 == 1;

    if (is_value != (field->type == PKTMON_FIELD_PROPERTY_VALUE) ||
        properties->len == 2 * MAX_PROPERTIES)
        return false;
    g_ptr_array_add(properties, text_of(field));
    return true;
}

static bool take_component(struct component_texts *to, const struct pktmon_metadata_field *field)
{
    switch (field->type) {
        EVENT_COMPONENT_FIELDS(GET_NUMBER, TAKE_TEXT)
    case PKTMON_FIELD_PROPERTY_NAME:
    case PKTMON_FIELD_PROPERTY_VALUE:
        return take_property(to->properties, field);
    }
    return true;
}

static bool has_properties(const struct pktmon_component *component, const GPtrArray *texts)
{
    bool same = component->properties->len == texts->len / 2;

    for (guint i = 0; same && i < component->properties->len; i++) {
        const struct pktmon_property *property = g_ptr_array_index(component->properties, i);

        same = g_strcmp0(property->name, g_ptr_array_index(texts, 2 * i)) == 0 &&
               g_strcmp0(property->value, g_ptr_array_index(texts, 2 * i + 1)) == 0;
    }
    return same;
}

/* These, in this order, and no others. */
static bool set_properties(struct pktmon_component *component, const GPtrArray *texts)
{
    if (has_properties(component, texts))
        return false;
    g_ptr_array_set_size(component->properties, 0);
    for (guint i = 0; i + 1 < texts->len; i += 2)
        set_property(component, g_ptr_array_index(texts, i), g_ptr_array_index(texts, i + 1));
    return true;
}

#define SET_NUMBER(FIELD, member)                                                                  \
    changed |= component->member != from.member;                                                   \
    component->member = from.member;
#define SET_TEXT(FIELD, member) changed |= pktmon_component_set(&component->member, from.member);
#define FREE_NUMBER(FIELD, member)
#define FREE_TEXT(FIELD, member) g_free(from.member);

bool pcapng_record_get_component(struct pktmon_metadata_reader *record,
                                 struct pktmon_component *component)
{
    g_autoptr(GPtrArray) properties = g_ptr_array_new_with_free_func(g_free);
    struct component_texts from = {.properties = properties};
    struct pktmon_metadata_field field;
    bool changed = false;

    while (pktmon_metadata_next(record, &field))
        if (field.kind != PKTMON_KIND_NONE)
            record->malformed |= !take_component(&from, &field);
    EVENT_COMPONENT_FIELDS(SET_NUMBER, SET_TEXT)
    changed |= set_properties(component, properties);
    EVENT_COMPONENT_FIELDS(FREE_NUMBER, FREE_TEXT)
    return changed;
}

static bool set_missing(struct pktmon_capture_info *capture, GPtrArray *missing)
{
    bool same = capture->missing->len == missing->len;

    for (guint i = 0; same && i < missing->len; i++)
        same = g_str_equal(g_ptr_array_index(missing, i), g_ptr_array_index(capture->missing, i));
    if (same)
        return false;
    g_ptr_array_set_size(capture->missing, 0);
    for (guint i = 0; i < missing->len; i++)
        g_ptr_array_add(capture->missing, g_strdup(g_ptr_array_index(missing, i)));
    return true;
}

#define SET_CAPTURE_TEXT(FIELD, member)                                                            \
    case PKTMON_FIELD_##FIELD: {                                                                   \
        g_autofree char *text = text_of(&field);                                                   \
        changed |= pktmon_component_set(&capture->member, text);                                   \
        break;                                                                                     \
    }

bool pcapng_record_get_capture(struct pktmon_metadata_reader *record,
                               struct pktmon_capture_info *capture)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    struct pktmon_metadata_field field;
    bool changed = false;

    while (pktmon_metadata_next(record, &field)) {
        if (field.kind == PKTMON_KIND_NONE)
            continue;
        switch (field.type) {
            EVENT_CAPTURE_FIELDS(SET_CAPTURE_TEXT)
        case PKTMON_FIELD_CAPTURE_MISSING:
            g_ptr_array_add(missing, text_of(&field));
            break;
        }
    }
    return set_missing(capture, missing) || changed;
}
