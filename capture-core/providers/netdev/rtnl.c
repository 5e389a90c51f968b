/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtnl.h"

#include <errno.h>
#include <glib.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct mnl_socket *netdev_rtnl_open(uint32_t groups)
{
    struct mnl_socket *socket =
        mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0));
    int reason;

    if (!socket || mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) == 0)
        return socket;
    reason = errno;
    mnl_socket_close(socket);
    errno = reason;
    return NULL;
}

/* The id of the namespace that the message came from. */
static int32_t origin(struct msghdr *parcel)
{
    int32_t nsid = NETDEV_RTNL_OWN;

    for (struct cmsghdr *control = CMSG_FIRSTHDR(parcel); control;
         control = CMSG_NXTHDR(parcel, control)) {
        if (control->cmsg_level == SOL_NETLINK && control->cmsg_type == NETLINK_LISTEN_ALL_NSID &&
            control->cmsg_len == CMSG_LEN(sizeof(nsid)))
            memcpy(&nsid, CMSG_DATA(control), sizeof(nsid));
    }
    return nsid;
}

/* The sender's address is set by the kernel, unlike everything in the datagram. */
static bool is_from_kernel(const struct msghdr *parcel, uint32_t groups)
{
    const struct sockaddr_nl *sender = parcel->msg_name;

    return parcel->msg_namelen == sizeof(*sender) && sender->nl_family == AF_NETLINK &&
           sender->nl_pid == 0 && !(parcel->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
           (groups ? (sender->nl_groups & groups) != 0 && (sender->nl_groups & ~groups) == 0
                   : sender->nl_groups == 0);
}

/* Whether each message ends within the datagram. libmnl misreads a length of 2^31 and more. */
static bool is_whole(const char *datagram, size_t length)
{
    size_t at = 0;

    while (length - at >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *message = (const void *)(datagram + at);

        if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > length - at)
            return false;
        at += MIN(NLMSG_ALIGN(message->nlmsg_len), length - at);
    }
    return true;
}

/* How many datagrams of other senders are dropped in one call: a flood of them must not block the
 * caller. More than a socket's buffer holds. */
#define MAX_STRAY          4096
#define MAX_STRAY_LISTENER (MAX_STRAY / 8) /* a listener is read many times in a row */

/* As netdev_rtnl_receive(); *patience: how many datagrams of others may still be dropped. */
static ssize_t receive(const struct mnl_socket *socket, uint32_t groups,
                       char buffer[NETDEV_RTNL_SIZE], int32_t *nsid, int *patience)
{
    while (*patience > 0) {
        char control[CMSG_SPACE(sizeof(struct nl_pktinfo)) + CMSG_SPACE(64)];
        struct sockaddr_nl sender = {};
        struct iovec part = {.iov_base = buffer, .iov_len = NETDEV_RTNL_SIZE};
        struct msghdr parcel = {.msg_name = &sender,
                                .msg_namelen = sizeof(sender),
                                .msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = control,
                                .msg_controllen = sizeof(control)};
        ssize_t length = recvmsg(mnl_socket_get_fd(socket), &parcel, 0);

        if (length < 0)
            return -errno;
        if (!is_from_kernel(&parcel, groups) || !is_whole(buffer, length)) {
            (*patience)--;
            continue;
        }
        if (nsid)
            *nsid = origin(&parcel);
        return length;
    }
    return -EBUSY;
}

ssize_t netdev_rtnl_receive(const struct mnl_socket *socket, uint32_t groups,
                            char buffer[NETDEV_RTNL_SIZE], int32_t *nsid)
{
    int patience = MAX_STRAY_LISTENER;

    return receive(socket, groups, buffer, nsid, &patience);
}

/* Datagrams that precede the request are no answer, and take the room of one. */
static void drain(const struct mnl_socket *socket)
{
    char buffer[64];

    for (int i = 0; i < MAX_STRAY; i++) {
        if (recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), MSG_DONTWAIT) < 0 &&
            errno != ENOBUFS)
            return;
    }
}

int netdev_rtnl_request(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t handle,
                        void *data)
{
    static _Atomic unsigned int sequence;
    char reply[NETDEV_RTNL_SIZE];
    int more = MNL_CB_OK, patience = MAX_STRAY;

    request->nlmsg_seq = ++sequence;
    drain(socket);
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return -errno;
    while (more > MNL_CB_STOP) {
        ssize_t length = receive(socket, 0, reply, NULL, &patience);

        if (length < 0)
            return length;
        more = mnl_cb_run(reply, length, request->nlmsg_seq, mnl_socket_get_portid(socket), handle,
                          data);
    }
    return more < 0 ? -errno : 0;
}

#define MOST_LISTS 8

int netdev_rtnl_list(struct mnl_socket *socket, struct nlmsghdr *request, void (*begin)(void *data),
                     mnl_cb_t handle, void *data)
{
    int result = -EINTR;

    for (int i = 0; i < MOST_LISTS && result == -EINTR; i++) {
        if (begin)
            begin(data);
        result = netdev_rtnl_request(socket, request, handle, data);
    }
    return result;
}

struct nlmsghdr *netdev_rtnl_links_request(char *buffer, int32_t nsid)
{
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    if (nsid != NETDEV_RTNL_OWN)
        mnl_attr_put_u32(request, IFLA_TARGET_NETNSID, nsid);
    return request;
}

/* --- parsing --- */

struct attribute_search {
    const struct netdev_rtnl_attribute *known;
    size_t count;
    const struct nlattr **found;
};

static int take_attribute(const struct nlattr *attribute, void *data)
{
    const struct attribute_search *search = data;

    for (size_t i = 0; i < search->count; i++) {
        if (mnl_attr_get_type(attribute) != search->known[i].type)
            continue;
        if (search->known[i].data != MNL_TYPE_UNSPEC &&
            mnl_attr_validate(attribute, search->known[i].data) < 0)
            return MNL_CB_ERROR;
        search->found[i] = attribute;
    }
    return MNL_CB_OK;
}

bool netdev_rtnl_parse(const struct nlmsghdr *message, size_t header,
                       const struct netdev_rtnl_attribute *known, size_t count,
                       const struct nlattr **found)
{
    struct attribute_search search = {known, count, found};

    memset(found, 0, count * sizeof(*found));
    return mnl_nlmsg_get_payload_len(message) >= header &&
           mnl_attr_parse(message, header, take_attribute, &search) > MNL_CB_ERROR;
}

bool netdev_rtnl_parse_nested(const struct nlattr *nest, const struct netdev_rtnl_attribute *known,
                              size_t count, const struct nlattr **found)
{
    struct attribute_search search = {known, count, found};

    memset(found, 0, count * sizeof(*found));
    return mnl_attr_parse_nested(nest, take_attribute, &search) > MNL_CB_ERROR;
}
