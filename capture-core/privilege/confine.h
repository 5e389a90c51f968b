/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dropping system calls once a process is set up. Functions return 0 or a negative errno. */
#ifndef PKTMON_PRIVILEGE_CONFINE_H
#define PKTMON_PRIVILEGE_CONFINE_H

#include <stddef.h>
#include <stdint.h>

#include "confine-files.h"

/* An allowed system call, optionally with certain values of one argument only. */
struct confine_call {
    int call; /* SCMP_SYS() */
    unsigned int argument;
    size_t count; /* of values; 0 = any value */
    const uint64_t *values;
};

/* From here on, all other system calls fail (seccomp). */
int confine_calls(const struct confine_call *allowed, size_t count);

#endif
