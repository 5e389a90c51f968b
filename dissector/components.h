/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptions of components that the file has had so far. State lives as long as the file is
 * open.
 */
#ifndef PKTMON_DISSECTOR_COMPONENTS_H
#define PKTMON_DISSECTOR_COMPONENTS_H

#include <stdbool.h>

#include <epan/packet.h>

#include "frame-record.h"

/* The strings are valid UTF-8; NULL where not known. */
struct component_description {
    const char *name;
    const char *description;
    const char *type;
    bool hands_out; /* packets that its lower edge sends leave this network stack */
};

void components_register(void);

/* Learns from the record of a frame in the first pass. */
void components_learn(const struct record *record, const packet_info *pinfo);

/* The newest description of a component up to a frame, else the first one after it; NULL where the
 * file has not described the component (yet). */
const struct component_description *components_find(uint64_t capture_id, uint32_t component,
                                                    uint32_t frame);

#endif
