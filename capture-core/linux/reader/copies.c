/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copies.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "salted.h"

/* A group is forgotten after one to two of these. */
#define GENERATION_NS (1000 * 1000 * 1000ULL)

struct copies {
    GHashTable *groups[2];   /* sets: the younger and the older generation */
    uint64_t began;          /* time of the first record of the younger one */
    GHashTable *corrections; /* struct drop_key -> struct drop_counters */
};

static guint key_hash(gconstpointer pointer)
{
    return salted_bytes(pointer, sizeof(struct drop_key));
}

static gboolean key_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct drop_key)) == 0;
}

static GHashTable *new_set(void)
{
    return g_hash_table_new_full(salted_int64, g_int64_equal, g_free, NULL);
}

struct copies *copies_new(void)
{
    struct copies *copies = g_new0(struct copies, 1);

    copies->groups[0] = new_set();
    copies->groups[1] = new_set();
    copies->corrections = g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
    return copies;
}

static void turn(struct copies *copies, uint64_t now)
{
    GHashTable *older = copies->groups[1];

    g_hash_table_remove_all(older);
    copies->groups[1] = copies->groups[0];
    copies->groups[0] = older;
    copies->began = now;
}

void copies_look_ahead(void *context, const struct packet_record *record)
{
    struct copies *copies = context;

    if (record->copy < 2)
        return;
    if (record->time > copies->began + GENERATION_NS)
        turn(copies, record->time);
    if (!g_hash_table_contains(copies->groups[0], &record->group))
        g_hash_table_add(copies->groups[0], g_memdup2(&record->group, sizeof(record->group)));
}

bool copies_has(const struct copies *copies, uint64_t group)
{
    return g_hash_table_contains(copies->groups[0], &group) ||
           g_hash_table_contains(copies->groups[1], &group);
}

void copies_correct(struct copies *copies, const struct drop_key *key, uint64_t bytes)
{
    struct drop_counters *correction = g_hash_table_lookup(copies->corrections, key);

    if (!correction) {
        correction = g_new0(struct drop_counters, 1);
        g_hash_table_insert(copies->corrections, g_memdup2(key, sizeof(*key)), correction);
    }
    correction->packets++;
    correction->bytes += bytes;
}

struct drop_counters copies_correction(const struct copies *copies, const struct drop_key *key)
{
    const struct drop_counters *correction = g_hash_table_lookup(copies->corrections, key);

    return correction ? *correction : (struct drop_counters){};
}

void copies_forget(struct copies *copies, const struct drop_key *key)
{
    g_hash_table_remove(copies->corrections, key);
}

/* Drops beyond what there is room for have no counter that could be corrected. */
void copies_prune(struct copies *copies, int drops)
{
    g_autofree struct drop_counters *values =
        g_new(struct drop_counters, libbpf_num_possible_cpus());
    GHashTableIter iterator;
    void *key;

    g_hash_table_iter_init(&iterator, copies->corrections);
    while (g_hash_table_iter_next(&iterator, &key, NULL)) {
        if (bpf_map_lookup_elem(drops, key, values))
            g_hash_table_iter_remove(&iterator);
    }
}

void copies_free(struct copies *copies)
{
    if (!copies)
        return;
    g_hash_table_unref(copies->groups[0]);
    g_hash_table_unref(copies->groups[1]);
    g_hash_table_unref(copies->corrections);
    g_free(copies);
}
