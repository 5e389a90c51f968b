/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journey of a packet: all records of one group of one capture, in the order of the file.
 * State lives as long as the file is open.
 */
#ifndef PKTMON_JOURNEY_H
#define PKTMON_JOURNEY_H

#include <epan/packet.h>

#include "frame-record.h"

void journey_register(int proto);

/* Takes in the record of a frame that is seen for the first time. */
void journey_learn(const struct record *record, packet_info *pinfo);

/* Adds what is known of the journey of the packet in this frame; what lies ahead of the frame is
 * known from the second pass on. */
void journey_add_items(proto_tree *tree, const struct record *record, packet_info *pinfo);

#endif
