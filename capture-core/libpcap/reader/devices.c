/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that there are, and which of them are captured. */
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "../../linux/devices.h"
#include "../../linux/rtnl.h"
#include "clock.h"
#include "pcap_provider.h"

#define MIB (1024U * 1024)

static struct pcap_device *device_of(struct pcap_provider *provider, uint32_t ifindex)
{
    struct pcap_device *device = g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(ifindex));

    if (!device) {
        device = g_new0(struct pcap_device, 1);
        device->ifindex = ifindex;
        g_hash_table_insert(provider->devices, GUINT_TO_POINTER(ifindex), device);
    }
    return device;
}

static void take_statistics(struct pcap_device *device, const struct nlmsghdr *message)
{
    static const struct rtnetlink_attribute known = {IFLA_STATS64, MNL_TYPE_UNSPEC};
    const struct nlattr *statistics;

    struct rtnl_link_stats64 stats = {0};

    if (!rtnetlink_parse(message, sizeof(struct ifinfomsg), &known, 1, &statistics) || !statistics)
        return;
    memcpy(&stats, mnl_attr_get_payload(statistics),
           MIN(mnl_attr_get_payload_len(statistics), sizeof(stats)));
    pcap_take_statistics(device, &stats);
}

/* Asking ethtool for each change of each device would cost too much. */
static void take_driver(struct pcap_device *device, struct agent_device *said)
{
    if (strcmp(device->name, said->name) != 0) {
        device_ask_driver(said);
        g_strlcpy(device->name, said->name, sizeof(device->name));
        g_strlcpy(device->driver, said->driver, sizeof(device->driver));
        device->speed = said->speed;
    }
    g_strlcpy(said->driver, device->driver, sizeof(said->driver));
    said->speed = device->speed;
}

/* The kernel allows no more devices above each other. */
#define MAX_RANK 8

static void raise_above(struct pcap_provider *provider, uint32_t upper, uint32_t lower)
{
    struct pcap_device *above = g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(upper));
    const struct pcap_device *below =
        g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(lower));

    if (above && below && below->rank < MAX_RANK)
        above->rank = MAX(above->rank, below->rank + 1);
}

static void rank_devices(struct pcap_provider *provider)
{
    GHashTableIter iterator;
    void *value;

    for (int i = 0; i < MAX_RANK; i++) {
        g_hash_table_iter_init(&iterator, provider->devices);
        while (g_hash_table_iter_next(&iterator, NULL, &value)) {
            const struct pcap_device *device = value;

            raise_above(provider, device->ifindex, device->below);
            raise_above(provider, device->master, device->ifindex);
        }
    }
}

/* The link of these is their other end. */
static const char *const paired_kinds[] = {"veth", "netkit", "vxcan", NULL};

static void take_place(struct pcap_device *device, const struct agent_device *said)
{
    bool is_paired = said->link_elsewhere || g_strv_contains(paired_kinds, said->kind);

    device->master = said->master;
    device->below = is_paired ? 0 : said->link;
    device->rank = 0;
}

static void take_gone(struct pcap_provider *provider, struct pcap_device *device)
{
    device->is_gone = true;
    device->is_up = false;
    topology_take_gone(provider->topology,
                       &(struct agent_device){.net_cookie = topology_own_cookie(provider->topology),
                                              .ifindex = device->ifindex});
}

static void take_link(void *context, const struct nlmsghdr *message)
{
    struct pcap_provider *provider = context;
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct agent_device said = {.net_cookie = topology_own_cookie(provider->topology)};
    struct pcap_device *device;

    provider->changed = true;
    if (message->nlmsg_type == RTM_DELLINK) { /* what its driver still says is no reading */
        device = g_hash_table_lookup(provider->devices, GINT_TO_POINTER(link->ifi_index));
        if (device)
            take_gone(provider, device);
        return;
    }
    device = device_of(provider, link->ifi_index);
    if (device->is_gone) /* this is another one of the same number */
        memset(&device->said, 0, sizeof(device->said));
    take_statistics(device, message);
    if (!device_of_link(message, &said))
        return;
    take_driver(device, &said);
    take_place(device, &said);
    topology_take_device(provider->topology, &said);
    device->component =
        topology_device(provider->topology, said.net_cookie, (uint32_t)link->ifi_index);
    device->is_gone = device->is_retired = false;
    device->is_up = link->ifi_flags & IFF_UP;
    device->is_loopback = link->ifi_flags & IFF_LOOPBACK;
    device->is_refused &= device->is_up;
    device->listed = provider->lists;
}

