/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event-text.h"

#include "scalar.h"
#include "tracelogging.h"

/* Values of arrays and structs in one event; a damaged count costs no more. */
#define MAX_VALUES 8192
#define MAX_DEPTH  4
/* All fields together may be so many times as long as a message: not all of them stand in it. */
#define FIELDS_PER_TEXT 8
/* What a value costs that adds nothing to the text, in bytes of output. */
#define VALUE_COST 16
/* Bytes shown of an event that nothing describes. */
#define MAX_RAW 64

/* What merging adds to a log, by names that stand in no log. */
static const struct {
    uint8_t guid[ETL_GUID_SIZE];
    const char *name;
} merged[] = {
    {{0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48, 0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76,
      0x71},
     "EventMetadata"},
    {{0x91, 0xee, 0x79, 0x9b, 0xfd, 0xb5, 0xc0, 0x41, 0xa2, 0x43, 0x42, 0x48, 0xe2, 0x66, 0xe9,
      0xd0},
     "SystemConfigEx"},
    {{0xf8, 0xdf, 0x54, 0xed, 0x09, 0xc4, 0xf6, 0x4c, 0xbf, 0x83, 0x05, 0xe1, 0xe6, 0x1a, 0x09,
      0xc4},
     "WinSAT"},
};

struct values {
    const struct etl_schemas *schemas;
    const struct etl_record *record;
    const GArray *fields;
    struct etl_cursor data;
    GPtrArray *texts;  /* of char *: the top fields' */
    uint64_t *numbers; /* by field */
    unsigned budget;
    size_t most;  /* bytes of text of one field */
    size_t total; /* bytes of the fields before */
    bool cut;     /* by one of these limits */
};

/* Whether the field at hand, with this text so far, may have more. */
static bool is_full(struct values *values, const GString *text)
{
    values->cut |= values->budget == 0 || text->len > values->most ||
                   values->total + text->len > values->most * FIELDS_PER_TEXT;
    return values->cut;
}

static const struct etl_field *field_at(const struct values *values, guint index)
{
    return &g_array_index(values->fields, struct etl_field, index);
}

/* A length or count: of its own, or the value of an earlier field. */
static bool indirect(const struct values *values, bool by_field, uint16_t own, uint32_t *result)
{
    if (by_field && own >= values->fields->len)
        return false;
    *result = by_field ? (uint32_t)MIN(values->numbers[own], UINT16_MAX) : own;
    return true;
}

static bool take_value(struct values *values, guint index, GString *text)
{
    const struct etl_field *field = field_at(values, index);
    struct etl_scalar scalar = {
        .in = field->in,
        .out = field->out,
        .pointer_size = values->record->pointer_size,
    };
    bool by_field = field->flags & ETL_FIELD_LENGTH_FIELD;
    if (!indirect(values, by_field, field->length, &scalar.length))
        return false;
    scalar.has_length = by_field || field->length != 0;
    size_t before = text->len;
    uint64_t number = 0;
    if (!etl_scalar_take(&values->data, &scalar, text, &number))
        return false;
    values->numbers[index] = number;
    if (field->map) {
        g_autoptr(GString) name = g_string_new(NULL);
        if (etl_schemas_map(values->schemas, values->record->guid, field->map, number, name)) {
            g_string_truncate(text, before);
            g_string_append(text, name->str);
        }
    }
    return true;
}

static bool take_field(struct values *values, guint index, unsigned depth, GString *text);

static bool take_struct(struct values *values, const struct etl_field *field, unsigned depth,
                        GString *text)
{
    if (depth >= MAX_DEPTH || (guint)field->first + field->members > values->fields->len)
        return false;
    g_string_append_c(text, '{');
    for (guint i = 0; i < field->members; i++) {
        const char *name = field_at(values, field->first + i)->name;
        g_string_append_printf(text, "%s%s=", i ? ", " : "", name ? name : "");
        if (is_full(values, text) || !take_field(values, field->first + i, depth + 1, text))
            return false;
    }
    g_string_append_c(text, '}');
    return true;
}

static bool take_field(struct values *values, guint index, unsigned depth, GString *text)
{
    const struct etl_field *field = field_at(values, index);
    bool by_field = field->flags & ETL_FIELD_COUNT_FIELD;
    uint32_t count = 1;
    if (!indirect(values, by_field, field->count, &count))
        return false;
    if (!by_field && count == 0)
        count = 1;
    for (uint32_t i = 0; i < count; i++) {
        if (is_full(values, text))
            return false;
        values->budget--;
        if (i > 0)
            g_string_append(text, ", ");
        bool taken = field->flags & ETL_FIELD_STRUCT ? take_struct(values, field, depth, text)
                                                     : take_value(values, index, text);
        if (!taken)
            return false;
    }
    return true;
}

static void take_values(struct values *values, const struct etl_schema *schema)
{
    for (guint i = 0; i < schema->top; i++) {
        GString *text = g_string_new(NULL);
        bool taken = take_field(values, i, 0, text);
        values->total += text->len;
        g_ptr_array_add(values->texts, g_string_free(text, FALSE));
        if (!taken)
            return;
    }
}

