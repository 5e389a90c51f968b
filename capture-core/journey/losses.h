/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When records of packets were lost. A loss is reported with the times between which it happened;
 * those without are the same once more, by component. If all come without, a loss is reported right
 * after the reading of counters that shows it, and happened since the reading before. Times are ns
 * since 1970.
 */
#ifndef PKTMON_JOURNEY_LOSSES_H
#define PKTMON_JOURNEY_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pktmon/event.h"

struct journey_losses;

/* Whether the event is a loss with its times; its components report it again, without them. */
bool journey_losses_has_times(const struct pktmon_event *event);

struct journey_losses *journey_losses_new(void);
void journey_losses_free(struct journey_losses *losses);

/* Any event, in the order of time; those that are no readings and no losses are ignored. */
void journey_losses_take(struct journey_losses *losses, const struct pktmon_event *event);
/* Whether a record of a packet that was observed last at this time may have been lost. */
bool journey_losses_cover(const struct journey_losses *losses, uint64_t last);
/* Bytes of memory, which is bounded. */
size_t journey_losses_size(const struct journey_losses *losses);

#endif
