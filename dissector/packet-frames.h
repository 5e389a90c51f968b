/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets view: the frames of each packet. Most packets have one. For packet-journey.c alone.
 */
#ifndef PKTMON_DISSECTOR_PACKET_FRAMES_H
#define PKTMON_DISSECTOR_PACKET_FRAMES_H

#include "copy-chains.h"
#include "frame-hops.h"
#include "journey-state.h"

void packet_frames_register(int proto);

/* Whether the sightings of this frame are to be learned with it: other frames of its packet are
 * there, or are to come. */
bool packet_frames_has_others(const struct frame_hops *hops);

/* sightings: copied; NULL, unless packet_frames_has_others(). number: of the packet, if it is
 * new. */
void packet_frames_learn(const struct frame_hops *hops, const struct sighting *sightings,
                         size_t count, uint32_t number, packet_info *pinfo);

/* The links of the frame's sightings in the chains of its packet, as far as its frames are known;
 * in memory of the packet. */
struct chain_link *packet_frames_link(const struct frame_hops *hops,
                                      const struct sighting *sightings, size_t count,
                                      packet_info *pinfo);

/* sightings: of the frame. */
struct journey_state packet_frames_get_state(const struct frame_hops *hops, packet_info *pinfo);

/* How many packets there are so far. */
uint32_t packet_frames_count(void);

#endif
