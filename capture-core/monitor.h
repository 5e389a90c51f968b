/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet Monitor's object model: a monitor lists data sources and has sessions; a session is told
 * where to look (data sources) and what for (constraints), gets streams attached to which it
 * delivers events, and is active or not. docs/library.md tells the whole, and docs/example.c shows
 * it.
 *
 * Any number of sessions run at once, in one process and in several. Those of one process share one
 * set of programs in the kernel, each with its own constraints, sources, sizes and buffers. They
 * are gone from the kernel when the last one is inactive, or its process has ended, however it did.
 *
 * Threads: the functions may be called from any thread. Those that take a session wait for one
 * another; all but the getters may take as long as the kernel needs for its programs, some seconds.
 * None but pktmon_realtime_stream_missed() and pktmon_realtime_stream_component() may be called
 * from a stream's callbacks, where session functions are refused. A process that forks after a
 * session was active has none in the child.
 *
 * Errors: every GError is one sentence that says what to do, of the domain PKTMON_ERROR
 * (provider.h).
 */
#ifndef PKTMON_MONITOR_H
#define PKTMON_MONITOR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "constraint.h"
#include "event.h"
#include "public.h"
#include "session.h"

struct pktmon_monitor;
struct pktmon_live_session;
struct pktmon_realtime_stream;

/* The monitor -----------------------------------------------------------------------------------
 */

/* provider: "ebpf", "pcap", or "auto" (also NULL): eBPF, and libpcap where the system cannot do it.
 * NULL: error. Starts nothing. */
PKTMON_PUBLIC struct pktmon_monitor *pktmon_monitor_new(const char *provider, GError **error);
/* The same over a source of another library. */
PKTMON_PUBLIC struct pktmon_monitor *pktmon_monitor_new_from(pktmon_source *source);
/* After its sessions. */
PKTMON_PUBLIC void pktmon_monitor_free(struct pktmon_monitor *monitor);

/* What can be captured now, with all that is known of it: pktmon_registry_list() has the components
 * in the order of their ids. Those that are hidden only name what packets pass. The caller frees
 * the registry, which does not change any more. NULL: error. */
PKTMON_PUBLIC struct pktmon_registry *pktmon_monitor_data_sources(struct pktmon_monitor *monitor,
                                                                  GError **error);

/* Sessions --------------------------------------------------------------------------------------
 */

#define PKTMON_MAX_SESSION_NAME 256 /* characters */

/* What a session is from its beginning. Strings are copied. */
struct pktmon_live_session_options {
    enum pktmon_capture_type type;
    enum pktmon_points points;
    const char *netns;    /* "all" (default), "current", or comma-separated names */
    uint16_t vxlan_port;  /* of tunnels, host order; 0 = 4789 */
    uint32_t sample;      /* keep one packet in so many, with all its appearances; 0 = all */
    uint32_t max_cpu;     /* percent of one CPU that the kernel's part may take. It holds while all
                             active sessions have one, and then the largest; 0 = no ceiling */
    uint32_t buffer_size; /* MiB of ring buffer in the kernel, if no session shares it yet */
    bool hook_queues; /* netfilter's hooks also where an NFQUEUE is bound (docs/live-capture.md) */
};
PKTMON_PUBLIC void pktmon_live_session_options_init(struct pktmon_live_session_options *options);

/* name: 1 to 256 characters of UTF-8, for messages; options: NULL = the defaults. Starts nothing.
 * The caller frees it, before the monitor. NULL: error. */
PKTMON_PUBLIC struct pktmon_live_session *
pktmon_monitor_session_new(struct pktmon_monitor *monitor, const char *name,
                           const struct pktmon_live_session_options *options, GError **error);
/* Makes it inactive first, and detaches its streams. */
PKTMON_PUBLIC void pktmon_live_session_free(struct pktmon_live_session *session);

/*
 * What follows may be called before a session is active, and while it is: then it holds when the
 * function returns, nothing was missed that was wanted before, and after an error (false) all is as
 * it was.
 */

