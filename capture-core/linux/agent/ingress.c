/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices whose receive passes no tracepoint: they get the packet inside
 * __netif_receive_skb_core(), which goes round again with another skb->dev. A program at tc
 * ingress (tcx, Linux 6.6) sees it there.
 */
#include "agent.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
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

/* Kinds of devices (rtnl_link_ops.kind), and whether only a peer elsewhere makes it one: the end
 * of a pair inside a container gets packets of bpf_redirect_peer(). */
static const struct {
    const char *kind;
    bool peer_elsewhere;
} silent_kinds[] = {
    {"macvlan", false}, {"macvtap", false}, {"ipvlan", false}, {"ipvtap", false}, {"vlan", false},
    {"bond", false},    {"team", false},    {"hsr", false},    {"veth", true},    {"netkit", true},
};

static bool receives_silently(const struct agent_device *device)
{
    for (size_t i = 0; i < G_N_ELEMENTS(silent_kinds); i++) {
        if (strcmp(device->kind, silent_kinds[i].kind) == 0)
            return !silent_kinds[i].peer_elsewhere || device->link_elsewhere;
    }
    return false;
}

/* Runs inside the device's namespace: the kernel looks the ifindex up there. */
static int create_link(void *data)
{
    struct tcx_link_create *create = data;
    long link = syscall(SYS_bpf, BPF_LINK_CREATE, create, sizeof(*create));

    return link < 0 ? -errno : (int)link;
}

void ingress_attach(struct netns *netns, struct device *device)
{
    struct tcx_link_create create = {.program = programs_place("tcx_ingress"),
                                     .ifindex = device->said.ifindex,
                                     .attach_type = TCX_INGRESS,
                                     .flags = TCX_BEFORE};
    int link;

    if (programs_place("tcx_ingress") < 0 || device->ingress_link >= 0 ||
        !receives_silently(&device->said))
        return;
    link = netns_run(netns, create_link, &create);
    if (link >= 0)
        device->ingress_link = link;
    else if (link != -ENODEV) /* it has gone since it was listed */
        agent_say_missing("packets that %s%s%s receives: the kernel refuses a program at its tc "
                          "ingress (%s)",
                          netns->name, *netns->name ? "/" : "", device->said.name,
                          g_strerror(-link));
}

static void for_all_devices(void (*function)(struct netns *netns, struct device *device))
{
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct netns *netns = all->pdata[i];
        GHashTableIter iterator;
        void *device;

        g_hash_table_iter_init(&iterator, netns->devices);
        while (g_hash_table_iter_next(&iterator, NULL, &device))
            function(netns, device);
    }
}

void ingress_attach_all(void)
{
    for_all_devices(ingress_attach);
}

static void detach(struct netns *netns, struct device *device)
{
    (void)netns;
    if (device->ingress_link >= 0)
        close(device->ingress_link);
    device->ingress_link = -1;
}

static void renew(struct netns *netns, struct device *device)
{
    device->ingress_link_before = device->ingress_link;
    device->ingress_link = -1;
    ingress_attach(netns, device);
}

void ingress_renew_all(void)
{
    for_all_devices(renew);
}

static void end_before(struct netns *netns, struct device *device)
{
    (void)netns;
    if (device->ingress_link_before > 0)
        close(device->ingress_link_before);
    device->ingress_link_before = -1;
}

void ingress_end_before(void)
{
    for_all_devices(end_before);
}

void ingress_detach_all(void)
{
    for_all_devices(detach);
}
