/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session can do for the rest of the library: share its source with others, and be asked for
 * more while it runs. */
#ifndef PKTMON_SESSION_LIVE_H
#define PKTMON_SESSION_LIVE_H

#include "additions.h"
#include "session.h"
#include "shared/subscriber.h"

/* As pktmon_session_new_from(), with a source that is shared with the other sessions of this
 * process. fallback: where the system cannot do the first; NULL: none. queue_size: bytes of events
 * that may wait for this session. */
struct pktmon_session *session_new_shared(const struct pktmon_session_options *options,
                                          pktmon_source *source, pktmon_source *fallback,
                                          size_t queue_size, GError **error);

/* The source of a name, and its fallback. False: there is none, and error says which there are. */
bool session_find_source(const char *name, pktmon_source **source, pktmon_source **fallback,
                         GError **error);

/* Adds to what the session asks for, before it runs. */
bool session_prepare(struct pktmon_session *session, const struct addition *addition,
                     GError **error);
/* The same while it runs: waits until it holds; from any thread but the session's own. */
bool session_add(struct pktmon_session *session, const struct addition *addition, GError **error);

/* What a shared session has missed until the event that its receiver got last: from its thread. */
struct subscriber_missed session_missed(const struct pktmon_session *session);

#endif
