/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops by XDP programs, as counted by the drivers of their devices. A frame that such a program
 * drops in a driver never becomes an sk_buff, so that none of our programs sees it. */
#include "xdp-statistics.h"

#include <errno.h>
#include <glib.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "namespaces.h"
#include "providers/ebpf/agent-protocol.h"
#include "providers/ebpf/agent/reply.h"
#include "providers/netdev/link-message.h"
#include "providers/netdev/rtnl.h"

/* A device may get more queues, and thus counters, between two requests. */
#define MORE_COUNTERS 256

/* --- guarded memory --- */

/* Kernels until the end of 2025 write as many counters as the device has by then, whatever the size
 * of the buffer; and the owner of a namespace can give a device more queues, or its name to another
 * device, between two requests. The page behind the buffer is inaccessible: the kernel stops there
 * (EFAULT). */
struct guarded_memory {
    void *start;
    size_t pages; /* bytes, with the page behind */
};

static bool guarded_make(struct guarded_memory *memory, size_t size)
{
    size_t page = sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;

    memory->pages = room + page;
    memory->start =
        mmap(NULL, memory->pages, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory->start == MAP_FAILED)
        return false;
    if (mprotect(memory->start, room, PROT_READ | PROT_WRITE) == 0)
        return true;
    munmap(memory->start, memory->pages);
    return false;
}

static void guarded_free(struct guarded_memory *memory)
{
    munmap(memory->start, memory->pages);
}

/* --- counters --- */

/* The namespace that is being read. */
struct xdp_scan {
    const struct scanner_netns *netns;
    bool all; /* devices without a program too */
    int control;
};

static int ethtool(const struct xdp_scan *scan, const char *name, void *command)
{
    struct ifreq request = {.ifr_data = command};

    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    return ioctl(scan->control, SIOCETHTOOL, &request);
}

/* Words in the names of counters of frames that were lost while a program of the device ran:
 * "rx_queue_0_xdp_drops", "rx_xdp_bad_drops", "queue_1_rx_xdp_aborted", "rx_xdp_redirect_errors"
 * ... */
static const char *const lost_words[] = {"drop", "abort", "invalid", "err", "fail", "no_pass"};

/* Frames that a device does not send for the program of another one are reported where that
 * happens, and some drivers count them twice. */
static bool counts_sent(const char *name)
{
    return g_str_has_prefix(name, "tx") || strstr(name, "xmit");
}

/* Drivers whose XDP counters lack "xdp" in their names. */
static const struct {
    const char *driver, *pattern;
} unnamed_counters[] = {
    {"veth", "rx_queue_*_drops"}, /* includes failed redirects */
};

static bool counts_xdp_drops(const char *driver, const char *name)
{
    const char *xdp = strstr(name, "xdp");

    if (counts_sent(name))
        return false;
    for (size_t i = 0; xdp && i < G_N_ELEMENTS(lost_words); i++) {
        if (strstr(xdp, lost_words[i]))
            return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(unnamed_counters); i++) {
        if (strcmp(driver, unnamed_counters[i].driver) == 0 &&
            g_pattern_match_simple(unnamed_counters[i].pattern, name))
            return true;
    }
    return false;
}

/* Whether the counter is of one queue, not of the device. */
static bool is_of_queue(const char *name)
{
    return strpbrk(name, "0123456789") != NULL;
}

