/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The components of a Linux host: every device, and in each network namespace the protocol layers
 * and the sockets. It joins devices that a provider lists with those that packets showed. */
#ifndef PKTMON_NETDEV_TOPOLOGY_H
#define PKTMON_NETDEV_TOPOLOGY_H

#include <glib.h>

#include "pktmon/component.h"
#include "component-ids.h"
#include "device.h"
#include "topology-watcher.h"

/* Components that are not devices. */
enum netdev_layer {
    NETDEV_LAYER_IPV4,
    NETDEV_LAYER_IPV6,
    NETDEV_LAYER_ARP,
    NETDEV_LAYER_SOCKETS,
    NETDEV_LAYER_NETFILTER,
    NETDEV_LAYER_OTHER_DEVICES, /* devices beyond those that could be described: only their numbers
                                   are known */
    NETDEV_LAYERS,              /* less than 32 */
};

struct netdev_topology;

struct netdev_topology *netdev_topology_new(struct pktmon_registry *registry);
/* Sets the watcher, and calls named for all namespaces that have a name already. */
void netdev_watch(struct netdev_topology *topology, const struct netdev_watcher *watcher);

/* Visits all namespaces that have a name; NULL: the own one. */
void netdev_for_each_netns(const struct netdev_topology *topology, netdev_visitor *visit,
                           void *context);

void netdev_add_netns(struct netdev_topology *topology, const struct netdev_netns *netns);
void netdev_add_device(struct netdev_topology *topology, const struct netdev_device *device);
void netdev_remove_device(struct netdev_topology *topology, const struct netdev_device *device);
void netdev_remove_netns(struct netdev_topology *topology, const struct netdev_netns *netns);
/* A device as a packet showed it, in a namespace with this inode. A description by rtnetlink takes
 * precedence. */
void netdev_add_met_device(struct netdev_topology *topology, const struct netdev_device *device,
                           uint32_t netns_inode);

/* Adds the layers of every known namespace. */
void netdev_add_layers(struct netdev_topology *topology);
/* The cookie of this process's namespace; 0: the kernel does not report it (before Linux 5.14). */
uint64_t netdev_own_cookie(const struct netdev_topology *topology);
/* The name as shown; "": the own namespace; NULL: unknown. */
const char *netdev_netns_name(const struct netdev_topology *topology, uint64_t net_cookie);
bool netdev_has_netns(const struct netdev_topology *topology, uint64_t net_cookie);

/* The device's component, or 0. */
uint32_t netdev_find_device(const struct netdev_topology *topology, uint64_t net_cookie,
                            uint32_t ifindex);
uint32_t netdev_get_layer(struct netdev_topology *topology, uint64_t net_cookie,
                          enum netdev_layer layer);
/* The component of what belongs nowhere else. */
uint32_t netdev_get_kernel(struct netdev_topology *topology);

/* --- what has gone --- */

/* What is known of a device, or with ifindex 0 of a namespace. */
enum netdev_standing {
    NETDEV_LISTED,  /* reported as existing */
    NETDEV_UNKNOWN, /* never reported */
    NETDEV_GONE,    /* reported as gone, long enough ago */
};

/* Sets the current time, and the time before which is long enough ago; monotonic, ns. */
void netdev_set_time(struct netdev_topology *topology, uint64_t now, uint64_t long_ago);
enum netdev_standing netdev_get_standing(const struct netdev_topology *topology,
                                         uint64_t net_cookie, uint32_t ifindex);
bool netdev_is_listed_netns(const struct netdev_topology *topology, uint64_t net_cookie);
/* Visits, once, each component that has gone, and those that were never reported and not used since
 * the time. netdev_forget_component() is to follow. */
void netdev_visit_retired(struct netdev_topology *topology, uint64_t unused_since,
                          void (*visit)(void *context, uint32_t id,
                                        const struct netdev_component_key *key),
                          void *context);
/* Removes the component, unless it has been listed again since it was visited. */
void netdev_forget_component(struct netdev_topology *topology, uint32_t id);
/* Removes namespaces without components that have gone, or were not used since the time. */
void netdev_end_namespaces(struct netdev_topology *topology, uint64_t unused_since,
                           void (*ended)(void *context, uint64_t net_cookie), void *context);

void netdev_topology_free(struct netdev_topology *topology);

#endif
