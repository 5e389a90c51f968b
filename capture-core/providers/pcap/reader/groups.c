/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups.h"

#include <glib.h>
#include <stdbool.h>

#include "model/salted-hash.h"
#include "packet-content.h"

/* Groups with one signature; in a flood of equal packets, the oldest are forgotten. */
#define MAX_TWINS 64
/* Groups in all: more packets than any host passes within the window. */
#define MAX_GROUPS 262144

struct packet_group {
    uint64_t number;
    uint64_t signature;
    uint64_t newest;  /* time of the last sighting, ns */
    uint64_t flow;    /* of the last sighting */
    uint32_t longest; /* of the sightings: bytes behind the link header */
    GArray *places;   /* of uint64_t */
    GList by_age;     /* its link in the list of all */
};

struct pcap_groups {
    GHashTable *by_signature; /* signature -> GPtrArray of struct packet_group, the oldest first */
    GQueue by_age;            /* struct packet_group, least recently seen first */
    uint64_t count;           /* of all groups so far */
};

struct pcap_groups *pcap_groups_new(void)
{
    struct pcap_groups *groups = g_new0(struct pcap_groups, 1);

    groups->by_signature = g_hash_table_new_full(salted_int64, g_int64_equal, g_free,
                                                 (GDestroyNotify)g_ptr_array_unref);
    g_queue_init(&groups->by_age);
    return groups;
}

static void forget(struct pcap_groups *groups, struct packet_group *group)
{
    GPtrArray *twins = g_hash_table_lookup(groups->by_signature, &group->signature);

    g_ptr_array_remove(twins, group);
    if (twins->len == 0)
        g_hash_table_remove(groups->by_signature, &group->signature);
    g_queue_unlink(&groups->by_age, &group->by_age);
    g_array_unref(group->places);
    g_free(group);
}

void pcap_groups_free(struct pcap_groups *groups)
{
    while (groups->by_age.head)
        forget(groups, groups->by_age.head->data);
    g_hash_table_unref(groups->by_signature);
    g_free(groups);
}

static void forget_old(struct pcap_groups *groups, uint64_t time)
{
    const struct packet_group *oldest;

    while (groups->by_age.head) {
        oldest = groups->by_age.head->data;
        if (oldest->newest + PCAP_GROUPS_WINDOW_NS >= time && groups->by_age.length <= MAX_GROUPS)
            return;
        forget(groups, groups->by_age.head->data);
    }
}

static bool has_passed(const struct packet_group *group, uint64_t place)
{
    for (guint i = 0; i < group->places->len; i++) {
        if (g_array_index(group->places, uint64_t, i) == place)
            return true;
    }
    return false;
}

/* Equal packets rarely overtake each other, so this takes the oldest group that was not seen at
 * this place. A packet in the opposite direction is an answer with the same bytes. */
static struct packet_group *find(const GPtrArray *twins, const struct pcap_content *content,
                                 uint64_t place)
{
    for (guint i = 0; twins && i < twins->len; i++) {
        struct packet_group *group = twins->pdata[i];
        bool is_answer =
            content->answer && group->flow == content->answer && content->flow != content->answer;

        if (!is_answer && !has_passed(group, place))
            return group;
    }
    return NULL;
}

static GPtrArray *twins_of(struct pcap_groups *groups, uint64_t signature)
{
    GPtrArray *twins = g_hash_table_lookup(groups->by_signature, &signature);

    if (!twins) {
        twins = g_ptr_array_new();
        g_hash_table_insert(groups->by_signature, g_memdup2(&signature, sizeof(signature)), twins);
    }
    return twins;
}

static struct packet_group *add(struct pcap_groups *groups, uint64_t signature)
{
    GPtrArray *twins = twins_of(groups, signature);
    struct packet_group *group = g_new0(struct packet_group, 1);

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

struct pcap_membership pcap_groups_join(struct pcap_groups *groups, uint64_t time,
                                        const struct pcap_content *content, uint64_t place,
                                        uint32_t length)
{
    struct packet_group *group;
    bool repeats;

    forget_old(groups, time);
    group = find(g_hash_table_lookup(groups->by_signature, &content->signature), content, place);
    if (!group)
        group = add(groups, content->signature);
    repeats = length <= group->longest;
    group->longest = MAX(group->longest, length);
    group->newest = time;
    group->flow = content->flow;
    g_array_append_val(group->places, place);
    g_queue_unlink(&groups->by_age, &group->by_age);
    g_queue_push_tail_link(&groups->by_age, &group->by_age);
    return (struct pcap_membership){
        .group = group->number, .appearance = group->places->len, .repeats = repeats};
}
