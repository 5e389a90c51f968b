/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "schema.h"

#include "builtin-schemas.h"
#include "pktmon-event.h"
#include "values.h"

/* {bbccf6c1-6cd1-48c4-80ff-839482e37671}, EventMetadata */
static const uint8_t metadata_guid[ETL_GUID_SIZE] = {
    0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71};
#define OPCODE_EVENT_INFO 32
#define OPCODE_MAP_INFO   33

/* No machine has more; what a damaged log claims beyond is counted and left out. */
#define MAX_SCHEMAS 32768
#define MAX_MAPS    8192
#define MAX_FIELDS  1024
#define MAX_BYTES   (64u << 20) /* of descriptions, as they stand in the log */

/* TRACE_EVENT_INFO */
enum info_field {
    INFO_PROVIDER = 0x00,
    INFO_EVENT_GUID = 0x10,
    INFO_DESCRIPTOR = 0x20,
    INFO_DECODING_SOURCE = 0x30,
    INFO_PROVIDER_NAME = 0x34,
    INFO_TASK_NAME = 0x44,
    INFO_OPCODE_NAME = 0x48,
    INFO_MESSAGE = 0x4C,
    INFO_PROPERTY_COUNT = 0x64,
    INFO_TOP_COUNT = 0x68,
    INFO_PROPERTIES = 0x70,
};
#define PROPERTY_SIZE  24
#define SOURCE_CLASSIC 1 /* DecodingSourceWbem: by the GUID of the class, not of the provider */

/* EVENT_MAP_INFO, after the provider's GUID */
enum map_field {
    MAP_NAME = 0x00,
    MAP_FLAG = 0x04,
    MAP_COUNT = 0x08,
    MAP_ENTRIES = 0x10,
};
#define MAP_FLAG_BITMAP 2

struct event_key {
    uint8_t guid[ETL_GUID_SIZE];
    uint16_t id; /* the opcode of a classic event */
    uint8_t version;
    bool classic;
};

struct map_key {
    uint8_t provider[ETL_GUID_SIZE];
    char *name;
};

struct map {
    bool bitmap;
    GHashTable *names; /* uint32 value -> char * */
};

struct etl_schemas {
    uint32_t build;
    GHashTable *events; /* struct event_key -> struct etl_schema */
    GHashTable *maps;   /* struct map_key -> struct map */
    size_t bytes;
    uint64_t refused;
};

static guint hash_key(gconstpointer data)
{
    const struct event_key *key = data;
    return etl_u32(key->guid) ^ etl_u32(key->guid + 4) ^ (guint)key->id << 8 ^ key->version;
}

static gboolean equal_keys(gconstpointer a, gconstpointer b)
{
    const struct event_key *left = a, *right = b;
    return memcmp(left->guid, right->guid, ETL_GUID_SIZE) == 0 && left->id == right->id &&
           left->version == right->version && left->classic == right->classic;
}

static guint hash_map_key(gconstpointer data)
{
    const struct map_key *key = data;
    return etl_u32(key->provider) ^ g_str_hash(key->name);
}

static gboolean equal_map_keys(gconstpointer a, gconstpointer b)
{
    const struct map_key *left = a, *right = b;
    return memcmp(left->provider, right->provider, ETL_GUID_SIZE) == 0 &&
           g_str_equal(left->name, right->name);
}

static void free_map_key(gpointer data)
{
    struct map_key *key = data;
    g_free(key->name);
    g_free(key);
}

static void clear_field(gpointer data)
{
    struct etl_field *field = data;
    g_free(field->name);
    g_free(field->map);
}

GArray *etl_fields_new(void)
{
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(struct etl_field));
    g_array_set_clear_func(fields, clear_field);
    return fields;
}

static void free_schema(gpointer data)
{
    struct etl_schema *schema = data;
    g_free(schema->provider);
    g_free(schema->message);
    g_free(schema->name);
    g_array_free(schema->fields, TRUE);
    g_free(schema);
}

static void free_map(gpointer data)
{
    struct map *map = data;
    g_hash_table_destroy(map->names);
    g_free(map);
}

/* Every id that PktMon may have; what the log describes takes the place of these. */
#define PKTMON_IDS 300

