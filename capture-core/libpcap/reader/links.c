/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "provider.h"

/* The kernel fills up to this much of a dump at once (net/netlink/af_netlink.c). */
#define REPLY_SIZE 32768
/* A list during which something changed is asked for again. */
#define MAX_LISTS 8

struct links {
    struct mnl_socket *events, *requests;
    unsigned int sequence;
};

static bool fail(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "The devices cannot be listed: %s.",
                g_strerror(errno));
    return false;
}

struct links *links_new(GError **error)
{
    struct links *links = g_new0(struct links, 1);

    links->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    links->requests = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!links->events || !links->requests ||
        mnl_socket_bind(links->requests, 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_bind(links->events, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
        fail(error);
        links_free(links);
        return NULL;
    }
    return links;
}

void links_free(struct links *links)
{
    if (!links)
        return;
    if (links->events)
        mnl_socket_close(links->events);
    if (links->requests)
        mnl_socket_close(links->requests);
    g_free(links);
}

int links_descriptor(const struct links *links)
{
    return mnl_socket_get_fd(links->events);
}

struct visit {
    links_visitor *visitor;
    void *context;
};

static int take_message(const struct nlmsghdr *message, void *data)
{
    const struct visit *visit = data;
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

    /* Bridges tell of their ports with the same messages, for family AF_BRIDGE. */
    if (mnl_nlmsg_get_payload_len(message) >= sizeof(*link) && link->ifi_family == AF_UNSPEC &&
        (message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK))
        visit->visitor(visit->context, message);
    return MNL_CB_OK;
}

/* 0, or an errno. */
static int list_once(struct links *links, struct visit *visit)
{
    char buffer[REPLY_SIZE];
    struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
    int more = MNL_CB_OK;

    request->nlmsg_type = RTM_GETLINK;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request->nlmsg_seq = ++links->sequence;
    mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg));
    if (mnl_socket_sendto(links->requests, request, request->nlmsg_len) < 0)
        return errno;
    while (more > MNL_CB_STOP) {
        ssize_t length = mnl_socket_recvfrom(links->requests, buffer, sizeof(buffer));

        if (length < 0)
            return errno;
        more = mnl_cb_run(buffer, length, links->sequence, mnl_socket_get_portid(links->requests),
                          take_message, visit);
    }
    return more < 0 ? errno : 0;
}

bool links_list(struct links *links, links_visitor *visitor, void *context, GError **error)
{
    struct visit visit = {visitor, context};
    int reason = EINTR;

    for (int i = 0; i < MAX_LISTS && reason == EINTR; i++)
        reason = list_once(links, &visit);
    errno = reason;
    return reason == 0 || fail(error);
}

bool links_read(struct links *links, links_visitor *visitor, void *context)
{
    struct visit visit = {visitor, context};
    char buffer[REPLY_SIZE];
    ssize_t length;

    while ((length = mnl_socket_recvfrom(links->events, buffer, sizeof(buffer))) > 0)
        mnl_cb_run(buffer, length, 0, 0, take_message, &visit);
    return length == 0 || errno != ENOBUFS;
}
