/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The components of this host, as the live capture describes them. */
#ifndef PKTMON_CLI_HOST_H
#define PKTMON_CLI_HOST_H

#include <stdbool.h>

#include "stacks.h"

/* Which of them are shown. */
struct host_selection {
    bool all;    /* protocol layers and the rest of the kernel too, not only devices */
    bool hidden; /* devices that the kernel makes by itself in every namespace too */
    /* NULL: any. */
    bool (*wants)(void *context, uint32_t component);
    void *context;
};

/* By network namespace, the own one first: its devices, each after what it is bound to below, then
 * its layers from the lowest up. registry is borrowed. */
struct stacks *host_stacks(const struct pktmon_registry *registry,
                           const struct host_selection *selection);

struct host_edge {
    uint16_t id;
    const char *name;
};
/* The edges at which packets are counted, ended by id 0. */
const struct host_edge *host_edges(const struct pktmon_component *component);

#endif