static void add_builtin(struct etl_schemas *schemas)
{
    for (uint16_t id = 0; id < PKTMON_IDS; id++) {
        struct etl_schema *schema = etl_builtin_schema(id);
        if (!schema)
            continue;
        struct event_key *key = g_new0(struct event_key, 1);
        memcpy(key->guid, etl_pktmon_guid, ETL_GUID_SIZE);
        key->id = id;
        g_hash_table_insert(schemas->events, key, schema);
    }
}

struct etl_schemas *etl_schemas_new(uint32_t build)
{
    struct etl_schemas *schemas = g_new0(struct etl_schemas, 1);
    schemas->build = build;
    schemas->events = g_hash_table_new_full(hash_key, equal_keys, g_free, free_schema);
    schemas->maps = g_hash_table_new_full(hash_map_key, equal_map_keys, free_map_key, free_map);
    add_builtin(schemas);
    return schemas;
}

void etl_schemas_free(struct etl_schemas *schemas)
{
    if (!schemas)
        return;
    g_hash_table_destroy(schemas->events);
    g_hash_table_destroy(schemas->maps);
    g_free(schemas);
}

/* A string whose offset stands at data + at; 0 and what lies outside are none. Names in these
 * structures often end with a space or a line end, which are no part of the name. */
static char *string_at(const uint8_t *data, size_t size, size_t at)
{
    uint32_t offset = etl_u32(data + at);
    if (offset == 0 || offset >= size)
        return NULL;
    return g_strchomp(etl_utf16(data + offset, size - offset));
}

static void read_field(const uint8_t *data, size_t size, size_t at, struct etl_field *field)
{
    const uint8_t *property = data + at;
    *field = (struct etl_field){
        .name = string_at(data, size, at + 0x04),
        .flags = etl_u32(property),
        .count = etl_u16(property + 0x10),
        .length = etl_u16(property + 0x12),
    };
    if (field->flags & ETL_FIELD_STRUCT) {
        field->first = etl_u16(property + 0x08);
        field->members = etl_u16(property + 0x0A);
        return;
    }
    field->in = etl_u16(property + 0x08);
    field->out = etl_u16(property + 0x0A);
    field->map = string_at(data, size, at + 0x0C);
}

static GArray *read_fields(const uint8_t *data, size_t size, uint32_t count)
{
    GArray *fields = etl_fields_new();
    for (uint32_t i = 0; i < count; i++) {
        struct etl_field field;
        read_field(data, size, INFO_PROPERTIES + (size_t)i * PROPERTY_SIZE, &field);
        g_array_append_val(fields, field);
    }
    return fields;
}

static char *event_name(const uint8_t *data, size_t size)
{
    g_autofree char *task = string_at(data, size, INFO_TASK_NAME);
    g_autofree char *opcode = string_at(data, size, INFO_OPCODE_NAME);
    if (task && opcode)
        return g_strdup_printf("%s %s", task, opcode);
    return g_strdup(task ? task : opcode);
}

static bool learn_event(struct etl_schemas *schemas, const uint8_t *data, size_t size)
{
    if (size < INFO_PROPERTIES || g_hash_table_size(schemas->events) >= MAX_SCHEMAS)
        return false;
    uint32_t count = etl_u32(data + INFO_PROPERTY_COUNT);
    uint32_t top = etl_u32(data + INFO_TOP_COUNT);
    if (count > MAX_FIELDS || top > count || (size - INFO_PROPERTIES) / PROPERTY_SIZE < count)
        return false;
    bool classic = etl_u32(data + INFO_DECODING_SOURCE) == SOURCE_CLASSIC;
    struct event_key *key = g_new0(struct event_key, 1);
    memcpy(key->guid, data + (classic ? INFO_EVENT_GUID : INFO_PROVIDER), ETL_GUID_SIZE);
    key->id = classic ? data[INFO_DESCRIPTOR + 5] : etl_u16(data + INFO_DESCRIPTOR);
    key->version = data[INFO_DESCRIPTOR + 2];
    key->classic = classic;
    struct etl_schema *schema = g_new0(struct etl_schema, 1);
    schema->provider = string_at(data, size, INFO_PROVIDER_NAME);
    schema->message = string_at(data, size, INFO_MESSAGE);
    schema->name = event_name(data, size);
    schema->top = top;
    schema->fields = read_fields(data, size, count);
    g_hash_table_replace(schemas->events, key, schema);
    return true;
}

