/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of network namespaces, relative to the own one. */
#include "nsid.h"

#include <errno.h>
#include <glib.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include "providers/ebpf/agent/reply.h"
#include "providers/netdev/rtnl.h"

static struct mnl_socket *requests_socket(void)
{
    static struct mnl_socket *requests;

    if (!requests)
        requests = netdev_rtnl_open(0);
    if (!requests)
        agent_fail("The agent cannot open an rtnetlink socket: %s.", g_strerror(errno));
    return requests;
}

int scanner_request(struct nlmsghdr *request, mnl_cb_t handle, void *data)
{
    return netdev_rtnl_request(requests_socket(), request, handle, data);
}

int scanner_list(struct nlmsghdr *request, void (*begin)(void *data), mnl_cb_t handle, void *data)
{
    return netdev_rtnl_list(requests_socket(), request, begin, handle, data);
}

int32_t scanner_nsid_in(const struct nlmsghdr *message)
{
    static const struct netdev_rtnl_attribute known = {NETNSA_NSID, MNL_TYPE_U32};
    const struct nlattr *nsid;

    return netdev_rtnl_parse(message, sizeof(struct rtgenmsg), &known, 1, &nsid) && nsid
               ? (int32_t)mnl_attr_get_u32(nsid)
               : NETNSA_NSID_NOT_ASSIGNED;
}

static int take_nsid(const struct nlmsghdr *message, void *data)
{
    *(int32_t *)data = scanner_nsid_in(message);
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

int32_t scanner_get_nsid(int file)
{
    char buffer[256];
    int32_t nsid = NETNSA_NSID_NOT_ASSIGNED;
    struct nlmsghdr *request;

    scanner_request(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    if (nsid >= 0)
        return nsid;
    request = nsid_request(buffer, RTM_NEWNSID, file);
    mnl_attr_put_u32(request, NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED); /* the kernel chooses */
    scanner_request(request, NULL, NULL);
    scanner_request(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    return nsid;
}
