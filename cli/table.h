/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of text under headings, in columns as wide as their content. */
#ifndef PKTMON_CLI_TABLE_H
#define PKTMON_CLI_TABLE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct cli_table_column {
    const char *title;
    bool number; /* right-aligned */
};

struct cli_table;

/* columns is borrowed. */
struct cli_table *cli_table_new(const struct cli_table_column *columns, size_t count);
void cli_table_free(struct cli_table *table);
/* Begins a section with this heading and the titles of the columns. Does nothing if the pointer is
 * that of the current heading. Copied. */
void cli_table_begin_section(struct cli_table *table, const char *heading);
/* Begins a row. Its cells are added from left to right; missing ones stay empty. Unprintable
 * characters are replaced (printable.h). */
void cli_table_begin_row(struct cli_table *table);
void cli_table_add_text(struct cli_table *table, const char *text);
void cli_table_add_number(struct cli_table *table, uint64_t number);

bool cli_table_is_empty(const struct cli_table *table);
/* Appends lines. */
void cli_table_append_to(const struct cli_table *table, GString *out);

#endif
