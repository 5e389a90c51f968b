/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices whose receive passes no tracepoint: they get the packet inside
 * __netif_receive_skb_core(), which goes round again with another skb->dev. A program at tc
 * ingress (tcx, Linux 6.6) sees it there.
 */
#include "holder.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libbpf 1.1 and Debian 12's headers do not know tcx yet (uapi linux/bpf.h, 6.6). */
#define TCX_INGRESS 46
#define TCX_BEFORE  (1U << 3) /* BPF_F_BEFORE: ahead of all programs that are there */

struct tcx_link_create {
    uint32_t program;
    uint32_t ifindex;
    uint32_t attach_type;
    uint32_t flags;
    uint32_t relative;
    uint32_t reserved;
    uint64_t expected_revision;
};

/* Runs inside the device's namespace: the kernel looks the ifindex up there. */
static int create_link(void *data)
{
    struct tcx_link_create *create = data;
    long link = syscall(SYS_bpf, BPF_LINK_CREATE, create, sizeof(*create));

    return link < 0 ? -errno : (int)link;
}

/* As say_queue() of netfilter.c. */
#define MOST_SAID 8

static void say_refused(const struct held_device *device, int error)
{
    static unsigned said;

    if (said++ >= MOST_SAID)
        agent_say_missing(
            "packets that more devices receive: the kernel refuses a program at their "
            "tc ingress, too");
    else
        agent_say_missing(
            "packets that %s receives: the kernel refuses a program at its tc ingress "
            "(%s)",
            device->name, g_strerror(-error));
}

void ingress_attach(struct held_netns *netns, struct held_device *device, int file)
{
    struct tcx_link_create create = {.program = programs_place("tcx_ingress"),
                                     .ifindex = device->ifindex,
                                     .attach_type = TCX_INGRESS,
                                     .flags = TCX_BEFORE};
    int link;

    if (programs_place("tcx_ingress") < 0 || device->ingress_link >= 0)
        return;
    link = held_run(netns, file, create_link, &create);
    if (link >= 0)
        device->ingress_link = link;
    else if (link != -ENODEV) /* it has gone since it was listed */
        say_refused(device, link);
}

void ingress_detach(struct held_device *device)
{
    if (device->ingress_link >= 0)
        close(device->ingress_link);
    device->ingress_link = -1;
}
