/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups.h"
#include "links.h"
#include "model/device-kinds.h"
#include "namespaces.h"
#include "providers/ebpf/agent-protocol.h"
#include "providers/ebpf/agent/handover.h"
#include "providers/ebpf/agent/reply.h"

static int holder = -1;
static bool handing_over;

/* --- to the holder --- */

static bool is_silent_receiver(const struct netdev_device *device)
{
    return device_kind_has(device->kind, DEVICE_RECEIVES_SILENTLY) ||
           (device->link_elsewhere &&
            device_kind_has(device->kind, DEVICE_RECEIVES_SILENTLY_FROM_PEER));
}

static void hand_over_name(struct agent_handover *handed, const struct scanner_netns *netns,
                           const char *device)
{
    g_snprintf(handed->name, sizeof(handed->name), "%s%s%s",
               device && !*netns->name ? "" : scanner_netns_label(netns),
               device && *netns->name ? "/" : "", device ? device : "");
}

static void hand_over_with(struct agent_handover *handed, const struct scanner_netns *netns,
                           int file)
{
    handed->cookie = netns->cookie;
    handed->own = netns->own;
    agent_send_handover(holder, handed, sizeof(*handed), file);
}

/* False: the namespace has gone since it was found. */
static bool hand_over_file(struct agent_handover *handed, const struct scanner_netns *netns)
{
    int file = netns->own ? AGENT_NO_FILE : scanner_open_netns(netns);

    if (file < 0 && !netns->own)
        return false;
    hand_over_with(handed, netns, file);
    if (file >= 0)
        close(file);
    return true;
}

static void hand_over_device(struct scanner_netns *netns, const struct netdev_device *device)
{
    struct agent_handover handed = {.type = AGENT_HANDOVER_DEVICE, .ifindex = device->ifindex};

    if (!netns->handed || !is_silent_receiver(device))
        return;
    hand_over_name(&handed, netns, device->name);
    netns->incomplete |= !hand_over_file(&handed, netns);
}

static void hand_over_netns(struct scanner_netns *netns)
{
    struct agent_handover handed = {.type = AGENT_HANDOVER_NETNS};
    GHashTableIter iterator;
    void *device;

    if (!netns->cookie) /* it could not be entered */
        return;
    hand_over_name(&handed, netns, NULL);
    netns->incomplete = !hand_over_file(&handed, netns);
    if (netns->incomplete)
        return;
    netns->handed = true;
    g_hash_table_iter_init(&iterator, netns->devices);
    while (g_hash_table_iter_next(&iterator, NULL, &device))
        hand_over_device(netns, device);
}

static void hand_over_root(void)
{
    struct agent_handover handed = {.type = AGENT_HANDOVER_CGROUP};
    int root = scanner_open_root_cgroup();

    if (root < 0) {
        agent_report_missing("delivery to sockets, and which processes created them: control "
                             "groups of version 2 are not mounted, and cannot be (%s)",
                             g_strerror(-root));
        return;
    }
    agent_send_handover(holder, &handed, sizeof(handed), root);
    close(root);
}

static void withdraw(struct scanner_netns *netns)
{
    if (netns->handed)
        hand_over_with(&(struct agent_handover){.type = AGENT_HANDOVER_NETNS_UNUSED}, netns,
                       AGENT_NO_FILE);
    netns->handed = netns->incomplete = false;
}

/* Makes the holder have exactly the wanted namespaces. */
static void settle(struct scanner_netns *netns)
{
    if (!handing_over)
        return;
    if (!scanner_is_wanted(netns))
        withdraw(netns);
    else if (!netns->handed || netns->incomplete)
        hand_over_netns(netns);
}

void scanner_hand_over(bool all)
{
    bool first = !handing_over;

    handing_over = true;
    scanner_want_all_namespaces(all);
    if (first)
        hand_over_root();
    g_ptr_array_foreach(scanner_all_namespaces(), (GFunc)(void (*)(void))settle, NULL);
}

void scanner_select(uint64_t cookie, bool wanted)
{
    struct scanner_netns *netns = scanner_netns_by_cookie(cookie);

    if (!netns) /* it has gone since */
        return;
    netns->selected = wanted;
    settle(netns);
}

void scanner_rest(void)
{
    handing_over = false;
}

bool scanner_is_handing_over(void)
{
    return handing_over;
}

/* --- to the reader --- */

static void report_name(struct scanner_netns *netns)
{
    struct agent_message message = {.type = AGENT_NETNS};

    message.netns.cookie = netns->cookie;
    message.netns.inode = netns->inode;
    g_strlcpy(message.netns.name, netns->name, sizeof(message.netns.name));
    agent_send(&message);
}

static void report_alias(struct scanner_netns *netns, const char *alias)
{
    struct agent_message message = {.type = AGENT_NETNS_ALIAS};

    if (!netns->cookie)
        return;
    message.alias.cookie = netns->cookie;
    g_strlcpy(message.alias.name, alias, sizeof(message.alias.name));
    agent_send(&message);
}

static void report_added(struct scanner_netns *netns)
{
    report_name(netns);
    if (netns->cookie)
        scanner_list_links(netns);
}

static void report_found(struct scanner_netns *netns)
{
    settle(netns);
}

static void report_unused(struct scanner_netns *netns)
{
    withdraw(netns);
}

static void report_netns_gone(struct scanner_netns *netns)
{
    struct agent_message message = {.type = AGENT_NETNS_GONE};

    scanner_forget_links(netns);
    message.netns.cookie = netns->cookie;
    agent_send(&message);
    hand_over_with(&(struct agent_handover){.type = AGENT_HANDOVER_NETNS_GONE}, netns,
                   AGENT_NO_FILE);
}

static void report_link(struct scanner_netns *netns, const struct netdev_device *device)
{
    struct agent_message message = {.type = AGENT_DEVICE, .device = *device};

    agent_send(&message);
    if (handing_over)
        hand_over_device(netns, device);
}

static void report_link_gone(struct scanner_netns *netns, uint32_t ifindex)
{
    struct agent_message message = {.type = AGENT_DEVICE_GONE};

    message.device.net_cookie = netns->cookie;
    message.device.ifindex = ifindex;
    agent_send(&message);
    hand_over_with(&(struct agent_handover){.type = AGENT_HANDOVER_DEVICE_GONE, .ifindex = ifindex},
                   netns, AGENT_NO_FILE);
}

const struct scanner_netns_observer scanner_netns_reports = {
    .added = report_added,
    .named = report_name,
    .aliased = report_alias,
    .found = report_found,
    .unused = report_unused,
    .gone = report_netns_gone,
};

const struct scanner_link_observer scanner_link_reports = {
    .changed = report_link,
    .gone = report_link_gone,
};

void scanner_open_reports(int socket)
{
    holder = socket;
}
