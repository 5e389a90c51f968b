/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scanner.h"

#include <errno.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

/* The kernel fills up to this much of a dump at once (net/netlink/af_netlink.c). */
#define REPLY_SIZE 32768

static struct mnl_socket *requests;

static void open_socket(void)
{
    requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!requests || mnl_socket_bind(requests, 0, MNL_SOCKET_AUTOPID) < 0)
        agent_fail("The agent cannot open an rtnetlink socket: %s.", g_strerror(errno));
}

int rtnetlink_ask(struct nlmsghdr *request, mnl_cb_t handle, void *data)
{
    static unsigned int sequence;
    char reply[REPLY_SIZE];
    ssize_t length;
    int more = MNL_CB_OK;

    if (!requests)
        open_socket();
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
    *(int32_t *)data = rtnetlink_nsid_in(message);
    return MNL_CB_OK;
}

int32_t rtnetlink_nsid_in(const struct nlmsghdr *message)
{
    const struct nlattr *attribute;
    int32_t nsid = NETNSA_NSID_NOT_ASSIGNED;

    mnl_attr_for_each(attribute, message, sizeof(struct rtgenmsg))
    {
        if (mnl_attr_get_type(attribute) == NETNSA_NSID)
            nsid = mnl_attr_get_u32(attribute);
    }
    return nsid;
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

int32_t rtnetlink_nsid(int file)
{
    char buffer[256];
    int32_t nsid = NETNSA_NSID_NOT_ASSIGNED;
    struct nlmsghdr *request;

    rtnetlink_ask(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    if (nsid >= 0)
        return nsid;
    request = nsid_request(buffer, RTM_NEWNSID, file);
    mnl_attr_put_u32(request, NETNSA_NSID, NETNSA_NSID_NOT_ASSIGNED); /* the kernel chooses */
    rtnetlink_ask(request, NULL, NULL);
    rtnetlink_ask(nsid_request(buffer, RTM_GETNSID, file), take_nsid, &nsid);
    return nsid;
}
