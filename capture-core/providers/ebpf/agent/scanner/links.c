/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, by rtnetlink. Those of other namespaces are listed through namespace ids, without
 * entering them. */
#include "links.h"

#include <errno.h>
#include <glib.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "model/salted-hash.h"
#include "namespaces.h"
#include "nsid.h"
#include "providers/ebpf/agent/reply.h"
#include "providers/netdev/link-message.h"
#include "providers/netdev/rtnl.h"

/* Limit for one namespace: any user can make many devices in his own. */
#define MAX_DEVICES 8192
/* Datagrams that are read before other work gets its turn. */
#define MOST_AT_ONCE 256

static const struct scanner_link_observer *observer;
static struct mnl_socket *events;
static bool has_remote_links;
static bool overrun; /* notifications were lost: the socket's buffer was full */

void scanner_open_links(const struct scanner_link_observer *who)
{
    int yes = 1;

    observer = who;
    events = netdev_rtnl_open(NETDEV_RTNL_LINKS | NETDEV_RTNL_NSIDS);
    if (!events)
        agent_fail("The agent cannot open an rtnetlink socket: %s.", g_strerror(errno));
    has_remote_links =
        mnl_socket_setsockopt(events, NETLINK_LISTEN_ALL_NSID, &yes, sizeof(yes)) == 0;
}

int scanner_links_descriptor(void)
{
    return mnl_socket_get_fd(events);
}

bool scanner_has_remote_links(void)
{
    return has_remote_links;
}

/* Reported once for each namespace, without a number of devices (see `ip -s link`). */
static void leave_out(struct scanner_netns *netns)
{
    if (!netns->overfull)
        agent_report_missing("names of devices of network namespace %s beyond the first %d",
                             scanner_netns_label(netns), MAX_DEVICES);
    netns->overfull = true;
}

static void take_device(struct scanner_netns *netns, struct netdev_device *now)
{
    const struct netdev_device *before =
        g_hash_table_lookup(netns->devices, GUINT_TO_POINTER(now->ifindex));

    if (before && strcmp(before->name, now->name) == 0) {
        g_strlcpy(now->driver, before->driver, sizeof(now->driver));
        now->speed = before->speed;
    } else {
        scanner_run_in_netns(netns, netdev_query_driver, now);
    }
    if (before && memcmp(before, now, sizeof(*now)) == 0)
        return;
    if (!before && g_hash_table_size(netns->devices) >= MAX_DEVICES) {
        leave_out(netns);
        return;
    }
    g_hash_table_insert(netns->devices, GUINT_TO_POINTER(now->ifindex),
                        g_memdup2(now, sizeof(*now)));
    observer->changed(netns, now);
}

static void take_device_gone(struct scanner_netns *netns, uint32_t ifindex)
{
    if (g_hash_table_remove(netns->devices, GUINT_TO_POINTER(ifindex)))
        observer->gone(netns, ifindex);
}

void scanner_forget_links(struct scanner_netns *netns)
{
    g_autoptr(GList) devices = g_hash_table_get_keys(netns->devices);

    for (GList *device = devices; device; device = device->next)
        take_device_gone(netns, GPOINTER_TO_UINT(device->data));
}

/* The kernel removes the id of a destroyed namespace without further notifications about its
 * devices; the id may be reused soon. */
static void take_netns_gone(const struct nlmsghdr *message)
{
    int32_t nsid = scanner_nsid_in(message);
    struct scanner_netns *netns = nsid < 0 ? NULL : scanner_netns_by_nsid(nsid);

    if (netns)
        scanner_forget_netns(netns);
}

static void take_link(const struct nlmsghdr *message, struct scanner_netns *netns)
{
    const struct ifinfomsg *link = netdev_link_header(message);
    struct netdev_device device = {.net_cookie = netns->cookie};

    if (!link)
        return;
    if (message->nlmsg_type == RTM_DELLINK)
        take_device_gone(netns, link->ifi_index);
    else if (netdev_parse_link(message, &device))
        take_device(netns, &device);
}

/* Messages are collected first and handled afterwards, because handling them makes further
 * requests. */
