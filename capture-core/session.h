/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: one capture of the live stack with its constraints, written to one output: pcapng on
 * a file descriptor, or a receiver in this process.
 */
#ifndef PKTMON_SESSION_H
#define PKTMON_SESSION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "provider.h"
#include "public.h"
#include "stream.h"

enum pktmon_capture_type {
    PKTMON_CAPTURE_ALL,
    PKTMON_CAPTURE_FLOW, /* packets that pass */
    PKTMON_CAPTURE_DROP, /* packets that are dropped */
};

/* Strings are copied. NULL or empty means the default. */
struct pktmon_session_options {
    enum pktmon_capture_type type;
    enum pktmon_points points;
    const char *components; /* comma-separated ids or names; empty = all */
    const char *netns;    /* "all" (default), "current", or comma-separated words (netns-words.h) */
    uint32_t pkt_size;    /* bytes kept of each packet; 0 = whole */
    uint32_t repeat_size; /* of the second and later appearances; 0 = whole */
    bool has_repeat_size; /* false: as pkt_size */
    uint32_t counters_interval_ms; /* 0 = only at the end */
    bool counters_only;
    const char *capture_filter; /* pcap-filter syntax */
    /* In the words of Windows' `pktmon filter add`, up to PKTMON_MAX_FILTERS, the last one followed
     * by NULL; NULL = none. A packet is kept that matches one of these or the capture filter. */
    const char *const *filters;
    bool inner;           /* the capture filter also matches the packet inside a tunnel */
    uint16_t vxlan_port;  /* of such tunnels; 0 = 4789 */
    uint32_t sample;      /* keep one group in so many; 0 = all */
    uint32_t max_cpu;     /* percent of one CPU that the capture may take; 0 = no ceiling */
    uint32_t buffer_size; /* MiB of ring buffer in all */
    bool hook_queues; /* netfilter's hooks also where an NFQUEUE is bound (docs/live-capture.md) */
    const char *provider; /* "auto" (default), "ebpf", "pcap" */
    /* Also packets of the connection that the capture's own output goes through. They are left out
     * otherwise, because each would make another one. */
    bool keep_own;
};

#define PKTMON_MAX_FILTERS 32

/* The defaults of the contract. */
PKTMON_PUBLIC void pktmon_session_options_init(struct pktmon_session_options *options);

struct pktmon_session;

/* Makes a provider, as pktmon_ebpf_provider_new() does. */
typedef struct pktmon_provider *pktmon_source(const struct pktmon_provider_options *options,
                                              struct pktmon_registry *registry,
                                              struct pktmon_capture *capture,
                                              struct pktmon_sink *sink, GError **error);

/* Checks everything that can be checked without starting. NULL: error. */
PKTMON_PUBLIC struct pktmon_session *
pktmon_session_new(const struct pktmon_session_options *options, GError **error);

/* The same for a source of another library, which options->provider does not name. */
PKTMON_PUBLIC struct pktmon_session *
pktmon_session_new_from(const struct pktmon_session_options *options, pktmon_source *source,
                        GError **error);

/* Before it runs: what the session captures goes out by this descriptor, too, which stays open
 * meanwhile. pktmon_session_run() knows its own; a receiver that writes what it is given has the
 * session told. */
PKTMON_PUBLIC void pktmon_session_add_output(struct pktmon_session *session, int fd);

/* Captures to fd until pktmon_session_stop(), the end of the source, or a closed pipe (which is
 * no error). The events still in the ring and the final counters are written. The process ignores
 * SIGPIPE. One run for each session. */
PKTMON_PUBLIC bool pktmon_session_run(struct pktmon_session *session, int fd,
                                      enum pktmon_carrier carrier, GError **error);

/* Takes a session's events in place of a file. Both functions are called from within
 * pktmon_session_run_to(), and may call pktmon_session_stop(). */
struct pktmon_receiver {
    void (*event)(struct pktmon_receiver *receiver, const struct pktmon_event *event);
    /* All that has happened so far was told: once when the capture has begun, then several times
     * a second, and after the last event. */
    void (*caught_up)(struct pktmon_receiver *receiver);
};

/* The same as pktmon_session_run() with a receiver. */
PKTMON_PUBLIC bool pktmon_session_run_to(struct pktmon_session *session,
                                         struct pktmon_receiver *receiver, GError **error);

/* The components of the session, and what it cannot see; borrowed, and filled while it runs. */
PKTMON_PUBLIC const struct pktmon_registry *
pktmon_session_registry(const struct pktmon_session *session);
PKTMON_PUBLIC const struct pktmon_capture *
pktmon_session_capture(const struct pktmon_session *session);

/* Whether events of this component are handed over, as its name is now. */
PKTMON_PUBLIC bool pktmon_session_selects(struct pktmon_session *session, uint32_t component);

/* Async-signal-safe. */
PKTMON_PUBLIC void pktmon_session_stop(struct pktmon_session *session);

/* NULL: the expression is good. Otherwise libpcap's own words; the caller frees them. */
PKTMON_PUBLIC char *pktmon_filter_check(const char *expression);

PKTMON_PUBLIC void pktmon_session_free(struct pktmon_session *session);

#endif
