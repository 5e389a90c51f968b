/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the packet of a frame, in either view. */
#ifndef PKTMON_DISSECTOR_JOURNEY_STATE_H
#define PKTMON_DISSECTOR_JOURNEY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <epan/packet.h>

#include "pktmon/journey.h"

struct journey_state {
    uint32_t number;  /* 1 for the first packet of the file, then 2, 3 ...; 0: it has no group */
    bool first;       /* it is in no frame before this one */
    nstime_t started; /* its first observation */
    uint32_t prev_frame, next_frame; /* 0: none; next_frame is known from the second pass on */
    /* What becomes of the packet, and what the frame shows, which may be a dropped copy of it. In
     * the first pass known in the packets view only, and then may be too good. */
    bool has_fate;
    enum pktmon_fate fate, shown_fate;
};

#endif