/* Appends what follows a '%' of the template; returns how much of it was used. */
static size_t expand(const char *template, const GPtrArray *texts, GString *text)
{
    char *end;
    guint64 number = g_ascii_strtoull(template, &end, 10);
    if (end == template) { /* %% and %!, %n and %t of message tables */
        g_string_append_c(
            text, *template == 'n' || *template == 't' || *template == 'r' ? ' ' : *template);
        return *template ? 1 : 0;
    }
    if (number >= 1 && number <= texts->len)
        g_string_append(text, g_ptr_array_index(texts, number - 1));
    size_t used = (size_t)(end - template);
    const char *format_end = *end == '!' ? strchr(end + 1, '!') : NULL;
    return format_end ? (size_t)(format_end + 1 - template) : used;
}

static void fill_template(const char *template, const GPtrArray *texts, size_t most, GString *text)
{
    while (*template && text->len <= most) {
        size_t plain = strcspn(template, "%");
        g_string_append_len(text, template, (gssize)plain);
        template += plain;
        if (*template == '%')
            template += 1 + expand(template + 1, texts, text);
    }
}

static void list_values(const struct etl_schema *schema, const GPtrArray *texts, size_t most,
                        GString *text)
{
    if (schema->name)
        g_string_append_printf(text, "%s: ", schema->name);
    for (guint i = 0; i < texts->len && text->len <= most; i++) {
        const char *name = g_array_index(schema->fields, struct etl_field, i).name;
        g_string_append_printf(text, "%s%s=%s", i ? ", " : "", name ? name : "",
                               (const char *)g_ptr_array_index(texts, i));
    }
}

/* False: a limit cut it. */
static bool describe(const struct etl_schemas *schemas, const struct etl_record *record,
                     const struct etl_schema *schema, GString *text)
{
    struct etl_budget *budget = etl_schemas_budget(schemas);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree uint64_t *numbers = g_new0(uint64_t, schema->fields->len + 1);
    struct values values = {
        .schemas = schemas,
        .record = record,
        .fields = schema->fields,
        .data = etl_cursor_over(record->payload, record->payload_size),
        .texts = texts,
        .numbers = numbers,
        .budget = MAX_VALUES,
        .most = etl_budget_text(budget),
    };
    take_values(&values, schema);
    etl_budget_spend(budget, (MAX_VALUES - values.budget + texts->len) * VALUE_COST);
    if (schema->message) {
        size_t length = strlen(schema->message);
        fill_template(schema->message, texts, values.most, text);
        /* Places for fields that are not there take time, and leave nothing. */
        etl_budget_spend(budget, length - MIN(length, text->len));
    } else {
        list_values(schema, texts, values.most, text);
    }
    return !values.cut;
}

static void describe_bytes(const struct etl_record *record, GString *text)
{
    g_autofree char *hex = etl_hex_text(record->payload, MIN(record->payload_size, MAX_RAW));
    g_string_append_printf(text, "%" G_GSIZE_FORMAT " bytes: %s%s", record->payload_size, hex,
                           record->payload_size > MAX_RAW ? "..." : "");
}

/* Lines of a message stand beside each other: a record is one line wherever it is shown. */
static void one_line(GString *text)
{
    for (char *at = text->str; *at; at++) {
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    }
    g_autofree char *valid = g_utf8_make_valid(text->str, (gssize)text->len);
    g_string_assign(text, g_strchomp(valid));
}

/* The text ends with "..." where it goes on. */
static void shorten(struct etl_budget *budget, bool whole, GString *text)
{
    static const char dots[] = "...";
    size_t most = etl_budget_text(budget);
    if (whole && text->len <= most)
        return;
    g_string_truncate(text, MIN(text->len, most - strlen(dots)));
    g_string_append(text, dots);
    etl_budget_cuts(budget)->texts++;
}

void etl_event_text(const struct etl_schemas *schemas, const struct etl_record *record,
                    GString *text)
{
    const struct etl_schema *schema = etl_schemas_find(schemas, record);
    struct etl_budget *budget = etl_schemas_budget(schemas);
    bool whole = true;
    g_string_truncate(text, 0);
    if (schema)
        whole = describe(schemas, record, schema, text);
    else if (!record->schema || !etl_tracelogging_text(record, budget, text, &whole))
        describe_bytes(record, text);
    shorten(budget, whole, text);
    one_line(text);
}

char *etl_event_provider(const struct etl_schemas *schemas, const struct etl_record *record)
{
    const struct etl_schema *schema = etl_schemas_find(schemas, record);
    if (schema && schema->provider && *schema->provider)
        return g_strdup(schema->provider);
    char *traits = record->traits ? etl_tracelogging_provider(record) : NULL;
    if (traits)
        return traits;
    for (size_t i = 0; i < G_N_ELEMENTS(merged); i++) {
        if (etl_record_is(record, ETL_RECORD_CLASSIC, merged[i].guid))
            return g_strdup(merged[i].name);
    }
    g_autofree char *guid = record->guid ? etl_guid_text(record->guid) : NULL;
    return guid ? g_strdup_printf("{%s}", guid) : g_strdup("WPP");
}
