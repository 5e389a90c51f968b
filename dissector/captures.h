/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The captures that a file holds (one, unless it was merged), and when each of them lost records.
 * State lives as long as the file is open.
 */
#ifndef PKTMON_CAPTURES_H
#define PKTMON_CAPTURES_H

#include <stdbool.h>
#include <stdint.h>

#include <epan/packet.h>

#include "frame-record.h"

void captures_register(void);

/* Takes in the record of a frame that is seen for the first time. */
void captures_learn(const struct record *record, const packet_info *pinfo);

/* 1 for the first capture that the file speaks of, then 2, 3 ... */
uint32_t captures_number(uint64_t capture_id);

/* Whether a packet last seen at this time may have been seen again, in a record that was lost. */
bool captures_lost_after(uint64_t capture_id, const nstime_t *last_seen);

#endif
