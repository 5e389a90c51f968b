/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_JOURNEY_ALIKE_H
#define PKTMON_JOURNEY_ALIKE_H

#include <stdbool.h>

#include "pktmon/event.h"

/* Whether two observations of packets are equal but for time, numbers (of the appearance, of the
 * packet in its group) and bytes, and nothing is said of either that must be kept apart. */
bool journey_fares_alike(const struct pktmon_event *left, const struct pktmon_event *right);

#endif
