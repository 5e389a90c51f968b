/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places: the edges of the components of a file's captures. There are few of them, so what knows
 * where something happened holds a pointer. They live as long as the file is open.
 */
#ifndef PKTMON_PLACES_H
#define PKTMON_PLACES_H

#include <epan/packet.h>

#include "frame-record.h"

struct place_key {
    uint64_t capture_id;
    uint32_t component;
    uint32_t edge;
};

struct place {
    struct place_key key;
    const char *edge_name; /* printable; NULL where it has none */
    const char *interface; /* name of the packet's interface block; NULL where not known */
};

void places_register(void);

/* Where the record was made. interface: the name of its interface block, or NULL. */
const struct place *places_get(const struct record *record, const char *interface);

/* For a line of text: the component's name as of that frame, the edge after it. Captures of a
 * merged file but the first are told apart by their number. */
const char *place_component_text(const struct place *place, uint32_t frame,
                                 wmem_allocator_t *scope);
const char *place_text(const struct place *place, uint32_t frame, wmem_allocator_t *scope);

#endif
