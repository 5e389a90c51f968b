/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copies.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <glib.h>
#include <string.h>

#include "model/salted-hash.h"

/* A group is forgotten after one to two such periods. */
#define GENERATION_NS (1000 * 1000 * 1000ULL)

/* The copies of one packet. Its group is its key in the table. */
struct copy_group {
    uint64_t group;
    uint64_t known;  /* copies that were seen, as bits; the last bit stands for all further ones */
    uint64_t newest; /* time of the first record of the copy that was seen last */
};

#define LAST_BIT 63

struct ebpf_copies {
    GHashTable *groups[2];   /* of struct copy_group: the younger and the older generation */
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

struct ebpf_copies *ebpf_copies_new(void)
{
    struct ebpf_copies *copies = g_new0(struct ebpf_copies, 1);

    copies->groups[0] = new_set();
    copies->groups[1] = new_set();
    copies->corrections = g_hash_table_new_full(key_hash, key_equal, g_free, g_free);
    return copies;
}

static void turn(struct ebpf_copies *copies, uint64_t now)
{
    GHashTable *older = copies->groups[1];

    g_hash_table_remove_all(older);
    copies->groups[1] = copies->groups[0];
    copies->groups[0] = older;
    copies->began = now;
}

/* Finds or makes the group, in the younger generation, where it stays longer. */
static struct copy_group *take_group(struct ebpf_copies *copies, uint64_t number)
{
    struct copy_group *group = g_hash_table_lookup(copies->groups[0], &number);
    const struct copy_group *before = g_hash_table_lookup(copies->groups[1], &number);

    if (group)
        return group;
    group = before ? g_memdup2(before, sizeof(*before)) : g_new0(struct copy_group, 1);
    group->group = number;
    g_hash_table_add(copies->groups[0], group);
    return group;
}

void ebpf_copies_look_ahead(void *context, const struct packet_record *record)
{
    struct ebpf_copies *copies = context;
    struct copy_group *group;
    uint64_t bit;

    if (record->copy < 2)
        return;
    if (record->time > copies->began + GENERATION_NS)
        turn(copies, record->time);
    group = take_group(copies, record->group);
    bit = 1ULL << MIN(record->copy, LAST_BIT);
    if (!(group->known & bit) || record->copy >= LAST_BIT)
        group->newest = MAX(group->newest, record->time);
    group->known |= bit;
}

bool ebpf_copies_has_later(const struct ebpf_copies *copies, uint64_t number, uint64_t time)
{
    const struct copy_group *group = g_hash_table_lookup(copies->groups[0], &number);

    if (!group)
        group = g_hash_table_lookup(copies->groups[1], &number);
    return group && group->newest > time;
}

void ebpf_copies_correct(struct ebpf_copies *copies, const struct drop_key *key, uint64_t bytes)
{
    struct drop_counters *correction = g_hash_table_lookup(copies->corrections, key);

    if (!correction) {
        correction = g_new0(struct drop_counters, 1);
        g_hash_table_insert(copies->corrections, g_memdup2(key, sizeof(*key)), correction);
    }
    correction->packets++;
    correction->bytes += bytes;
}

struct drop_counters ebpf_copies_correction(const struct ebpf_copies *copies,
                                            const struct drop_key *key)
{
    const struct drop_counters *correction = g_hash_table_lookup(copies->corrections, key);

    return correction ? *correction : (struct drop_counters){};
}

void ebpf_copies_forget(struct ebpf_copies *copies, const struct drop_key *key)
{
    g_hash_table_remove(copies->corrections, key);
}

/* Drops that do not fit into the table have no counter that could be corrected. */
void ebpf_copies_prune(struct ebpf_copies *copies, int drops)
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

void ebpf_copies_free(struct ebpf_copies *copies)
{
    if (!copies)
        return;
    g_hash_table_unref(copies->groups[0]);
    g_hash_table_unref(copies->groups[1]);
    g_hash_table_unref(copies->corrections);
    g_free(copies);
}
