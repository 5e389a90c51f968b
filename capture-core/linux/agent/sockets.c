/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that see each new socket, and each packet that a socket is about to take: at the
 * root of the hierarchy of control groups (version 2), which all sockets of the host belong to.
 */
#include "agent.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *program;
    enum bpf_attach_type type;
    const char *blind; /* what cannot be seen without it */
} attachments[] = {
    {"socket_ingress", BPF_CGROUP_INET_INGRESS, "delivery to sockets"},
    {"socket_create", BPF_CGROUP_INET_SOCK_CREATE, "which processes make sockets"},
};

/* Descriptors; 0 = none. */
static int links[G_N_ELEMENTS(attachments)];
static int links_before[G_N_ELEMENTS(attachments)]; /* of the generation that is to end */

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

static void attach(int root, size_t i)
{
    int program = programs_place(attachments[i].program);

    if (program < 0)
        return;
    links[i] = bpf_link_create(program, root, attachments[i].type, NULL);
    if (links[i] < 0)
        agent_say_missing("%s: the kernel refuses a program at the root control group (%s)",
                          attachments[i].blind, g_strerror(errno));
    else if (is_part(root))
        agent_say_missing("%s outside this container: it sees only its own control groups",
                          attachments[i].blind);
}

void sockets_attach(void)
{
    int root = open_root();

    if (root < 0)
        agent_say_missing("delivery to sockets, and which processes made them: control groups of "
                          "version 2 are not mounted, and cannot be (%s)",
                          g_strerror(-root));
    for (size_t i = 0; root >= 0 && i < G_N_ELEMENTS(attachments); i++)
        attach(root, i);
    if (root >= 0)
        close(root);
}

static void close_links(int *descriptors)
{
    for (size_t i = 0; i < G_N_ELEMENTS(attachments); i++) {
        if (descriptors[i] > 0)
            close(descriptors[i]);
        descriptors[i] = 0;
    }
}

void sockets_detach(void)
{
    close_links(links);
}

void sockets_renew(void)
{
    memcpy(links_before, links, sizeof(links));
    memset(links, 0, sizeof(links));
    sockets_attach();
}

void sockets_end_before(void)
{
    close_links(links_before);
}
