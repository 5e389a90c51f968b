/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "edges.h"

#include <stddef.h>

static const struct edge_description edges[PKTMON_EDGE_COUNT] = {
#define X(NAME, number, name, owner, traffic)                                                      \
    [number] = {name, EDGE_OWNER_##owner, EDGE_TRAFFIC_##traffic},
    PKTMON_EDGES(X)
#undef X
};

static const char *const common_names[] = {
#define X(NAME, number, name, owner, traffic) [number] = name,
    PKTMON_COMMON_EDGES(X)
#undef X
};

const struct edge_description *edge_describe(uint16_t edge)
{
    return edge < PKTMON_EDGE_COUNT && edges[edge].name ? &edges[edge] : NULL;
}

const char *edge_name(uint16_t edge)
{
    return edge < PKTMON_EDGE_COUNT ? edges[edge].name : NULL;
}

const char *edge_common_name(uint16_t edge)
{
    return edge < sizeof(common_names) / sizeof(common_names[0]) ? common_names[edge] : NULL;
}
