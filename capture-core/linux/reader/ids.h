/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of components: the same in every process for as long as the component lives. */
#ifndef PKTMON_IDS_H
#define PKTMON_IDS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What belongs to no namespace. */
#define COMPONENT_KERNEL 4095

/* A device, or a layer of a namespace. Whoever has a namespace of his own chooses the index of his
 * devices, up to 2^31 - 1; the kernel gives the cookies, one after the other. */
struct component_key {
    uint64_t cookie;
    uint32_t number; /* ifindex, or enum layer */
    bool is_layer;
};

guint component_key_hash(gconstpointer key);
gboolean component_key_equal(gconstpointer one, gconstpointer other);

/* The id that the component wants in the first place (choice 0), or where others have that, in the
 * next one. Never 0, nor COMPONENT_KERNEL. */
uint32_t component_id(const struct component_key *key, uint32_t choice);

#endif
