/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of one user, from the administrator's file. Both agents enforce them. */
#ifndef PKTMON_PRIVILEGE_USER_LIMITS_H
#define PKTMON_PRIVILEGE_USER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#define CONFINE_MAX_BUFFER_MIB 4096 /* also for root */

struct confine_limits {
    uint32_t buffer_mib;          /* of one capture */
    uint32_t captures;            /* of one user at a time */
    uint32_t filter_instructions; /* of all filters of one capture, in classic BPF */
    uint32_t user;                /* who started this process */
    bool is_root;                 /* root has no limits */
};

/* Reads the file, or uses the defaults if there is none. Returns NULL, or a sentence that the
 * caller frees: the file cannot be read, or users other than root may change it. */
char *confine_read_limits(struct confine_limits *limits);

/* Whether the process runs as this user. pid: as in /proc. */
bool confine_is_of_user(const char *pid, uint32_t user);

#endif
