/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fate of a copy of a packet, as far as it was observed.
 */
#ifndef PKTMON_DISSECTOR_FATE_H
#define PKTMON_DISSECTOR_FATE_H

#include <stdbool.h>

#include "model/fates.h"
#include "pktmon/event.h"

/* What one sighting of the copy says about its end. */
struct sighted_end {
    bool dropped;
    bool released; /* the copy ended, and the packet did not */
    bool sent;     /* by a device's lower edge */
    uint8_t end;   /* enum pktmon_end */
};

struct sighted_end fate_sighted_end(const struct pktmon_packet *packet);

/* What the sightings of a copy have shown so far. */
struct copy_fate {
    enum pktmon_fate fate; /* PKTMON_FATE_UNKNOWN: none is shown */
    bool released;         /* the copy ended, and the packet did not */
    bool sent;             /* in the newest sighting it left by a device's lower edge */
};

/* Updates the fate with the next sighting of the copy. */
void fate_add_sighting(struct copy_fate *copy, const struct sighted_end *end);

/* Whether a lost record could still have shown a fate. */
bool fate_is_open(const struct copy_fate *copy);

#endif