/* The driver's own sum, or the sum over its queues where it has none. */
static uint64_t add_up(const char *driver, const char *names, const uint64_t *values,
                       uint32_t count)
{
    uint64_t of_device = 0, of_queues = 0;

    for (uint32_t i = 0; i < count; i++) {
        char name[ETH_GSTRING_LEN + 1] = {};

        memcpy(name, names + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
        if (counts_xdp_drops(driver, name))
            *(is_of_queue(name) ? &of_queues : &of_device) += values[i];
    }
    return of_device ? of_device : of_queues;
}

/* names and values have room for this many counters. */
static uint64_t read_counters(const struct xdp_scan *scan, const char *name,
                              const struct ethtool_drvinfo *driver, size_t room,
                              struct ethtool_gstrings *names, struct ethtool_stats *values)
{
    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_STATS;
    names->len = driver->n_stats;
    values->cmd = ETHTOOL_GSTATS;
    values->n_stats = driver->n_stats;
    if (ethtool(scan, name, names) || ethtool(scan, name, values))
        return 0;
    return add_up(driver->driver, (const char *)names->data, (const uint64_t *)values->data,
                  MIN(MIN(names->len, values->n_stats), room));
}

static uint64_t drops_of(const struct xdp_scan *scan, const char *name)
{
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
    struct guarded_memory names, values;
    uint64_t drops = 0;
    size_t room;

    if (ethtool(scan, name, &driver) || driver.n_stats == 0)
        return 0;
    room = (size_t)driver.n_stats * 2 + MORE_COUNTERS;
    if (!guarded_make(&names, sizeof(struct ethtool_gstrings) + room * ETH_GSTRING_LEN))
        return 0;
    if (guarded_make(&values, sizeof(struct ethtool_stats) + room * sizeof(uint64_t))) {
        drops = read_counters(scan, name, &driver, room, names.start, values.start);
        guarded_free(&values);
    }
    guarded_free(&names);
    return drops;
}

static void report_drops(const struct xdp_scan *scan, uint32_t ifindex, const char *name)
{
    struct agent_message message = {.type = AGENT_XDP};

    message.xdp.net_cookie = scan->netns->cookie;
    message.xdp.ifindex = ifindex;
    message.xdp.drops = drops_of(scan, name);
    if (message.xdp.drops > 0)
        agent_send(&message);
}

static bool has_program(const struct nlattr *xdp)
{
    static const struct netdev_rtnl_attribute known = {IFLA_XDP_ATTACHED, MNL_TYPE_U8};
    const struct nlattr *attached;

    return xdp && netdev_rtnl_parse_nested(xdp, &known, 1, &attached) && attached &&
           mnl_attr_get_u8(attached) != XDP_ATTACHED_NONE;
}

enum { NAME, XDP, ATTRIBUTES };

static int take_link(const struct nlmsghdr *message, void *data)
{
    static const struct netdev_rtnl_attribute known[ATTRIBUTES] = {
        [NAME] = {IFLA_IFNAME, MNL_TYPE_NUL_STRING}, [XDP] = {IFLA_XDP, MNL_TYPE_NESTED}};
    const struct ifinfomsg *link = netdev_link_header(message);
    const struct nlattr *found[ATTRIBUTES];
    const struct xdp_scan *scan = data;

    if (link && netdev_rtnl_parse(message, sizeof(*link), known, ATTRIBUTES, found) &&
        found[NAME] && (scan->all || has_program(found[XDP])))
        report_drops(scan, link->ifi_index, mnl_attr_get_str(found[NAME]));
    return MNL_CB_OK;
}

static int request_links(struct mnl_socket *rtnetlink, struct xdp_scan *scan)
{
    char buffer[256];
    struct nlmsghdr *request = netdev_rtnl_links_request(buffer, NETDEV_RTNL_OWN);

    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return netdev_rtnl_list(rtnetlink, request, NULL, take_link, scan);
}

/* Runs inside the namespace; no socket stays open there. */
static int scan_inside(void *data)
{
    struct xdp_scan *scan = data;
    struct mnl_socket *rtnetlink = netdev_rtnl_open(0);
    int result = -errno;

    scan->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (rtnetlink && scan->control >= 0)
        result = request_links(rtnetlink, scan);
    if (scan->control >= 0)
        close(scan->control);
    if (rtnetlink)
        mnl_socket_close(rtnetlink);
    return result;
}

void scanner_report_xdp_drops(void)
{
    static bool reported;
    GPtrArray *all = scanner_all_namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct xdp_scan scan = {.netns = all->pdata[i], .all = !reported};

        /* A namespace that has gone meanwhile has nothing to report. */
        if (scan.netns->cookie && scanner_is_wanted(scan.netns))
            scanner_run_in_netns(scan.netns, scan_inside, &scan);
    }
    reported = true;
}
