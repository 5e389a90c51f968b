/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sightings are of one packet, where nothing but their bytes and times tell: the same
 * signature, not long after each other, each at another place.
 */
#ifndef PKTMON_PCAP_GROUPS_H
#define PKTMON_PCAP_GROUPS_H

#include <stdint.h>

#include "content.h"

/* No longer after the sighting before it, ns. */
#define GROUPS_WINDOW_NS 10000000ULL

struct groups;

struct membership {
    uint64_t group;
    uint32_t appearance; /* 1, 2, 3 ... */
};

struct groups *groups_new(void);
void groups_free(struct groups *groups);

/* Times (ns) do not run back. place: a device and a direction, which no packet passes twice. */
struct membership groups_join(struct groups *groups, uint64_t time, const struct content *content,
                              uint64_t place);

#endif
