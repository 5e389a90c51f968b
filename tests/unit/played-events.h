/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A provider that delivers the events of a list: of eth0 (1), and of eth0 (2) and br0 (3) in the
 * namespace "blue". (script-provider.h is one that packets are sent to while it runs.)
 */
#ifndef PKTMON_TEST_PLAYED_EVENTS_H
#define PKTMON_TEST_PLAYED_EVENTS_H

#include "providers/provider.h"
#include "pktmon/session.h"

/* Its behaviour, and what happened; the test sets it while no session is active. */
extern struct play {
    /* The events that it delivers from read() and from stop(); each list ends with record 0. Times
     * count from the time of delivery. */
    const struct pktmon_event *events, *last_events;
    struct provider_options options; /* with which the provider was made */
    struct pktmon_session *stop_in_read;
    int64_t clock_step;  /* ns, of the real-time clock at the first read() */
    int64_t stepped_by;  /* the same, once the clock was set; until the test sets it to 0 */
    uint64_t read_until; /* monotonic; 0: one read() only */
    bool fail_start;
    int readings, freed;
} play;

void play_reset(void);

struct provider *play_new(const struct provider_options *options, struct pktmon_registry *registry,
                          struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                          GError **error);

#endif
