/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The component, edge and direction of a drop. */
#ifndef PKTMON_EBPF_READER_ATTRIBUTION_H
#define PKTMON_EBPF_READER_ATTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "providers/ebpf/records.h"
#include "providers/netdev/topology.h"

/* The kernel's description of a drop, in names (drop-names.h). Borrowed. */
struct ebpf_drop_site {
    const char *reason;
    const char *location; /* may be NULL */
    const char *const
        *callers; /* from the function that dropped outward, ends with NULL; or NULL */
};

struct ebpf_drop_place {
    uint32_t component;
    uint16_t edge;     /* enum pktmon_edge, of a hook; 0 = in none */
    uint8_t direction; /* enum record_direction; the reason may correct that of the record */
    bool taken_back;   /* the edge has counted the packet as one that came out */
};

/* device: the component of the key's device; 0 = it has none. */
struct ebpf_drop_place ebpf_attribute_drop(struct netdev_topology *topology,
                                           const struct drop_key *key, uint32_t device,
                                           const struct ebpf_drop_site *site);

/* Whether there is a layer that takes packets of this Ethertype, and its component; the kernel's
 * where there is none. */
bool ebpf_has_layer(uint16_t protocol);
uint32_t ebpf_layer_component(struct netdev_topology *topology, uint64_t net_cookie,
                              uint16_t protocol);

#endif
