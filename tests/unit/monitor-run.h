/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session with one stream, and what the stream was told; the source plays a script. */
#ifndef UNIT_MONITOR_RUN_H
#define UNIT_MONITOR_RUN_H

#include <glib.h>

#include "monitor.h"
#include "script-source.h"

/* What a stream was told. */
struct heard {
    GMutex mutex;
    GCond more;
    GArray *numbers;                              /* of packets, uint32_t */
    uint64_t lost;                                /* as told by packets */
    uint64_t packets_in, drops_in, counters_lost; /* as last read of component 1 */
    size_t drop_reasons;
    guint loss_notices, incomplete;
    guint filters; /* descriptions */
    guint filter_ids[8];
    uint32_t caplen;
    struct pktmon_missed missed;
    guint started, stopped;
    char *error, *name; /* of the end; of component 1, at the last packet */
    /* Its callback waits while it is held. */
    bool held, waits;
    struct pktmon_realtime_stream *stream;
    struct pktmon_live_session *call; /* the callback makes it inactive */
    bool refused;
};

/* A session with one stream. */
struct run {
    struct heard heard;
    struct pktmon_live_session *session;
};

extern struct pktmon_monitor *monitor;

/* The monitor of a test; all of it is gone with the last session. */
void begin(void);
void end(void);

/* filter: NULL = none. Sizes: 0 = the default. */
struct run *run_new(const char *filter, uint32_t truncation_size, size_t buffer_size);
/* One that looks at some namespaces; NULL = all. */
struct run *run_new_in(const char *netns);
void run_free(struct run *run);
void set_active(struct run *run, bool active);
/* A new one, active. */
struct run *start(const char *filter);

/* Its callback waits while it is held. */
void hold(struct heard *heard, bool held);

typedef bool expectation(const struct heard *heard, uint64_t value);

/* Until what it was told is as expected, which the test cannot do without. */
void wait_for(struct heard *heard, expectation *holds, uint64_t value);
bool has_packets(const struct heard *heard, uint64_t count);
bool has_stopped(const struct heard *heard, uint64_t count);
bool has_counted(const struct heard *heard, uint64_t packets);
bool does_wait(const struct heard *heard, uint64_t unused);

/* The packets that it was told of are these. */
void assert_numbers(const struct run *run, uint32_t first, uint32_t count, uint32_t step);

#endif
