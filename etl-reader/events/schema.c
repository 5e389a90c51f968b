/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "schema.h"

#include "builtin-schemas.h"
#include "pktmon-event.h"
#include "model/salted-hash.h"
#include "values.h"

/* {bbccf6c1-6cd1-48c4-80ff-839482e37671}, EventMetadata */
static const uint8_t metadata_guid[ETL_GUID_SIZE] = {
    0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71};
#define OPCODE_EVENT_INFO 32
#define OPCODE_MAP_INFO   33

/* No machine has more. More descriptions, of a damaged log, are counted and ignored. */
#define MAX_SCHEMAS 32768
#define MAX_MAPS    8192
#define MAX_FIELDS  1024
/* Memory of a description besides its strings, and of a string besides its bytes. */
#define ENTRY_SIZE  128
#define STRING_SIZE 48

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
#define PROPERTY_SIZE 24
#define SOURCE_CLASSIC                                                                             \
    1 /* DecodingSourceWbem: the GUID is that of the class, not of the provider */

/* EVENT_MAP_INFO, after the provider's GUID */
enum map_field {
    MAP_NAME = 0x00,
    MAP_FLAG = 0x04,
    MAP_COUNT = 0x08,
    MAP_ENTRIES = 0x10,
};
#define MAP_FLAG_BITMAP 2

/* No padding, because its bytes are hashed. */
struct etl_event_key {
    uint8_t guid[ETL_GUID_SIZE];
    uint16_t id; /* the opcode of a classic event */
    uint8_t version;
    bool classic;
};

struct etl_map_key {
    uint8_t provider[ETL_GUID_SIZE];
    const char *name; /* shared: equal names are the same pointer, except in lookups */
};

struct etl_value_map {
    bool bitmap;
    bool spaced;       /* names in the log are followed by a space */
    GHashTable *names; /* uint32 value -> const char *, shared */
};

struct etl_schemas {
    uint32_t build;
    struct etl_budget *budget;
    GHashTable *events; /* struct etl_event_key -> struct etl_schema */
    GHashTable *maps;   /* struct etl_map_key -> struct etl_value_map */
    uint64_t refused;
};

/* A description being read. */
struct etl_schema_reading {
    struct etl_budget *budget;
    const uint8_t *data;
    size_t size;
    bool full;   /* the budget has no memory left for it */
    bool spaced; /* a space or a line end was removed from the last string */
};

static guint hash_key(gconstpointer data)
{
    return salted_bytes(data, sizeof(struct etl_event_key));
}

static gboolean equal_keys(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(struct etl_event_key)) == 0;
}

static guint hash_map_key(gconstpointer data)
{
    const struct etl_map_key *key = data;
    return salted_bytes(key->provider, ETL_GUID_SIZE) ^ salted_string(key->name);
}

static gboolean equal_map_keys(gconstpointer a, gconstpointer b)
{
    const struct etl_map_key *left = a, *right = b;
    return memcmp(left->provider, right->provider, ETL_GUID_SIZE) == 0 &&
           g_str_equal(left->name, right->name);
}

static void free_schema(gpointer data)
{
    struct etl_schema *schema = data;
    g_array_free(schema->fields, TRUE);
    g_free(schema);
}

static void free_map(gpointer data)
{
    struct etl_value_map *map = data;
    g_hash_table_destroy(map->names);
    g_free(map);
}

/* Greater than every event id of PktMon. Descriptions in the log replace these. */
#define PKTMON_IDS 300

static void add_builtin(struct etl_schemas *schemas)
{
    for (uint16_t id = 0; id < PKTMON_IDS; id++) {
        struct etl_schema *schema = etl_builtin_schema(id);
        if (!schema)
            continue;
        struct etl_event_key *key = g_new0(struct etl_event_key, 1);
        memcpy(key->guid, etl_pktmon_guid, ETL_GUID_SIZE);
        key->id = id;
        g_hash_table_insert(schemas->events, key, schema);
    }
}

