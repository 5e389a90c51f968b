/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "event-text.h"

#include "logger-text.h"
#include "model/printable.h"
#include "scalar.h"
#include "tracelogging.h"

/* Most values of arrays and structs in one event, which limits the cost of a damaged count. */
#define MAX_VALUES 8192
#define MAX_DEPTH  4
/* All fields together may be this many times as long as the message, which may not use all of them.
 */
#define FIELDS_PER_TEXT 8
/* Cost of a value that adds no text, in bytes of output. */
#define VALUE_COST 16
/* Bytes shown of an event without a description. */
#define MAX_RAW 64

/* Records that merging adds to a log; their names are in no log. */
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

struct etl_event_values {
    const struct etl_schemas *schemas;
    const struct etl_record *record;
    const GArray *fields;
    struct etl_cursor data;
    enum etl_text_style style;
    GPtrArray *texts;  /* of char *, of the fields outside of structs */
    uint64_t *numbers; /* by field */
    unsigned budget;
    size_t most;  /* bytes of text of one field */
    size_t total; /* bytes of the fields before */
    bool cut;     /* by one of these limits */
};

/* Whether the current field, with this text so far, has reached a limit. */
static bool is_full(struct etl_event_values *values, const GString *text)
{
    values->cut |= values->budget == 0 || text->len > values->most ||
                   values->total + text->len > values->most * FIELDS_PER_TEXT;
    return values->cut;
}

static const struct etl_field *field_at(const struct etl_event_values *values, guint index)
{
    return &g_array_index(values->fields, struct etl_field, index);
}

/* A length or count: the field's own, or the value of an earlier field. */
static bool read_indirect(const struct etl_event_values *values, bool by_field, uint16_t own,
                          uint32_t *result)
{
    if (by_field && own >= values->fields->len)
        return false;
    *result = by_field ? (uint32_t)MIN(values->numbers[own], UINT16_MAX) : own;
    return true;
}

/* Replaces the number at the end of the text by its name. */
static void put_name(const struct etl_event_values *values, const struct etl_field *field,
                     uint64_t number, size_t before, GString *text)
{
    g_autoptr(GString) name = g_string_new(NULL);
    const uint8_t *provider = values->record->guid;
    bool known =
        values->style == ETL_TEXT_WINDOWS
            ? etl_schemas_map_as_windows(values->schemas, provider, field->map, number, name)
            : etl_schemas_map(values->schemas, provider, field->map, number, name);
    if (!known)
        return;
    g_string_truncate(text, before);
    g_string_append(text, name->str);
}

static bool take_value(struct etl_event_values *values, guint index, GString *text)
{
    const struct etl_field *field = field_at(values, index);
    struct etl_scalar scalar = {
        .in = field->in,
        .out = field->out,
        .pointer_size = values->record->pointer_size,
    };
    bool by_field = field->flags & ETL_FIELD_LENGTH_FIELD;
    if (!read_indirect(values, by_field, field->length, &scalar.length))
        return false;
    scalar.has_length = by_field || field->length != 0;
    size_t before = text->len;
    uint64_t number = 0;
    if (!etl_scalar_take(&values->data, &scalar, text, &number))
        return false;
    values->numbers[index] = number;
    if (field->map)
        put_name(values, field, number, before, text);
    return true;
}

static bool take_field(struct etl_event_values *values, guint index, unsigned depth, GString *text);

static bool take_struct(struct etl_event_values *values, const struct etl_field *field,
                        unsigned depth, GString *text)
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

static bool take_field(struct etl_event_values *values, guint index, unsigned depth, GString *text)
{
    const struct etl_field *field = field_at(values, index);
    bool by_field = field->flags & ETL_FIELD_COUNT_FIELD;
    uint32_t count = 1;
    if (!read_indirect(values, by_field, field->count, &count))
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

static void take_values(struct etl_event_values *values, const struct etl_schema *schema)
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

/* Appends what a '%' of the template stands for. Returns the length of the insert. */
static size_t expand_insert(const char *template, const GPtrArray *texts, GString *text)
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
            template += 1 + expand_insert(template + 1, texts, text);
    }
}

