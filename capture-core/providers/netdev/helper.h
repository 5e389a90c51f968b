/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start and end of helpers: programs that have a privilege that this process lacks. */
#ifndef PKTMON_NETDEV_HELPER_H
#define PKTMON_NETDEV_HELPER_H

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define HELPER_SOCKET 3 /* the descriptor of a helper's end of its socket */

/* Starts the helper of this name with a socket of this type (SOCK_...) as its descriptor
 * HELPER_SOCKET. Returns the other end, which the caller closes; -1: error. */
int netdev_start_helper(const char *name, int type, pid_t *process, GError **error);

/* Waits at most patience_ms for a helper whose socket was closed, which makes it end, and then
 * kills it: a process that is stopped (SIGSTOP) or hangs does not end by itself. */
void netdev_end_helper(pid_t process, int patience_ms);

/* A wait for an answer, which is cut short when the user stops the capture. */
struct netdev_wait {
    uint64_t deadline;          /* monotonic ns */
    const atomic_bool *stopped; /* set by the user; NULL: never */
    bool hurried;               /* it was cut short */
};

struct netdev_wait netdev_begin_wait(int timeout_ms, const atomic_bool *stopped);
/* How long to poll now, ms; 0: the wait is over. */
int netdev_wait_ms(struct netdev_wait *wait);
/* The error for that case. */
void netdev_explain_silence(const char *name, GError **error);

/* The path of the helper of this name; the caller frees it. NULL: users other than this one, root
 * and the owner of the running program can change it. */
char *netdev_find_helper(const char *name, GError **error);

#endif
