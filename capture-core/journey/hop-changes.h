/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bytes of a hop say: what packet it is, tags, the outermost tunnel, and what differs from
 * the hop before.
 */
#ifndef PKTMON_JOURNEY_HOP_CHANGES_H
#define PKTMON_JOURNEY_HOP_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pktmon/journey.h"

#define HOP_MAX_VLANS    4
#define HOP_ADDRESS_SIZE 46 /* bytes of an address as text, with its zero */
#define HOP_MAX_CHANGES  8

struct hop_tunnel {
    const char *type; /* "VXLAN", "Geneve", "GRE", "IPIP", "SIT", "IP6"; NULL: none */
    char source[HOP_ADDRESS_SIZE], destination[HOP_ADDRESS_SIZE];
    uint16_t port; /* of UDP, the destination's; 0: none */
    bool has_id;
    uint32_t id; /* VNI or key */
};

struct hop_way {
    uint16_t vlans[HOP_MAX_VLANS]; /* from the outermost; of the outermost link header */
    size_t vlan_count;
    struct hop_tunnel tunnel; /* the outermost */
};

/* The packet's bytes may be any. */
void hop_way_read(struct hop_way *way, const struct pktmon_packet *packet);

/* Sets what differs: "MAC", "VLAN", "tunnel", "NAT", "new form", "TTL", "DSCP", "transport",
 * "payload". What the bytes at hand do not have is not compared. Returns how many there are. */
size_t hop_changes(const char *changes[HOP_MAX_CHANGES], const struct pktmon_packet *before,
                   const struct pktmon_packet *after);

/* Whether what made the form is not among its hops: its first one differs by that. */
static inline bool hop_begins_form(const struct pktmon_journey *journey)
{
    return journey->form > 1 && !journey->continued;
}

static inline const char *hop_form_change(const struct pktmon_journey *journey)
{
    return journey->side != 0 ? "NAT" : "new form";
}

/* As hop_changes(), of a hop and the one before it in its chain. */
size_t hop_changes_in(const char *changes[HOP_MAX_CHANGES], const struct pktmon_journey *journey,
                      size_t index);

/* "10.7.0.1:4000 > 10.7.0.2:53 UDP len 40"; the caller frees it. NULL: there are no bytes. */
char *hop_packet_text(const struct pktmon_packet *packet);

#endif
