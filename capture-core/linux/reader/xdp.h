/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops by XDP programs, of which the drivers tell numbers alone. */
#ifndef PKTMON_XDP_H
#define PKTMON_XDP_H

#include <glib.h>
#include <stdbool.h>

#include "../agent_protocol.h"

struct xdp_reading {
    struct device_key device; /* edge 0; first: it is the key of the table */
    uint64_t before;          /* the capture began */
    uint64_t drops;           /* as of the newest answer */
    uint64_t newest;          /* monotonic time at which they had grown, ns; 0 = not yet */
};

/* struct xdp_reading by its device. */
GHashTable *xdp_readings_new(void);
/* before: the capture has not begun. */
void xdp_readings_take(GHashTable *readings, const struct agent_xdp *said, bool before);

#endif