/* --- what has gone --- */

/* Packets that were captured before may come as late. */
#define GRACE_NS (2000 * PKTMON_NS_PER_MS)

static void retire(void *context, uint32_t id, const struct component_key *key)
{
    struct pcap_provider *provider = context;
    struct pcap_device *device =
        g_hash_table_lookup(provider->devices, GUINT_TO_POINTER(key->number));

    if (device && device->component == id) {
        pcap_push_device_counters(provider, device);
        device->is_retired = true;
    }
    pcap_push_retired(provider, id);
}

void pcap_retire_devices(struct pcap_provider *provider)
{
    uint64_t now = pktmon_clock_monotonic();
    uint64_t read = MIN(now, pcap_watermark(provider));

    topology_set_time(provider->topology, now, read > GRACE_NS ? read - GRACE_NS : 0);
    topology_visit_over(provider->topology, 0, retire, provider);
}

static gboolean is_retired(void *key, void *value, void *data)
{
    const struct pcap_device *device = value;

    (void)key;
    return device->is_retired && device->component == GPOINTER_TO_UINT(data);
}

void pcap_forget_device(struct pcap_provider *provider, uint32_t component)
{
    g_hash_table_foreach_remove(provider->devices, is_retired, GUINT_TO_POINTER(component));
    topology_remove(provider->topology, component);
}

bool pcap_list_devices(struct pcap_provider *provider, GError **error)
{
    GHashTableIter iterator;
    void *value;

    provider->list_at = 0;
    provider->lists++;
    if (!links_list(provider->links, take_link, provider, error))
        return false;
    g_hash_table_iter_init(&iterator, provider->devices);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct pcap_device *device = value;

        if (device->listed != provider->lists && !device->is_gone)
            take_gone(provider, device);
    }
    rank_devices(provider);
    return true;
}

bool pcap_hear_of_devices(struct pcap_provider *provider, GError **error)
{
    bool heard_all = links_read(provider->links, take_link, provider);

    if (!heard_all || (provider->list_at && pktmon_clock_monotonic() >= provider->list_at))
        return pcap_list_devices(provider, error);
    if (provider->changed)
        rank_devices(provider);
    provider->changed = false;
    return true;
}

/* --- which are captured --- */

static bool is_to_be_opened(const struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct pktmon_provider_options *options = &provider->options;

    return device->is_up && !device->is_open && !device->is_refused &&
           (!options->wants_component ||
            options->wants_component(options->context, pktmon_registry_find(provider->base.registry,
                                                                            device->component)));
}

static GPtrArray *devices_to_open(const struct pcap_provider *provider)
{
    GPtrArray *found = g_ptr_array_new();
    GHashTableIter iterator;
    void *device;

    g_hash_table_iter_init(&iterator, provider->devices);
    while (g_hash_table_iter_next(&iterator, NULL, &device)) {
        if (is_to_be_opened(provider, device))
            g_ptr_array_add(found, device);
    }
    return found;
}

/* Of one device and direction: all that are there now share the buffer. */
static uint32_t buffer_share(const struct pcap_provider *provider)
{
    uint64_t all = (uint64_t)provider->options.buffer_size * MIB;
    uint64_t share = all / (2 * MAX(g_hash_table_size(provider->devices), 1));

    return CLAMP(share, PCAP_AGENT_MIN_BUFFER, PCAP_AGENT_MAX_BUFFER);
}

static void add_device(struct pcap_agent_request *request, struct pcap_device *device)
{
    request->devices[request->count++] =
        (struct pcap_agent_device){.ifindex = device->ifindex, .loopback = device->is_loopback};
    device->is_open = true;
}

bool pcap_open_devices(struct pcap_provider *provider, GError **error)
{
    g_autoptr(GPtrArray) devices = devices_to_open(provider);
    uint32_t kept = MAX(provider->options.pkt_size, CONTENT_BYTES);

    for (guint next = 0; next < devices->len;) {
        struct pcap_agent_request request = {
            .protocol = PCAP_AGENT_PROTOCOL,
            .snaplen = provider->options.pkt_size ? MIN(kept, PCAP_AGENT_MAX_PACKET)
                                                  : PCAP_AGENT_MAX_PACKET,
            .buffer_size = buffer_share(provider),
        };

        while (next < devices->len && request.count < PCAP_AGENT_DEVICES)
            add_device(&request, devices->pdata[next++]);
        if (!pcap_start_sniffer(provider, &request, error))
            return false;
    }
    return true;
}
