/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dropping access to files, and capabilities. Functions return 0 or a negative errno. */
#ifndef PKTMON_PRIVILEGE_CONFINE_FILES_H
#define PKTMON_PRIVILEGE_CONFINE_FILES_H

#include <stdbool.h>

struct confine_place {
    const char *path; /* NULL ends the list */
    bool only_names;  /* directories can be listed, but no file read */
    bool programs;    /* its files can be executed too */
};

/* Whether the kernel has Landlock (CONFIG_SECURITY_LANDLOCK). */
bool confine_has_files(void);
/* From here on, files can be opened only for reading and only beneath these places, and no TCP
 * socket can be bound or connected (Landlock). Does nothing on a kernel without Landlock. */
int confine_files(const struct confine_place *readable);
/* Drops all capabilities from the bounding set, so that no program can give one back. A process
 * that may not change the set cannot gain a capability anyway, because of no_new_privs. */
int confine_bounding_set(void);

#endif
