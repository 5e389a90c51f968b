/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters by component, over all entries of the kernel's tables that belong to it. */
#ifndef PKTMON_EBPF_READER_SUMS_H
#define PKTMON_EBPF_READER_SUMS_H

#include <glib.h>

#include "pktmon/event.h"
#include "providers/ebpf/records.h"

struct ebpf_edge_sum {
    uint16_t edge;
    struct edge_counters counters;
    struct {
        uint64_t packets, bytes;
    } taken_back; /* counted as Out, and dropped by a function that comes after that */
};

/* The drops of one component for one reason. */
struct ebpf_reason_sum {
    struct pktmon_drop_count count;
    uint64_t newest; /* ns */
};

struct ebpf_component_sum {
    GArray *edges;   /* of struct ebpf_edge_sum */
    GArray *reasons; /* of struct ebpf_reason_sum */
    uint64_t drops_lost;
    uint64_t in_xdp; /* packets of the drops that an XDP program dropped as socket buffers */
    struct drop_counters frames; /* lost in XDP, as far as the kernel reports each */
};

/* One kind of drop. */
struct ebpf_drop_part {
    const char *reason; /* one reason has one name: it is compared by content, and not copied */
    uint8_t direction;  /* enum record_direction */
    bool in_xdp;
    struct drop_counters counters;
};

/* component -> struct ebpf_component_sum */
GHashTable *ebpf_sums_new(void);
GHashTable *ebpf_sums_copy(GHashTable *sums);
/* Made where there is none yet. */
struct ebpf_component_sum *ebpf_sums_get(GHashTable *sums, uint32_t component);
void ebpf_sum_add_edge(struct ebpf_component_sum *sum, uint16_t edge,
                       const struct edge_counters *counters);
void ebpf_sum_take_back(struct ebpf_component_sum *sum, uint16_t edge,
                        const struct drop_counters *drops);
void ebpf_sum_add_drops(struct ebpf_component_sum *sum, const struct ebpf_drop_part *part);
/* Records that did not fit into a ring. */
uint64_t ebpf_sum_lost(const struct ebpf_component_sum *sum);

#endif
