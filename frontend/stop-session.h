/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_FRONTEND_STOP_SESSION_H
#define PKTMON_FRONTEND_STOP_SESSION_H

#include "pktmon/session.h"

/* The stop signals (signals.h) stop this session from now on; NULL: none, before it is freed. */
void frontend_stop_session_by_signal(struct pktmon_session *session);

#endif
