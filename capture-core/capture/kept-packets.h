/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets a capture has kept lately, for one that keeps only some of the observations that
 * its provider delivers: an observation that repeats an earlier one is cut only if the capture has
 * kept an earlier one. Of fixed size: a packet that is forgotten is kept whole once more.
 */
#ifndef PKTMON_CAPTURE_KEPT_PACKETS_H
#define PKTMON_CAPTURE_KEPT_PACKETS_H

#include <stdbool.h>

#include "pktmon/event.h"

struct kept_packets;

struct kept_packets *kept_packets_new(void);
void kept_packets_free(struct kept_packets *kept);

/* Whether an earlier observation of the packet was added, or of the same piece of it. */
bool kept_packets_has(const struct kept_packets *kept, const struct pktmon_packet *packet);
void kept_packets_add(struct kept_packets *kept, const struct pktmon_packet *packet);

#endif
