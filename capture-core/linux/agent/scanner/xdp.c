/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What XDP programs dropped, as the drivers of their devices count it. A frame that such a program
 * drops in a driver never becomes a socket buffer, so that none of our programs sees it.
 */
#include "scanner.h"

#include <errno.h>
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

#include "../../devices.h"
#include "../../rtnl.h"

/* A driver may get more queues, and counters, between two questions. */
#define MORE_COUNTERS 256

/* --- memory that the kernel cannot write beyond --- */

/* Kernels until the end of 2025 answer with as many counters as the device has by then, however
 * many there is room for; and whoever has a namespace of his own gives a device more queues, or its
 * name to another one, between two questions. The page behind is closed: the kernel stops there
 * (EFAULT).
 */
struct guarded {
    void *start;
    size_t pages; /* bytes, with the one behind */
};

static bool guarded_make(struct guarded *memory, size_t size)
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

static void guarded_free(struct guarded *memory)
{
    munmap(memory->start, memory->pages);
}

/* --- counters --- */

/* One namespace under way. */
struct look {
    const struct netns *netns;
    bool all; /* devices without a program too */
    int control;
};

static int ethtool(const struct look *look, const char *name, void *command)
{
    struct ifreq request = {.ifr_data = command};

    g_strlcpy(request.ifr_name, name, sizeof(request.ifr_name));
    return ioctl(look->control, SIOCETHTOOL, &request);
}

/* "rx_queue_0_xdp_drops", "rx_xdp_drop", "queue_1_rx_xdp_drop" ... */
static bool counts_xdp_drops(const char *name)
{
    const char *xdp = strstr(name, "xdp");

    return xdp && strstr(xdp, "drop");
}

/* Of one queue, and not of the device. */
static bool is_of_queue(const char *name)
{
    return strpbrk(name, "0123456789") != NULL;
}

/* The driver's own sum, or where it has none that of its queues. */
static uint64_t add_up(const char *names, const uint64_t *values, uint32_t count)
{
    uint64_t of_device = 0, of_queues = 0;

    for (uint32_t i = 0; i < count; i++) {
        char name[ETH_GSTRING_LEN + 1] = {};

        memcpy(name, names + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
        if (counts_xdp_drops(name))
            *(is_of_queue(name) ? &of_queues : &of_device) += values[i];
    }
    return of_device ? of_device : of_queues;
}

/* Both have room for so many. */
static uint64_t ask_for_counters(const struct look *look, const char *name, uint32_t count,
                                 size_t room, struct ethtool_gstrings *names,
                                 struct ethtool_stats *values)
{
    names->cmd = ETHTOOL_GSTRINGS;
    names->string_set = ETH_SS_STATS;
    names->len = count;
    values->cmd = ETHTOOL_GSTATS;
    values->n_stats = count;
    if (ethtool(look, name, names) || ethtool(look, name, values))
        return 0;
    return add_up((const char *)names->data, (const uint64_t *)values->data,
                  MIN(MIN(names->len, values->n_stats), room));
}

static uint64_t drops_of(const struct look *look, const char *name)
{
    struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
    struct guarded names, values;
    uint64_t drops = 0;
    size_t room;

    if (ethtool(look, name, &driver) || driver.n_stats == 0)
        return 0;
    room = (size_t)driver.n_stats * 2 + MORE_COUNTERS;
    if (!guarded_make(&names, sizeof(struct ethtool_gstrings) + room * ETH_GSTRING_LEN))
        return 0;
    if (guarded_make(&values, sizeof(struct ethtool_stats) + room * sizeof(uint64_t))) {
        drops = ask_for_counters(look, name, driver.n_stats, room, names.start, values.start);
        guarded_free(&values);
    }
    guarded_free(&names);
    return drops;
}

static void say_drops(const struct look *look, uint32_t ifindex, const char *name)
{
    struct agent_message message = {.type = AGENT_XDP};

    message.xdp.net_cookie = look->netns->cookie;
    message.xdp.ifindex = ifindex;
    message.xdp.drops = drops_of(look, name);
    if (message.xdp.drops > 0)
        agent_say(&message);
}

static bool has_program(const struct nlattr *xdp)
{
    static const struct rtnetlink_attribute known = {IFLA_XDP_ATTACHED, MNL_TYPE_U8};
    const struct nlattr *attached;

    return xdp && rtnetlink_parse_nested(xdp, &known, 1, &attached) && attached &&
           mnl_attr_get_u8(attached) != XDP_ATTACHED_NONE;
}

enum { NAME, XDP, ATTRIBUTES };

static int take_link(const struct nlmsghdr *message, void *data)
{
    static const struct rtnetlink_attribute known[ATTRIBUTES] = {
        [NAME] = {IFLA_IFNAME, MNL_TYPE_NUL_STRING}, [XDP] = {IFLA_XDP, MNL_TYPE_NESTED}};
    const struct ifinfomsg *link = device_link(message);
    const struct nlattr *found[ATTRIBUTES];
    const struct look *look = data;

    if (link && rtnetlink_parse(message, sizeof(*link), known, ATTRIBUTES, found) && found[NAME] &&
        (look->all || has_program(found[XDP])))
        say_drops(look, link->ifi_index, mnl_attr_get_str(found[NAME]));
    return MNL_CB_OK;
}

static int ask_for_links(struct mnl_socket *rtnetlink, struct look *look)
{
    char buffer[256];
    struct nlmsghdr *request = rtnetlink_links_request(buffer, RTNETLINK_OWN);

    mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return rtnetlink_ask(rtnetlink, request, take_link, look);
}

/* Inside the namespace; no socket stays open there. */
static int look_inside(void *data)
{
    struct look *look = data;
    struct mnl_socket *rtnetlink = rtnetlink_open(0);
    int result = -errno;

    look->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (rtnetlink && look->control >= 0)
        result = ask_for_links(rtnetlink, look);
    if (look->control >= 0)
        close(look->control);
    if (rtnetlink)
        mnl_socket_close(rtnetlink);
    return result;
}

void xdp_say_drops(void)
{
    static bool said;
    GPtrArray *all = namespaces();

    for (guint i = 0; i < all->len; i++) {
        struct look look = {.netns = all->pdata[i], .all = !said};

        /* One that has ended meanwhile has nothing to say. */
        if (look.netns->cookie && netns_is_wanted(look.netns))
            netns_run(look.netns, look_inside, &look);
    }
    said = true;
}