struct etl_schemas *etl_schemas_new(uint32_t build, struct etl_budget *budget)
{
    struct etl_schemas *schemas = g_new0(struct etl_schemas, 1);
    schemas->build = build;
    schemas->budget = budget;
    schemas->events = g_hash_table_new_full(hash_key, equal_keys, g_free, free_schema);
    schemas->maps = g_hash_table_new_full(hash_map_key, equal_map_keys, g_free, free_map);
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

struct etl_budget *etl_schemas_budget(const struct etl_schemas *schemas)
{
    return schemas->budget;
}

static bool reserve_memory(struct etl_schema_reading *reading, size_t bytes)
{
    reading->full |= !etl_budget_keep(reading->budget, bytes);
    return !reading->full;
}

/* Reads the string whose offset is at data + at, with a maximum of `most` characters. NULL: offset
 * 0, or outside of the data. Removes the space or line end that often ends these names. Many
 * strings may share their last bytes, so each is counted in full. */
static const char *read_string(struct etl_schema_reading *reading, size_t at, size_t most)
{
    uint32_t offset = etl_u32(reading->data + at);
    if (offset == 0 || offset >= reading->size || reading->full)
        return NULL;
    g_autofree char *text =
        etl_utf16(reading->data + offset, MIN(reading->size - offset, 2 * (most + 1)));
    size_t length = strlen(text);
    reading->spaced = strlen(g_strchomp(text)) < length;
    if (strlen(text) > most) {
        etl_cut(text, most);
        etl_budget_cuts(reading->budget)->names++;
    }
    if (!reserve_memory(reading, strlen(text) + STRING_SIZE))
        return NULL;
    return etl_budget_share(reading->budget, g_steal_pointer(&text));
}

static void read_field(struct etl_schema_reading *reading, size_t at, struct etl_field *field)
{
    const uint8_t *property = reading->data + at;
    *field = (struct etl_field){
        .name = read_string(reading, at + 0x04, ETL_MAX_NAME),
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
    field->map = read_string(reading, at + 0x0C, ETL_MAX_NAME);
}

static GArray *read_fields(struct etl_schema_reading *reading, uint32_t count)
{
    GArray *fields = g_array_sized_new(FALSE, FALSE, sizeof(struct etl_field), count);
    for (uint32_t i = 0; i < count; i++) {
        struct etl_field field;
        read_field(reading, INFO_PROPERTIES + (size_t)i * PROPERTY_SIZE, &field);
        g_array_append_val(fields, field);
    }
    return fields;
}

static const char *read_event_name(struct etl_schema_reading *reading)
{
    const char *task = read_string(reading, INFO_TASK_NAME, ETL_MAX_NAME);
    const char *opcode = read_string(reading, INFO_OPCODE_NAME, ETL_MAX_NAME);
    if (task && opcode && reserve_memory(reading, strlen(task) + strlen(opcode) + STRING_SIZE))
        return etl_budget_share(reading->budget, g_strdup_printf("%s %s", task, opcode));
    return task ? task : opcode;
}

static struct etl_event_key *read_event_key(const uint8_t *data)
{
    bool classic = etl_u32(data + INFO_DECODING_SOURCE) == SOURCE_CLASSIC;
    struct etl_event_key *key = g_new0(struct etl_event_key, 1);
    memcpy(key->guid, data + (classic ? INFO_EVENT_GUID : INFO_PROVIDER), ETL_GUID_SIZE);
    key->id = classic ? data[INFO_DESCRIPTOR + 5] : etl_u16(data + INFO_DESCRIPTOR);
    key->version = data[INFO_DESCRIPTOR + 2];
    key->classic = classic;
    return key;
}

/* False: damaged. */
static bool learn_event(struct etl_schemas *schemas, struct etl_schema_reading *reading)
{
    const uint8_t *data = reading->data;
    if (reading->size < INFO_PROPERTIES)
        return false;
    uint32_t count = etl_u32(data + INFO_PROPERTY_COUNT);
    uint32_t top = etl_u32(data + INFO_TOP_COUNT);
    if (count > MAX_FIELDS || top > count ||
        (reading->size - INFO_PROPERTIES) / PROPERTY_SIZE < count)
        return false;
    if (g_hash_table_size(schemas->events) >= MAX_SCHEMAS ||
        !reserve_memory(reading, ENTRY_SIZE + count * sizeof(struct etl_field))) {
        reading->full = true;
        return true;
    }
    struct etl_schema *schema = g_new0(struct etl_schema, 1);
    schema->provider = read_string(reading, INFO_PROVIDER_NAME, ETL_MAX_NAME);
    schema->message = read_string(reading, INFO_MESSAGE, etl_budget_text(schemas->budget));
    schema->spaced = schema->message && reading->spaced;
    schema->name = read_event_name(reading);
    schema->top = top;
    schema->fields = read_fields(reading, count);
    if (reading->full)
        free_schema(schema);
    else
        g_hash_table_replace(schemas->events, read_event_key(data), schema);
    return true;
}

static struct etl_value_map *read_map(struct etl_schema_reading *reading, uint32_t count)
{
    struct etl_value_map *map = g_new0(struct etl_value_map, 1);
    map->bitmap = etl_u32(reading->data + MAP_FLAG) & MAP_FLAG_BITMAP;
    map->names = g_hash_table_new(salted_number, NULL);
    for (uint32_t i = 0; i < count && !reading->full; i++) {
        size_t at = MAP_ENTRIES + (size_t)i * 8;
        const char *text = read_string(reading, at, ETL_MAX_NAME);
        map->spaced |= text && reading->spaced;
        if (text)
            g_hash_table_replace(map->names, GUINT_TO_POINTER(etl_u32(reading->data + at + 4)),
                                 (gpointer)text);
    }
    return map;
}

/* False: damaged. */
static bool learn_map(struct etl_schemas *schemas, struct etl_schema_reading *reading)
{
    const uint8_t *provider = reading->data;
    if (reading->size < ETL_GUID_SIZE + MAP_ENTRIES)
        return false;
    reading->data += ETL_GUID_SIZE;
    reading->size -= ETL_GUID_SIZE;
    uint32_t count = etl_u32(reading->data + MAP_COUNT);
    if ((reading->size - MAP_ENTRIES) / 8 < count)
        return false;
    reading->full =
        g_hash_table_size(schemas->maps) >= MAX_MAPS || !reserve_memory(reading, ENTRY_SIZE);
    const char *name = read_string(reading, MAP_NAME, ETL_MAX_NAME);
    if (!name)
        return reading->full;
    struct etl_value_map *map = read_map(reading, count);
    if (reading->full) {
        free_map(map);
        return true;
    }
    struct etl_map_key *key = g_new0(struct etl_map_key, 1);
    memcpy(key->provider, provider, ETL_GUID_SIZE);
    key->name = name;
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
    bool good = true;
    struct etl_schema_reading reading = {
        .budget = schemas->budget, .data = record->payload, .size = record->payload_size};
    if (record->opcode == OPCODE_EVENT_INFO)
        good = learn_event(schemas, &reading);
    else if (record->opcode == OPCODE_MAP_INFO)
        good = learn_map(schemas, &reading);
    schemas->refused += !good;
    etl_budget_cuts(schemas->budget)->descriptions += reading.full;
    return true;
}

const struct etl_schema *etl_schemas_find(const struct etl_schemas *schemas,
                                          const struct etl_record *record)
{
    struct etl_event_key key = {.id = record->id,
                                .version = record->version,
                                .classic = record->kind == ETL_RECORD_CLASSIC};
    if (!record->guid)
        return NULL;
    memcpy(key.guid, record->guid, ETL_GUID_SIZE);
    return g_hash_table_lookup(schemas->events, &key);
}

static const struct etl_value_map *find_map(const struct etl_schemas *schemas,
                                            const uint8_t *provider, const char *name)
{
    struct etl_map_key key = {.name = name};
    memcpy(key.provider, provider, ETL_GUID_SIZE);
    return g_hash_table_lookup(schemas->maps, &key);
}

static bool append_bits(const struct etl_value_map *map, uint32_t value, GString *text)
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
    const struct etl_value_map *map = find_map(schemas, provider, name);
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
    const struct etl_value_map *map =
        value <= UINT32_MAX ? find_map(schemas, provider, name) : NULL;
    if (map && map->bitmap)
        return append_bits(map, (uint32_t)value, text);
    const char *entry =
        value <= UINT32_MAX ? etl_schemas_value(schemas, provider, name, (uint32_t)value) : NULL;
    if (entry)
        g_string_append(text, entry);
    return entry != NULL;
}

bool etl_schemas_map_as_windows(const struct etl_schemas *schemas,
                                const uint8_t provider[ETL_GUID_SIZE], const char *name,
                                uint64_t value, GString *text)
{
    const struct etl_value_map *map =
        value <= UINT32_MAX ? find_map(schemas, provider, name) : NULL;
    bool known = map ? g_hash_table_contains(map->names, GUINT_TO_POINTER((guint)value)) ||
                           (map->bitmap && value != 0)
                     : value <= UINT32_MAX && !etl_value_is_ours(name, (uint32_t)value);
    if (!known || !etl_schemas_map(schemas, provider, name, value, text))
        return false;
    if (!map || map->spaced)
        g_string_append_c(text, ' ');
    return true;
}

uint64_t etl_schemas_refused(const struct etl_schemas *schemas)
{
    return schemas->refused;
}
