/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology.h"

#include <linux/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "salted.h"
#include "ids.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

struct netns {
    uint64_t cookie;
    uint32_t inode;
    char *name;       /* as shown; "" = the own namespace */
    bool named;       /* name is its own, not made of the inode */
    bool listed;      /* the agent has told of it */
    uint64_t gone_at; /* the agent said that it has gone, ns; 0: it has not */
    uint64_t used_at; /* ns */
    unsigned members; /* components */
};

struct member {
    struct component_key key; /* first: it is the key of the table */
    uint32_t id;
    bool listed;               /* the agent has described it */
    bool retired;              /* its last word is said */
    uint64_t gone_at, used_at; /* as of a namespace */
};

struct topology {
    struct pktmon_registry *registry;
    GHashTable *namespaces; /* cookie -> struct netns */
    GHashTable *members;    /* struct component_key -> struct member */
    GHashTable *ids;        /* id -> struct member, to see when two want the same */
    uint64_t own_cookie;
    uint64_t now, long_ago;
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
    [LAYER_OTHER_DEVICES] = {"other devices", "Devices beyond those that could be described"},
};

/* --- ids --- */

static struct member *find_member(const struct topology *topology, const struct component_key *key)
{
    return g_hash_table_lookup(topology->members, key);
}

/* The first choice that is free. The choices of two components have nothing to do with each other,
 * so that a second or third one is free however many are taken. */
static uint32_t new_id(const struct topology *topology, const struct component_key *key)
{
    uint32_t id, choice = 0;

    do {
        id = component_id(key, choice++);
    } while (g_hash_table_contains(topology->ids, GUINT_TO_POINTER(id)));
    return id;
}

static struct netns *netns_of(struct topology *topology, uint64_t cookie);

static struct member *add_member(struct topology *topology, const struct component_key *key)
{
    struct member *member = g_new0(struct member, 1);

    member->key = *key;
    member->id = new_id(topology, key);
    member->used_at = topology->now;
    netns_of(topology, key->cookie)->members++;
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
    netns->used_at = topology->now;
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

static const char *name_of(const struct netns *netns)
{
    return *netns->name ? netns->name : NULL;
}

static void tell_name(struct topology *topology, const struct netns *netns)
{
    if (topology->watcher.named)
        topology->watcher.named(topology->watcher.context, netns->cookie, name_of(netns));
}

void topology_for_each_netns(const struct topology *topology, topology_visitor *visit,
                             void *context)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct netns *netns = value;

        if (netns->inode)
            visit(context, netns->cookie, name_of(netns));
    }
}

const char *topology_netns_name(const struct topology *topology, uint64_t cookie)
{
    const struct netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns ? netns->name : NULL;
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
    struct component_key key = {.cookie = cookie, .number = ifindex};
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
    /* As it stands in the names of its components (pktmon_component_set). */
    netns->name =
        netns->named ? g_utf8_make_valid(own ? "" : name, -1) : g_strdup_printf("net:[%u]", inode);
    tell_name(topology, netns);
    if (netns->members > 0 && strcmp(netns->name, old_name) != 0)
        rename_components(topology, netns, old_name);
}

void topology_take_netns(struct topology *topology, const struct agent_netns *said)
{
    struct netns *netns;

    if (!said->cookie)
        return;
    netns = netns_of(topology, said->cookie);
    netns->listed = true;
    netns->gone_at = 0;
    name_netns(topology, netns, said->inode, said->name);
}

static void revive(struct member *member)
{
    member->listed = true;
    member->retired = false;
    member->gone_at = 0;
}

void topology_take_device(struct topology *topology, const struct agent_device *device)
{
    uint32_t id = device_id(topology, device->net_cookie, device->ifindex);
    struct pktmon_component *component = pktmon_registry_get(topology->registry, id);
    struct component_key key = {.cookie = device->net_cookie, .number = device->ifindex};

    revive(find_member(topology, &key));
    component->gone = false;
    if (describe_device(topology, component, device))
        tell(topology, id);
}

/* Not 0. */
static uint64_t time_of(const struct topology *topology)
{
    return MAX(topology->now, 1);
}

void topology_take_gone(struct topology *topology, const struct agent_device *device)
{
    struct component_key key = {.cookie = device->net_cookie, .number = device->ifindex};
    struct member *member = find_member(topology, &key);
    struct pktmon_component *component =
        member ? pktmon_registry_find(topology->registry, member->id) : NULL;

    if (!component || component->gone)
        return;
    component->gone = true;
    member->gone_at = time_of(topology);
    if (topology->watcher.gone)
        topology->watcher.gone(topology->watcher.context, member->id);
}

void topology_take_met(struct topology *topology, const struct device_key *key,
                       const struct device_value *value)
{
    struct component_key member_key = {.cookie = key->net_cookie, .number = key->ifindex};
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
    struct component_key key = {.cookie = cookie, .number = ifindex};
    struct member *member = find_member(topology, &key);
    struct pktmon_component *component =
        member ? pktmon_registry_find(topology->registry, member->id) : NULL;

    if (!component || !component->name)
        return 0;
    member->used_at = topology->now;
    return member->id;
}

uint32_t topology_layer(struct topology *topology, uint64_t cookie, enum layer layer)
{
    struct component_key key = {.cookie = cookie, .number = layer, .is_layer = true};
    struct member *member = find_member(topology, &key);
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
    tell(topology, member->id);
    return member->id;
}

