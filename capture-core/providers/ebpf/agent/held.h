/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces and devices that the scanner handed over, and the links in them. */
#ifndef PKTMON_EBPF_AGENT_HELD_H
#define PKTMON_EBPF_AGENT_HELD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "handover.h"
#include "nfqueues.h"

#define AGENT_NETFILTER_ENDS     2 /* first and last of a hook */
#define AGENT_NETFILTER_HOOKS    5
#define AGENT_NETFILTER_FAMILIES 2

struct agent_netfilter_links {
    int descriptors[AGENT_NETFILTER_ENDS * AGENT_NETFILTER_HOOKS * AGENT_NETFILTER_FAMILIES];
    uint32_t count;
    bool tried; /* since the namespace was handed over */
    struct agent_queues queues;
    int64_t deadline; /* they stay until then for packets in queues (us, monotonic); 0: no */
};

/* A namespace that was handed over. */
struct agent_held_netns {
    uint64_t cookie;
    bool own;
    char name[sizeof((struct agent_handover){}.name)];
    GHashTable *devices; /* ifindex -> struct agent_held_device */
    struct agent_netfilter_links netfilter;
};

struct agent_held_device {
    uint32_t ifindex;
    char name[sizeof((struct agent_handover){}.name)]; /* with its namespace's */
    int ingress_link;                                  /* of the gate at tc ingress, or -1 */
};

/* Called before an entry is freed, to close the links in it. */
struct agent_held_observer {
    void (*netns_forgotten)(struct agent_held_netns *netns);
    void (*device_forgotten)(struct agent_held_device *device);
};

/* The observer is set once, before the holder runs. Borrowed. */
void agent_observe_held(const struct agent_held_observer *observer);
/* Opens the own namespace, to which agent_run_in_held() returns. */
void agent_open_held(void);
/* Adds or updates the entry of what was handed over. */
struct agent_held_netns *agent_add_held_netns(const struct agent_handover *handed);
/* The same of a device, whose namespace becomes *netns. NULL: the namespace is unknown. */
struct agent_held_device *agent_add_held_device(const struct agent_handover *handed,
                                                struct agent_held_netns **netns);
/* NULL: unknown. */
struct agent_held_netns *agent_find_held(uint64_t cookie);
void agent_forget_held(struct agent_held_netns *netns);
void agent_forget_held_device(struct agent_held_netns *netns, uint32_t ifindex);
void agent_for_each_held(void (*function)(struct agent_held_netns *netns));
void agent_for_each_device_of(struct agent_held_netns *netns,
                              void (*function)(struct agent_held_device *device));
void agent_for_each_held_device(void (*function)(struct agent_held_device *device));
/* The first device for which is_it returns true; NULL: none. */
struct agent_held_device *
agent_search_held_device(bool (*is_it)(const struct agent_held_device *device, const void *data),
                         const void *data);
/* Runs function inside the namespace of the descriptor file and returns its result; the own
 * namespace needs no descriptor. */
int agent_run_in_held(const struct agent_held_netns *netns, int file, int (*function)(void *data),
                      void *data);

#endif
