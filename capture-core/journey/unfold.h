/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journeys back to the observations that they are of: the inverse of the assembler. Journeys come
 * in the order of their first hops, and overlap in time; observations leave in the order of time,
 * in which all that is no journey keeps its place.
 */
#ifndef PKTMON_JOURNEY_UNFOLD_H
#define PKTMON_JOURNEY_UNFOLD_H

#include <stddef.h>
#include <stdint.h>

#include "pktmon/journey.h"

struct unfold_output {
    /* name: of the component of a packet, as it was then; NULL: not known. */
    void (*event)(void *context, const struct pktmon_event *event, const char *name);
    void *context;
};

struct unfold_counts {
    uint64_t missing; /* observations of which a journey has the number only */
    uint64_t late;    /* events that left after a later one: memory was short, or they came so */
};

struct unfolder;

/* memory: bytes that are held at most; the oldest observations leave early if there is no more. The
 * output is copied. */
struct unfolder *unfolder_new(size_t memory, const struct unfold_output *output);
void unfolder_free(struct unfolder *unfolder);

/* The event is copied if it is kept. name: as in the output, of a packet. */
void unfolder_take(struct unfolder *unfolder, const struct pktmon_event *event, const char *name);
/* Gives all that is held: nothing more comes. */
void unfolder_finish(struct unfolder *unfolder);

struct unfold_counts unfolder_counts(const struct unfolder *unfolder);

#endif
