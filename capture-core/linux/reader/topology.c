/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology.h"

#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

/*
 * Ids are the same in every process: a component's id is made of its namespace's cookie and its
 * device index, with the last numbers of each namespace for the layers. What does not fit gets a
 * number by hash, with the highest bit set.
 */
#define ID_DEVICE_BITS 12
#define ID_LAYER_BASE  4064
#define ID_KERNEL      4095
#define ID_MAX_COOKIE  (1U << 19)
#define ID_HASHED      0x80000000U

struct netns {
    uint64_t cookie;
    uint32_t inode;
    char *name; /* as shown; "" = the own namespace */
    bool named; /* name is its own, not made of the inode */
};

struct key {
    uint64_t cookie;
    uint32_t number; /* ifindex, or ID_LAYER_BASE + layer */
    bool is_layer;
};

struct member {
    struct key key; /* first: it is the key of the table */
    uint32_t id;
    bool listed; /* the agent has described it */
};

struct topology {
    struct pktmon_registry *registry;
    GHashTable *namespaces; /* cookie -> struct netns */
    GHashTable *members;    /* struct key -> struct member */
    GHashTable *ids;        /* id -> struct member, to see when two want the same */
    uint64_t own_cookie;
    struct topology_watcher watcher; /* functions are NULL before there is one */
};

static const struct {
    const char *name;
    const char *description;
} layers[LAYERS] = {
    [LAYER_IPV4] = {"ipv4", "IPv4 layer"},
    [LAYER_IPV6] = {"ipv6", "IPv6 layer"},
    [LAYER_ARP] = {"arp", "ARP and IPv4 neighbours"},
    [LAYER_SOCKETS] = {"sockets", "Sockets and transport protocols"},
    [LAYER_NETFILTER] = {"netfilter", "Netfilter hooks"},
};

/* --- ids --- */

static guint key_hash(gconstpointer pointer)
{
    const struct key *key = pointer;
    uint64_t mixed =
        (key->cookie << 20 ^ key->number ^ (uint64_t)key->is_layer << 40) * 0x9E3779B97F4A7C15ULL;

    return mixed >> 33;
}

static gboolean key_equal(gconstpointer one, gconstpointer other)
{
    const struct key *a = one, *b = other;

    return a->cookie == b->cookie && a->number == b->number && a->is_layer == b->is_layer;
}

static uint32_t wanted_id(const struct key *key)
{
    if (key->cookie < ID_MAX_COOKIE && (key->is_layer || key->number < ID_LAYER_BASE))
        return key->cookie << ID_DEVICE_BITS | key->number;
    return ID_HASHED | key_hash(key);
}

static struct member *find_member(const struct topology *topology, const struct key *key)
{
    return g_hash_table_lookup(topology->members, key);
}

static struct member *add_member(struct topology *topology, const struct key *key)
{
    struct member *member = g_new0(struct member, 1);

    member->key = *key;
    member->id = wanted_id(key);
    while (g_hash_table_contains(topology->ids, GUINT_TO_POINTER(member->id)))
        member->id++;
    g_hash_table_insert(topology->ids, GUINT_TO_POINTER(member->id), member);
    g_hash_table_insert(topology->members, &member->key, member);
    return member;
}

/* --- namespaces --- */

static struct netns *netns_of(struct topology *topology, uint64_t cookie)
{
    struct netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    if (netns)
        return netns;
    netns = g_new0(struct netns, 1);
    netns->cookie = cookie;
    netns->name = g_strdup("");
    g_hash_table_insert(topology->namespaces, &netns->cookie, netns);
    return netns;
}

static void netns_free(void *data)
{
    struct netns *netns = data;

    g_free(netns->name);
    g_free(netns);
}

static void tell_name(struct topology *topology, const struct netns *netns)
{
    if (topology->watcher.named)
        topology->watcher.named(topology->watcher.context, netns->cookie,
                                *netns->name ? netns->name : NULL);
}

const char *topology_netns_name(const struct topology *topology, uint64_t cookie)
{
    const struct netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns && netns->inode ? netns->name : NULL;
}

bool topology_knows_netns(const struct topology *topology, uint64_t cookie)
{
    const struct netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns && netns->inode;
}

/* --- components --- */

