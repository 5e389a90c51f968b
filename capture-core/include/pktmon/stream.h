/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real-time stream delivers the events of its session to a callback. */
#ifndef PKTMON_STREAM_H
#define PKTMON_STREAM_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "component.h"
#include "event.h"
#include "journey.h"
#include "public.h"

struct pktmon_monitor;
struct pktmon_stream;

/* Number of events that a stream has missed since its session became active. */
struct pktmon_missed {
    /* Lost before they reached the stream: the kernel's buffer was full. The kernel does not know
     * for which session they were, so this counts all losses at components that this one wants. */
    uint64_t write;
    uint64_t read; /* the stream's buffer was full, because its callback took too long */
};

enum pktmon_stream_state {
    PKTMON_STREAM_STARTED,
    PKTMON_STREAM_STOPPED, /* the last call: the session was stopped, or ended with an error */
};

/* Called with each event, in the order of time, from a thread of the stream's own: packets,
 * components, counters (every second, from zero at the stream's start), filters and notices. The
 * event is borrowed for the call. Ignore the records that you do not need. */
typedef void pktmon_stream_event(void *context, const struct pktmon_event *event,
                                 const struct pktmon_missed *missed);
/* Called from the same thread. error: why the session ended by itself; NULL otherwise. */
typedef void pktmon_stream_state_changed(void *context, enum pktmon_stream_state state,
                                         const GError *error);

struct pktmon_stream_options {
    /* PKTMON_VIEW_PACKETS, or 0: journeys (PKTMON_RECORD_JOURNEY). PKTMON_VIEW_APPEARANCES: each
     * observation of a packet (PKTMON_RECORD_PACKET). */
    enum pktmon_view view;
    uint32_t truncation_size; /* bytes kept of each packet; 0 = whole. Default: 128 */
    size_t buffer_size;       /* bytes of events that may wait for the callback. Default: 16 MiB */
    pktmon_stream_event *event;
    pktmon_stream_state_changed *state; /* NULL: none */
    void *context;                      /* passed to both callbacks */
};
PKTMON_PUBLIC void pktmon_stream_options_init(struct pktmon_stream_options *options);

/* NULL: error (no event callback). The caller frees the stream. */
PKTMON_PUBLIC struct pktmon_stream *pktmon_stream_new(struct pktmon_monitor *monitor,
                                                      const struct pktmon_stream_options *options,
                                                      GError **error);
/* Detaches the stream, and frees it; its session continues. */
PKTMON_PUBLIC void pktmon_stream_free(struct pktmon_stream *stream);

/* Events missed so far, in the last active session; from any thread, without waiting. */
PKTMON_PUBLIC struct pktmon_missed pktmon_stream_missed(const struct pktmon_stream *stream);

/* From the stream's callbacks only: a component that events have named, as described at that time;
 * borrowed for the call. NULL: not known. */
PKTMON_PUBLIC const struct pktmon_component *
pktmon_stream_component(const struct pktmon_stream *stream, uint32_t id);

#endif
