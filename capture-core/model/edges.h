/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups in the table of edges (pktmon/edge.h). */
#ifndef PKTMON_MODEL_EDGES_H
#define PKTMON_MODEL_EDGES_H

#include <stdint.h>

#include "pktmon/edge.h"

enum edge_owner {
    EDGE_OWNER_DEVICE,
    EDGE_OWNER_NETFILTER,
};

enum edge_traffic {
    EDGE_TRAFFIC_BOTH,
    EDGE_TRAFFIC_RECEIVED,
    EDGE_TRAFFIC_SENT,
};

struct edge_description {
    const char *name;
    enum edge_owner owner;
    enum edge_traffic traffic;
};

/* NULL: not in the table. */
const struct edge_description *edge_describe(uint16_t edge);

/* The name of an edge of Linux; NULL: it has none. */
const char *edge_name(uint16_t edge);

/* The name where the system is not known: only the common edges have one. NULL: it has none. */
const char *edge_common_name(uint16_t edge);

#endif
