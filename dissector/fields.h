/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields that a metadata record carries: their filter names, and their place in the tree.
 */
#ifndef PKTMON_FIELDS_H
#define PKTMON_FIELDS_H

#include <epan/packet.h>

#include "components.h"
#include "frame-record.h"

/* pktmon.edge of a component that has the usual two */
enum {
    EDGE_UPPER = 1,
    EDGE_LOWER = 2,
};

/* pktmon.direction */
enum {
    DIRECTION_NONE = 0,
    DIRECTION_IN = 1,
    DIRECTION_OUT = 2,
    DIRECTION_RX = 3,
    DIRECTION_TX = 4,
    DIRECTION_INGRESS = 5,
    DIRECTION_EGRESS = 6,
};

/* pktmon.end */
enum {
    END_DELIVERED = 1,
    END_CONSUMED = 2,
};

/* pktmon.event.id of the provider "pktmon": events could not be stored */
#define EVENT_LOST 1

extern const value_string field_records[];
extern const value_string field_directions[];
/* Of edges that a record does not name. */
extern const value_string field_edges[];

void fields_register(int proto);

/* Adds the record's fields, with a note for what is wrong with them, and, where the record itself
 * does not say it, the words for its component and edge. */
void fields_add_items(proto_tree *tree, packet_info *pinfo, const struct record *record,
                      const struct component_words *words);

#endif
