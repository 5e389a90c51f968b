/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places: an edge of a component of a capture. A file has few of them, so a place is a pointer,
 * valid as long as the file is open.
 */
#ifndef PKTMON_DISSECTOR_PLACES_H
#define PKTMON_DISSECTOR_PLACES_H

#include <epan/packet.h>

#include "frame-hops.h"
#include "frame-record.h"

struct record_place_key {
    uint64_t capture_id;
    uint32_t component;
    uint32_t edge;
    const char *name; /* the component's as the record has it; of one text always the same pointer;
                         NULL: none */
};

struct record_place {
    struct record_place_key key;
    const char *edge_name; /* printable; NULL: none */
    const char *interface; /* name of the packet's interface block; NULL: not known */
};

void places_register(void);

/* The place of a record that is none of a packet. */
const struct record_place *places_of_record(const struct record *record);
/* The place of a hop. interface: the name of the frame's interface block, or NULL; in the packets
 * view it is not that of each hop. */
const struct record_place *places_of_hop(const struct frame_hops *hops, const struct frame_hop *hop,
                                         const char *interface);

/* The place as text: the component's name as of that frame, and the edge after it. In a merged
 * file, all captures but the first have their number added. */
const char *places_component_text(const struct record_place *place, uint32_t frame,
                                  wmem_allocator_t *scope);
const char *places_text(const struct record_place *place, uint32_t frame, wmem_allocator_t *scope);

#endif
