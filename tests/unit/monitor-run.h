/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session with one stream, and the events that the stream received. The provider plays a script.
 */
#ifndef UNIT_MONITOR_RUN_H
#define UNIT_MONITOR_RUN_H

#include <glib.h>

#include "pktmon/monitor.h"
#include "pktmon/session.h"
#include "pktmon/stream.h"
#include "script-provider.h"

/* The events that a stream received. */
struct received {
    GMutex mutex;
    GCond more;
    GArray *numbers;                              /* of packets, uint32_t */
    uint64_t lost;                                /* as reported by packets */
    uint64_t packets_in, drops_in, counters_lost; /* as of the newest reading of component 1 */
    size_t drop_reasons;
    guint loss_notices, incomplete;
    guint filters; /* descriptions */
    guint filter_ids[8];
    uint32_t caplen;
    struct pktmon_missed missed;
    guint started, stopped, journeys;
    char *error, *name; /* of the end; of component 1, at the last packet */
    /* Its callback blocks while held is set. */
    bool held, waits;
    struct pktmon_stream *stream;
    struct pktmon_session *call; /* the callback makes this session inactive */
    bool refused;
};

/* A session with one stream. */
struct run {
    struct received received;
    struct pktmon_session *session;
};

extern struct pktmon_monitor *monitor;

/* Begins a test with a monitor; end() checks that nothing is left after the last session. */
void begin(void);
void end(void);

/* filter: NULL = none. Sizes: 0 = the default. */
struct run *run_new(const char *filter, uint32_t truncation_size, size_t buffer_size);
/* A session that selects some namespaces; NULL = all. */
struct run *run_new_in(const char *netns);
/* A session whose stream gets journeys. */
struct run *run_new_of_journeys(void);
void run_free(struct run *run);
void set_active(struct run *run, bool active);
/* A new, active session. */
struct run *start(const char *filter);

/* Its callback blocks while held is set. */
void hold(struct received *received, bool held);

typedef bool expectation(const struct received *received, uint64_t value);

/* Waits until the stream has received what is expected; fails the test otherwise. */
void wait_for(struct received *received, expectation *holds, uint64_t value);
bool has_journeys(const struct received *received, uint64_t count);
bool has_packets(const struct received *received, uint64_t count);
bool has_stopped(const struct received *received, uint64_t count);
bool has_counted(const struct received *received, uint64_t packets);
bool does_wait(const struct received *received, uint64_t unused);

/* Checks that the stream received these packets. */
void assert_numbers(const struct run *run, uint32_t first, uint32_t count, uint32_t step);

#endif