static bool set_names(struct pktmon_component *component, const struct netns *netns,
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

static const char *type_of(const struct agent_device *device)
{
    if (strcmp(device->master_kind, "bridge") == 0)
        return "bridge port";
    if (*device->kind)
        return device->kind;
    return device->type == ARPHRD_LOOPBACK ? "loopback" : "physical";
}

/* Devices on top of another one; the others' link is a peer. */
static const char *const stacked_kinds[] = {"vlan",   "macvlan", "macvtap", "ipvlan",
                                            "ipvtap", "vxlan",   "geneve",  "gre",
                                            "gretap", "macsec",  NULL};

static uint32_t parent_ifindex(const struct agent_device *device)
{
    if (device->master)
        return device->master;
    if (device->link_elsewhere || !g_strv_contains(stacked_kinds, device->kind))
        return 0;
    return device->link;
}

static uint32_t device_id(struct topology *topology, uint64_t cookie, uint32_t ifindex)
{
    struct key key = {.cookie = cookie, .number = ifindex};
    struct member *member = find_member(topology, &key);

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

static bool set_parent(struct topology *topology, struct pktmon_component *component,
                       const struct agent_device *device)
{
    uint32_t ifindex = parent_ifindex(device);
    uint32_t parent = ifindex ? device_id(topology, device->net_cookie, ifindex) : 0;
    bool changed = component->parent != parent;

    component->parent = parent;
    return changed;
}

static bool describe_device(struct topology *topology, struct pktmon_component *component,
                            const struct agent_device *device)
{
    const struct netns *netns = netns_of(topology, device->net_cookie);
    const char *type = type_of(device);
    g_autofree char *description = NULL;
    bool changed = set_names(component, netns, device->name);

    description = g_strdup_printf("%s %s", type, component->name);
    changed |= pktmon_component_set(&component->type, type);
    changed |= pktmon_component_set(&component->description, description);
    changed |= set_mac(component, device->mac, device->mac_length);
    changed |= set_parent(topology, component, device);
    changed |= set_property(component, "ifindex", "%u", device->ifindex);
    changed |= set_property(component, "MTU", "%u", device->mtu);
    changed |= set_property(component, "kind", "%s", device->kind);
    changed |= set_property(component, "driver", "%s", device->driver);
    if (netns->inode)
        changed |= set_property(component, "netns inode", "%u", netns->inode);
    if (device->link && !parent_ifindex(device))
        changed |= set_property(component, "peer ifindex", "%u", device->link);
    component->speed = device->speed * 1000000ULL;
    return changed;
}

static void tell(struct topology *topology, uint32_t id)
{
    if (topology->watcher.changed)
        topology->watcher.changed(topology->watcher.context, id);
}

/* A component carries its namespace's name in its own, and a device in its description too. */
static void rename_component(struct pktmon_component *component, bool is_device,
                             const struct netns *netns, const char *old_name)
{
    size_t prefix = *old_name ? strlen(old_name) + 1 : 0;
    g_autofree char *name = g_strdup(component->name + prefix), *description = NULL;

    set_names(component, netns, name);
    if (!is_device || !component->description)
        return;
    description = g_strdup_printf("%s %s", component->type, component->name);
    pktmon_component_set(&component->description, description);
}

static void rename_components(struct topology *topology, const struct netns *netns,
                              const char *old_name)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->members);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct member *member = value;
        struct pktmon_component *component =
            member->key.cookie == netns->cookie
                ? pktmon_registry_find(topology->registry, member->id)
                : NULL;

        if (!component || !component->name)
            continue;
        rename_component(component, !member->key.is_layer, netns, old_name);
        tell(topology, member->id);
    }
}

/* The first name stays. A namespace that is met before its name is known is shown by its inode
 * until then. */
static void name_netns(struct topology *topology, struct netns *netns, uint32_t inode,
                       const char *name)
{
    bool own = netns->cookie == topology->own_cookie;

    if (netns->named || (netns->inode && !*name))
        return;

    g_autofree char *old_name = netns->name;

    netns->inode = inode;
    netns->named = own || *name;
    netns->name = netns->named ? g_strdup(own ? "" : name) : g_strdup_printf("net:[%u]", inode);
    tell_name(topology, netns);
    if (strcmp(netns->name, old_name) != 0)
        rename_components(topology, netns, old_name);
}

void topology_take_netns(struct topology *topology, const struct agent_netns *said)
{
    if (said->cookie)
        name_netns(topology, netns_of(topology, said->cookie), said->inode, said->name);
}

void topology_take_device(struct topology *topology, const struct agent_device *device)
{
    uint32_t id = device_id(topology, device->net_cookie, device->ifindex);
    struct pktmon_component *component = pktmon_registry_get(topology->registry, id);
    struct key key = {.cookie = device->net_cookie, .number = device->ifindex};

    find_member(topology, &key)->listed = true;
    component->gone = false;
    if (describe_device(topology, component, device))
        tell(topology, id);
}

