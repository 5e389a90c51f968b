/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live options of a provider that several sessions share, by the column "sharing" of
 * pktmon/live-options.h. */
#ifndef PKTMON_MULTIPLEX_SHARED_OPTIONS_H
#define PKTMON_MULTIPLEX_SHARED_OPTIONS_H

#include "pktmon/live-options.h"

/* The larger of two limits, of which 0 is none, and so the largest. */
uint32_t shared_larger_limit(uint32_t one, uint32_t other);

/* Whether sessions with these options may share a provider. */
bool shared_options_fit(const struct pktmon_live_options *one,
                        const struct pktmon_live_options *other);
bool shared_options_equal(const struct pktmon_live_options *one,
                          const struct pktmon_live_options *other);

/* What is fixed once the first session has started the provider; the rest is added. */
struct pktmon_live_options shared_options_begin(const struct pktmon_live_options *first);
/* only: no other session was added before. */
void shared_options_add(struct pktmon_live_options *shared, const struct pktmon_live_options *own,
                        bool only);

#endif