void topology_add_layers(struct topology *topology)
{
    GHashTableIter iterator;
    void *netns;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &netns)) {
        for (int layer = 0; layer < LAYER_OTHER_DEVICES; layer++)
            topology_layer(topology, ((struct netns *)netns)->cookie, layer);
    }
}

uint32_t topology_kernel(struct topology *topology)
{
    struct pktmon_component *component = pktmon_registry_get(topology->registry, COMPONENT_KERNEL);

    if (!component->name) {
        pktmon_component_set(&component->name, "kernel");
        pktmon_component_set(&component->type, "kernel");
        pktmon_component_set(&component->description, "Kernel, elsewhere");
        tell(topology, COMPONENT_KERNEL);
    }
    return COMPONENT_KERNEL;
}

/* --- what has gone --- */

void topology_take_netns_gone(struct topology *topology, const struct agent_netns *said)
{
    struct netns *netns = g_hash_table_lookup(topology->namespaces, &said->cookie);

    if (netns)
        netns->gone_at = time_of(topology);
}

void topology_set_time(struct topology *topology, uint64_t now, uint64_t long_ago)
{
    topology->now = now;
    topology->long_ago = long_ago;
}

bool topology_lists_netns(const struct topology *topology, uint64_t cookie)
{
    const struct netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);

    return netns && netns->listed;
}

static enum topology_standing standing(const struct topology *topology, bool listed,
                                       uint64_t gone_at)
{
    if (gone_at)
        return gone_at < topology->long_ago ? TOPOLOGY_GONE : TOPOLOGY_LISTED;
    return listed ? TOPOLOGY_LISTED : TOPOLOGY_UNKNOWN;
}

enum topology_standing topology_standing(const struct topology *topology, uint64_t cookie,
                                         uint32_t ifindex)
{
    const struct netns *netns = g_hash_table_lookup(topology->namespaces, &cookie);
    const struct component_key key = {.cookie = cookie, .number = ifindex};
    const struct member *device;

    if (cookie == 0 || cookie == topology->own_cookie)
        netns = NULL; /* it is there as long as we are */
    else if (!netns || !netns->listed || netns->gone_at)
        return netns ? standing(topology, netns->listed, netns->gone_at) : TOPOLOGY_UNKNOWN;
    if (ifindex == 0 || cookie == 0)
        return TOPOLOGY_LISTED;
    device = find_member(topology, &key);
    return device ? standing(topology, device->listed, device->gone_at) : TOPOLOGY_UNKNOWN;
}

static bool is_over(const struct topology *topology, const struct member *member,
                    uint64_t unused_since)
{
    switch (topology_standing(topology, member->key.cookie,
                              member->key.is_layer ? 0 : member->key.number)) {
    case TOPOLOGY_GONE:
        return true;
    case TOPOLOGY_UNKNOWN:
        return member->used_at < unused_since;
    default:
        return false;
    }
}

void topology_visit_over(struct topology *topology, uint64_t unused_since,
                         void (*visit)(void *context, uint32_t id, const struct component_key *key),
                         void *context)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->members);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        struct member *member = value;

        if (member->retired || member->id == COMPONENT_KERNEL ||
            !is_over(topology, member, unused_since))
            continue;
        member->retired = true;
        visit(context, member->id, &member->key);
    }
}

void topology_remove(struct topology *topology, uint32_t id)
{
    struct member *member = g_hash_table_lookup(topology->ids, GUINT_TO_POINTER(id));

    if (!member || !member->retired)
        return;
    netns_of(topology, member->key.cookie)->members--;
    pktmon_registry_remove(topology->registry, id);
    g_hash_table_remove(topology->ids, GUINT_TO_POINTER(id));
    g_hash_table_remove(topology->members, &member->key);
}

void topology_end_namespaces(struct topology *topology, uint64_t unused_since,
                             void (*ended)(void *context, uint64_t net_cookie), void *context)
{
    GHashTableIter iterator;
    void *value;

    g_hash_table_iter_init(&iterator, topology->namespaces);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const struct netns *netns = value;
        enum topology_standing how = topology_standing(topology, netns->cookie, 0);

        if (netns->members > 0 || how == TOPOLOGY_LISTED ||
            (how == TOPOLOGY_UNKNOWN && netns->used_at >= unused_since))
            continue;
        ended(context, netns->cookie);
        g_hash_table_iter_remove(&iterator);
    }
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
    topology->namespaces = g_hash_table_new_full(salted_int64, g_int64_equal, NULL, netns_free);
    topology->members =
        g_hash_table_new_full(component_key_hash, component_key_equal, NULL, g_free);
    topology->ids = g_hash_table_new(salted_number, NULL);
    topology->own_cookie = own_cookie();
    return topology;
}

uint64_t topology_own_cookie(const struct topology *topology)
{
    return topology->own_cookie;
}

void topology_watch(struct topology *topology, const struct topology_watcher *watcher)
{
    topology->watcher = *watcher;
    if (watcher->named)
        topology_for_each_netns(topology, watcher->named, watcher->context);
}

void topology_free(struct topology *topology)
{
    g_hash_table_unref(topology->ids);
    g_hash_table_unref(topology->members);
    g_hash_table_unref(topology->namespaces);
    g_free(topology);
}
