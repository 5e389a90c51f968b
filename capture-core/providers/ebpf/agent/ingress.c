/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that receive without passing a tracepoint: __netif_receive_skb_core() hands them the
 * packet in another round, with skb->dev changed. A program at tc ingress (tcx, Linux 6.6) sees it
 * there. */
#include "ingress.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glib.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "held.h"
#include "programs.h"
#include "reply.h"

/* libbpf 1.1 and Debian 12's headers do not have tcx (uapi linux/bpf.h, 6.6). */
#define TCX_INGRESS 46
#define TCX_BEFORE  (1U << 3) /* BPF_F_BEFORE: ahead of all attached programs */

struct ingress_link_create {
    uint32_t program;
    uint32_t ifindex;
    uint32_t attach_type;
    uint32_t flags;
    uint32_t relative;
    uint32_t reserved;
    uint64_t expected_revision;
};

#define TCX_MOST 64 /* programs at one attach point (BPF_MPROG_MAX) */

struct ingress_query {
    uint32_t ifindex;
    uint32_t attach_type;
    uint32_t query_flags;
    uint32_t attach_flags;
    uint64_t programs; /* this and the following: addresses of arrays */
    uint32_t count;
    uint32_t reserved;
    uint64_t program_flags;
    uint64_t links;
    uint64_t link_flags;
    uint64_t revision;
};

struct ingress_attachment {
    struct ingress_link_create create;
    /* Ids of the existing links, where the program is attached already. */
    uint32_t links[TCX_MOST];
    uint32_t count;
};

static int query_links(struct ingress_attachment *attachment)
{
    uint32_t programs[TCX_MOST];
    struct ingress_query query = {.ifindex = attachment->create.ifindex,
                                  .attach_type = TCX_INGRESS,
                                  .programs = (uintptr_t)programs,
                                  .count = TCX_MOST,
                                  .links = (uintptr_t)attachment->links};

    if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)))
        return -errno;
    attachment->count = MIN(query.count, TCX_MOST);
    return 0;
}

/* Runs inside the device's namespace, where the kernel looks the ifindex up. Returns the link, or
 * -errno; -EEXIST: the program is attached already, by one of the links. */
static int attach_inside(void *data)
{
    struct ingress_attachment *attachment = data;
    long link = syscall(SYS_bpf, BPF_LINK_CREATE, &attachment->create, sizeof(attachment->create));
    int error;

    if (link >= 0 || errno != EEXIST)
        return link < 0 ? -errno : (int)link;
    error = query_links(attachment);
    return error ? error : -EEXIST;
}

static bool has_one_of(const struct agent_held_device *device, const void *data)
{
    const struct ingress_attachment *attachment = data;
    struct bpf_link_info info = {};
    uint32_t length = sizeof(info);

    if (device->ingress_link < 0 || bpf_obj_get_info_by_fd(device->ingress_link, &info, &length))
        return false;
    for (uint32_t i = 0; i < attachment->count; i++) {
        if (attachment->links[i] == info.id)
            return true;
    }
    return false;
}

/* A device takes its link along to another namespace, and may be found there before its removal
 * from the old one is known. */
static int take_over(const struct ingress_attachment *attachment)
{
    struct agent_held_device *before = agent_search_held_device(has_one_of, attachment);
    int link = before ? before->ingress_link : -EEXIST;

    if (before)
        before->ingress_link = -1;
    return link;
}

/* As in report_queue() of netfilter.c. */
#define MAX_REPORTS 8

static void report_refused(const struct agent_held_device *device, int error)
{
    static unsigned reports;

    if (reports++ >= MAX_REPORTS)
        agent_report_missing(
            "packets that more devices receive: the kernel refuses a program at their "
            "tc ingress, too");
    else
        agent_report_missing(
            "packets that %s receives: the kernel refuses a program at its tc ingress "
            "(%s)",
            device->name, g_strerror(-error));
}

void agent_attach_ingress(struct agent_held_netns *netns, struct agent_held_device *device,
                          int file)
{
    struct ingress_attachment attachment = {.create = {.program = agent_find_program("tcx_ingress"),
                                                       .ifindex = device->ifindex,
                                                       .attach_type = TCX_INGRESS,
                                                       .flags = TCX_BEFORE}};
    int link;

    if (agent_find_program("tcx_ingress") < 0 || device->ingress_link >= 0)
        return;
    link = agent_run_in_held(netns, file, attach_inside, &attachment);
    if (link == -EEXIST)
        link = take_over(&attachment);
    if (link >= 0)
        device->ingress_link = link;
    else if (link != -ENODEV) /* unless the device has gone since it was listed */
        report_refused(device, link);
}

void agent_detach_ingress(struct agent_held_device *device)
{
    if (device->ingress_link >= 0)
        close(device->ingress_link);
    device->ingress_link = -1;
}
