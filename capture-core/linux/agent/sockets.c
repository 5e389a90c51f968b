/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program that sees each packet which a socket is about to take: at the root of the hierarchy
 * of control groups (version 2), which all sockets of the host belong to.
 */
#include "agent.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int link_descriptor = -1;

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

static int open_root(void)
{
    int root = open_mounted();

    return root < 0 ? open_detached() : root;
}

/* In a namespace of control groups "/" is only a part of the host's hierarchy. The real root has
 * no type. */
static bool is_part(int directory)
{
    return faccessat(directory, "cgroup.type", F_OK, 0) == 0;
}

void sockets_attach(void)
{
    int program = programs_place("socket_ingress"), root;

    if (program < 0)
        return;
    root = open_root();
    if (root < 0) {
        agent_say_missing("delivery to sockets: control groups of version 2 are not mounted, and "
                          "cannot be (%s)",
                          g_strerror(-root));
        return;
    }
    link_descriptor = bpf_link_create(program, root, BPF_CGROUP_INET_INGRESS, NULL);
    if (link_descriptor < 0)
        agent_say_missing("delivery to sockets: the kernel refuses a program at the root control "
                          "group (%s)",
                          g_strerror(errno));
    else if (is_part(root))
        agent_say_missing("delivery to sockets outside this container: it sees only its own "
                          "control groups");
    close(root);
}

void sockets_detach(void)
{
    if (link_descriptor >= 0)
        close(link_descriptor);
    link_descriptor = -1;
}