/* One more data source: the id of a component. Without any, all are captured. That there is one of
 * this id is found out by an active session, or when it becomes active. */
PKTMON_PUBLIC bool pktmon_live_session_add_source(struct pktmon_live_session *session, uint32_t id,
                                                  GError **error);

/* A packet is kept that meets all conditions of one of the constraints, from then on wherever it
 * goes. Without any, all are. Up to PKTMON_MAX_FILTERS, with the expressions; event->filter ids
 * count both from 1 in the order in which they were added. Copied. */
PKTMON_PUBLIC bool pktmon_live_session_add_constraint(struct pktmon_live_session *session,
                                                      const struct pktmon_constraint *constraint,
                                                      GError **error);
/* The same in the words of pcap-filter(7). inner: also by the packet inside a tunnel. Copied. */
PKTMON_PUBLIC bool pktmon_live_session_add_expression(struct pktmon_live_session *session,
                                                      const char *expression, bool inner,
                                                      GError **error);

/* From now on, while the session is active, the stream gets its events. A stream has one session at
 * a time, a session any number of streams. The stream is borrowed until it is freed, or the session
 * is. */
PKTMON_PUBLIC bool pktmon_live_session_attach(struct pktmon_live_session *session,
                                              struct pktmon_realtime_stream *stream,
                                              GError **error);

/* Active: returns when packets are being captured, or false. Not: returns when the streams have got
 * all that happened before. No change is no error. */
PKTMON_PUBLIC bool pktmon_live_session_set_active(struct pktmon_live_session *session, bool active,
                                                  GError **error);

/* Real-time streams -----------------------------------------------------------------------------
 */

/* How many events a stream has missed since its session became active. */
struct pktmon_missed {
    uint64_t write; /* lost before they came to the stream: the kernel's buffer was full. As the
                       kernel cannot tell whose they were, these are those of all sessions, of the
                       components that this one wants */
    uint64_t read;  /* the stream's buffer was full, as its callback took too long */
};

enum pktmon_stream_state {
    PKTMON_STREAM_STARTED,
    PKTMON_STREAM_STOPPED, /* the last call: as was asked, or with an error */
};

/* Events are borrowed for the call, and come in the order of time from a thread of the stream's
 * own. Packets, components, counters (every second, from zero at the stream's beginning), filters
 * and notices: what is of no use is passed over. */
typedef void pktmon_stream_event(void *context, const struct pktmon_event *event,
                                 const struct pktmon_missed *missed);
/* error: why the session ends without having been asked; NULL otherwise. From the same thread. */
typedef void pktmon_stream_state_changed(void *context, enum pktmon_stream_state state,
                                         const GError *error);

struct pktmon_realtime_stream_options {
    uint32_t truncation_size; /* bytes kept of each packet; 0 = whole. Default: 128 */
    size_t buffer_size;       /* bytes of events that may wait for the callback. Default: 16 MiB */
    pktmon_stream_event *event;
    pktmon_stream_state_changed *state; /* NULL: of no interest */
    void *context;                      /* of both */
};
PKTMON_PUBLIC void
pktmon_realtime_stream_options_init(struct pktmon_realtime_stream_options *options);

/* NULL: error (there is no event callback). The caller frees it. */
PKTMON_PUBLIC struct pktmon_realtime_stream *
pktmon_realtime_stream_new(struct pktmon_monitor *monitor,
                           const struct pktmon_realtime_stream_options *options, GError **error);
/* Detaches it; its session goes on. */
PKTMON_PUBLIC void pktmon_realtime_stream_free(struct pktmon_realtime_stream *stream);

/* What it has missed so far, in the last session that was active; from any thread, at once. */
PKTMON_PUBLIC struct pktmon_missed
pktmon_realtime_stream_missed(const struct pktmon_realtime_stream *stream);

/* From the stream's callbacks only: a component that events have spoken of, as it was described at
 * that time; borrowed for the call. NULL: there is none. */
PKTMON_PUBLIC const struct pktmon_component *
pktmon_realtime_stream_component(const struct pktmon_realtime_stream *stream, uint32_t id);

#endif
