/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream as its session sees it. While the session is active, the stream has a thread of its own
 * that runs a capture: the provider that the captures share has one buffer for each.
 */
#ifndef PKTMON_SESSION_STREAM_PRIVATE_H
#define PKTMON_SESSION_STREAM_PRIVATE_H

#include "capture/change-queue.h"
#include "pktmon/stream.h"

struct capture;
struct pktmon_session;

uint32_t stream_truncation_size(const struct pktmon_stream *stream);
enum pktmon_view stream_view(const struct pktmon_stream *stream);

/* How a stream that is freed leaves its session: stops it, and calls stream_detach(). */
typedef void stream_detacher(struct pktmon_session *session, struct pktmon_stream *stream);

/* False: it is another session's. */
bool stream_attach(struct pktmon_stream *stream, struct pktmon_session *session,
                   stream_detacher *detach);
/* It is stopped. */
void stream_detach(struct pktmon_stream *stream);

/* Runs the capture, which is the stream's from here on: returns when it captures. */
bool stream_start(struct pktmon_stream *stream, struct capture *capture, GError **error);
/* Returns when all events were delivered. False: it had ended with an error before. */
bool stream_stop(struct pktmon_stream *stream, GError **error);
/* capture_add() for the running capture; nothing to do where none is running. */
bool stream_add(struct pktmon_stream *stream, const struct addition *addition, GError **error);

/* Whether the calling thread is a stream's. */
bool stream_is_calling(void);

#endif
