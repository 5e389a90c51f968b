/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of what has a number of its own in a capture: packets, by their group, and components. */
#ifndef PKTMON_DISSECTOR_CAPTURE_MAP_H
#define PKTMON_DISSECTOR_CAPTURE_MAP_H

#include <stdint.h>

#include <epan/packet.h>

struct capture_map_key {
    uint64_t capture_id;
    uint64_t id; /* of the group, or of the component */
};

/* It is empty whenever a file is opened. Its keys are struct capture_map_key, and stand in the
 * entries. */
wmem_map_t *capture_map_new(void);

#endif
