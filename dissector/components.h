/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the file has said so far about its components. State lives as long as the file is open.
 */
#ifndef PKTMON_COMPONENTS_H
#define PKTMON_COMPONENTS_H

#include <stdbool.h>

#include <epan/packet.h>

#include "frame-record.h"

/* Valid UTF-8; NULL where not known. */
struct component_words {
    const char *name;
    const char *description;
    const char *type;
    bool hands_out; /* what its lower edge sends leaves this network stack */
};

void components_register(void);

/* Takes in the record of a frame that is seen for the first time. */
void components_learn(const struct record *record, const packet_info *pinfo);

/* The words for a component at a frame: of the newest description up to there, else of the first
 * one that follows; NULL where the file describes no such component (yet). */
const struct component_words *components_find(uint64_t capture_id, uint32_t component,
                                              uint32_t frame);

#endif
