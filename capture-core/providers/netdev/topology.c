/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology.h"

#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "model/component-types.h"
#include "model/device-kinds.h"
#include "model/printable.h"
#include "model/salted-hash.h"
#include "component-ids.h"
#include "topology-private.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

static const struct {
    const char *name;
    const char *description;
} layers[NETDEV_LAYERS] = {
    [NETDEV_LAYER_IPV4] = {COMPONENT_TYPE_IPV4, "IPv4 layer"},
    [NETDEV_LAYER_IPV6] = {COMPONENT_TYPE_IPV6, "IPv6 layer"},
    [NETDEV_LAYER_ARP] = {COMPONENT_TYPE_ARP, "ARP and IPv4 neighbours"},
    [NETDEV_LAYER_SOCKETS] = {COMPONENT_TYPE_SOCKETS, "Sockets and transport protocols"},
    [NETDEV_LAYER_NETFILTER] = {COMPONENT_TYPE_NETFILTER, "Netfilter hooks"},
    [NETDEV_LAYER_OTHER_DEVICES] = {COMPONENT_TYPE_OTHER_DEVICES,
                                    "Devices beyond those that could be described"},
};

/* --- ids --- */

static struct topology_member *find_member(const struct netdev_topology *topology,
                                           const struct netdev_component_key *key)
{
    return g_hash_table_lookup(topology->members, key);
}

/* The first choice that is free. The choices of two components are independent, so a second or
 * third one is free however many are taken. */
static uint32_t new_id(const struct netdev_topology *topology,
                       const struct netdev_component_key *key)
{
    uint32_t id, choice = 0;

    do {
        id = netdev_component_id(key, choice++);
    } while (g_hash_table_contains(topology->ids, GUINT_TO_POINTER(id)));
    return id;
}

static struct topology_netns *netns_of(struct netdev_topology *topology, uint64_t cookie);

static struct topology_member *add_member(struct netdev_topology *topology,
                                          const struct netdev_component_key *key)
{
    struct topology_member *member = g_new0(struct topology_member, 1);

    member->key = *key;
    member->id = new_id(topology, key);
    member->used_at = topology->now;
    netns_of(topology, key->cookie)->members++;
    g_hash_table_insert(topology->ids, GUINT_TO_POINTER(member->id), member);
    g_hash_table_insert(topology->members, &member->key, member);
    return member;
}

/* --- namespaces --- */

static struct topology_netns *netns_of(struct netdev_topology *topology, uint64_t cookie)
{
    struct topology_netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    if (netns)
        return netns;
    netns = g_new0(struct topology_netns, 1);
    netns->cookie = cookie;
    netns->used_at = topology->now;
    netns->name = g_strdup("");
    g_hash_table_insert(topology->namespaces, &netns->cookie, netns);
    return netns;
}

static void netns_free(void *data)
{
    struct topology_netns *netns = data;

    g_free(netns->name);
    g_free(netns);
}

static const char *name_of(const struct topology_netns *netns)
{
    return *netns->name ? netns->name : NULL;
}

static void report_name(struct netdev_topology *topology, const struct topology_netns *netns)
{
    if (topology->watcher.named)
        topology->watcher.named(topology->watcher.context, netns->cookie, name_of(netns));
}

void netdev_for_each_netns(const struct netdev_topology *topology, netdev_visitor *visit,
                           void *context)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct topology_netns *netns = value;

        if (netns->inode)
            visit(context, netns->cookie, name_of(netns));
    }
}

const char *netdev_netns_name(const struct netdev_topology *topology, uint64_t cookie)
{
    const struct topology_netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns ? netns->name : NULL;
}

bool netdev_has_netns(const struct netdev_topology *topology, uint64_t cookie)
{
    const struct topology_netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns && netns->inode;
}

/* --- components --- */

static bool set_names(struct pktmon_component *component, const struct topology_netns *netns,
                      const char *name)
{
    g_autofree char *full = *netns->name ? g_strdup_printf("%s/%s", netns->name, name) : NULL;
    bool changed = pktmon_component_set(&component->name, full ? full : name);

    component->netns_inode = netns->inode;
    return pktmon_component_set(&component->netns, *netns->name ? netns->name : NULL) || changed;
}

G_GNUC_PRINTF(3, 4)
static bool set_property(struct pktmon_component *component, const char *name, const char *format,
                         ...)
{
    va_list arguments;
    g_autofree char *value = NULL;

    va_start(arguments, format);
    value = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return *value && pktmon_component_set_property(component, name, value);
}

static const char *type_of(const struct netdev_device *device)
{
    if (strcmp(device->master_kind, device_kind_name(DEVICE_KIND_BRIDGE)) == 0)
        return COMPONENT_TYPE_BRIDGE_PORT;
    if (*device->kind)
        return device->kind;
    return device->type == ARPHRD_LOOPBACK ? COMPONENT_TYPE_LOOPBACK
                                           : device_kind_name(DEVICE_KIND_PHYSICAL);
}

static uint32_t parent_ifindex(const struct netdev_device *device)
{
    if (device->master)
        return device->master;
    if (device->link_elsewhere || !device_kind_has(device->kind, DEVICE_STACKED))
        return 0;
    return device->link;
}

