/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The captures in a file (one, unless files were merged), and when each of them lost records. State
 * lives as long as the file is open.
 */
#ifndef PKTMON_DISSECTOR_CAPTURES_H
#define PKTMON_DISSECTOR_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>

#include <epan/packet.h>

#include "frame-record.h"

void captures_register(void);

/* Learns from the record of a frame in the first pass. */
void captures_learn(const struct record *record, const packet_info *pinfo);

/* The number of a capture: 1 for the first one in the file, then 2, 3 ... */
uint32_t captures_number(uint64_t capture_id);

/* Whether the capture lost any record, at a time that is known. */
bool captures_has_losses(uint64_t capture_id);

/* Whether a lost record may have been a later appearance of a packet last seen at this time. */
bool captures_lost_after(uint64_t capture_id, const nstime_t *last_seen);

#endif
