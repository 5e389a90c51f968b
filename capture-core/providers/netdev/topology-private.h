/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the topology share. */
#ifndef PKTMON_NETDEV_TOPOLOGY_PRIVATE_H
#define PKTMON_NETDEV_TOPOLOGY_PRIVATE_H

#include <glib.h>

#include "component-ids.h"
#include "pktmon/component.h"
#include "topology-watcher.h"

struct topology_netns {
    uint64_t cookie;
    uint32_t inode;
    char *name;       /* as shown; "" = the own namespace */
    bool named;       /* its name is final, not derived from the inode */
    bool listed;      /* the provider has listed it */
    uint64_t gone_at; /* when it was reported as gone, ns; 0: it was not */
    uint64_t used_at; /* ns */
    unsigned members; /* components */
};

struct topology_member {
    struct netdev_component_key key; /* first: it is the key of the table */
    uint32_t id;
    bool listed;               /* the provider has described it */
    bool retired;              /* its last event is pushed */
    uint64_t gone_at, used_at; /* as for a namespace */
};

struct netdev_topology {
    struct pktmon_registry *registry;
    GHashTable *namespaces; /* cookie -> struct topology_netns */
    GHashTable *members;    /* struct netdev_component_key -> struct topology_member */
    GHashTable *ids;        /* id -> struct topology_member, to detect collisions */
    uint64_t own_cookie;
    uint64_t now, long_ago;
    struct netdev_watcher watcher; /* its functions are NULL until it is set */
};

#endif
