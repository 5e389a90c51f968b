/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The components of a Linux host: every device, and in each network namespace the protocol layers
 * and the sockets. It joins what pktmon-agent lists with what the kernel programs met.
 */
#ifndef PKTMON_TOPOLOGY_H
#define PKTMON_TOPOLOGY_H

#include <glib.h>

#include "../agent_protocol.h"
#include "component.h"
#include "ids.h"

/* Components that are no devices. */
enum layer {
    LAYER_IPV4,
    LAYER_IPV6,
    LAYER_ARP,
    LAYER_SOCKETS,
    LAYER_NETFILTER,
    LAYER_OTHER_DEVICES, /* of which nothing is known but their numbers: too many to be described */
    LAYERS,              /* less than 32 */
};

struct topology;

typedef void topology_visitor(void *context, uint64_t net_cookie, const char *netns);

/* Who wants to know what happens. */
struct topology_watcher {
    void (*changed)(void *context, uint32_t component); /* is new, or described anew */
    void (*gone)(void *context, uint32_t component);
    /* A namespace has got its name, which it keeps; NULL: the own one. */
    topology_visitor *named;
    void *context;
};

struct topology *topology_new(struct pktmon_registry *registry);
/* Also tells of all namespaces that have a name already. */
void topology_watch(struct topology *topology, const struct topology_watcher *watcher);

/* All namespaces that have a name; NULL: the own one. */
void topology_for_each_netns(const struct topology *topology, topology_visitor *visit,
                             void *context);

void topology_take_netns(struct topology *topology, const struct agent_netns *netns);
void topology_take_device(struct topology *topology, const struct agent_device *device);
void topology_take_gone(struct topology *topology, const struct agent_device *device);
void topology_take_netns_gone(struct topology *topology, const struct agent_netns *netns);
/* A device as the kernel programs met it; what the agent said of it goes first. */
void topology_take_met(struct topology *topology, const struct device_key *key,
                       const struct device_value *value);

/* The layers of every known namespace. */
void topology_add_layers(struct topology *topology);
/* Of this process's namespace; 0: the kernel does not tell (before Linux 5.14). */
uint64_t topology_own_cookie(const struct topology *topology);
/* As shown; "": the own one; NULL: it is not known. */
const char *topology_netns_name(const struct topology *topology, uint64_t net_cookie);
bool topology_knows_netns(const struct topology *topology, uint64_t net_cookie);

/* The device's component, or 0. */
uint32_t topology_device(const struct topology *topology, uint64_t net_cookie, uint32_t ifindex);
uint32_t topology_layer(struct topology *topology, uint64_t net_cookie, enum layer layer);
/* What belongs nowhere else. */
uint32_t topology_kernel(struct topology *topology);

/* --- what has gone --- */

/* What is said of a device, or with ifindex 0 of a namespace. */
enum topology_standing {
    TOPOLOGY_LISTED,  /* the agent says that it is there */
    TOPOLOGY_UNKNOWN, /* the agent says nothing of it */
    TOPOLOGY_GONE,    /* the agent said that it has gone, long enough ago */
};

/* Now, and when long enough ago was; monotonic, ns. */
void topology_set_time(struct topology *topology, uint64_t now, uint64_t long_ago);
enum topology_standing topology_standing(const struct topology *topology, uint64_t net_cookie,
                                         uint32_t ifindex);
bool topology_lists_netns(const struct topology *topology, uint64_t net_cookie);
/* Visits, once, each component that has gone, and those of which the agent says nothing and which
 * nobody has asked for since the time. topology_remove() is to follow. */
void topology_visit_over(struct topology *topology, uint64_t unused_since,
                         void (*visit)(void *context, uint32_t id, const struct component_key *key),
                         void *context);
/* Nobody asks for the component any more, unless it has been listed again since it was visited. */
void topology_remove(struct topology *topology, uint32_t id);
/* Ends those that have gone, or are not in use, and have no components. */
void topology_end_namespaces(struct topology *topology, uint64_t unused_since,
                             void (*ended)(void *context, uint64_t net_cookie), void *context);

void topology_free(struct topology *topology);

#endif
