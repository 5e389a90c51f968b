/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was counted of each component, over all entries of the kernel's tables that belong to it. */
#ifndef PKTMON_SUMS_H
#define PKTMON_SUMS_H

#include <glib.h>

#include "../records.h"
#include "event.h"

struct edge_sum {
    uint16_t edge;
    struct edge_counters counters;
};

/* The drops of one component for one reason. */
struct reason_sum {
    struct pktmon_drop_count count;
    uint64_t newest; /* ns */
};

struct component_sum {
    GArray *edges;   /* of struct edge_sum */
    GArray *reasons; /* of struct reason_sum */
    uint64_t drops_lost;
    uint64_t in_xdp; /* packets of the drops that an XDP program dropped as socket buffers */
};

/* Of one kind of drop. */
struct drop_part {
    const char *reason; /* one reason has one name: it is compared by content, and not copied */
    uint8_t way;        /* enum record_way */
    bool in_xdp;
    struct drop_counters counters;
};

/* component -> struct component_sum */
GHashTable *sums_new(void);
GHashTable *sums_copy(GHashTable *sums);
/* Made where there is none yet. */
struct component_sum *sums_of(GHashTable *sums, uint32_t component);
void sums_add_edge(struct component_sum *sum, uint16_t edge, const struct edge_counters *counters);
void sums_add_drops(struct component_sum *sum, const struct drop_part *part);
/* Records that found no room. */
uint64_t sums_lost(const struct component_sum *sum);

#endif
