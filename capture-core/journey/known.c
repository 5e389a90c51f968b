/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "known.h"

#include <glib.h>

#include "model/salted-hash.h"

#define TABLE_ROW (4 * sizeof(void *)) /* bytes of a row in a hash table, about */

struct known_row {
    struct journey_form_key key;
    struct journey_fact fact;
    GList link; /* in the order of use */
};

struct journey_known {
    GHashTable *rows; /* &key -> struct known_row */
    GQueue used;      /* the one that was used last at its tail */
    size_t max;
};

static guint hash_key(gconstpointer key)
{
    return salted_bytes(key, sizeof(struct journey_form_key));
}

static gboolean equal_keys(gconstpointer left, gconstpointer right)
{
    return journey_form_key_equal(left, right);
}

struct journey_known *journey_known_new(size_t max)
{
    struct journey_known *known = g_new0(struct journey_known, 1);

    known->rows = g_hash_table_new_full(hash_key, equal_keys, NULL, g_free);
    g_queue_init(&known->used);
    known->max = MAX(max, 1);
    return known;
}

void journey_known_free(struct journey_known *known)
{
    g_hash_table_unref(known->rows);
    g_free(known);
}

static struct known_row *find_row(struct journey_known *known, const struct journey_form_key *key)
{
    struct known_row *row = known->used.length > 0 ? g_hash_table_lookup(known->rows, key) : NULL;

    if (row && row->link.next) {
        g_queue_unlink(&known->used, &row->link);
        g_queue_push_tail_link(&known->used, &row->link);
    }
    return row;
}

const struct journey_fact *journey_known_find(struct journey_known *known,
                                              const struct journey_form_key *key)
{
    struct known_row *row = find_row(known, key);

    return row ? &row->fact : NULL;
}

static void forget_oldest(struct journey_known *known)
{
    struct known_row *oldest = g_queue_peek_head(&known->used);

    g_queue_unlink(&known->used, &oldest->link);
    g_hash_table_remove(known->rows, &oldest->key);
}

void journey_known_set(struct journey_known *known, const struct journey_form_key *key,
                       const struct journey_fact *fact)
{
    struct known_row *row = find_row(known, key);

    if (row) {
        row->fact = *fact;
        return;
    }
    if (known->used.length >= known->max)
        forget_oldest(known);
    row = g_new0(struct known_row, 1);
    row->key = *key;
    row->fact = *fact;
    row->link.data = row;
    g_hash_table_insert(known->rows, &row->key, row);
    g_queue_push_tail_link(&known->used, &row->link);
}

size_t journey_known_size_of_one(void)
{
    return sizeof(struct known_row) + TABLE_ROW;
}

size_t journey_known_size(const struct journey_known *known)
{
    return known->used.length * journey_known_size_of_one();
}
