/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An observation that is kept: of its texts and bytes only those that earlier observations of the
 * packet do not have. Most hops of a packet have the same ones.
 */
#ifndef PKTMON_JOURNEY_KEEP_H
#define PKTMON_JOURNEY_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "pktmon/event.h"

/* Memory, aligned for whatever there is, that lasts as long as what is kept. */
struct journey_memory {
    void *(*take)(void *context, size_t size);
    void *context;
};

/* Copies the observation. before, first: earlier ones in the same memory, which may be the same
 * one; NULL: none. */
void journey_keep(struct pktmon_event *kept, const struct pktmon_event *event,
                  const struct pktmon_event *before, const struct pktmon_event *first,
                  const struct journey_memory *memory);

/* Whether the two have the same bytes, of a packet of the same length and link type. */
bool journey_has_same_bytes(const struct pktmon_packet *left, const struct pktmon_packet *right);

#endif