static bool learn_map(struct etl_schemas *schemas, const uint8_t *data, size_t size)
{
    if (size < ETL_GUID_SIZE + MAP_ENTRIES || g_hash_table_size(schemas->maps) >= MAX_MAPS)
        return false;
    const uint8_t *info = data + ETL_GUID_SIZE;
    size -= ETL_GUID_SIZE;
    uint32_t count = etl_u32(info + MAP_COUNT);
    g_autofree char *name = string_at(info, size, MAP_NAME);
    if (!name || (size - MAP_ENTRIES) / 8 < count)
        return false;
    struct map *map = g_new0(struct map, 1);
    map->bitmap = etl_u32(info + MAP_FLAG) & MAP_FLAG_BITMAP;
    map->names = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = MAP_ENTRIES + (size_t)i * 8;
        char *text = string_at(info, size, at);
        if (text)
            g_hash_table_replace(map->names, GUINT_TO_POINTER(etl_u32(info + at + 4)), text);
    }
    struct map_key *key = g_new0(struct map_key, 1);
    memcpy(key->provider, data, ETL_GUID_SIZE);
    key->name = g_steal_pointer(&name);
    g_hash_table_replace(schemas->maps, key, map);
    return true;
}

bool etl_is_schema(const struct etl_record *record)
{
    return etl_record_is(record, ETL_RECORD_CLASSIC, metadata_guid);
}

bool etl_schemas_learn(struct etl_schemas *schemas, const struct etl_record *record)
{
    if (!etl_is_schema(record))
        return false;
    bool learned = true;
    schemas->bytes += record->payload_size;
    if (schemas->bytes > MAX_BYTES)
        learned = false;
    else if (record->opcode == OPCODE_EVENT_INFO)
        learned = learn_event(schemas, record->payload, record->payload_size);
    else if (record->opcode == OPCODE_MAP_INFO)
        learned = learn_map(schemas, record->payload, record->payload_size);
    schemas->refused += !learned;
    return true;
}

const struct etl_schema *etl_schemas_find(const struct etl_schemas *schemas,
                                          const struct etl_record *record)
{
    struct event_key key = {.id = record->id,
                            .version = record->version,
                            .classic = record->kind == ETL_RECORD_CLASSIC};
    if (!record->guid)
        return NULL;
    memcpy(key.guid, record->guid, ETL_GUID_SIZE);
    return g_hash_table_lookup(schemas->events, &key);
}

static const struct map *find_map(const struct etl_schemas *schemas, const uint8_t *provider,
                                  const char *name)
{
    struct map_key key = {.name = (char *)name};
    memcpy(key.provider, provider, ETL_GUID_SIZE);
    return g_hash_table_lookup(schemas->maps, &key);
}

static bool append_bits(const struct map *map, uint32_t value, GString *text)
{
    size_t before = text->len;
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        const char *name =
            value & bit ? g_hash_table_lookup(map->names, GUINT_TO_POINTER(bit)) : NULL;
        if (name)
            g_string_append_printf(text, "%s%s", text->len > before ? "|" : "", name);
    }
    return text->len > before;
}

const char *etl_schemas_value(const struct etl_schemas *schemas,
                              const uint8_t provider[ETL_GUID_SIZE], const char *name,
                              uint32_t value)
{
    const struct map *map = find_map(schemas, provider, name);
    const char *entry = map ? g_hash_table_lookup(map->names, GUINT_TO_POINTER(value)) : NULL;
    if (entry && *entry)
        return entry;
    bool is_pktmon = memcmp(provider, etl_pktmon_guid, ETL_GUID_SIZE) == 0;
    const struct etl_value *table = is_pktmon ? etl_values_of(name) : NULL;
    return table ? etl_value_name(table, value, schemas->build) : NULL;
}

bool etl_schemas_map(const struct etl_schemas *schemas, const uint8_t provider[ETL_GUID_SIZE],
                     const char *name, uint64_t value, GString *text)
{
    const struct map *map = value <= UINT32_MAX ? find_map(schemas, provider, name) : NULL;
    if (map && map->bitmap)
        return append_bits(map, (uint32_t)value, text);
    const char *entry =
        value <= UINT32_MAX ? etl_schemas_value(schemas, provider, name, (uint32_t)value) : NULL;
    if (entry)
        g_string_append(text, entry);
    return entry != NULL;
}

uint64_t etl_schemas_refused(const struct etl_schemas *schemas)
{
    return schemas->refused;
}
