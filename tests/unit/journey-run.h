/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Journeys of events written as text (journey-script.h). What is written is compared as text, one
 * line for each:
 *
 *   "TIME GROUP FORM/FORMS[ in GROUP][ side N] FATE[ open][ continued] HOPS[(OBSERVATIONS)] PATH"
 *   "TIME NAME" of other events: "counters", "event", "described", "retired"
 */
#ifndef JOURNEY_RUN_H
#define JOURNEY_RUN_H

#include "journey-script.h"
#include "journey/assemble.h"
#include "model/clock.h"

#define MS PKTMON_NS_PER_MS

struct journey_run {
    struct journey_script script;
    struct journey_options options;
    struct journey_assembler *assembler;
    GString *written;
    bool is_terse; /* journeys are counted only */
    guint journeys, continued, observations;
    uint64_t total;
    size_t most; /* bytes that were held */
};

/* hold, settle and memory of a live capture. */
extern const struct journey_options journey_run_usual;

void journey_run_init(struct journey_run *fixture, const struct journey_options *options);
void journey_run_clear(struct journey_run *fixture);

/* Lines, parted by "; ". */
void journey_run_give(struct journey_run *fixture, const char *text);
/* What was written since the last time. */
void journey_run_check(struct journey_run *fixture, const char *expected);
/* The same, after so many milliseconds; after the end. */
void journey_run_advance(struct journey_run *fixture, double ms, const char *expected);
void journey_run_finish(struct journey_run *fixture, const char *expected);

#endif
