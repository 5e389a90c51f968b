/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root of the control groups (version 2), which all sockets of the host belong to. */
#include "cgroups.h"

#include <errno.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "providers/netdev/container.h"

/* Opens a mount without a path, which ends with its descriptor. */
static int open_detached(void)
{
    int filesystem = syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), mount = -1, error;

    if (filesystem < 0)
        return -errno;
    if (syscall(SYS_fsconfig, filesystem, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = syscall(SYS_fsmount, filesystem, FSMOUNT_CLOEXEC, 0);
    error = errno;
    close(filesystem);
    return mount < 0 ? -error : mount;
}

int scanner_open_root_cgroup(void)
{
    int root = netdev_open_unified();

    return root < 0 ? open_detached() : root;
}
