/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session chooses among the packets of the host. Its events go to streams while it is active
 * (pktmon_session_set_active()), or to a descriptor as pcapng (pktmon_session_run()).
 */
#ifndef PKTMON_SESSION_H
#define PKTMON_SESSION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture-info.h"
#include "component.h"
#include "constraint.h"
#include "journey.h"
#include "live-options.h"
#include "metadata.h"
#include "public.h"

enum pktmon_capture_type {
    PKTMON_CAPTURE_ALL,
    PKTMON_CAPTURE_FLOW,    /* packets that pass */
    PKTMON_CAPTURE_DROP,    /* packets that are dropped, where they are */
    PKTMON_CAPTURE_DROPPED, /* whole journeys of packets that were dropped */
};

#define PKTMON_REPEAT_SIZE 256

/* Options of a session from its start. Strings are copied. NULL or empty means the default. */
struct pktmon_session_options {
    enum pktmon_capture_type type;
    enum pktmon_view view; /* of a run; 0 = packets. A stream has its own */
    uint32_t hold_ms;      /* that a journey may be held before it is written; 0 = 200 */
    /* Only journeys that took so long from the first to the last observation, or were dropped; 0 =
     * all. */
    uint32_t slower_ms;
    PKTMON_LIVE_OPTION_MEMBERS;
    const char *components; /* comma-separated ids or names; empty = all */
    /* "all" (default), "current", or comma-separated names, paths, and ids of processes or
     * containers. */
    const char *netns;
    uint32_t pkt_size; /* bytes kept of each packet; 0 = whole. A stream has its own size */
    /* Bytes kept of appearances whose bytes an earlier one has, behind the link header; 0 = whole.
     * What no earlier one has (a fragment that was received, a packet after its decryption) is kept
     * as the first. */
    uint32_t repeat_size;
    bool has_repeat_size;          /* false: PKTMON_REPEAT_SIZE, or pkt_size if that is less */
    uint32_t counters_interval_ms; /* 0 = only at the end. Streams get counters every second */
    bool counters_only;
    const char *capture_filter; /* pcap-filter syntax */
    /* In the syntax of Windows' `pktmon filter add`, up to PKTMON_MAX_FILTERS, the last one
     * followed by NULL; NULL = none. A packet is kept if it matches one of these or the capture
     * filter. */
    const char *const *filters;
    bool inner;           /* the capture filter also matches the packet inside a tunnel */
    const char *provider; /* as for pktmon_monitor_new(); NULL = the monitor's */
};
PKTMON_PUBLIC void pktmon_session_options_init(struct pktmon_session_options *options);

#define PKTMON_MAX_SESSION_NAME 256 /* characters */

struct pktmon_monitor;
struct pktmon_session;
struct pktmon_stream;

/* name: 1 to 256 characters of UTF-8, for messages; options: NULL = the defaults. Checks everything
 * that can be checked without starting. The caller frees the session, before its monitor. NULL:
 * error. */
PKTMON_PUBLIC struct pktmon_session *
pktmon_session_new(struct pktmon_monitor *monitor, const char *name,
                   const struct pktmon_session_options *options, GError **error);
/* Makes the session inactive, detaches its streams, and frees it. */
PKTMON_PUBLIC void pktmon_session_free(struct pktmon_session *session);

/*
 * The next three may be called before a session is active, and while it is. In an active session,
 * the addition is in force when the function returns, nothing that was wanted before is missed, and
 * after an error (false) the session is unchanged.
 */

/* Adds a data source: the id of a component. Without data sources, all components are captured. The
 * id is checked when the session is activated, or at once if it is active. */
PKTMON_PUBLIC bool pktmon_session_add_source(struct pktmon_session *session, uint32_t id,
                                             GError **error);

/* Adds a constraint. A packet is kept, from the first match on and wherever it goes, if it meets
 * all conditions of one of the constraints, or matches an expression. Without filters, all packets
 * are kept. At most PKTMON_MAX_FILTERS, including expressions and the filters of the options;
 * filter ids in events count all of them from 1, in the order in which they were added. Copied. */
PKTMON_PUBLIC bool pktmon_session_add_constraint(struct pktmon_session *session,
                                                 const struct pktmon_constraint *constraint,
                                                 GError **error);
/* Adds a filter in the syntax of pcap-filter(7). inner: it also matches the packet inside a tunnel.
 * Copied. */
PKTMON_PUBLIC bool pktmon_session_add_expression(struct pktmon_session *session,
                                                 const char *expression, bool inner,
                                                 GError **error);

/* Before the session is active: names a descriptor through which the program sends what the streams
 * deliver, and which stays open meanwhile. Packets of its connection are left out.
 * pktmon_session_run() does this for its own descriptor. */
PKTMON_PUBLIC bool pktmon_session_add_output(struct pktmon_session *session, int fd,
                                             GError **error);

/* Attaches a stream, which gets the events of the session while that is active. A stream has one
 * session at a time, a session any number of streams. The stream is borrowed until it or the
 * session is freed. */
PKTMON_PUBLIC bool pktmon_session_attach(struct pktmon_session *session,
                                         struct pktmon_stream *stream, GError **error);

/* true: returns when packets are being captured, or false on an error. false: returns when the
 * streams have got all events so far. No change is no error. */
PKTMON_PUBLIC bool pktmon_session_set_active(struct pktmon_session *session, bool active,
                                             GError **error);

/*
 * A run: the calling thread writes the packets that the session chooses, directly from a provider
 * of its own, with no copy in between. A session runs once.
 */

/* Captures to fd until pktmon_session_stop(), the end of the provider, or a closed pipe (which is
 * no error; the program has to ignore SIGPIPE). Writes the events still in the ring, and the final
 * counters, before it returns. */
PKTMON_PUBLIC bool pktmon_session_run(struct pktmon_session *session, int fd,
                                      enum pktmon_carrier carrier, GError **error);
/* Ends the run, even one that has not begun. Async-signal-safe. */
PKTMON_PUBLIC void pktmon_session_stop(struct pktmon_session *session);

/* The components of the run, and what it cannot see; also after the run. Borrowed. NULL: the run
 * has not begun. */
PKTMON_PUBLIC const struct pktmon_registry *
pktmon_session_registry(const struct pktmon_session *session);
PKTMON_PUBLIC const struct pktmon_capture_info *
pktmon_session_capture_info(const struct pktmon_session *session);

#endif
