/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record has no room for, as a journey that is a continuation. */
#ifndef PKTMON_PCAPNG_JOURNEY_REST_H
#define PKTMON_PCAPNG_JOURNEY_REST_H

#include "journey-record.h"

/* What is still to be written of a journey: hops of it that are borrowed, but for a run of which
 * some pieces were written. */
struct journey_rest {
    struct pktmon_journey journey;
    struct pktmon_hop *hops;   /* of the journey, if a run was split; NULL otherwise */
    struct pktmon_event first; /* of that run */
};

/* The whole journey. The rest must not be moved from then on. */
void journey_rest_init(struct journey_rest *rest, const struct pktmon_journey *journey);
/* What was written of it is no part of it any more. What is left is continued, has no bytes (the
 * first hop with bytes is then the base of all), and its time is the caller's to choose. */
void journey_rest_advance(struct journey_rest *rest, const struct journey_written *written);
void journey_rest_clear(struct journey_rest *rest);

#endif
