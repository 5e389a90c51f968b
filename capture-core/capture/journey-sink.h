/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink that makes journeys of packets, for another sink: that one gets a journey in place of each
 * packet's observations, and all other events in their places, later than they came.
 */
#ifndef PKTMON_CAPTURE_JOURNEY_SINK_H
#define PKTMON_CAPTURE_JOURNEY_SINK_H

#include <stddef.h>

#include "capture-sink.h"
#include "pktmon/session.h"

/* memory: bytes that may be held. Takes ownership of inner. */
struct capture_sink *journey_sink_new(const struct pktmon_session_options *options, size_t memory,
                                      struct capture_sink *inner);

#endif
