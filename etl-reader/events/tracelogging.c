/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tracelogging.h"

#include "etl-reader/bytes.h"
#include "scalar.h"

/* The byte of the input type, and how values are counted. */
enum in_flags {
    IN_TYPE_MASK = 0x1F,
    IN_FIXED_COUNT = 0x20,
    IN_DATA_COUNT = 0x40,
    IN_CUSTOM = 0x60, /* both: a serialised form that only its writer knows */
    IN_CHAIN = 0x80,  /* the output type follows */
};
#define OUT_TYPE_MASK 0x7F
#define OUT_CHAIN     0x80 /* tags follow */
#define TAG_CHAIN     0x80

#define IN_BINARY         14
#define IN_STRUCT         24
#define IN_COUNTED_BINARY 25 /* number of the same type in tdh.h */

#define MAX_NAME   256
#define MAX_VALUES 8192
#define MAX_DEPTH  4
#define VALUE_COST 16 /* of a value that adds no text, in bytes of output */

/* TraceLogging's output types, as those of tdh.h. */
static const uint8_t out_types[] = {
    [4] = 19,  /* hexadecimal */
    [7] = 22,  /* port */
    [8] = 23,  /* IPv4 */
    [9] = 24,  /* IPv6 */
    [10] = 25, /* socket address */
    [13] = 30, /* Win32 error */
    [14] = 31, /* NTSTATUS */
    [15] = 32, /* HRESULT */
};

struct etl_tracelogging_field {
    const char *name; /* within the schema, NUL-terminated */
    uint8_t in, flags, out;
    uint16_t count;
};

struct etl_tracelogging_walk {
    struct etl_cursor schema, data;
    unsigned pointer_size;
    unsigned budget;
    size_t most; /* bytes of text */
    bool as_windows;
    bool cut; /* by one of these limits */
};

static bool is_full(struct etl_tracelogging_walk *walk, const GString *text)
{
    walk->cut |= walk->budget == 0 || text->len > walk->most;
    return walk->cut;
}

static void skip_tags(struct etl_cursor *cursor)
{
    while (etl_take_u8(cursor) & TAG_CHAIN) {
    }
}

static const char *take_name(struct etl_cursor *cursor)
{
    const uint8_t *name = cursor->data + cursor->at;
    size_t length = strnlen((const char *)name, etl_cursor_left(cursor));
    return etl_take(cursor, length + 1) ? (const char *)name : NULL;
}

static bool take_description(struct etl_cursor *schema, struct etl_tracelogging_field *field)
{
    *field = (struct etl_tracelogging_field){.name = take_name(schema)};
    uint8_t in = etl_take_u8(schema);
    if (in & IN_CHAIN) {
        uint8_t out = etl_take_u8(schema);
        field->out = out & OUT_TYPE_MASK;
        if (out & OUT_CHAIN)
            skip_tags(schema);
    }
    field->in = in & IN_TYPE_MASK;
    field->flags = in & IN_CUSTOM;
    if (field->flags == IN_FIXED_COUNT)
        field->count = etl_take_u16(schema);
    else if (field->flags == IN_CUSTOM)
        etl_take(schema, etl_take_u16(schema));
    return !schema->failed;
}

static bool take_value(struct etl_tracelogging_walk *walk,
                       const struct etl_tracelogging_field *field, GString *text)
{
    struct etl_scalar scalar = {
        .in = field->in == IN_BINARY || field->flags == IN_CUSTOM ? IN_COUNTED_BINARY : field->in,
        .out = field->out < G_N_ELEMENTS(out_types) ? out_types[field->out] : 0,
        .pointer_size = walk->pointer_size,
    };
    uint64_t number;
    return etl_scalar_take(&walk->data, &scalar, text, &number);
}

static bool take_fields(struct etl_tracelogging_walk *walk, unsigned count, unsigned depth,
                        GString *text);

/* The output type of a struct is the number of its fields. They follow in the schema, and are
 * walked once per element; without elements, to skip them. */
static bool take_elements(struct etl_tracelogging_walk *walk,
                          const struct etl_tracelogging_field *field, uint32_t count,
                          unsigned depth, GString *text)
{
    size_t members_at = walk->schema.at;
    for (uint32_t i = 0; i < count; i++) {
        if (is_full(walk, text))
            return false;
        walk->budget--;
        if (i > 0)
            g_string_append(text, ", ");
        if (field->in != IN_STRUCT) {
            if (!take_value(walk, field, text))
                return false;
            continue;
        }
        walk->schema.at = members_at;
        g_string_append_c(text, '{');
        if (!take_fields(walk, field->out, depth + 1, text))
            return false;
        g_string_append_c(text, '}');
    }
    return count > 0 || field->in != IN_STRUCT;
}

static bool take_fields(struct etl_tracelogging_walk *walk, unsigned count, unsigned depth,
                        GString *text)
{
    struct etl_tracelogging_field field;
    for (unsigned i = 0; i < count && etl_cursor_left(&walk->schema) > 0; i++) {
        if (depth > MAX_DEPTH || is_full(walk, text) || !take_description(&walk->schema, &field))
            return false;
        uint32_t elements = 1;
        if (field.flags == IN_FIXED_COUNT)
            elements = field.count;
        else if (field.flags == IN_DATA_COUNT)
            elements = etl_take_u16(&walk->data);
        bool first = i == 0 && !(walk->as_windows && depth == 0);
        g_string_append_printf(text, walk->as_windows ? "%s%s: " : "%s%s=", first ? "" : ", ",
                               field.name);
        if (!take_elements(walk, &field, elements, depth, text))
            return false;
    }
    return true;
}

bool etl_tracelogging_text(const struct etl_record *record, struct etl_budget *budget,
                           bool as_windows, GString *text, bool *whole)
{
    struct etl_tracelogging_walk walk = {
        .schema = etl_cursor_over(record->schema, record->schema_size),
        .data = etl_cursor_over(record->payload, record->payload_size),
        .pointer_size = record->pointer_size,
        .budget = MAX_VALUES,
        .most = etl_budget_text(budget),
        .as_windows = as_windows,
    };
    etl_take_u16(&walk.schema); /* its size, which is also that of the item */
    skip_tags(&walk.schema);
    const char *name = take_name(&walk.schema);
    if (!name || walk.schema.failed)
        return false;
    g_string_append_printf(text, as_windows ? "Event: %s" : "%s: ", name);
    take_fields(&walk, G_MAXUINT, 0, text); /* values after a damaged field are missing */
    etl_budget_spend(budget, (uint64_t)(MAX_VALUES - walk.budget) * VALUE_COST);
    *whole = !walk.cut;
    return true;
}

char *etl_tracelogging_provider(const struct etl_record *record)
{
    struct etl_cursor cursor = etl_cursor_over(record->traits, record->traits_size);
    etl_take_u16(&cursor);
    char *name = etl_cut(etl_take_text(&cursor), MAX_NAME);
    if (*name)
        return name;
    g_free(name);
    return NULL;
}
