/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that see each new socket, and each packet that a socket is about to take: at the
 * root of the hierarchy of control groups (version 2), which all sockets of the host belong to.
 */
#include "holder.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

void sockets_attach(int root)
{
    for (size_t i = 0; i < G_N_ELEMENTS(attachments); i++) {
        if (links[i] <= 0)
            attach(root, i);
    }
}

void sockets_detach(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(attachments); i++) {
        if (links[i] > 0)
            close(links[i]);
        links[i] = 0;
    }
}
