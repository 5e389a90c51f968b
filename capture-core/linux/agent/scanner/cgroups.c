/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root of the hierarchy of control groups (version 2), which all sockets of the host belong
 * to. */
#include "scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The mount of the whole hierarchy, or -errno. */
static int open_mounted(void)
{
    g_autofree char *path = NULL;
    int directory;

    if (!mounts_find("cgroup2", "/", &path))
        return -ENOENT;
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -errno : directory;
}

/* A mount that no path leads to; it ends with its descriptor. */
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

int cgroups_open_root(void)
{
    int root = open_mounted();

    return root < 0 ? open_detached() : root;
}
