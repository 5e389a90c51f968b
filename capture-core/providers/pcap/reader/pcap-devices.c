/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of the host, and which of them are captured. */
#include "pcap-devices.h"

#include <glib.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "device-counters.h"
#include "model/device-kinds.h"
#include "model/clock.h"
#include "packet-content.h"
#include "pcap-capture.h"
#include "pcap-delivery.h"
#include "pcap-links.h"
#include "pcap-state.h"
#include "providers/netdev/component-ids.h"
#include "providers/netdev/link-message.h"
#include "providers/netdev/rtnl.h"
#include "providers/netdev/topology.h"
#include "providers/pcap/pcap-protocol.h"

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
    static const struct netdev_rtnl_attribute known = {IFLA_STATS64, MNL_TYPE_UNSPEC};
    const struct nlattr *statistics;

    struct rtnl_link_stats64 stats = {0};

    if (!netdev_rtnl_parse(message, sizeof(struct ifinfomsg), &known, 1, &statistics) ||
        !statistics)
        return;
    memcpy(&stats, mnl_attr_get_payload(statistics),
           MIN(mnl_attr_get_payload_len(statistics), sizeof(stats)));
    pcap_take_statistics(device, &stats);
}

/* Querying ethtool for every change of a device would cost too much. */
static void take_driver(struct pcap_device *device, struct netdev_device *described)
{
    if (strcmp(device->name, described->name) != 0) {
        netdev_query_driver(described);
        g_strlcpy(device->name, described->name, sizeof(device->name));
        g_strlcpy(device->driver, described->driver, sizeof(device->driver));
        device->speed = described->speed;
    }
    g_strlcpy(described->driver, device->driver, sizeof(described->driver));
    described->speed = device->speed;
}

/* The kernel stacks no more devices. */
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

static void take_place(struct pcap_device *device, const struct netdev_device *described)
{
    bool is_paired = described->link_elsewhere || device_kind_has(described->kind, DEVICE_PAIRED);

    device->master = described->master;
    device->below = is_paired ? 0 : described->link;
    device->rank = 0;
}

static void take_gone(struct pcap_provider *provider, struct pcap_device *device)
{
    device->is_gone = true;
    device->is_up = false;
    netdev_remove_device(
        provider->topology,
        &(struct netdev_device){.net_cookie = netdev_own_cookie(provider->topology),
                                .ifindex = device->ifindex});
}

static void take_link(void *context, const struct nlmsghdr *message)
{
    struct pcap_provider *provider = context;
    const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
    struct netdev_device described = {.net_cookie = netdev_own_cookie(provider->topology)};
    struct pcap_device *device;

    provider->changed = true;
    if (message->nlmsg_type == RTM_DELLINK) { /* final statistics of the driver are not a reading */
        device = g_hash_table_lookup(provider->devices, GINT_TO_POINTER(link->ifi_index));
        if (device)
            take_gone(provider, device);
        return;
    }
    device = device_of(provider, link->ifi_index);
    if (device->is_gone) /* another device reuses the number */
        memset(&device->read, 0, sizeof(device->read));
    take_statistics(device, message);
    if (!netdev_parse_link(message, &described))
        return;
    take_driver(device, &described);
    take_place(device, &described);
    netdev_add_device(provider->topology, &described);
    device->component =
        netdev_find_device(provider->topology, described.net_cookie, (uint32_t)link->ifi_index);
    device->is_gone = device->is_retired = false;
    device->is_up = link->ifi_flags & IFF_UP;
    device->is_loopback = link->ifi_flags & IFF_LOOPBACK;
    device->is_refused &= device->is_up;
    device->listed = provider->lists;
}

/* --- what has gone --- */

/* Packets that were captured earlier may arrive this late. */
#define GRACE_NS (2000 * PKTMON_NS_PER_MS)

static void retire(void *context, uint32_t id, const struct netdev_component_key *key)
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
    uint64_t now = clock_monotonic();
    uint64_t read = MIN(now, pcap_watermark(provider));

    netdev_set_time(provider->topology, now, read > GRACE_NS ? read - GRACE_NS : 0);
    netdev_visit_retired(provider->topology, 0, retire, provider);
}

bool pcap_list_devices(struct pcap_provider *provider, GError **error)
{
    GHashTableIter iterator;
    void *value;

    provider->list_at = 0;
    provider->lists++;
    if (!pcap_links_list(provider->links, take_link, provider, error))
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

bool pcap_read_devices(struct pcap_provider *provider, GError **error)
{
    bool received_all = pcap_links_read(provider->links, take_link, provider);

    if (!received_all || (provider->list_at && clock_monotonic() >= provider->list_at))
        return pcap_list_devices(provider, error);
    if (provider->changed)
        rank_devices(provider);
    provider->changed = false;
    return true;
}

/* --- which are captured --- */

static bool is_to_be_opened(const struct pcap_provider *provider, const struct pcap_device *device)
{
    const struct provider_options *options = &provider->options;

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

/* The buffer of one device and direction: all existing devices share the whole. */
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
    uint32_t kept = MAX(provider->options.pkt_size, PCAP_CONTENT_BYTES);

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
