/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The components of this host, as the live capture describes them. */
#ifndef PKTMON_CLI_HOST_H
#define PKTMON_CLI_HOST_H

#include <stdbool.h>

#include "stacks.h"

/* Which components are shown. */
struct cli_host_selection {
    bool all;    /* not only devices: also protocol layers and the rest of the kernel */
    bool hidden; /* also devices that tunnel modules create in every namespace */
    /* NULL: any. */
    bool (*wants)(void *context, uint32_t component);
    void *context;
};

/* By network namespace, the own one first: its devices, each after the device below it, then its
 * layers from the lowest up. registry is borrowed. */
struct cli_stacks *cli_host_build_stacks(const struct pktmon_registry *registry,
                                         const struct cli_host_selection *selection);

/* Edges that have counters, ended by PKTMON_EDGE_NONE. */
const uint16_t *cli_host_get_edges(const struct pktmon_component *component);

#endif