void topology_take_gone(struct topology *topology, const struct agent_device *device)
{
    struct key key = {.cookie = device->net_cookie, .number = device->ifindex};
    struct member *member = find_member(topology, &key);
    struct pktmon_component *component =
        member ? pktmon_registry_find(topology->registry, member->id) : NULL;

    if (!component || component->gone)
        return;
    component->gone = true;
    if (topology->watcher.gone)
        topology->watcher.gone(topology->watcher.context, member->id);
}

void topology_take_met(struct topology *topology, const struct device_key *key,
                       const struct device_value *value)
{
    struct key member_key = {.cookie = key->net_cookie, .number = key->ifindex};
    struct member *member = find_member(topology, &member_key);
    struct agent_device device = {.net_cookie = key->net_cookie,
                                  .ifindex = key->ifindex,
                                  .mtu = value->mtu,
                                  .type = value->type,
                                  .mac_length = value->mac_length};
    uint32_t id;

    if (member && member->listed)
        return;
    memcpy(device.mac, value->mac, sizeof(device.mac));
    g_strlcpy(device.name, value->name, sizeof(device.name));
    g_strlcpy(device.kind, value->kind, sizeof(device.kind));
    name_netns(topology, netns_of(topology, key->net_cookie), value->netns_inode, "");
    id = device_id(topology, key->net_cookie, key->ifindex);
    if (describe_device(topology, pktmon_registry_get(topology->registry, id), &device))
        tell(topology, id);
}

uint32_t topology_device(const struct topology *topology, uint64_t cookie, uint32_t ifindex)
{
    struct key key = {.cookie = cookie, .number = ifindex};
    struct member *member = find_member(topology, &key);
    struct pktmon_component *component =
        member ? pktmon_registry_find(topology->registry, member->id) : NULL;

    return component && component->name ? member->id : 0;
}

uint32_t topology_nameless_device(struct topology *topology, uint64_t cookie, uint32_t ifindex)
{
    uint32_t id = device_id(topology, cookie, ifindex);
    struct pktmon_component *component = pktmon_registry_get(topology->registry, id);
    g_autofree char *name = g_strdup_printf("if%u", ifindex);

    set_names(component, netns_of(topology, cookie), name);
    pktmon_component_set(&component->type, "unknown");
    tell(topology, id);
    return id;
}

uint32_t topology_layer(struct topology *topology, uint64_t cookie, enum layer layer)
{
    struct key key = {.cookie = cookie, .number = ID_LAYER_BASE + layer, .is_layer = true};
    struct member *member = find_member(topology, &key);
    struct pktmon_component *component;

    if (member)
        return member->id;
    member = add_member(topology, &key);
    component = pktmon_registry_get(topology->registry, member->id);
    set_names(component, netns_of(topology, cookie), layers[layer].name);
    pktmon_component_set(&component->type, layers[layer].name);
    pktmon_component_set(&component->description, layers[layer].description);
    tell(topology, member->id);
    return member->id;
}

void topology_add_layers(struct topology *topology)
{
    GHashTableIter iterator;
    void *netns;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &netns)) {
        for (int layer = 0; layer < LAYERS; layer++)
            topology_layer(topology, ((struct netns *)netns)->cookie, layer);
    }
}

uint32_t topology_kernel(struct topology *topology)
{
    struct pktmon_component *component = pktmon_registry_get(topology->registry, ID_KERNEL);

    if (!component->name) {
        pktmon_component_set(&component->name, "kernel");
        pktmon_component_set(&component->type, "kernel");
        pktmon_component_set(&component->description, "Kernel, elsewhere");
        tell(topology, ID_KERNEL);
    }
    return ID_KERNEL;
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

struct topology *topology_new(struct pktmon_registry *registry)
{
    struct topology *topology = g_new0(struct topology, 1);

    topology->registry = registry;
    topology->namespaces = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, netns_free);
    topology->members = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
    topology->ids = g_hash_table_new(g_direct_hash, g_direct_equal);
    topology->own_cookie = own_cookie();
    return topology;
}

uint64_t topology_own_cookie(const struct topology *topology)
{
    return topology->own_cookie;
}

void topology_watch(struct topology *topology, const struct topology_watcher *watcher)
{
    GHashTableIter iterator;
    void *netns;

    topology->watcher = *watcher;
    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &netns)) {
        if (((struct netns *)netns)->inode)
            tell_name(topology, netns);
    }
}

void topology_free(struct topology *topology)
{
    g_hash_table_unref(topology->ids);
    g_hash_table_unref(topology->members);
    g_hash_table_unref(topology->namespaces);
    g_free(topology);
}
