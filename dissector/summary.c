/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "summary.h"

#include <glib.h>

#include "compat.h"
#include "fields.h"

/* A line under construction. */
struct line {
    wmem_strbuf_t *text;
    const struct record *record;
    const struct component_words *words;
    wmem_allocator_t *scope;
};

/* Appends prefix, the field and suffix; nothing where the record lacks the field. */
static void add_text(struct line *line, const char *prefix, enum pktmon_field field,
                     const char *suffix)
{
    const char *text = record_text(line->record, field, line->scope);

    if (*text)
        wmem_strbuf_append_printf(line->text, "%s%s%s", prefix, text, suffix);
}

static void add_number(struct line *line, const char *prefix, enum pktmon_field field,
                       const char *suffix)
{
    if (record_has(line->record, field))
        wmem_strbuf_append_printf(line->text, "%s%" G_GUINT64_FORMAT "%s", prefix,
                                  record_number(line->record, field), suffix);
}

/* The component by its name, or else by its number. */
static void add_component(struct line *line)
{
    const char *name = line->words->name;

    if (name)
        wmem_strbuf_append(line->text, compat_format_text(line->scope, name));
    else
        add_number(line, "component ", PKTMON_FIELD_COMPONENT, "");
}

static void add_edge(struct line *line)
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

static void add_direction(struct line *line)
{
    unsigned direction = (unsigned)record_number(line->record, PKTMON_FIELD_DIRECTION);

    if (direction != DIRECTION_NONE)
        wmem_strbuf_append_printf(
            line->text, " %s",
            val_to_str_const(direction, field_directions, "in an unknown direction"));
}

static void add_release(struct line *line)
{
    wmem_strbuf_append(line->text, ", copy released");
    add_text(line, ": ", PKTMON_FIELD_DROP_REASON, "");
    add_text(line, " at ", PKTMON_FIELD_DROP_LOCATION, "");
}

/* How the journey of this copy ends here, if it does. */
static void add_end(struct line *line)
{
    static const char *const ends[] = {
        [END_DELIVERED] = ", delivered",
        [END_CONSUMED] = ", consumed",
    };
    uint64_t end = record_number(line->record, PKTMON_FIELD_GOOD_END);
    const char *drop = summary_of_drop(line->record, line->scope);

    if (end < G_N_ELEMENTS(ends) && ends[end])
        wmem_strbuf_append(line->text, ends[end]);
    if (drop)
        wmem_strbuf_append_printf(line->text, ", %s", drop);
    else if (record_number(line->record, PKTMON_FIELD_COPY_RELEASED) != 0)
        add_release(line);
}

static void packet_line(struct line *line)
{
    add_component(line);
    add_edge(line);
    add_direction(line);
    add_number(line, ", group ", PKTMON_FIELD_GROUP, "");
    add_number(line, ", packet ", PKTMON_FIELD_PACKET_NUMBER, "");
    add_number(line, ", copy ", PKTMON_FIELD_COPY, "");
    add_number(line, ", appearance ", PKTMON_FIELD_APPEARANCE, "");
    add_end(line);
}

static void component_line(struct line *line)
{
    add_number(line, "Component ", PKTMON_FIELD_COMPONENT, " ");
    add_text(line, "", PKTMON_FIELD_COMPONENT_NAME, "");
    add_text(line, " (", PKTMON_FIELD_COMPONENT_TYPE, ")");
}

static void counters_line(struct line *line)
{
    wmem_strbuf_append(line->text, "Counters ");
    add_component(line);
    add_edge(line);
    wmem_strbuf_append(line->text, ":");
    add_number(line, " In ", PKTMON_FIELD_PACKETS_IN, " packets");
    add_number(line, ", ", PKTMON_FIELD_BYTES_IN, " bytes");
    add_number(line, "; Out ", PKTMON_FIELD_PACKETS_OUT, " packets");
    add_number(line, ", ", PKTMON_FIELD_BYTES_OUT, " bytes");
    add_number(line,
               record_has(line->record, PKTMON_FIELD_PACKETS_IN) ? "; Drops in " : " Drops in ",
               PKTMON_FIELD_DROPS_IN, "");
    add_number(line, ", out ", PKTMON_FIELD_DROPS_OUT, "");
    add_text(line, " (", PKTMON_FIELD_DROP_REASON, ")");
}

static void filter_line(struct line *line)
{
    add_number(line, "Filter ", PKTMON_FIELD_FILTER_ID, "");
    add_text(line, " ", PKTMON_FIELD_FILTER_NAME, "");
    add_text(line, ": ", PKTMON_FIELD_FILTER_TEXT, "");
}

static void capture_line(struct line *line)
{
    wmem_strbuf_append(line->text, "Capture");
    add_text(line, " of ", PKTMON_FIELD_CAPTURE_HOST, "");
    add_text(line, ": ", PKTMON_FIELD_CAPTURE_OS, "");
    add_text(line, " ", PKTMON_FIELD_CAPTURE_RELEASE, "");
    add_text(line, ", ", PKTMON_FIELD_CAPTURE_PROVIDER, "");
}

static void event_line(struct line *line)
{
    wmem_strbuf_append(line->text, "Event");
    add_number(line, " of group ", PKTMON_FIELD_GROUP, "");
    add_text(line, ": ", PKTMON_FIELD_EVENT_MESSAGE, "");
    add_text(line, " (", PKTMON_FIELD_EVENT_PROVIDER, ")");
}

static void (*const lines[])(struct line *line) = {
    [PKTMON_RECORD_PACKET] = packet_line,     [PKTMON_RECORD_COMPONENT] = component_line,
    [PKTMON_RECORD_COUNTERS] = counters_line, [PKTMON_RECORD_FILTER] = filter_line,
    [PKTMON_RECORD_CAPTURE] = capture_line,   [PKTMON_RECORD_EVENT] = event_line,
};

const char *summary_of_record(const struct record *record, const struct component_words *words,
                              wmem_allocator_t *scope)
{
    struct line line = {wmem_strbuf_new(scope, ""), record, words, scope};

    if (record->type < G_N_ELEMENTS(lines) && lines[record->type])
        lines[record->type](&line);
    else
        wmem_strbuf_append_printf(line.text, "Record of unknown type %u", record->type);
    return wmem_strbuf_get_str(line.text);
}

const char *summary_of_drop(const struct record *record, wmem_allocator_t *scope)
{
    struct line line = {NULL, record, NULL, scope};

    if (record_number(record, PKTMON_FIELD_DROPPED) == 0)
        return NULL;
    line.text = wmem_strbuf_new(scope, "Dropped");
    add_text(&line, ": ", PKTMON_FIELD_DROP_REASON, "");
    add_text(&line, " at ", PKTMON_FIELD_DROP_LOCATION, "");
    return wmem_strbuf_get_str(line.text);
}
