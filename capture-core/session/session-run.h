/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of a session with a sink of the caller's, for the programs. */
#ifndef PKTMON_SESSION_SESSION_RUN_H
#define PKTMON_SESSION_SESSION_RUN_H

#include "capture/capture-sink.h"
#include "pktmon/session.h"

/* As pktmon_session_run(). Takes ownership of sink, which is freed with the session. */
bool session_run(struct pktmon_session *session, struct capture_sink *sink, GError **error);

/* Of the run: whether events of this component are wanted, as its name is now. */
bool session_wants(const struct pktmon_session *session, uint32_t component);

#endif
