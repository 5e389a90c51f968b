/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts that this process sees (/proc/self/mountinfo). */
#ifndef PKTMON_NETDEV_MOUNTS_H
#define PKTMON_NETDEV_MOUNTS_H

#include <stdbool.h>

struct netdev_mount {
    const char *place;   /* where it is mounted */
    const char *root;    /* which part of the file system */
    const char *options; /* of the file system: "rw,cpu,cpuacct" */
};

/* The mount is borrowed for the call. False: visit no more. */
typedef bool netdev_mount_visitor(const struct netdev_mount *mount, void *data);

/* Visits all mounts of the type whose root begins with this one. */
void netdev_visit_mounts(const char *type, const char *root, netdev_mount_visitor *visitor,
                         void *data);
/* The first place where this type is mounted; the caller frees it. NULL: there is none. */
char *netdev_find_mount(const char *type);
/* A descriptor that polls as POLLPRI once for each change of mounts, or -1. */
int netdev_watch_mounts(void);

#endif
