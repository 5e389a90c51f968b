/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The appearances view: each packet's records, which are frames of their own, as a journey. For
 * packet-journey.c alone.
 */
#ifndef PKTMON_DISSECTOR_APPEARANCES_H
#define PKTMON_DISSECTOR_APPEARANCES_H

#include "copy-chains.h"
#include "frame-hops.h"
#include "journey-state.h"

void appearances_register(void);

/* Another frame was learned, of whatever kind: a fate may change by it. */
void appearances_grow(void);

/* number: of the packet, if it is new. */
void appearances_learn(const struct frame_hops *hops, const struct sighting *sighting,
                       uint32_t number, packet_info *pinfo);
struct journey_state appearances_get_state(packet_info *pinfo);
/* NULL: the frame is in no journey. */
const struct chain_link *appearances_get_link(const packet_info *pinfo);
/* How many packets there are so far. */
uint32_t appearances_count(void);

#endif
