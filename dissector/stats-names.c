/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stats-names.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct row_name {
    int parent;
    char name[];
};

struct tree_names {
    GHashTable *rows;  /* set of struct row_name */
    GHashTable *below; /* parent -> how many of them */
};

static GHashTable *trees; /* stats_tree -> struct tree_names */

/* Names may be chosen by whoever made the file; Wireshark's hash has a secret. */
static guint hash_row(gconstpointer key)
{
    const struct row_name *row = key;

    return wmem_strong_hash((const guint8 *)row->name, strlen(row->name)) ^ (guint)row->parent;
}

static gboolean is_same_row(gconstpointer left, gconstpointer right)
{
    const struct row_name *one = left, *other = right;

    return one->parent == other->parent && strcmp(one->name, other->name) == 0;
}

static void free_names(gpointer data)
{
    struct tree_names *names = data;

    g_hash_table_unref(names->rows);
    g_hash_table_unref(names->below);
    g_free(names);
}

void stats_names_init(stats_tree *tree)
{
    struct tree_names *names = g_new(struct tree_names, 1);

    if (!trees)
        trees = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_names);
    names->rows = g_hash_table_new_full(hash_row, is_same_row, g_free, NULL);
    names->below = g_hash_table_new(g_direct_hash, g_direct_equal);
    g_hash_table_insert(trees, tree, names);
}

void stats_names_cleanup(stats_tree *tree)
{
    g_hash_table_remove(trees, tree);
}

/* False: there are too many below the parent. Takes the row. */
static bool add_row(const struct tree_names *names, struct row_name *row)
{
    gpointer parent = GINT_TO_POINTER(row->parent);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(names->below, parent));

    if (count == STATS_MAX_NAMES) {
        g_free(row);
        return false;
    }
    g_hash_table_insert(names->below, parent, GUINT_TO_POINTER(count + 1));
    return g_hash_table_add(names->rows, row);
}

const char *stats_names_row(stats_tree *tree, int parent, const char *name)
{
    const struct tree_names *names = g_hash_table_lookup(trees, tree);
    size_t size = strlen(name) + 1;
    struct row_name *row = g_malloc(sizeof(*row) + size);

    row->parent = parent;
    memcpy(row->name, name, size);
    if (!g_hash_table_contains(names->rows, row))
        return add_row(names, row) ? name : STATS_OTHERS;
    g_free(row);
    return name;
}
