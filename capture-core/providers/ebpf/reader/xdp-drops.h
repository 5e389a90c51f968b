/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops by XDP programs, of which the drivers count numbers alone. */
#ifndef PKTMON_EBPF_READER_XDP_DROPS_H
#define PKTMON_EBPF_READER_XDP_DROPS_H

#include <glib.h>
#include <stdbool.h>

#include "providers/ebpf/agent-protocol.h"

struct ebpf_xdp_reading {
    struct device_key device; /* edge 0; first: it is the key of the table */
    uint64_t before;          /* when the capture began */
    uint64_t drops;           /* as of the newest report */
    uint64_t newest;          /* monotonic time at which they had grown, ns; 0 = not yet */
};

/* struct ebpf_xdp_reading by its device. */
GHashTable *ebpf_xdp_readings_new(void);
/* before: the capture has not begun. */
void ebpf_xdp_readings_add(GHashTable *readings, const struct agent_xdp *report, bool before);
/* Since the capture began. reading: may be NULL. */
uint64_t ebpf_xdp_drops(const struct ebpf_xdp_reading *reading);

#endif
