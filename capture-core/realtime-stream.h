/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real-time stream as its session sees it. While the session is active, the stream has a thread
 * of its own, with a pktmon_session of its own: the sessions' shared source makes one buffer for
 * each.
 */
#ifndef PKTMON_REALTIME_STREAM_H
#define PKTMON_REALTIME_STREAM_H

#include "monitor.h"
#include "session-live.h"

/* What of a pktmon_session is the stream's. */
uint32_t realtime_stream_truncation_size(const struct pktmon_realtime_stream *stream);
size_t realtime_stream_buffer_size(const struct pktmon_realtime_stream *stream);

/* False: it is another session's. */
bool realtime_stream_attach(struct pktmon_realtime_stream *stream,
                            struct pktmon_live_session *session);
/* It is stopped. */
void realtime_stream_detach(struct pktmon_realtime_stream *stream);

/* Runs the session, which is the stream's from here on: returns when it captures. */
bool realtime_stream_start(struct pktmon_realtime_stream *stream, struct pktmon_session *session,
                           GError **error);
/* Returns when all events were delivered. False: it had ended with an error before. */
bool realtime_stream_stop(struct pktmon_realtime_stream *stream, GError **error);
/* session_add() for the running session; nothing to do where it is not running. */
bool realtime_stream_add(struct pktmon_realtime_stream *stream, const struct addition *addition,
                         GError **error);

/* Whether the calling thread is a stream's. */
bool realtime_stream_is_calling(void);

/* The session lets go of a stream that is freed (monitor.c). */
void live_session_detach(struct pktmon_live_session *session,
                         struct pktmon_realtime_stream *stream);

#endif
