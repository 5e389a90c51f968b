/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, by rtnetlink: those of other namespaces through namespace ids, without entering. */
#include "scanner.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../devices.h"

/* The kernel fills up to this much of a dump at once (net/netlink/af_netlink.c). */
#define REPLY_SIZE 32768

#define GROUP_NSID (1U << (RTNLGRP_NSID - 1))

static const struct link_observer *observer;
static struct mnl_socket *events;
static bool hear_all;

void links_open(const struct link_observer *who)
{
    int yes = 1;

    observer = who;
    events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!events || mnl_socket_bind(events, RTMGRP_LINK | GROUP_NSID, MNL_SOCKET_AUTOPID) < 0)
        agent_fail("The agent cannot open an rtnetlink socket: %s.", g_strerror(errno));
    hear_all = mnl_socket_setsockopt(events, NETLINK_LISTEN_ALL_NSID, &yes, sizeof(yes)) == 0;
}

int links_descriptor(void)
{
    return mnl_socket_get_fd(events);
}

bool links_hear_all(void)
{
    return hear_all;
}

static void take_device(struct netns *netns, struct agent_device *now)
{
    const struct agent_device *before =
        g_hash_table_lookup(netns->devices, GUINT_TO_POINTER(now->ifindex));

    if (before && strcmp(before->name, now->name) == 0) {
        g_strlcpy(now->driver, before->driver, sizeof(now->driver));
        now->speed = before->speed;
    } else {
        netns_run(netns, device_ask_driver, now);
    }
    if (before && memcmp(before, now, sizeof(*now)) == 0)
        return;
    g_hash_table_insert(netns->devices, GUINT_TO_POINTER(now->ifindex),
                        g_memdup2(now, sizeof(*now)));
    observer->changed(netns, now);
}

static void take_device_gone(struct netns *netns, uint32_t ifindex)
{
    if (g_hash_table_remove(netns->devices, GUINT_TO_POINTER(ifindex)))
        observer->gone(netns, ifindex);
}

void links_forget(struct netns *netns)
{
    g_autoptr(GList) devices = g_hash_table_get_keys(netns->devices);

    for (GList *device = devices; device; device = device->next)
        take_device_gone(netns, GPOINTER_TO_UINT(device->data));
}

/* The kernel takes a namespace's id away and ends its devices without another word; the id may be
 * another one's soon. */
static void take_netns_gone(const struct nlmsghdr *message)
{
    int32_t nsid = rtnetlink_nsid_in(message);
    struct netns *netns = nsid < 0 ? NULL : netns_by_nsid(nsid);

    if (netns)
        netns_forget(netns);
}

static int take_link(const struct nlmsghdr *message, void *data)
{
    struct netns *netns = data;
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct agent_device device = {.net_cookie = netns->cookie};

    /* Bridges tell of their ports with the same messages, for family AF_BRIDGE. */
    if (link->ifi_family != AF_UNSPEC)
        return MNL_CB_OK;
    if (message->nlmsg_type == RTM_DELLINK) {
        take_device_gone(netns, link->ifi_index);
        return MNL_CB_OK;
    }
    if (message->nlmsg_type != RTM_NEWLINK)
        return MNL_CB_OK;
    device_of_link(message, &device);
    take_device(netns, &device);
    return MNL_CB_OK;
}

/* Messages are collected before they are acted upon: acting asks the kernel in its turn. */
static int collect(const struct nlmsghdr *message, void *data)
{
    g_ptr_array_add(data, g_memdup2(message, message->nlmsg_len));
    return MNL_CB_OK;
}

void links_list(struct netns *netns)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    char buffer[256];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    int error;

    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    if (!netns->own)
        mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, netns->nsid);
    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    error = rtnetlink_ask(request, collect, messages);
    if (error && netns_path_leads(netns)) /* else it has only gone */
        agent_say_missing("devices of network namespace %s that carry no packet: the kernel does "
                          "not list them (%s)",
                          netns_label(netns), g_strerror(-error));
    for (guint i = 0; i < messages->len; i++)
        take_link(messages->pdata[i], netns);
}

/* The id of the namespace that the message came from; -1: the own one. */
static int32_t origin(struct msghdr *parcel)
{
    for (struct cmsghdr *control = CMSG_FIRSTHDR(parcel); control;
         control = CMSG_NXTHDR(parcel, control)) {
        if (control->cmsg_level == SOL_NETLINK && control->cmsg_type == NETLINK_LISTEN_ALL_NSID)
            return *(int32_t *)CMSG_DATA(control);
    }
    return -1;
}

void links_list_all(void)
{
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct netns *netns = all->pdata[i];
        if (netns->cookie)
            links_list(netns);
    }
}

static bool met_stranger;

bool links_met_stranger(void)
{
    bool met = met_stranger;

    met_stranger = false;
    return met;
}

/* Where a device's peer is in another namespace, the kernel makes an id for it. Each namespace has
 * ids of its own: what those of others mean is not known. */
static void take_new_id(const struct nlmsghdr *message, const struct netns *netns)
{
    int32_t nsid = rtnetlink_nsid_in(message);

    if (!netns->own || !netns_by_nsid(nsid))
        met_stranger = true;
}

static void take_change(const struct nlmsghdr *message, struct netns *netns)
{
    if (message->nlmsg_type == RTM_NEWNSID)
        take_new_id(message, netns);
    else if (message->nlmsg_type != RTM_DELNSID)
        take_link(message, netns);
    else if (netns->own) /* as above */
        take_netns_gone(message);
}

void links_read(void)
{
    char reply[REPLY_SIZE], control[CMSG_SPACE(sizeof(struct nl_pktinfo)) + CMSG_SPACE(64)];
    struct iovec part = {.iov_base = reply, .iov_len = sizeof(reply)};
    struct msghdr parcel = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t length;

    for (;;) {
        g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
        struct netns *netns;

        parcel.msg_control = control;
        parcel.msg_controllen = sizeof(control);
        length = recvmsg(mnl_socket_get_fd(events), &parcel, 0);
        if (length < 0 && errno == ENOBUFS) {
            links_list_all(); /* the kernel had more to tell than the socket could hold */
            continue;
        }
        if (length <= 0)
            return;
        netns = netns_by_nsid(origin(&parcel));
        if (!netns)
            continue;
        mnl_cb_run(reply, length, 0, 0, collect, messages);
        for (guint i = 0; i < messages->len; i++)
            take_change(messages->pdata[i], netns);
    }
}
