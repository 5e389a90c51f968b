/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a metadata record: their filter names, and where the tree shows them.
 */
#ifndef PKTMON_DISSECTOR_FIELDS_H
#define PKTMON_DISSECTOR_FIELDS_H

#include <epan/packet.h>

#include "components.h"
#include "frame-record.h"
#include "pktmon/event.h"

extern const value_string field_records[];
extern const value_string field_directions[];
/* Edges whose record has no edge name. */
extern const value_string field_edges[];

void fields_register(int proto);

/* Adds the record's fields, with expert information about those that are malformed. Where the
 * record does not describe its component and edge, adds what is known of them. known: NULL: the
 * record is that of a packet, and journey-tree.h adds the fields of its hops. */
void fields_add_items(proto_tree *tree, packet_info *pinfo, const struct record *record,
                      const struct component_description *known);

/* Adds a field of a hop, at its bytes in the record, or at those of the journey. */
void fields_add_number(proto_tree *tree, const struct record *record, enum pktmon_field field,
                       uint64_t number);
/* Generated, if the record has no such value. */
void fields_add_text(proto_tree *tree, const struct record *record, enum pktmon_field field,
                     const char *text);

#endif