static uint32_t device_id(struct netdev_topology *topology, uint64_t cookie, uint32_t ifindex)
{
    struct netdev_component_key key = {.cookie = cookie, .number = ifindex};
    struct topology_member *member = find_member(topology, &key);

    return (member ? member : add_member(topology, &key))->id;
}

static bool set_mac(struct pktmon_component *component, const uint8_t *mac, uint8_t length)
{
    if (length != sizeof(component->mac) ||
        (component->has_mac && memcmp(component->mac, mac, length) == 0))
        return false;
    memcpy(component->mac, mac, length);
    component->has_mac = true;
    return true;
}

static bool set_parent(struct netdev_topology *topology, struct pktmon_component *component,
                       const struct netdev_device *device)
{
    uint32_t ifindex = parent_ifindex(device);
    uint32_t parent = ifindex ? device_id(topology, device->net_cookie, ifindex) : 0;
    bool changed = component->parent != parent;

    component->parent = parent;
    return changed;
}

static bool describe_device(struct netdev_topology *topology, struct pktmon_component *component,
                            const struct netdev_device *device)
{
    const struct topology_netns *netns = netns_of(topology, device->net_cookie);
    const char *type = type_of(device);
    g_autofree char *description = NULL;
    bool changed = set_names(component, netns, device->name);

    description = g_strdup_printf("%s %s", type, component->name);
    changed |= pktmon_component_set(&component->type, type);
    changed |= pktmon_component_set(&component->description, description);
    changed |= set_mac(component, device->mac, device->mac_length);
    changed |= set_parent(topology, component, device);
    changed |= set_property(component, COMPONENT_PROPERTY_IFINDEX, "%u", device->ifindex);
    changed |= set_property(component, "MTU", "%u", device->mtu);
    changed |= set_property(component, COMPONENT_PROPERTY_KIND, "%s", device->kind);
    changed |= set_property(component, "driver", "%s", device->driver);
    if (netns->inode)
        changed |= set_property(component, "netns inode", "%u", netns->inode);
    if (device->link && !parent_ifindex(device))
        changed |= set_property(component, "peer ifindex", "%u", device->link);
    component->speed = device->speed * 1000000ULL;
    return changed;
}

static void report_change(struct netdev_topology *topology, uint32_t id)
{
    if (topology->watcher.changed)
        topology->watcher.changed(topology->watcher.context, id);
}

/* The name of a component includes that of its namespace, and so does a device's description. */
static void rename_component(struct pktmon_component *component, bool is_device,
                             const struct topology_netns *netns, const char *old_name)
{
    size_t prefix = *old_name ? strlen(old_name) + 1 : 0;
    g_autofree char *name = g_strdup(component->name + prefix), *description = NULL;

    set_names(component, netns, name);
    if (!is_device || !component->description)
        return;
    description = g_strdup_printf("%s %s", component->type, component->name);
    pktmon_component_set(&component->description, description);
}

static void rename_components(struct netdev_topology *topology, const struct topology_netns *netns,
                              const char *old_name)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->members);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct topology_member *member = value;
        struct pktmon_component *component =
            member->key.cookie == netns->cookie
                ? pktmon_registry_find(topology->registry, member->id)
                : NULL;

        if (!component || !component->name)
            continue;
        rename_component(component, !member->key.is_layer, netns, old_name);
        report_change(topology, member->id);
    }
}

/* The first name stays. A namespace that is seen before its name is known is shown by its inode
 * until then. */
static void name_netns(struct netdev_topology *topology, struct topology_netns *netns,
                       uint32_t inode, const char *name)
{
    bool own = netns->cookie == topology->own_cookie;

    if (netns->named || (netns->inode && !*name))
        return;

    g_autofree char *old_name = netns->name;

    netns->inode = inode;
    netns->named = own || *name;
    /* in the form that names of components have (pktmon_component_set) */
    netns->name =
        netns->named ? printable(own ? "" : name, -1) : g_strdup_printf("net:[%u]", inode);
    report_name(topology, netns);
    if (netns->members > 0 && strcmp(netns->name, old_name) != 0)
        rename_components(topology, netns, old_name);
}

void netdev_add_netns(struct netdev_topology *topology, const struct netdev_netns *described)
{
    struct topology_netns *netns;

    if (!described->cookie)
        return;
    netns = netns_of(topology, described->cookie);
    netns->listed = true;
    netns->gone_at = 0;
    name_netns(topology, netns, described->inode, described->name);
}

static void revive(struct topology_member *member)
{
    member->listed = true;
    member->retired = false;
    member->gone_at = 0;
}

void netdev_add_device(struct netdev_topology *topology, const struct netdev_device *device)
{
    uint32_t id = device_id(topology, device->net_cookie, device->ifindex);
    struct pktmon_component *component = pktmon_registry_get(topology->registry, id);
    struct netdev_component_key key = {.cookie = device->net_cookie, .number = device->ifindex};

    revive(find_member(topology, &key));
    component->gone = false;
    if (describe_device(topology, component, device))
        report_change(topology, id);
}

