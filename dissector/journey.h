/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of a packet: all records of one group of one capture, in the order of the file.
 * State lives as long as the file is open.
 */
#ifndef PKTMON_JOURNEY_H
#define PKTMON_JOURNEY_H

#include <stdbool.h>

#include <epan/packet.h>

#include "frame-record.h"
#include "places.h"

/* One record of a journey. */
struct journey_step {
    uint32_t journey; /* 1 for the first journey of the file, then 2, 3 ... */
    bool first;       /* of the journey */
    const struct place *place, *previous_place; /* previous: NULL where there is none */
    uint32_t previous_frame;
    nstime_t delta;   /* since the previous appearance */
    const char *fate; /* of the whole packet; NULL in the first pass, which does not know it */
};

void journey_register(int proto);

/* Takes in the record of a frame that is seen for the first time; place: where it was made. */
void journey_learn(const struct record *record, const struct place *place, packet_info *pinfo);

/* Adds what is known of the journey of the packet in this frame; what lies ahead of the frame is
 * known from the second pass on. */
void journey_add_items(proto_tree *tree, const struct record *record, packet_info *pinfo);

/* False: the frame's record belongs to no journey. */
bool journey_get_step(packet_info *pinfo, struct journey_step *step);

#endif
