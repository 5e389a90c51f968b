/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record-components.h"

#include <bpf/bpf.h>
#include <glib.h>
#include <string.h>

#include "attribution.h"
#include "conversation.h"
#include "drop-names.h"
#include "ebpf-state.h"
#include "model/clock.h"
#include "providers/netdev/topology.h"

/* How long events may wait for a namespace's name. */
#define NAME_TIMEOUT_MS 500
/* Such lists take at most one part in this many of the time. */
#define LIST_SHARE 10

/* A user who keeps making namespaces must not keep the agent busy. */
static void list_again(struct ebpf_provider *provider)
{
    uint64_t begin = clock_monotonic(), end;

    if (begin < provider->next_list)
        return;
    provider->next_list = UINT64_MAX; /* messages received meanwhile may lead here again */
    ebpf_request_names(provider, NAME_TIMEOUT_MS);
    end = clock_monotonic();
    provider->next_list = end + (end - begin) * LIST_SHARE;
}

static void take_met(struct ebpf_provider *provider, const struct device_key *key,
                     const struct device_value *met)
{
    struct netdev_device device = {.net_cookie = key->net_cookie,
                                   .ifindex = key->ifindex,
                                   .mtu = met->mtu,
                                   .type = met->type,
                                   .mac_length = met->mac_length};

    memcpy(device.mac, met->mac, sizeof(device.mac));
    g_strlcpy(device.name, met->name, sizeof(device.name));
    g_strlcpy(device.kind, met->kind, sizeof(device.kind));
    netdev_add_met_device(provider->topology, &device, met->netns_inode);
}

/* Describes a device as the kernel program noted it at its first packet. */
static void describe_met_device(struct ebpf_provider *provider, uint64_t net_cookie,
                                uint32_t ifindex)
{
    const struct device_key key = {.net_cookie = net_cookie, .ifindex = ifindex};
    struct device_value value;

    /* For a namespace that is newer than the last list: the component's name includes its name. */
    if (!netdev_has_netns(provider->topology, net_cookie))
        list_again(provider);
    if (bpf_map_lookup_elem(provider->maps[AGENT_MAP_DEVICES], &key, &value) == 0)
        take_met(provider, &key, &value);
}

uint32_t ebpf_device_component(struct ebpf_provider *provider, uint64_t net_cookie,
                               uint32_t ifindex)
{
    uint32_t id = netdev_find_device(provider->topology, net_cookie, ifindex);

    if (id)
        return id;
    describe_met_device(provider, net_cookie, ifindex);
    id = netdev_find_device(provider->topology, net_cookie, ifindex);
    return id ? id : netdev_get_layer(provider->topology, net_cookie, NETDEV_LAYER_OTHER_DEVICES);
}

struct ebpf_drop_place ebpf_place_drop(struct ebpf_provider *provider, const struct drop_key *key,
                                       struct ebpf_drop_site *site)
{
    uint32_t device = 0;

    site->reason = ebpf_drop_reason_name(provider->names, key->reason);
    site->location = ebpf_drop_location_name(provider->names, key->location);
    site->callers = ebpf_drop_callers(provider->names, key->stack);
    if (key->stack == RECORD_STACK_REFUSED)
        provider->callers_refused = true;
    if (key->ifindex) /* needed in any case: it names the namespace, too */
        device = ebpf_device_component(provider, key->net_cookie, key->ifindex);
    return ebpf_attribute_drop(provider->topology, key, device, site);
}

uint32_t ebpf_edge_component(struct ebpf_provider *provider, const struct device_key *key)
{
    enum netdev_layer layer =
        key->edge == PKTMON_EDGE_LOWER ? NETDEV_LAYER_SOCKETS : NETDEV_LAYER_NETFILTER;

    if (key->ifindex == 0)
        return netdev_get_layer(provider->topology, key->net_cookie, layer);
    return ebpf_device_component(provider, key->net_cookie, key->ifindex);
}
