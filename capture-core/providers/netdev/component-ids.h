/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of components: the same in every process for as long as the component lives. */
#ifndef PKTMON_NETDEV_COMPONENT_IDS_H
#define PKTMON_NETDEV_COMPONENT_IDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The component of what belongs to no namespace. */
#define NETDEV_COMPONENT_KERNEL 4095

/* A device, or a layer of a namespace. The owner of a namespace chooses the index of its devices,
 * up to 2^31 - 1; the kernel assigns cookies in sequence. */
struct netdev_component_key {
    uint64_t cookie;
    uint32_t number; /* ifindex, or enum netdev_layer */
    bool is_layer;
};

guint netdev_component_key_hash(gconstpointer key);
gboolean netdev_component_key_equal(gconstpointer one, gconstpointer other);

/* The preferred id of the component (choice 0), or the next choices, for where another component
 * has that one. Never 0, nor NETDEV_COMPONENT_KERNEL. */
uint32_t netdev_component_id(const struct netdev_component_key *key, uint32_t choice);

#endif
