/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readings of counters that go on for longer than a session: the newest of each counter, and what
 * is left of one after an earlier one.
 */
#ifndef PKTMON_MULTIPLEX_BASELINE_H
#define PKTMON_MULTIPLEX_BASELINE_H

#include <glib.h>

#include "pktmon/event.h"

/* The newest reading of each counter. */
struct baseline;

struct baseline *baseline_new(void);
void baseline_free(struct baseline *baseline);
/* The same readings, to which no later ones are added; shares their memory. */
struct baseline *baseline_copy(const struct baseline *baseline);

/* Of a component that has gone. */
void baseline_forget(struct baseline *baseline, uint32_t component);
/* A reading takes the place of the one before. */
void baseline_note(struct baseline *baseline, const struct pktmon_event *event);

/* The event less what the baseline has of the same counter. reasons gets its drops by reason, and
 * is the caller's, who keeps it as long as the event. */
struct pktmon_event baseline_subtract(const struct baseline *baseline,
                                      const struct pktmon_event *event, GArray *reasons);

/* Which counter a reading is of. */
guint64 counter_key(uint32_t component, uint16_t edge, bool drops);

#endif
