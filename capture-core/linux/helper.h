/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the programs that have a privilege, which this process has not. */
#ifndef PKTMON_HELPER_H
#define PKTMON_HELPER_H

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Starts the program of this name with a socket of this type (SOCK_...), which it finds as
 * descriptor AGENT_SOCKET (agent_protocol.h). Returns the other end, the caller's; -1: error. */
int helper_start(const char *name, int type, pid_t *process, GError **error);

/* Its conversation was closed, which ends it: waits for that at most so long, and then kills it, as
 * one that is stopped (SIGSTOP) or hangs does not end by itself. */
void helper_end(pid_t process, int patience_ms);

/* Waiting for an answer, which a user who wants to stop does not do for long. */
struct helper_wait {
    uint64_t deadline;          /* monotonic ns */
    const atomic_bool *stopped; /* NULL: nobody can stop it */
    bool hurried;               /* somebody did */
};

struct helper_wait helper_wait_begin(int timeout_ms, const atomic_bool *stopped);
/* How long to wait now, ms; 0: no longer. */
int helper_wait_ms(struct helper_wait *wait);
/* What to say then. */
void helper_explain_silence(const char *name, GError **error);

/* The path of the program of this name, the caller's to free; NULL: others than this user, root and
 * the owner of what runs can change it. */
char *helper_find(const char *name, GError **error);

#endif
