/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a journey's frame, composed of its observations: headers from the observation with
 * the fewest encapsulations that has a link header of its own, and the payload from one that was
 * kept whole, where the payload is provably the same.
 */
#ifndef PKTMON_JOURNEY_COMPOSE_H
#define PKTMON_JOURNEY_COMPOSE_H

#include <glib.h>

#include "observation.h"
#include "pktmon/journey.h"

#define JOURNEY_DONORS 2 /* observations whose payload is kept in mind, of each frame */

/* Of which observations a frame is composed. */
struct journey_sources {
    struct journey_observation base;                   /* the headers are from it */
    struct journey_observation donors[JOURNEY_DONORS]; /* with the most bytes of payload */
};

/* The next observation of the frame. lane: the packet number of the frame; 0: the whole. can_lead:
 * the headers may be from it. */
void journey_sources_add(struct journey_sources *sources, const struct pktmon_event *event,
                         const struct journey_form *form, uint16_t line, uint16_t lane,
                         bool can_lead);

/*
 * Sets link_type, data, caplen, origlen, bytes_hop and composed of the journey. others: of the same
 * packet number in all of its forms, which may have the payload that is missing. Joined bytes are
 * made in memory; the data points there or into the observation.
 */
void journey_compose(struct pktmon_journey *journey, const struct journey_sources *sources,
                     const struct journey_sources *const *others, size_t count, GByteArray *memory);

#endif
