/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process of ours gives up once it is set up. Functions return 0 or a negative errno. */
#ifndef PKTMON_CONFINE_H
#define PKTMON_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A system call that is allowed; of those with an argument, only with these values of it. */
struct confine_call {
    int call; /* SCMP_SYS() */
    unsigned int argument;
    size_t count; /* of values; 0 = all */
    const uint64_t *values;
};

/* All other system calls fail from here on (seccomp). */
int confine_calls(const struct confine_call *allowed, size_t count);
struct confine_place {
    const char *path; /* NULL: the end of the list */
    bool only_names;  /* directories can be read, and no files */
};

/* No file can be opened any more but for reading beneath these places, and no TCP socket be
 * connected (Landlock). Nothing on a kernel without it (CONFIG_SECURITY_LANDLOCK). */
int confine_files(const struct confine_place *readable);
/* No capability can be had again by running a program. A process that may not change that itself
 * cannot gain any, because of no_new_privs. */
int confine_bounding_set(void);

#endif
