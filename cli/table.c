/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "table.h"

#include "model/printable.h"

#define MARGIN "  "

/* A row, or a heading if cells is NULL. */
struct table_line {
    char *heading;
    char **cells; /* NULL after the last */
};

struct cli_table {
    const struct cli_table_column *columns;
    size_t count;
    GArray *lines;     /* of struct table_line */
    size_t cell;       /* next cell of the last row */
    const char *under; /* the heading as given */
};

static void line_clear(void *data)
{
    struct table_line *line = data;
    g_free(line->heading);
    g_strfreev(line->cells);
}

struct cli_table *cli_table_new(const struct cli_table_column *columns, size_t count)
{
    struct cli_table *table = g_new0(struct cli_table, 1);
    table->columns = columns;
    table->count = count;
    table->lines = g_array_new(FALSE, TRUE, sizeof(struct table_line));
    g_array_set_clear_func(table->lines, line_clear);
    return table;
}

void cli_table_free(struct cli_table *table)
{
    g_array_unref(table->lines);
    g_free(table);
}

void cli_table_begin_section(struct cli_table *table, const char *heading)
{
    if (heading == table->under)
        return;
    table->under = heading;
    g_array_append_val(table->lines, (struct table_line){.heading = printable(heading, -1)});
}

void cli_table_begin_row(struct cli_table *table)
{
    struct table_line line = {.cells = g_new0(char *, table->count + 1)};
    g_array_append_val(table->lines, line);
    table->cell = 0;
}

/* Takes ownership. */
static void add_cell(struct cli_table *table, char *text)
{
    struct table_line *line =
        &g_array_index(table->lines, struct table_line, table->lines->len - 1);
    line->cells[table->cell++] = text;
}

void cli_table_add_text(struct cli_table *table, const char *text)
{
    add_cell(table, printable(text, -1));
}

void cli_table_add_number(struct cli_table *table, uint64_t number)
{
    add_cell(table, g_strdup_printf("%" G_GUINT64_FORMAT, number));
}

bool cli_table_is_empty(const struct cli_table *table)
{
    return table->lines->len == 0;
}

static size_t width_of(const struct cli_table *table, size_t column)
{
    glong width = g_utf8_strlen(table->columns[column].title, -1);
    for (guint i = 0; i < table->lines->len; i++) {
        char **cells = g_array_index(table->lines, struct table_line, i).cells;
        if (cells && g_strv_length(cells) > column)
            width = MAX(width, g_utf8_strlen(cells[column], -1));
    }
    return (size_t)width;
}

static void put_spaces(GString *out, size_t count)
{
    g_string_append_printf(out, "%*s", (int)count, "");
}

/* No trailing spaces. */
static void put_cells(const struct cli_table *table, const size_t *widths, const char *const *cells,
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

void cli_table_append_to(const struct cli_table *table, GString *out)
{
    g_autofree size_t *widths = g_new(size_t, table->count);
    g_autofree const char **titles = g_new0(const char *, table->count + 1);
    for (size_t i = 0; i < table->count; i++) {
        widths[i] = width_of(table, i);
        titles[i] = table->columns[i].title;
    }
    for (guint i = 0; i < table->lines->len; i++) {
        const struct table_line *line = &g_array_index(table->lines, struct table_line, i);
        if (line->cells) {
            put_cells(table, widths, (const char *const *)line->cells, out);
            continue;
        }
        g_string_append_printf(out, "%s%s\n", i > 0 ? "\n" : "", line->heading);
        put_cells(table, widths, titles, out);
    }
}
