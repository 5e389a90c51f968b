/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#define MARGIN "  "

/* A row, or where cells is NULL a heading. */
struct line {
    char *heading;
    char **cells; /* NULL after the last */
};

struct table {
    const struct table_column *columns;
    size_t count;
    GArray *lines;     /* of struct line */
    size_t cell;       /* of the last row, to be set next */
    const char *under; /* the heading as given */
};

static void line_clear(void *data)
{
    struct line *line = data;
    g_free(line->heading);
    g_strfreev(line->cells);
}

struct table *table_new(const struct table_column *columns, size_t count)
{
    struct table *table = g_new0(struct table, 1);
    table->columns = columns;
    table->count = count;
    table->lines = g_array_new(FALSE, TRUE, sizeof(struct line));
    g_array_set_clear_func(table->lines, line_clear);
    return table;
}

void table_free(struct table *table)
{
    g_array_unref(table->lines);
    g_free(table);
}

char *printable(const char *text)
{
    GString *clean = g_string_new(NULL);
    for (; *text; text = g_utf8_next_char(text)) {
        gunichar character = g_utf8_get_char(text);
        g_string_append_unichar(clean, g_unichar_isprint(character) ? character : '?');
    }
    return g_string_free(clean, FALSE);
}

void table_under(struct table *table, const char *heading)
{
    if (heading == table->under)
        return;
    table->under = heading;
    g_array_append_val(table->lines, (struct line){.heading = printable(heading)});
}

void table_row(struct table *table)
{
    struct line line = {.cells = g_new0(char *, table->count + 1)};
    g_array_append_val(table->lines, line);
    table->cell = 0;
}

/* Takes ownership. */
static void add_cell(struct table *table, char *text)
{
    struct line *line = &g_array_index(table->lines, struct line, table->lines->len - 1);
    line->cells[table->cell++] = text;
}

void table_text(struct table *table, const char *text)
{
    add_cell(table, printable(text));
}

void table_number(struct table *table, uint64_t number)
{
    add_cell(table, g_strdup_printf("%" G_GUINT64_FORMAT, number));
}

bool table_is_empty(const struct table *table)
{
    return table->lines->len == 0;
}

static size_t width_of(const struct table *table, size_t column)
{
    glong width = g_utf8_strlen(table->columns[column].title, -1);
    for (guint i = 0; i < table->lines->len; i++) {
        char **cells = g_array_index(table->lines, struct line, i).cells;
        if (cells && g_strv_length(cells) > column)
            width = MAX(width, g_utf8_strlen(cells[column], -1));
    }
    return (size_t)width;
}

static void put_spaces(GString *out, size_t count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

/* Nothing stands behind the last text of a line. */
static void put_cells(const struct table *table, const size_t *widths, const char *const *cells,
                      GString *out)
{
    gsize begin = out->len;
    for (size_t i = 0; i < table->count && cells[i]; i++) {
        size_t space = widths[i] - (size_t)g_utf8_strlen(cells[i], -1);
        g_string_append(out, MARGIN);
        if (table->columns[i].number)
            put_spaces(out, space);
        g_string_append(out, cells[i]);
        if (!table->columns[i].number)
            put_spaces(out, space);
    }
    while (out->len > begin && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

void table_put(const struct table *table, GString *out)
{
    g_autofree size_t *widths = g_new(size_t, table->count);
    g_autofree const char **titles = g_new0(const char *, table->count + 1);
    for (size_t i = 0; i < table->count; i++) {
        widths[i] = width_of(table, i);
        titles[i] = table->columns[i].title;
    }
    for (guint i = 0; i < table->lines->len; i++) {
        const struct line *line = &g_array_index(table->lines, struct line, i);
        if (line->cells) {
            put_cells(table, widths, (const char *const *)line->cells, out);
            continue;
        }
        g_string_append_printf(out, "%s%s\n", i > 0 ? "\n" : "", line->heading);
        put_cells(table, widths, titles, out);
    }
}
