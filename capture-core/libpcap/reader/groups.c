/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups.h"

#include <glib.h>
#include <stdbool.h>

#include "salted.h"

/* Of one signature; in a flood of equal packets the oldest of more are let go of. */
#define MAX_TWINS 64
/* In all: more packets than any host passes within the window. */
#define MAX_GROUPS 262144

struct group {
    uint64_t number;
    uint64_t signature;
    uint64_t newest; /* time of the last sighting, ns */
    uint64_t flow;   /* of the last sighting */
    GArray *places;  /* of uint64_t */
    GList by_age;    /* its link in the list of all */
};

struct groups {
    GHashTable *by_signature; /* signature -> GPtrArray of struct group, the oldest first */
    GQueue by_age;            /* struct group, the one that was seen longest ago first */
    uint64_t count;           /* of all groups so far */
};

struct groups *groups_new(void)
{
    struct groups *groups = g_new0(struct groups, 1);

    groups->by_signature = g_hash_table_new_full(salted_int64, g_int64_equal, g_free,
                                                 (GDestroyNotify)g_ptr_array_unref);
    g_queue_init(&groups->by_age);
    return groups;
}

static void forget(struct groups *groups, struct group *group)
{
    GPtrArray *twins = g_hash_table_lookup(groups->by_signature, &group->signature);

    g_ptr_array_remove(twins, group);
    if (twins->len == 0)
        g_hash_table_remove(groups->by_signature, &group->signature);
    g_queue_unlink(&groups->by_age, &group->by_age);
    g_array_unref(group->places);
    g_free(group);
}

void groups_free(struct groups *groups)
{
    while (groups->by_age.head)
        forget(groups, groups->by_age.head->data);
    g_hash_table_unref(groups->by_signature);
    g_free(groups);
}

static void forget_old(struct groups *groups, uint64_t time)
{
    const struct group *oldest;

    while (groups->by_age.head) {
        oldest = groups->by_age.head->data;
        if (oldest->newest + GROUPS_WINDOW_NS >= time && groups->by_age.length <= MAX_GROUPS)
            return;
        forget(groups, groups->by_age.head->data);
    }
}

static bool has_passed(const struct group *group, uint64_t place)
{
    for (guint i = 0; i < group->places->len; i++) {
        if (g_array_index(group->places, uint64_t, i) == place)
            return true;
    }
    return false;
}

/* Equal packets overtake each other rarely: the oldest that was not here yet. What goes the
 * opposite way is an answer that holds the same bytes. */
static struct group *find(const GPtrArray *twins, const struct content *content, uint64_t place)
{
    for (guint i = 0; twins && i < twins->len; i++) {
        struct group *group = twins->pdata[i];
        bool is_answer =
            content->answer && group->flow == content->answer && content->flow != content->answer;

        if (!is_answer && !has_passed(group, place))
            return group;
    }
    return NULL;
}

static GPtrArray *twins_of(struct groups *groups, uint64_t signature)
{
    GPtrArray *twins = g_hash_table_lookup(groups->by_signature, &signature);

    if (!twins) {
        twins = g_ptr_array_new();
        g_hash_table_insert(groups->by_signature, g_memdup2(&signature, sizeof(signature)), twins);
    }
    return twins;
}

static struct group *add(struct groups *groups, uint64_t signature)
{
    GPtrArray *twins = twins_of(groups, signature);
    struct group *group = g_new0(struct group, 1);

    group->number = ++groups->count;
    group->signature = signature;
    group->places = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    group->by_age.data = group;
    g_queue_push_tail_link(&groups->by_age, &group->by_age);
    g_ptr_array_add(twins, group);
    if (twins->len > MAX_TWINS)
        forget(groups, twins->pdata[0]);
    return group;
}

struct membership groups_join(struct groups *groups, uint64_t time, const struct content *content,
                              uint64_t place)
{
    struct group *group;

    forget_old(groups, time);
    group = find(g_hash_table_lookup(groups->by_signature, &content->signature), content, place);
    if (!group)
        group = add(groups, content->signature);
    group->newest = time;
    group->flow = content->flow;
    g_array_append_val(group->places, place);
    g_queue_unlink(&groups->by_age, &group->by_age);
    g_queue_push_tail_link(&groups->by_age, &group->by_age);
    return (struct membership){.group = group->number, .appearance = group->places->len};
}
