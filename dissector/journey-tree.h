/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree of a packet's record: what is known of the whole packet, then its hops, one line each.
 */
#ifndef PKTMON_DISSECTOR_JOURNEY_TREE_H
#define PKTMON_DISSECTOR_JOURNEY_TREE_H

#include <stdbool.h>

#include <epan/packet.h>

#include "frame-hops.h"
#include "packet-journey.h"

void journey_tree_register(int proto);

/* All of it is borrowed for the call. */
struct journey_tree {
    proto_tree *tree;
    packet_info *pinfo;
    const struct record *record;
    const struct frame_hops *hops;
    const struct journey_state *state;
    const char *interface;                     /* of the frame; NULL: none */
    const struct component_description *known; /* of the record's component */
};

/* Whether the tree wants what only bytes of hops tell. */
bool journey_tree_wants_bytes(proto_tree *tree);

void journey_tree_add(const struct journey_tree *view);

#endif
