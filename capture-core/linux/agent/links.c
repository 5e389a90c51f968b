/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, by rtnetlink: those of other namespaces through namespace ids, without entering. */
#include "agent.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../devices.h"

/* The kernel fills up to this much of a dump at once (net/netlink/af_netlink.c). */
#define REPLY_SIZE 32768

#define GROUP_NSID (1U << (RTNLGRP_NSID - 1))

static struct mnl_socket *events, *requests;
static bool hear_all;

int links_open(void)
{
    int yes = 1;

    if (events)
        return mnl_socket_get_fd(events);
    events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!events || !requests || mnl_socket_bind(requests, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_bind(events, RTMGRP_LINK | GROUP_NSID, MNL_SOCKET_AUTOPID) < 0)
        agent_fail("The agent cannot open an rtnetlink socket: %s.", g_strerror(errno));
    hear_all = mnl_socket_setsockopt(events, NETLINK_LISTEN_ALL_NSID, &yes, sizeof(yes)) == 0;
    return mnl_socket_get_fd(events);
}

bool links_hear_all(void)
{
    return hear_all;
}

/* Sends the request and gives each message of the answer to handle; -errno: the kernel refused. */
static int ask(struct nlmsghdr *request, mnl_cb_t handle, void *data)
{
    static unsigned int sequence;
    char reply[REPLY_SIZE];
    ssize_t length;
    int more = MNL_CB_OK;

    links_open();
    request->nlmsg_seq = ++sequence;
    if (mnl_socket_sendto(requests, request, request->nlmsg_len) < 0)
        return -errno;
    while (more > MNL_CB_STOP) {
        length = mnl_socket_recvfrom(requests, reply, sizeof(reply));
        if (length < 0)
            return -errno;
        more = mnl_cb_run(reply, length, sequence, mnl_socket_get_portid(requests), handle, data);
    }
    return more < 0 ? -errno : 0;
}

static int take_nsid(const struct nlmsghdr *message, void *data)
{
    struct nlattr *attribute;

    mnl_attr_for_each(attribute, message, sizeof(struct rtgenmsg))
    {
        if (mnl_attr_get_type(attribute) == NETNSA_NSID)
            *(int32_t *)data = mnl_attr_get_u32(attribute);
    }
    return MNL_CB_OK;
}

static struct nlmsghdr *nsid_request(char *buffer, uint16_t type, int file)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

    request->nlmsg_type = type;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    mnl_nlmsg_put_extra_header(request, sizeof(struct rtgenmsg));
    mnl_attr_put_u32(request, NETNSA_FD, file);
    return request;
}

int32_t links_nsid(int file)
{
    char buffer[256];
    int32_t nsid = NETNSA_NSID_NOT_ASSIGNED;
    struct nlmsghdr *request;

    ask(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    if (nsid >= 0)
        return nsid;
    request = nsid_request(buffer, RTM_NEWNSID, file);
    mnl_attr_put_u32(request, NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED); /* the kernel chooses */
    ask(request, NULL, NULL);
    ask(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    return nsid;
}

static void say_device(struct netns *netns, struct agent_device *now)
{
    struct agent_message message = {.type = AGENT_DEVICE};
    struct device *device = g_hash_table_lookup(netns->devices, GUINT_TO_POINTER(now->ifindex));

    if (device && strcmp(device->said.name, now->name) == 0) {
        g_strlcpy(now->driver, device->said.driver, sizeof(now->driver));
        now->speed = device->said.speed;
    } else {
        netns_run(netns, device_ask_driver, now);
    }
    if (device && memcmp(&device->said, now, sizeof(*now)) == 0)
        return;
    if (!device) {
        device = g_new0(struct device, 1);
        device->ingress_link = -1;
        g_hash_table_insert(netns->devices, GUINT_TO_POINTER(now->ifindex), device);
    }
    device->said = *now;
    message.device = *now;
    agent_say(&message);
    ingress_attach(netns, device);
}

static void say_device_gone(struct netns *netns, uint32_t ifindex)
{
    struct agent_message message = {.type = AGENT_DEVICE_GONE};
    struct device *device = g_hash_table_lookup(netns->devices, GUINT_TO_POINTER(ifindex));

    if (!device)
        return;
    if (device->ingress_link >= 0)
        close(device->ingress_link);
    g_hash_table_remove(netns->devices, GUINT_TO_POINTER(ifindex));
    message.device.net_cookie = netns->cookie;
    message.device.ifindex = ifindex;
    agent_say(&message);
}

/* The kernel takes a namespace's id away and ends its devices without another word; the id may be
 * another one's soon. */
static void netns_gone(const struct nlmsghdr *message)
{
    int32_t nsid = -1;
    struct netns *netns;
    g_autoptr(GList) devices = NULL;

    take_nsid(message, &nsid);
    netns = nsid < 0 ? NULL : netns_by_nsid(nsid);
    if (!netns)
        return;
    devices = g_hash_table_get_keys(netns->devices);
    for (GList *device = devices; device; device = device->next)
        say_device_gone(netns, GPOINTER_TO_UINT(device->data));
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
        say_device_gone(netns, link->ifi_index);
        return MNL_CB_OK;
    }
    if (message->nlmsg_type != RTM_NEWLINK)
        return MNL_CB_OK;
    device_of_link(message, &device);
    say_device(netns, &device);
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
    error = ask(request, collect, messages);
    if (error)
        agent_say_missing("devices of network namespace %s that carry no packet: the kernel does "
                          "not list them (%s)",
                          *netns->name ? netns->name : netns->path, g_strerror(-error));
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
    int32_t nsid = -1;

    take_nsid(message, &nsid);
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
        netns_gone(message);
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
