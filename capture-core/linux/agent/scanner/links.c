/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, by rtnetlink: those of other namespaces through namespace ids, without entering. */
#include "scanner.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "../../devices.h"
#include "../../rtnl.h"

/* Of one namespace: anyone may make as many as the kernel lets him. */
#define MAX_DEVICES 8192
/* Datagrams that are read before something else gets its turn. */
#define MOST_AT_ONCE 256

static const struct link_observer *observer;
static struct mnl_socket *events;
static bool hear_all;
static bool overrun; /* the kernel had more to tell than the socket could hold */

void links_open(const struct link_observer *who)
{
    int yes = 1;

    observer = who;
    events = rtnetlink_open(RTNETLINK_LINKS | RTNETLINK_NSIDS);
    if (!events)
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

/* Once for each namespace: the number is the kernel's to tell (ip -s link). */
static void leave_out(struct netns *netns)
{
    if (!netns->overfull)
        agent_say_missing("names of devices of network namespace %s that come after the first %d",
                          netns_label(netns), MAX_DEVICES);
    netns->overfull = true;
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
    if (!before && g_hash_table_size(netns->devices) >= MAX_DEVICES) {
        leave_out(netns);
        return;
    }
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
    int32_t nsid = nsid_in(message);
    struct netns *netns = nsid < 0 ? NULL : netns_by_nsid(nsid);

    if (netns)
        netns_forget(netns);
}

static void take_link(const struct nlmsghdr *message, struct netns *netns)
{
    const struct ifinfomsg *link = device_link(message);
    struct agent_device device = {.net_cookie = netns->cookie};

    if (!link)
        return;
    if (message->nlmsg_type == RTM_DELLINK)
        take_device_gone(netns, link->ifi_index);
    else if (device_of_link(message, &device))
        take_device(netns, &device);
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
    struct nlmsghdr *request =
        rtnetlink_links_request(buffer, netns->own ? RTNETLINK_OWN : netns->nsid);
    int error;

    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    error = scanner_ask(request, collect, messages);
    if (error && netns_path_leads(netns)) /* else it has only gone */
        agent_say_missing("devices of network namespace %s that carry no packet: the kernel does "
                          "not list them (%s)",
                          netns_label(netns), g_strerror(-error));
    for (guint i = 0; i < messages->len; i++)
        take_link(messages->pdata[i], netns);
}

void links_list_all(void)
{
    GPtrArray *all = namespaces();

    overrun = false;
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
    int32_t nsid = nsid_in(message);

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

static bool take_next(void)
{
    g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
    char buffer[RTNETLINK_SIZE];
    int32_t nsid;
    ssize_t length = rtnetlink_receive(events, RTNETLINK_LINKS | RTNETLINK_NSIDS, buffer, &nsid);
    struct netns *netns = length > 0 ? netns_by_nsid(nsid) : NULL;

    overrun |= length == -ENOBUFS;
    if (netns)
        mnl_cb_run(buffer, length, 0, 0, collect, messages);
    for (guint i = 0; i < messages->len; i++)
        take_change(messages->pdata[i], netns);
    return length > 0 || length == -ENOBUFS;
}

void links_read(void)
{
    for (int i = 0; i < MOST_AT_ONCE && take_next(); i++)
        ;
}

bool links_were_missed(void)
{
    return overrun;
}
