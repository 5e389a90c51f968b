/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the programs that have a privilege, which this process has not. */
#ifndef PKTMON_HELPER_H
#define PKTMON_HELPER_H

#include <glib.h>
#include <sys/types.h>

/* Starts the program of this name with a socket of this type (SOCK_...), which it finds as
 * descriptor AGENT_SOCKET (agent_protocol.h). Returns the other end, the caller's; -1: error. */
int helper_start(const char *name, int type, pid_t *process, GError **error);

#endif
