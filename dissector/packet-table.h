/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets of a file, in the packets view. There may be millions, so that each takes a few words
 * and no allocation of its own.
 */
#ifndef PKTMON_DISSECTOR_PACKET_TABLE_H
#define PKTMON_DISSECTOR_PACKET_TABLE_H

#include <stdint.h>

#include "capture-map.h"

struct known_packet {
    struct capture_map_key key;
    uint32_t number : 28;    /* in the file, from 1 */
    uint32_t fate : 3;       /* the greatest of all frames */
    uint32_t has_frames : 1; /* it has others than the first one, or is expected to */
    uint32_t first_frame;
};

/* It is empty whenever a file is opened. */
void packet_table_register(void);

/* NULL: there is none. Valid until one is added. */
struct known_packet *packet_table_find(const struct capture_map_key *key);
/* There is none with this key. The new one has the key alone. */
struct known_packet *packet_table_add(const struct capture_map_key *key);

uint32_t packet_table_count(void);

#endif
