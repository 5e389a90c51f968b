/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over the headers of a packet, for form.c: where it is, and the step over a link header
 * with its tags.
 */
#ifndef PKTMON_JOURNEY_FORM_WALK_H
#define PKTMON_JOURNEY_FORM_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journey_walk {
    const uint8_t *bytes;
    uint32_t size; /* of what belongs to the packet in hand; never more than the bytes at hand */
    uint32_t at;   /* of the header in hand; may be beyond size */
    uint16_t next; /* what the header in hand is: an Ethertype, then a protocol of IP */
    uint8_t tags;  /* of VLAN and MPLS that were passed */
    bool padded;   /* the bytes at hand go on behind size */
    bool cut;      /* more bytes were needed than there are at hand */
};

/* Something may be missing behind the bytes at hand. */
static inline void journey_walk_end(struct journey_walk *walk)
{
    walk->cut |= !walk->padded;
}

/* The next bytes, so many; NULL: they are not there. */
static inline const uint8_t *journey_walk_need(struct journey_walk *walk, uint32_t size)
{
    if (walk->at <= walk->size && walk->size - walk->at >= size)
        return walk->bytes + walk->at;
    journey_walk_end(walk);
    return NULL;
}

/* What follows so many bytes from the header in hand on is padding; 0: not known. */
void journey_walk_limit(struct journey_walk *walk, uint32_t length);

/* Steps over the link header, and sets next: 0 where nothing follows that has an Ethertype. False:
 * it is not there, or of a type that is not known. link_type: LINKTYPE_ value. */
bool journey_walk_link(struct journey_walk *walk, uint16_t link_type);

/* Whether frames of this type begin with a link header. */
bool journey_walk_has_link(uint16_t link_type);

#define JOURNEY_LINKTYPE_ETHERNET 1 /* tcpdump.org/linktypes.html */
#define JOURNEY_LINKTYPE_RAW      101
#define JOURNEY_LINKTYPE_802_11   105
#define JOURNEY_LINKTYPE_IPV4     228
#define JOURNEY_LINKTYPE_IPV6     229

#endif