static int collect(const struct nlmsghdr *message, void *data)
{
    g_ptr_array_add(data, g_memdup2(message, message->nlmsg_len));
    return MNL_CB_OK;
}

static void collect_anew(void *data)
{
    g_ptr_array_set_size(data, 0);
}

static int request_links(const struct scanner_netns *netns, GPtrArray *messages)
{
    char buffer[256];
    struct nlmsghdr *request =
        netdev_rtnl_links_request(buffer, netns->own ? NETDEV_RTNL_OWN : netns->nsid);

    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return scanner_list(request, collect_anew, collect, messages);
}

static GHashTable *ifindexes_in(const GPtrArray *messages)
{
    GHashTable *ifindexes = g_hash_table_new(salted_number, NULL);

    for (guint i = 0; i < messages->len; i++) {
        const struct ifinfomsg *link = netdev_link_header(messages->pdata[i]);

        if (link)
            g_hash_table_add(ifindexes, GUINT_TO_POINTER(link->ifi_index));
    }
    return ifindexes;
}

/* Devices that are not listed have gone unnoticed; if one returns, it is new. */
static void forget_others(struct scanner_netns *netns, const GPtrArray *messages)
{
    g_autoptr(GHashTable) listed = ifindexes_in(messages);
    g_autoptr(GList) devices = g_hash_table_get_keys(netns->devices);

    for (GList *device = devices; device; device = device->next) {
        if (!g_hash_table_contains(listed, device->data))
            take_device_gone(netns, GPOINTER_TO_UINT(device->data));
    }
}

void scanner_list_links(struct scanner_netns *netns)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    int error = request_links(netns, messages);

    if (!error)
        forget_others(netns, messages);
    else if (error == -EINTR)
        overrun = true;                 /* devices come and go all the time: retry later */
    else if (scanner_is_at_path(netns)) /* otherwise the namespace has just gone */
        agent_report_missing(
            "devices of network namespace %s that carry no packet: the kernel does "
            "not list them (%s)",
            scanner_netns_label(netns), g_strerror(-error));
    for (guint i = 0; i < messages->len; i++)
        take_link(messages->pdata[i], netns);
}

void scanner_list_all_links(void)
{
    GPtrArray *all = scanner_all_namespaces();

    overrun = false;
    for (guint i = 0; i < all->len; i++) {
        struct scanner_netns *netns = all->pdata[i];
        if (netns->cookie)
            scanner_list_links(netns);
    }
}

static bool met_unknown_netns;

bool scanner_take_unknown_netns(void)
{
    bool met = met_unknown_netns;

    met_unknown_netns = false;
    return met;
}

/* The kernel makes an id for the namespace of a device's peer. Ids in messages from other
 * namespaces are relative to those, and have no meaning here. */
static void take_new_id(const struct nlmsghdr *message, const struct scanner_netns *netns)
{
    int32_t nsid = scanner_nsid_in(message);

    if (!netns->own || !scanner_netns_by_nsid(nsid))
        met_unknown_netns = true;
}

static void take_change(const struct nlmsghdr *message, struct scanner_netns *netns)
{
    if (message->nlmsg_type == RTM_NEWNSID)
        take_new_id(message, netns);
    else if (message->nlmsg_type != RTM_DELNSID)
        take_link(message, netns);
    else if (netns->own) /* the id is relative to the own namespace */
        take_netns_gone(message);
}

static bool take_next(void)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    char buffer[NETDEV_RTNL_SIZE];
    int32_t nsid;
    ssize_t length =
        netdev_rtnl_receive(events, NETDEV_RTNL_LINKS | NETDEV_RTNL_NSIDS, buffer, &nsid);
    struct scanner_netns *netns = length > 0 ? scanner_netns_by_nsid(nsid) : NULL;

    overrun |= length == -ENOBUFS;
    if (netns)
        mnl_cb_run(buffer, length, 0, 0, collect, messages);
    for (guint i = 0; i < messages->len; i++)
        take_change(messages->pdata[i], netns);
    return length > 0 || length == -ENOBUFS;
}

void scanner_read_links(void)
{
    for (int i = 0; i < MOST_AT_ONCE && take_next(); i++)
        ;
}

bool scanner_has_lost_links(void)
{
    return overrun;
}