/* Never 0. */
static uint64_t time_of(const struct netdev_topology *topology)
{
    return MAX(topology->now, 1);
}

void netdev_remove_device(struct netdev_topology *topology, const struct netdev_device *device)
{
    struct netdev_component_key key = {.cookie = device->net_cookie, .number = device->ifindex};
    struct topology_member *member = find_member(topology, &key);
    struct pktmon_component *component =
        member ? pktmon_registry_find(topology->registry, member->id) : NULL;

    if (!component || component->gone)
        return;
    component->gone = true;
    member->gone_at = time_of(topology);
    if (topology->watcher.gone)
        topology->watcher.gone(topology->watcher.context, member->id);
}

void netdev_add_met_device(struct netdev_topology *topology, const struct netdev_device *device,
                           uint32_t netns_inode)
{
    struct netdev_component_key key = {.cookie = device->net_cookie, .number = device->ifindex};
    struct topology_member *member = find_member(topology, &key);
    uint32_t id;

    if (member && member->listed)
        return;
    name_netns(topology, netns_of(topology, device->net_cookie), netns_inode, "");
    id = device_id(topology, device->net_cookie, device->ifindex);
    if (describe_device(topology, pktmon_registry_get(topology->registry, id), device))
        report_change(topology, id);
}

uint32_t netdev_find_device(const struct netdev_topology *topology, uint64_t cookie,
                            uint32_t ifindex)
{
    struct netdev_component_key key = {.cookie = cookie, .number = ifindex};
    struct topology_member *member = find_member(topology, &key);
    struct pktmon_component *component =
        member ? pktmon_registry_find(topology->registry, member->id) : NULL;

    if (!component || !component->name)
        return 0;
    member->used_at = topology->now;
    return member->id;
}

uint32_t netdev_get_layer(struct netdev_topology *topology, uint64_t cookie,
                          enum netdev_layer layer)
{
    struct netdev_component_key key = {.cookie = cookie, .number = layer, .is_layer = true};
    struct topology_member *member = find_member(topology, &key);
    struct pktmon_component *component;

    if (member) {
        member->used_at = topology->now;
        return member->id;
    }
    member = add_member(topology, &key);
    component = pktmon_registry_get(topology->registry, member->id);
    set_names(component, netns_of(topology, cookie), layers[layer].name);
    pktmon_component_set(&component->type, layers[layer].name);
    pktmon_component_set(&component->description, layers[layer].description);
    report_change(topology, member->id);
    return member->id;
}

void netdev_add_layers(struct netdev_topology *topology)
{
    GHashTableIter iterator;
    void *netns;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &netns)) {
        for (int layer = 0; layer < NETDEV_LAYER_OTHER_DEVICES; layer++)
            netdev_get_layer(topology, ((struct topology_netns *)netns)->cookie, layer);
    }
}

uint32_t netdev_get_kernel(struct netdev_topology *topology)
{
    struct pktmon_component *component =
        pktmon_registry_get(topology->registry, NETDEV_COMPONENT_KERNEL);

    if (!component->name) {
        pktmon_component_set(&component->name, COMPONENT_TYPE_KERNEL);
        pktmon_component_set(&component->type, COMPONENT_TYPE_KERNEL);
        pktmon_component_set(&component->description, "Kernel, elsewhere");
        report_change(topology, NETDEV_COMPONENT_KERNEL);
    }
    return NETDEV_COMPONENT_KERNEL;
}

void netdev_remove_netns(struct netdev_topology *topology, const struct netdev_netns *described)
{
    struct topology_netns *netns = g_hash_table_lookup(topology->namespaces, &described->cookie);

    if (netns)
        netns->gone_at = time_of(topology);
}

void netdev_set_time(struct netdev_topology *topology, uint64_t now, uint64_t long_ago)
{
    topology->now = now;
    topology->long_ago = long_ago;
}

static uint64_t own_cookie(void)
{
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint64_t cookie = 0;
    socklen_t length = sizeof(cookie);

    if (control < 0)
        return 0;
    getsockopt(control, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length);
    close(control);
    return cookie;
}

struct netdev_topology *netdev_topology_new(struct pktmon_registry *registry)
{
    struct netdev_topology *topology = g_new0(struct netdev_topology, 1);

    topology->registry = registry;
    topology->namespaces = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, netns_free);
    topology->members =
        g_hash_table_new_full(netdev_component_key_hash, netdev_component_key_equal, NULL, g_free);
    topology->ids = g_hash_table_new(salted_number, NULL);
    topology->own_cookie = own_cookie();
    return topology;
}

uint64_t netdev_own_cookie(const struct netdev_topology *topology)
{
    return topology->own_cookie;
}

void netdev_watch(struct netdev_topology *topology, const struct netdev_watcher *watcher)
{
    topology->watcher = *watcher;
    if (watcher->named)
        netdev_for_each_netns(topology, watcher->named, watcher->context);
}

void netdev_topology_free(struct netdev_topology *topology)
{
    g_hash_table_unref(topology->ids);
    g_hash_table_unref(topology->members);
    g_hash_table_unref(topology->namespaces);
    g_free(topology);
}
