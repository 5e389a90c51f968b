/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "followed.h"

#include <glib.h>

#include "model/salted-hash.h"

#define GENERATION_NS (10ULL * 1000 * 1000 * 1000)
#define GENERATIONS   2

struct followed_group {
    guint64 id; /* the key */
    uint64_t bits;
};

struct filter_followed {
    GHashTable *groups[GENERATIONS]; /* id -> struct followed_group; younger, older */
    uint64_t began;                  /* the younger generation, ns */
};

struct filter_followed *filter_followed_new(void)
{
    struct filter_followed *followed = g_new0(struct filter_followed, 1);

    for (int i = 0; i < GENERATIONS; i++)
        followed->groups[i] = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, g_free);
    return followed;
}

void filter_followed_free(struct filter_followed *followed)
{
    for (int i = 0; i < GENERATIONS; i++)
        g_hash_table_unref(followed->groups[i]);
    g_free(followed);
}

static void turn(struct filter_followed *followed, uint64_t now)
{
    GHashTable *older = followed->groups[1];

    g_hash_table_remove_all(older);
    followed->groups[1] = followed->groups[0];
    followed->groups[0] = older;
    followed->began = now;
}

static uint64_t bits_of(GHashTable *groups, uint64_t id)
{
    const struct followed_group *group = g_hash_table_lookup(groups, &id);

    return group ? group->bits : 0;
}

uint64_t filter_followed_add(struct filter_followed *followed, uint64_t id, uint64_t time,
                             uint64_t bits)
{
    if (id == 0)
        return bits;
    if (time > followed->began + GENERATION_NS)
        turn(followed, time);
    uint64_t known = bits_of(followed->groups[0], id);
    bits |= known | bits_of(followed->groups[1], id);
    if (bits != known) {
        struct followed_group *group = g_new(struct followed_group, 1);
        *group = (struct followed_group){.id = id, .bits = bits};
        g_hash_table_replace(followed->groups[0], &group->id, group);
    }
    return bits;
}

bool filter_followed_has(const struct filter_followed *followed, uint64_t group)
{
    return bits_of(followed->groups[0], group) || bits_of(followed->groups[1], group);
}
