/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the host one user may have, as the administrator's file says. Both agents heed it. */
#ifndef PKTMON_USER_LIMITS_H
#define PKTMON_USER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct limits {
    uint32_t buffer_mib; /* of one capture */
    uint32_t captures;   /* of one user at the same time */
    bool is_root;        /* who started this process: no limit holds for him */
};

/* Reads the file; without one the defaults hold. NULL, or one sentence (the caller's to free): the
 * file is not root's alone, or cannot be read. */
char *limits_read(struct limits *limits);

/* The process is this user's. pid: as in /proc. */
bool limits_is_of_user(const char *pid, uint32_t user);

#endif
