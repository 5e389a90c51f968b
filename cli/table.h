/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of text in columns as wide as what stands in them, under headings. */
#ifndef PKTMON_CLI_TABLE_H
#define PKTMON_CLI_TABLE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct table_column {
    const char *title;
    bool number; /* to the right */
};

struct table;

/* columns is borrowed. */
struct table *table_new(const struct table_column *columns, size_t count);
void table_free(struct table *table);
/* What follows stands under it, and under the columns' titles. The same pointer as before: does
 * nothing. Copied. */
void table_under(struct table *table, const char *heading);
/* A row begins; its cells are added from left to right, and those that are not are empty. Names
 * come from whoever made a device: what is no printable character is replaced. */
void table_row(struct table *table);
void table_text(struct table *table, const char *text);
void table_number(struct table *table, uint64_t number);

bool table_is_empty(const struct table *table);
/* Appends lines. */
void table_put(const struct table *table, GString *out);

/* Text without the characters that a terminal takes for commands; the caller frees it. */
char *printable(const char *text);

#endif
