/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "summary.h"

#include <glib.h>

#include "compat.h"
#include "fields.h"

/* A line, under construction. */
struct summary_line {
    wmem_strbuf_t *text;
    const struct record *record;
    const struct component_description *known;
    wmem_allocator_t *scope;
};

/* Appends prefix, field and suffix, or nothing where the record lacks the field. */
static void add_text(struct summary_line *line, const char *prefix, enum pktmon_field field,
                     const char *suffix)
{
    const char *text = record_text(line->record, field, line->scope);

    if (*text)
        wmem_strbuf_append_printf(line->text, "%s%s%s", prefix, text, suffix);
}

static void add_number(struct summary_line *line, const char *prefix, enum pktmon_field field,
                       const char *suffix)
{
    if (record_has(line->record, field))
        wmem_strbuf_append_printf(line->text, "%s%" G_GUINT64_FORMAT "%s", prefix,
                                  record_number(line->record, field), suffix);
}

/* The component's name, or its number where it has none. */
static void add_component(struct summary_line *line)
{
    const char *name = line->known->name;

    if (name)
        wmem_strbuf_append(line->text, compat_format_text(line->scope, name));
    else
        add_number(line, "component ", PKTMON_FIELD_COMPONENT, "");
}

static void add_edge(struct summary_line *line)
{
    unsigned edge = (unsigned)record_number(line->record, PKTMON_FIELD_EDGE);
    const char *usual = try_val_to_str(edge, field_edges);

    if (record_has(line->record, PKTMON_FIELD_EDGE_NAME))
        add_text(line, " ", PKTMON_FIELD_EDGE_NAME, "");
    else if (usual)
        wmem_strbuf_append_printf(line->text, " %s", usual);
    else if (edge != 0)
        add_number(line, " edge ", PKTMON_FIELD_EDGE, "");
}

static void add_component_record(struct summary_line *line)
{
    add_number(line, "Component ", PKTMON_FIELD_COMPONENT, " ");
    add_text(line, "", PKTMON_FIELD_COMPONENT_NAME, "");
    add_text(line, " (", PKTMON_FIELD_COMPONENT_TYPE, ")");
}

static void add_counters(struct summary_line *line)
{
    wmem_strbuf_append(line->text, "Counters ");
    add_component(line);
    add_edge(line);
    wmem_strbuf_append(line->text, ":");
    add_number(line, " In ", PKTMON_FIELD_PACKETS_IN, " packets");
    add_number(line, ", ", PKTMON_FIELD_BYTES_IN, " bytes");
    add_number(line, "; Out ", PKTMON_FIELD_PACKETS_OUT, " packets");
    add_number(line, ", ", PKTMON_FIELD_BYTES_OUT, " bytes");
    add_number(line, ", taken back ", PKTMON_FIELD_TAKEN_BACK, "");
    add_number(line,
               record_has(line->record, PKTMON_FIELD_PACKETS_IN) ? "; Drops in " : " Drops in ",
               PKTMON_FIELD_DROPS_IN, "");
    add_number(line, ", out ", PKTMON_FIELD_DROPS_OUT, "");
    add_text(line, " (", PKTMON_FIELD_DROP_REASON, ")");
}

static void add_filter(struct summary_line *line)
{
    add_number(line, "Filter ", PKTMON_FIELD_FILTER_ID, "");
    add_text(line, " ", PKTMON_FIELD_FILTER_NAME, "");
    add_text(line, ": ", PKTMON_FIELD_FILTER_TEXT, "");
}

static void add_capture(struct summary_line *line)
{
    wmem_strbuf_append(line->text, "Capture");
    add_text(line, " of ", PKTMON_FIELD_CAPTURE_HOST, "");
    add_text(line, ": ", PKTMON_FIELD_CAPTURE_OS, "");
    add_text(line, " ", PKTMON_FIELD_CAPTURE_RELEASE, "");
    add_text(line, ", ", PKTMON_FIELD_CAPTURE_PROVIDER, "");
}

static void add_event(struct summary_line *line)
{
    wmem_strbuf_append(line->text, "Event");
    add_number(line, " of group ", PKTMON_FIELD_GROUP, "");
    add_text(line, ": ", PKTMON_FIELD_EVENT_MESSAGE, "");
    add_text(line, " (", PKTMON_FIELD_EVENT_PROVIDER, ")");
}

static void (*const lines[])(struct summary_line *line) = {
    [PKTMON_RECORD_COMPONENT] = add_component_record,
    [PKTMON_RECORD_COUNTERS] = add_counters,
    [PKTMON_RECORD_FILTER] = add_filter,
    [PKTMON_RECORD_CAPTURE] = add_capture,
    [PKTMON_RECORD_EVENT] = add_event,
};

const char *summary_of_record(const struct record *record,
                              const struct component_description *known, wmem_allocator_t *scope)
{
    struct summary_line line = {wmem_strbuf_new(scope, ""), record, known, scope};

    if (record->type < G_N_ELEMENTS(lines) && lines[record->type])
        lines[record->type](&line);
    else
        wmem_strbuf_append_printf(line.text, "Record of unknown type %u", record->type);
    return wmem_strbuf_get_str(line.text);
}
