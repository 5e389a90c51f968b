/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <unistd.h>

#include "../handover.h"
#include "scanner.h"

static int holder = -1;
static bool handing_over;

/* --- to the holder --- */

/* Kinds of devices (rtnl_link_ops.kind), and whether only a peer elsewhere makes it one: the end
 * of a pair inside a container gets packets of bpf_redirect_peer(). */
static const struct {
    const char *kind;
    bool peer_elsewhere;
} silent_kinds[] = {
    {"macvlan", false}, {"macvtap", false}, {"ipvlan", false}, {"ipvtap", false}, {"vlan", false},
    {"bond", false},    {"team", false},    {"hsr", false},    {"veth", true},    {"netkit", true},
};

static bool receives_silently(const struct agent_device *device)
{
    for (size_t i = 0; i < G_N_ELEMENTS(silent_kinds); i++) {
        if (strcmp(device->kind, silent_kinds[i].kind) == 0)
            return !silent_kinds[i].peer_elsewhere || device->link_elsewhere;
    }
    return false;
}

static void hand_over_name(struct handover *handed, const struct netns *netns, const char *device)
{
    g_snprintf(handed->name, sizeof(handed->name), "%s%s%s",
               device && !*netns->name ? "" : netns_label(netns), device && *netns->name ? "/" : "",
               device ? device : "");
}

static void hand_over_with(struct handover *handed, const struct netns *netns, int file)
{
    handed->cookie = netns->cookie;
    handed->own = netns->own;
    handover_send(holder, handed, sizeof(*handed), file);
}

/* False: it has ended since it was found. */
static bool hand_over_file(struct handover *handed, const struct netns *netns)
{
    int file = netns->own ? HANDOVER_NO_FILE : netns_open(netns);

    if (file < 0 && !netns->own)
        return false;
    hand_over_with(handed, netns, file);
    if (file >= 0)
        close(file);
    return true;
}

static void hand_over_device(struct netns *netns, const struct agent_device *device)
{
    struct handover handed = {.type = HANDOVER_DEVICE, .ifindex = device->ifindex};

    if (!netns->handed || !receives_silently(device))
        return;
    hand_over_name(&handed, netns, device->name);
    netns->incomplete |= !hand_over_file(&handed, netns);
}

static void hand_over_netns(struct netns *netns)
{
    struct handover handed = {.type = HANDOVER_NETNS};
    GHashTableIter iterator;
    void *device;

    if (!netns->cookie) /* it cannot be entered */
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
    struct handover handed = {.type = HANDOVER_CGROUP};
    int root = cgroups_open_root();

    if (root < 0) {
        agent_say_missing("delivery to sockets, and which processes made them: control groups of "
                          "version 2 are not mounted, and cannot be (%s)",
                          g_strerror(-root));
        return;
    }
    handover_send(holder, &handed, sizeof(handed), root);
    close(root);
}

static void take_back(struct netns *netns)
{
    if (netns->handed)
        hand_over_with(&(struct handover){.type = HANDOVER_NETNS_UNUSED}, netns, HANDOVER_NO_FILE);
    netns->handed = netns->incomplete = false;
}

/* The holder has what is wanted, and nothing else. */
static void settle(struct netns *netns)
{
    if (!handing_over)
        return;
    if (!netns_is_wanted(netns))
        take_back(netns);
    else if (!netns->handed || netns->incomplete)
        hand_over_netns(netns);
}

void report_hand_over(bool all)
{
    bool first = !handing_over;

    handing_over = true;
    namespaces_want_all(all);
    if (first)
        hand_over_root();
    g_ptr_array_foreach(namespaces(), (GFunc)(void (*)(void))settle, NULL);
}

void report_select(uint64_t cookie, bool wanted)
{
    struct netns *netns = netns_by_cookie(cookie);

    if (!netns) /* it has ended since */
        return;
    netns->selected = wanted;
    settle(netns);
}

void report_rest(void)
{
    handing_over = false;
}

bool report_is_handing_over(void)
{
    return handing_over;
}

/* --- what is observed --- */

static void netns_named(struct netns *netns)
{
    struct agent_message message = {.type = AGENT_NETNS};

    message.netns.cookie = netns->cookie;
    message.netns.inode = netns->inode;
    g_strlcpy(message.netns.name, netns->name, sizeof(message.netns.name));
    agent_say(&message);
}

static void netns_is_aliased(struct netns *netns, const char *alias)
{
    struct agent_message message = {.type = AGENT_NETNS_ALIAS};

    if (!netns->cookie)
        return;
    message.alias.cookie = netns->cookie;
    g_strlcpy(message.alias.name, alias, sizeof(message.alias.name));
    agent_say(&message);
}

static void netns_added(struct netns *netns)
{
    netns_named(netns);
    if (netns->cookie)
        links_list(netns);
}

static void netns_was_found(struct netns *netns)
{
    settle(netns);
}

static void netns_is_unused(struct netns *netns)
{
    take_back(netns);
}

static void netns_is_gone(struct netns *netns)
{
    struct agent_message message = {.type = AGENT_NETNS_GONE};

    links_forget(netns);
    message.netns.cookie = netns->cookie;
    agent_say(&message);
    hand_over_with(&(struct handover){.type = HANDOVER_NETNS_GONE}, netns, HANDOVER_NO_FILE);
}

static void link_changed(struct netns *netns, const struct agent_device *device)
{
    struct agent_message message = {.type = AGENT_DEVICE, .device = *device};

    agent_say(&message);
    if (handing_over)
        hand_over_device(netns, device);
}

static void link_is_gone(struct netns *netns, uint32_t ifindex)
{
    struct agent_message message = {.type = AGENT_DEVICE_GONE};

    message.device.net_cookie = netns->cookie;
    message.device.ifindex = ifindex;
    agent_say(&message);
    hand_over_with(&(struct handover){.type = HANDOVER_DEVICE_GONE, .ifindex = ifindex}, netns,
                   HANDOVER_NO_FILE);
}

void report_open(int socket)
{
    static const struct netns_observer of_namespaces = {
        .added = netns_added,
        .named = netns_named,
        .aliased = netns_is_aliased,
        .found = netns_was_found,
        .unused = netns_is_unused,
        .gone = netns_is_gone,
    };
    static const struct link_observer of_links = {.changed = link_changed, .gone = link_is_gone};

    holder = socket;
    namespaces_open(&of_namespaces);
    links_open(&of_links);
}
