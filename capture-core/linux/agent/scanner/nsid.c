/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of network namespaces, in the own one. */
#include "scanner.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>

#include "../../rtnl.h"

int scanner_ask(struct nlmsghdr *request, mnl_cb_t handle, void *data)
{
    static struct mnl_socket *requests;

    if (!requests)
        requests = rtnetlink_open(0);
    if (!requests)
        agent_fail("The agent cannot open an rtnetlink socket: %s.", g_strerror(errno));
    return rtnetlink_ask(requests, request, handle, data);
}

int32_t nsid_in(const struct nlmsghdr *message)
{
    static const struct rtnetlink_attribute known = {NETNSA_NSID, MNL_TYPE_U32};
    const struct nlattr *nsid;

    return rtnetlink_parse(message, sizeof(struct rtgenmsg), &known, 1, &nsid) && nsid
               ? (int32_t)mnl_attr_get_u32(nsid)
               : NETNSA_NSID_NOT_ASSIGNED;
}

static int take_nsid(const struct nlmsghdr *message, void *data)
{
    *(int32_t *)data = nsid_in(message);
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

int32_t nsid_of(int file)
{
    char buffer[256];
    int32_t nsid = NETNSA_NSID_NOT_ASSIGNED;
    struct nlmsghdr *request;

    scanner_ask(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    if (nsid >= 0)
        return nsid;
    request = nsid_request(buffer, RTM_NEWNSID, file);
    mnl_attr_put_u32(request, NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED); /* the kernel chooses */
    scanner_ask(request, NULL, NULL);
    scanner_ask(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    return nsid;
}