/* "Name: field=value, ...", or as Windows does "Event: Name, Field: value, ...". */
static void list_values(const struct etl_schema *schema, const struct etl_event_values *values,
                        GString *text)
{
    bool as_windows = values->style == ETL_TEXT_WINDOWS;
    const GPtrArray *texts = values->texts;
    if (schema->name)
        g_string_append_printf(text, as_windows ? "Event: %s" : "%s: ", schema->name);
    for (guint i = 0; i < texts->len && text->len <= values->most; i++) {
        const char *name = g_array_index(schema->fields, struct etl_field, i).name;
        bool first = i == 0 && !(as_windows && schema->name);
        g_string_append_printf(text, "%s%s%s%s", first ? "" : ", ", name ? name : "",
                               as_windows ? ": " : "=", (const char *)g_ptr_array_index(texts, i));
    }
}

/* False: a limit cut it. */
static bool describe_event(const struct etl_schemas *schemas, const struct etl_record *record,
                           const struct etl_schema *schema, enum etl_text_style style,
                           GString *text)
{
    struct etl_budget *budget = etl_schemas_budget(schemas);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree uint64_t *numbers = g_new0(uint64_t, schema->fields->len + 1);
    struct etl_event_values values = {
        .schemas = schemas,
        .record = record,
        .fields = schema->fields,
        .data = etl_cursor_over(record->payload, record->payload_size),
        .style = style,
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
        if (schema->spaced)
            g_string_append_c(text, ' ');
        /* Inserts of missing fields take time, but add no text. */
        etl_budget_spend(budget, length - MIN(length, text->len));
    } else {
        list_values(schema, &values, text);
    }
    return !values.cut;
}

static void describe_bytes(const struct etl_record *record, GString *text)
{
    g_autofree char *hex = etl_hex_text(record->payload, MIN(record->payload_size, MAX_RAW));
    g_string_append_printf(text, "%" G_GSIZE_FORMAT " bytes: %s%s", record->payload_size, hex,
                           record->payload_size > MAX_RAW ? "..." : "");
}

/* Joins the lines of a message: a record is always shown as one line. */
static void join_lines(enum etl_text_style style, GString *text)
{
    g_autofree char *valid = printable_line(text->str, (gssize)text->len);
    g_string_assign(text, style == ETL_TEXT_WINDOWS ? valid : g_strchomp(valid));
}

/* Ends a text that is cut with "...". */
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
                    enum etl_text_style style, GString *text)
{
    const struct etl_schema *schema = etl_schemas_find(schemas, record);
    struct etl_budget *budget = etl_schemas_budget(schemas);
    bool whole = true;
    g_string_truncate(text, 0);
    if (schema)
        whole = describe_event(schemas, record, schema, style, text);
    else if (!etl_logger_text(record, text) &&
             (!record->schema ||
              !etl_tracelogging_text(record, budget, style == ETL_TEXT_WINDOWS, text, &whole)))
        describe_bytes(record, text);
    shorten(budget, whole, text);
    join_lines(style, text);
}

static char *find_provider_name(const struct etl_schemas *schemas, const struct etl_record *record)
{
    const struct etl_schema *schema = etl_schemas_find(schemas, record);
    if (schema && schema->provider && *schema->provider)
        return g_strdup(schema->provider);
    char *traits = record->traits ? etl_tracelogging_provider(record) : NULL;
    if (traits)
        return traits;
    if (etl_is_logger_record(record))
        return g_strdup(ETL_LOGGER_PROVIDER);
    for (size_t i = 0; i < G_N_ELEMENTS(merged); i++) {
        if (etl_record_is(record, ETL_RECORD_CLASSIC, merged[i].guid))
            return g_strdup(merged[i].name);
    }
    g_autofree char *guid = record->guid ? etl_guid_text(record->guid) : NULL;
    return guid ? g_strdup_printf("{%s}", guid) : g_strdup("WPP");
}

char *etl_event_provider(const struct etl_schemas *schemas, const struct etl_record *record)
{
    g_autofree char *name = find_provider_name(schemas, record);
    return printable_line(name, -1);
}
