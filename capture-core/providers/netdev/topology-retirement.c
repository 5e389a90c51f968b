/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Components and namespaces that have gone, or that no provider has listed and nothing uses. */
#include "topology.h"
#include "topology-private.h"

bool netdev_is_listed_netns(const struct netdev_topology *topology, uint64_t cookie)
{
    const struct topology_netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns && netns->listed;
}

static enum netdev_standing standing(const struct netdev_topology *topology, bool listed,
                                     uint64_t gone_at)
{
    if (gone_at)
        return gone_at < topology->long_ago ? NETDEV_GONE : NETDEV_LISTED;
    return listed ? NETDEV_LISTED : NETDEV_UNKNOWN;
}

enum netdev_standing netdev_get_standing(const struct netdev_topology *topology, uint64_t cookie,
                                         uint32_t ifindex)
{
    const struct topology_netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);
    const struct netdev_component_key key = {.cookie = cookie, .number = ifindex};
    const struct topology_member *device;

    if (cookie == 0 || cookie == topology->own_cookie)
        netns = NULL; /* the own namespace exists as long as this process */
    else if (!netns || !netns->listed || netns->gone_at)
        return netns ? standing(topology, netns->listed, netns->gone_at) : NETDEV_UNKNOWN;
    if (ifindex == 0 || cookie == 0)
        return NETDEV_LISTED;
    device = g_hash_table_lookup(topology->members, &key);
    return device ? standing(topology, device->listed, device->gone_at) : NETDEV_UNKNOWN;
}

static bool is_retired(const struct netdev_topology *topology, const struct topology_member *member,
                       uint64_t unused_since)
{
    switch (netdev_get_standing(topology, member->key.cookie,
                                member->key.is_layer ? 0 : member->key.number)) {
    case NETDEV_GONE:
        return true;
    case NETDEV_UNKNOWN:
        return member->used_at < unused_since;
    default:
        return false;
    }
}

void netdev_visit_retired(struct netdev_topology *topology, uint64_t unused_since,
                          void (*visit)(void *context, uint32_t id,
                                        const struct netdev_component_key *key),
                          void *context)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->members);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct topology_member *member = value;

        if (member->retired || member->id == NETDEV_COMPONENT_KERNEL ||
            !is_retired(topology, member, unused_since))
            continue;
        member->retired = true;
        visit(context, member->id, &member->key);
    }
}

void netdev_forget_component(struct netdev_topology *topology, uint32_t id)
{
    struct topology_member *member = g_hash_table_lookup(topology->ids, GUINT_TO_POINTER(id));
    struct topology_netns *netns; /* there is one, as long as it has members */

    if (!member || !member->retired)
        return;
    netns = g_hash_table_lookup(topology->namespaces, &member->key.cookie);
    netns->members--;
    pktmon_registry_remove(topology->registry, id);
    g_hash_table_remove(topology->ids, GUINT_TO_POINTER(id));
    g_hash_table_remove(topology->members, &member->key);
}

void netdev_end_namespaces(struct netdev_topology *topology, uint64_t unused_since,
                           void (*ended)(void *context, uint64_t net_cookie), void *context)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct topology_netns *netns = value;
        enum netdev_standing how = netdev_get_standing(topology, netns->cookie, 0);

        if (netns->members > 0 || how == NETDEV_LISTED ||
            (how == NETDEV_UNKNOWN && netns->used_at >= unused_since))
            continue;
        ended(context, netns->cookie);
        g_hash_table_iter_remove(&iterator);
    }
}
