/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container of a process, by its control groups. Whoever owns a control group can make others
 * in it under any name, so the result includes who could have made it. */
#ifndef PKTMON_NETDEV_CONTAINER_H
#define PKTMON_NETDEV_CONTAINER_H

#define NETDEV_CONTAINER_SHORT_ID  12 /* digits, as docker and podman print it */
#define NETDEV_CONTAINER_LONG_ID   64
#define NETDEV_CONTAINER_NAME_SIZE (NETDEV_CONTAINER_LONG_ID + sizeof("@4294967295"))

/* The full id, followed by "@" and the number of the user on the host if another user than root
 * made the container; "" where there is none, or where its maker is unknown. unified: the root of
 * the control groups of version 2; negative: it cannot be opened. */
void netdev_container_of(const char *pid, int unified, char name[NETDEV_CONTAINER_NAME_SIZE]);

/* The same with the id in its short form. */
void netdev_shorten_container(const char *name, char shortened[NETDEV_CONTAINER_NAME_SIZE]);

/* Opens (O_PATH) the root of the control groups of version 2 where it is mounted. Returns the
 * descriptor, or -errno. */
int netdev_open_unified(void);

#endif
