/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see each new socket, and each packet that a socket is about to take. They are
 * attached to the root of the control groups (version 2), which all sockets of the host belong to.
 */
#include "socket-links.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

#include "programs.h"
#include "reply.h"

static const struct {
    const char *program;
    enum bpf_attach_type type;
    const char *blind; /* what is not seen without it */
} attachments[] = {
    {"socket_ingress", BPF_CGROUP_INET_INGRESS, "delivery to sockets"},
    {"socket_create", BPF_CGROUP_INET_SOCK_CREATE, "which processes create sockets"},
};

/* Descriptors; 0 = none. */
static int links[G_N_ELEMENTS(attachments)];

/* In a cgroup namespace, "/" is only a part of the host's hierarchy. The real root has no type. */
static bool is_part(int directory)
{
    return faccessat(directory, "cgroup.type", F_OK, 0) == 0;
}

/* The meaning of the kernel's errors (kernel/bpf/cgroup.c). */
static const struct {
    int error;
    const char *meaning;
} refusals[] = {
    {EPERM, "another program there does not allow others: end that one"},
    {E2BIG, "no more programs can be attached there: end other captures"},
};

static void report_refused(const char *blind, int error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        if (refusals[i].error == error) {
            agent_report_missing("%s, at the root control group: %s", blind, refusals[i].meaning);
            return;
        }
    }
    agent_report_missing("%s: the kernel refuses a program at the root control group (%s)", blind,
                         g_strerror(error));
}

static void attach(int root, size_t i)
{
    int program = agent_find_program(attachments[i].program);

    if (program < 0)
        return;
    links[i] = bpf_link_create(program, root, attachments[i].type, NULL);
    if (links[i] < 0)
        report_refused(attachments[i].blind, errno);
    else if (is_part(root))
        agent_report_missing("%s outside this container: it sees only its own control groups",
                             attachments[i].blind);
    else if (attachments[i].type == BPF_CGROUP_INET_INGRESS)
        agent_see_deliveries();
}

void agent_attach_sockets(int root)
{
    for (size_t i = 0; i < G_N_ELEMENTS(attachments); i++) {
        if (links[i] <= 0)
            attach(root, i);
    }
}

void agent_detach_sockets(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(attachments); i++) {
        if (links[i] > 0)
            close(links[i]);
        links[i] = 0;
    }
}
