/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "links.h"

#include <errno.h>

#include "../../linux/devices.h"
#include "../../linux/rtnl.h"
#include "provider.h"

/* A list during which something changed is asked for again. */
#define MAX_LISTS 8

struct links {
    struct mnl_socket *events, *requests;
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

    links->events = rtnetlink_open(RTNETLINK_LINKS);
    links->requests = rtnetlink_open(0);
    if (!links->events || !links->requests) {
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

    if (device_link(message))
        visit->visitor(visit->context, message);
    return MNL_CB_OK;
}

/* 0, or an errno. */
static int list_once(struct links *links, struct visit *visit)
{
    char buffer[256];

    return -rtnetlink_ask(links->requests, rtnetlink_links_request(buffer, RTNETLINK_OWN),
                          take_message, visit);
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
    char buffer[RTNETLINK_SIZE];
    ssize_t length;

    while ((length = rtnetlink_receive(links->events, RTNETLINK_LINKS, buffer, NULL)) > 0)
        mnl_cb_run(buffer, length, 0, 0, take_message, &visit);
    return length != -ENOBUFS;
}
