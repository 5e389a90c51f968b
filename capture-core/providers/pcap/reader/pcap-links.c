/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap-links.h"

#include <errno.h>
#include <glib.h>

#include "pktmon/errors.h"
#include "providers/netdev/link-message.h"
#include "providers/netdev/rtnl.h"

struct pcap_links {
    struct mnl_socket *events, *requests;
};

static bool fail(GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED, "The devices cannot be listed: %s.",
                g_strerror(errno));
    return false;
}

struct pcap_links *pcap_links_new(GError **error)
{
    struct pcap_links *links = g_new0(struct pcap_links, 1);

    links->events = netdev_rtnl_open(NETDEV_RTNL_LINKS);
    links->requests = netdev_rtnl_open(0);
    if (!links->events || !links->requests) {
        fail(error);
        pcap_links_free(links);
        return NULL;
    }
    return links;
}

void pcap_links_free(struct pcap_links *links)
{
    if (!links)
        return;
    if (links->events)
        mnl_socket_close(links->events);
    if (links->requests)
        mnl_socket_close(links->requests);
    g_free(links);
}

int pcap_links_descriptor(const struct pcap_links *links)
{
    return mnl_socket_get_fd(links->events);
}

struct link_visit {
    pcap_links_visitor *visitor;
    void *context;
};

static int take_message(const struct nlmsghdr *message, void *data)
{
    const struct link_visit *visit = data;

    if (netdev_link_header(message))
        visit->visitor(visit->context, message);
    return MNL_CB_OK;
}

bool pcap_links_list(struct pcap_links *links, pcap_links_visitor *visitor, void *context,
                     GError **error)
{
    struct link_visit visit = {visitor, context};
    char buffer[256];
    int result =
        netdev_rtnl_list(links->requests, netdev_rtnl_links_request(buffer, NETDEV_RTNL_OWN), NULL,
                         take_message, &visit);

    errno = -result;
    return result == 0 || fail(error);
}

bool pcap_links_read(struct pcap_links *links, pcap_links_visitor *visitor, void *context)
{
    struct link_visit visit = {visitor, context};
    char buffer[NETDEV_RTNL_SIZE];
    ssize_t length;

    while ((length = netdev_rtnl_receive(links->events, NETDEV_RTNL_LINKS, buffer, NULL)) > 0)
        mnl_cb_run(buffer, length, 0, 0, take_message, &visit);
    return length != -ENOBUFS;
}
