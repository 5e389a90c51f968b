/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon.path: the way of a packet in one line, as "a/eth0 → sw/port-a → sw/port-b → b/eth0". It is
 * the way of one copy. Each component is named once for each visit, a hook only where something
 * happened: a change, a wait, a drop. "[NAT]" and "[new form]" stand where one form becomes
 * another.
 */
#ifndef PKTMON_JOURNEY_PATH_H
#define PKTMON_JOURNEY_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pktmon/journey.h"

/* All that it points to is borrowed for the call. */
struct journey_path {
    const struct pktmon_hop *hops; /* of all forms, in the order of time */
    size_t hop_count;
    uint32_t copy;  /* the one that decides the fate; without a hop: that of the newest hop */
    uint16_t piece; /* the packet number of what decides; 0: the whole */
    uint16_t lane;  /* the piece that all of this began as, before the whole was seen; 0: none */
    /* "…" stands for the hops of other forms; 0: for none. If the copy never had this form, the
     * way is that of the newest hop that has it. */
    uint8_t form;
    bool continued;      /* the beginning is in an earlier frame: "… → b/eth0" */
    uint16_t vxlan_port; /* as in journey_form_read() */
};

/* Writes at most PKTMON_PATH_SIZE - 1 bytes, with a zero behind them. Of longer paths the middle is
 * left out, of longer names too; characters of UTF-8 stay whole. Empty: there are no hops. */
void journey_path_write(char text[PKTMON_PATH_SIZE], const struct journey_path *path);

#endif
