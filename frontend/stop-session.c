/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stop-session.h"

#include "signals.h"

static struct pktmon_session *volatile session_to_stop;

static void stop_session(void)
{
    if (session_to_stop)
        pktmon_session_stop(session_to_stop);
}

void frontend_stop_session_by_signal(struct pktmon_session *session)
{
    session_to_stop = session;
    frontend_set_stop_hook(session ? stop_session : NULL);
}
