/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of a packet: in the appearances view all records of one group in one capture, in file
 * order; in the packets view the hops of a frame, and the other frames of its packet (forms and
 * continuations). State lives as long as the file is open.
 */
#ifndef PKTMON_DISSECTOR_PACKET_JOURNEY_H
#define PKTMON_DISSECTOR_PACKET_JOURNEY_H

#include <stdbool.h>

#include <epan/packet.h>

#include "frame-hops.h"
#include "journey-state.h"
#include "places.h"

/* One observation. */
struct journey_step {
    const struct frame_hop *hop;
    const struct record_place *place, *previous_place; /* previous_place: NULL: none */
    uint32_t previous_frame;
    const struct frame_hop *previous_hop; /* of the same frame; NULL: none */
    uint16_t packet_number;
    nstime_t time;
    nstime_t delta; /* since the previous observation */
};

void journey_register(int proto);

/* Learns from the record of a frame in the first pass. hops: NULL: it is none of a packet.
 * interface: name of the frame's interface; NULL: none. */
void journey_learn(const struct frame_hops *hops, const char *interface, packet_info *pinfo);

/* Whether all hops of the frame are wanted, to learn from it, or for its state. */
bool journey_wants_hops(const struct frame_hops *hops, const packet_info *pinfo);

struct journey_state journey_get_state(const struct frame_hops *hops, packet_info *pinfo);

/* The steps of a frame, one for each piece of each hop, in their order; they live as long as the
 * packet. NULL: there are no hops. */
const struct journey_step *journey_get_steps(const struct frame_hops *hops, const char *interface,
                                             packet_info *pinfo, size_t *count);

void journey_add_fate(proto_tree *tree, tvbuff_t *tvb, const struct journey_state *state);
/* To other frames of the packet. */
void journey_add_links(proto_tree *tree, tvbuff_t *tvb, const struct journey_state *state);
/* Adds the times of a step: since the one before, and, for the first piece of a hop, since the
 * packet's first observation. */
void journey_add_delta(proto_tree *tree, tvbuff_t *tvb, const struct journey_step *step);
void journey_add_elapsed(proto_tree *tree, tvbuff_t *tvb, const struct frame_hop *hop,
                         const struct journey_state *state);

#endif
