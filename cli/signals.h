/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What signals ask of a session that runs. */
#ifndef PKTMON_CLI_SIGNALS_H
#define PKTMON_CLI_SIGNALS_H

#include <stdbool.h>

#include "session.h"

/* SIGINT, SIGTERM and SIGHUP stop it from now on. */
void signals_stop(struct pktmon_session *session);
/* It is going to be freed. */
void signals_forget(void);

/* SIGUSR1 is noted from now on. */
void signals_note_user(void);
/* Whether it came since the last call. */
bool signals_user_came(void);

#endif
