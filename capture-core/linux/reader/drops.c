/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drops.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "provider.h"

#define CORE_PREFIX     "SKB_DROP_REASON_"
#define SUBSYS_ENUM     "skb_drop_reason_subsys"
#define SUBSYS_SHIFT    16 /* include/net/dropreason.h: SKB_DROP_REASON_SUBSYS_SHIFT */
#define REASON_ENUM_END "drop_reason"
#define MODULE_BTF      "/sys/kernel/btf"

struct drop_names {
    GHashTable *reasons;   /* number -> name */
    GHashTable *locations; /* index -> text */
    int location_texts;
};

/* --- reasons --- */

static const char *without_prefix(const char *name)
{
    return g_str_has_prefix(name, CORE_PREFIX) ? name + strlen(CORE_PREFIX) : name;
}

static void add_values(struct drop_names *names, const struct btf *btf, const struct btf_type *type)
{
    const struct btf_enum *values = btf_enum(type);

    for (int i = 0; i < btf_vlen(type); i++) {
        const char *name = btf__name_by_offset(btf, values[i].name_off);
        void *number = GUINT_TO_POINTER((uint32_t)values[i].val);

        if (!g_hash_table_contains(names->reasons, number))
            g_hash_table_insert(names->reasons, number, g_strdup(without_prefix(name)));
    }
}

/* Core reasons are in `enum skb_drop_reason`, those of subsystems in enums of like names in the
 * kernel or in their module, with the subsystem's number in the upper half (Linux 6.4). */
static void read_reasons(struct drop_names *names, const struct btf *btf, uint32_t first)
{
    for (uint32_t id = first; id < btf__type_cnt(btf); id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);
        const char *name = btf__name_by_offset(btf, type->name_off);

        if (btf_is_enum(type) && g_str_has_suffix(name, REASON_ENUM_END))
            add_values(names, btf, type);
    }
}

static void read_modules(struct drop_names *names, struct btf *kernel)
{
    g_autoptr(GDir) directory = g_dir_open(MODULE_BTF, 0, NULL);
    const char *module;

    while (directory && (module = g_dir_read_name(directory))) {
        struct btf *btf =
            strcmp(module, "vmlinux") == 0 ? NULL : btf__load_module_btf(module, kernel);

        if (!btf)
            continue;
        read_reasons(names, btf, btf__type_cnt(kernel));
        btf__free(btf);
    }
}

struct drop_names *drop_names_new(struct btf *kernel)
{
    struct drop_names *names = g_new0(struct drop_names, 1);

    names->location_texts = -1;
    names->reasons = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    names->locations = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
    read_reasons(names, kernel, 1);
    read_modules(names, kernel);
    return names;
}

void drop_names_locate(struct drop_names *names, int location_texts)
{
    names->location_texts = location_texts;
}

const char *drop_reason_name(struct drop_names *names, uint32_t reason)
{
    char *name = g_hash_table_lookup(names->reasons, GUINT_TO_POINTER(reason));

    if (!name) {
        name = g_strdup_printf("REASON_0x%x", reason);
        g_hash_table_insert(names->reasons, GUINT_TO_POINTER(reason), name);
    }
    return name;
}

/* Numbers of the enums that no packet is dropped with. */
static const char *const no_reasons[] = {"SKB_NOT_DROPPED_YET",
                                         "SKB_CONSUMED",
                                         "CONSUMED",
                                         "NOT_DROPPED_YET",
                                         "MAX",
                                         "SUBSYS_MASK",
                                         NULL};

/* The caller frees the array, not the names. */
static GPtrArray *list_reasons(const struct drop_names *names)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iterator;
    void *name;

    g_hash_table_iter_init(&iterator, names->reasons);
    while (g_hash_table_iter_next(&iterator, NULL, &name)) {
        if (!g_strv_contains(no_reasons, name))
            g_ptr_array_add(list, name);
    }
    return list;
}

bool drop_names_check(const struct drop_names *names, const char *word, GError **error)
{
    g_autoptr(GPtrArray) list = list_reasons(names);
    const char *nearest;

    for (guint i = 0; i < list->len; i++) {
        if (g_ascii_strcasecmp(list->pdata[i], word) == 0)
            return true;
    }
    nearest = pktmon_nearest(word, list);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "This kernel drops no packet for the reason \"%s\"%s%s%s: \"pktmon counters -r\" "
                "shows the names of those that it does.",
                word, nearest ? " (did you mean " : "", nearest ? nearest : "",
                nearest ? "?)" : "");
    return false;
}

bool pktmon_drop_reason_check(const char *name, GError **error)
{
    struct btf *kernel = btf__load_vmlinux_btf();
    struct drop_names *names;
    bool known;

    if (!kernel)
        return true; /* nobody knows better; the capture says why it cannot begin */
    names = drop_names_new(kernel);
    known = drop_names_check(names, name, error);
    drop_names_free(names);
    btf__free(kernel);
    return known;
}

/* --- places --- */

/* The kernel writes "symbol+0xoffset/0xsize [module]", and a bare address where it has no symbols:
 * that must not leave this host. */
static char *clean_location(char *text)
{
    char *end = strchr(text, '/');

    if (!strchr(text, '+') || g_str_has_prefix(text, "0x"))
        return NULL;
    if (end)
        *end = '\0';
    return g_strdup(text);
}

const char *drop_location_name(struct drop_names *names, uint32_t location)
{
    char text[RECORD_LOCATION_SIZE] = "";
    void *key = GUINT_TO_POINTER(location), *known;

    if (g_hash_table_lookup_extended(names->locations, key, NULL, &known))
        return known;
    if (location == 0 || bpf_map_lookup_elem(names->location_texts, &location, text))
        return NULL;
    text[sizeof(text) - 1] = '\0';
    known = clean_location(text);
    g_hash_table_insert(names->locations, key, known);
    return known;
}

void drop_names_free(struct drop_names *names)
{
    if (!names)
        return;
    g_hash_table_unref(names->reasons);
    g_hash_table_unref(names->locations);
    g_free(names);
}

/* --- attribution --- */

/* Where a drop may belong: LAYER_... , or one of these. */
enum place {
    PLACE_DEVICE = LAYERS,
    PLACE_NETWORK,   /* the IPv4, IPv6 or ARP layer, by the packet's protocol */
    PLACE_NEIGHBOUR, /* ARP for IPv4; IPv6 has its neighbours itself */
    PLACE_BY_LOCATION,
    PLACE_KERNEL,
};

struct rule {
    const char *prefix;
    int place;
};

/* By the reason's family; the first prefix that fits decides. */
static const struct rule reason_rules[] = {
    {"NOT_SPECIFIED", PLACE_BY_LOCATION},
    {"CSUM", PLACE_BY_LOCATION},
    {"NOMEM", PLACE_BY_LOCATION},
    {"NO_SOCKET", LAYER_SOCKETS},
    {"SOCKET_", LAYER_SOCKETS},
    {"TCP_", LAYER_SOCKETS},
    {"UDP_", LAYER_SOCKETS},
    {"PROTO_MEM", LAYER_SOCKETS},
    {"SECURITY_HOOK", LAYER_SOCKETS},
    {"UCOPY_FAULT", LAYER_SOCKETS},
    {"QUEUE_PURGE", PLACE_BY_LOCATION},
    {"PACKET_SOCK_ERROR", LAYER_SOCKETS},
    {"PFMEMALLOC", LAYER_SOCKETS},
    {"PSP_", LAYER_SOCKETS},
    {"NETFILTER_DROP", PLACE_NETWORK},
    {"IP_TUNNEL_", PLACE_DEVICE},
    {"IP_", PLACE_NETWORK},
    {"IPV6", LAYER_IPV6},
    {"ICMP_CSUM", PLACE_NETWORK},
    {"INVALID_PROTO", PLACE_NETWORK},
    {"OTHERHOST", PLACE_NETWORK},
    {"PKT_TOO_SMALL", PLACE_NETWORK},
    {"PKT_TOO_BIG", PLACE_NETWORK},
    {"UNICAST_IN_L2_MULTICAST", PLACE_NETWORK},
    {"XFRM_POLICY", PLACE_NETWORK},
    {"DUP_FRAG", PLACE_NETWORK},
    {"FRAG_", PLACE_NETWORK},
    {"BPF_CGROUP_EGRESS", PLACE_NETWORK},
    {"NEIGH_", PLACE_NEIGHBOUR},
    {"QDISC_", PLACE_DEVICE},
    {"CAKE_", PLACE_DEVICE},
    {"FQ_", PLACE_DEVICE},
    {"DUALPI2_", PLACE_DEVICE},
    {"TC_", PLACE_DEVICE},
    {"XDP", PLACE_DEVICE},
    {"CPU_BACKLOG", PLACE_DEVICE},
    {"UNHANDLED_PROTO", PLACE_DEVICE},
    {"GSO_SEG", PLACE_DEVICE},
    {"DEV_", PLACE_DEVICE},
    {"FULL_RING", PLACE_DEVICE},
    {"HDR_TRUNC", PLACE_DEVICE},
    {"TAP_", PLACE_DEVICE},
    {"VXLAN_", PLACE_DEVICE},
    {"MAC_", PLACE_DEVICE},
    {"LOCAL_MAC", PLACE_DEVICE},
    {"NO_TX_TARGET", PLACE_DEVICE},
    {"TUNNEL_", PLACE_DEVICE},
    {"ARP_PVLAN_DISABLE", PLACE_DEVICE},
    {"BRIDGE_", PLACE_DEVICE},
    {"CAN", PLACE_DEVICE},
    {"RECURSION_LIMIT", PLACE_DEVICE},
    {"OVS_", PLACE_DEVICE},
    {"RX_DROP_", PLACE_DEVICE},
};

/* Where the reason says nothing, by the function that dropped. */
static const struct rule location_rules[] = {
    {"tcp_", LAYER_SOCKETS},
    {"udp", LAYER_SOCKETS},
    {"__udp", LAYER_SOCKETS},
    {"raw", LAYER_SOCKETS},
    {"packet_", LAYER_SOCKETS},
    {"tpacket_", LAYER_SOCKETS},
    {"sock_", LAYER_SOCKETS},
    {"skb_queue_", LAYER_SOCKETS},
    {"__skb_queue_", LAYER_SOCKETS},
    {"do_xdp_", PLACE_DEVICE},
    {"__sk_", LAYER_SOCKETS},
    {"sk_", LAYER_SOCKETS},
    {"inet_", LAYER_SOCKETS},
    {"inet6_", LAYER_SOCKETS},
    {"ping_", LAYER_SOCKETS},
    {"sctp_", LAYER_SOCKETS},
    {"arp_", LAYER_ARP},
    {"neigh_", PLACE_NEIGHBOUR},
    {"ip6_", LAYER_IPV6},
    {"ip6", LAYER_IPV6},
    {"ipv6_", LAYER_IPV6},
    {"icmpv6_", LAYER_IPV6},
    {"ndisc_", LAYER_IPV6},
    {"igmp6_", LAYER_IPV6},
    {"mld_", LAYER_IPV6},
    {"ip_tunnel_", PLACE_DEVICE},
    {"ip_", LAYER_IPV4},
    {"__ip_", LAYER_IPV4},
    {"ipv4_", LAYER_IPV4},
    {"icmp_", LAYER_IPV4},
    {"igmp_", LAYER_IPV4},
    {"nf_", PLACE_NETWORK},
    {"nft_", PLACE_NETWORK},
    {"ipt_", PLACE_NETWORK},
    {"br_", PLACE_DEVICE},
    {"dev_", PLACE_DEVICE},
    {"__dev_", PLACE_DEVICE},
    {"__netif_", PLACE_DEVICE},
    {"netif_", PLACE_DEVICE},
    {"sch_", PLACE_DEVICE},
    {"qdisc_", PLACE_DEVICE},
    {"veth_", PLACE_DEVICE},
    {"tun_", PLACE_DEVICE},
    {"tap_", PLACE_DEVICE},
    {"vxlan_", PLACE_DEVICE},
    {"macvlan_", PLACE_DEVICE},
    {"ipvlan_", PLACE_DEVICE},
    {"bond_", PLACE_DEVICE},
    {"validate_xmit_", PLACE_DEVICE},
};

static int place_by(const struct rule *rules, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (g_str_has_prefix(name, rules[i].prefix))
            return rules[i].place;
    }
    return PLACE_KERNEL;
}

static int network_layer(uint16_t protocol)
{
    static const struct {
        uint16_t protocol;
        int layer;
    } networks[] = {{ETH_P_IP, LAYER_IPV4}, {ETH_P_IPV6, LAYER_IPV6}, {ETH_P_ARP, LAYER_ARP}};

    for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
        if (networks[i].protocol == protocol)
            return networks[i].layer;
    }
    return PLACE_DEVICE;
}

uint32_t drop_network_component(struct topology *topology, uint64_t net_cookie, uint16_t protocol)
{
    int layer = network_layer(protocol);

    return layer < LAYERS && net_cookie ? topology_layer(topology, net_cookie, layer)
                                        : topology_kernel(topology);
}

static int place_of(const char *reason, const char *location, uint16_t protocol)
{
    int place = place_by(reason_rules, G_N_ELEMENTS(reason_rules), reason);

    /* A reason that is newer than the table says nothing either. */
    if (place == PLACE_BY_LOCATION || place == PLACE_KERNEL)
        place = place_by(location_rules, G_N_ELEMENTS(location_rules), location);
    if (place == PLACE_NETWORK)
        place = network_layer(protocol);
    if (place == PLACE_NEIGHBOUR)
        place = protocol == ETH_P_IPV6 ? LAYER_IPV6 : LAYER_ARP;
    return place;
}

uint32_t drop_component(struct topology *topology, const struct drop_key *key, const char *reason,
                        const char *location)
{
    int place = place_of(reason, location, key->protocol);
    uint32_t device = key->ifindex ? topology_device(topology, key->net_cookie, key->ifindex) : 0;

    if (key->hook && key->net_cookie)
        return topology_layer(topology, key->net_cookie, LAYER_NETFILTER);
    if (place < LAYERS && key->net_cookie)
        return topology_layer(topology, key->net_cookie, place);
    if (place == PLACE_DEVICE && key->ifindex)
        return device ? device : topology_layer(topology, key->net_cookie, LAYER_OTHER_DEVICES);
    return topology_kernel(topology);
}

/* Where the direction in which a packet was last seen says nothing: it may have been received and
 * on its way out when it was dropped, or sent to the device beyond, which dropped it before it was
 * seen there. */
struct way_rule {
    const char *prefix;
    uint8_t way; /* enum record_way */
};

static const struct way_rule reason_ways[] = {
    {"NEIGH_", RECORD_TX},    {"QDISC_", RECORD_TX},
    {"TC_EGRESS", RECORD_TX}, {"BPF_CGROUP_EGRESS", RECORD_TX},
    {"GSO_SEG", RECORD_TX},   {"XDP", RECORD_RX},
};

static const struct way_rule location_ways[] = {
    {"neigh_", RECORD_TX},
    {"veth_xdp_", RECORD_RX},
    {"do_xdp_generic", RECORD_RX},
};

static const struct way_rule *way_rule_of(const struct way_rule *rules, size_t count,
                                          const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (g_str_has_prefix(name, rules[i].prefix))
            return &rules[i];
    }
    return NULL;
}

uint8_t drop_way(const char *reason, const char *location, uint8_t way)
{
    const struct way_rule *rule = way_rule_of(reason_ways, G_N_ELEMENTS(reason_ways), reason);

    if (!rule)
        rule = way_rule_of(location_ways, G_N_ELEMENTS(location_ways), location);
    return rule ? rule->way : way;
}

/* --- ends that are no drops --- */

static bool is_at(const char *location, const char *const *places)
{
    while (*places && !(location && g_str_has_prefix(location, *places)))
        places++;
    return *places != NULL;
}

/* Where segments end that TCP has dealt with; all other ends there have a reason. */
static const char *const tcp_ends[] = {
    "tcp_v4_rcv+", /* of a connection in TIME_WAIT (net/ipv4/tcp_ipv4.c, do_time_wait) */
    "tcp_v6_rcv+",
    /* An acknowledgement without data, once the other side has sent its FIN (CLOSE_WAIT, CLOSING,
     * LAST_ACK: net/ipv4/tcp_input.c, the end of the function). */
    "tcp_rcv_state_process+",
    NULL,
};

bool drop_is_end(const char *reason, const char *location)
{
    /* Part of a packet that was put together of several, which ends with it. */
    if (location && g_str_has_prefix(location, "skb_release_data"))
        return true;
    return strcmp(reason, "NOT_SPECIFIED") == 0 && is_at(location, tcp_ends);
}

/* Why a copy ends that nobody wanted at that place, while the packet lives on or was taken
 * elsewhere: a flooded copy, or what is left when a raw socket has its own. */
static const char *const unwanted_reasons[] = {
    "OTHERHOST",       /* a bridge did not know where the receiver is */
    "NO_SOCKET",       /* the receiver was a raw socket */
    "UNHANDLED_PROTO", /* the receiver was a packet socket */

    "UNICAST_IN_L2_MULTICAST",
    "IPV6DISABLED",
    "IP_INADDRERRORS", /* a host without addresses, such as one that only bridges */
    NULL,
};

/* The same where the kernel gives no reason: multicast that nobody here has joined. */
static const char *const unwanted_places[] = {
    "ip6_mc_input", "ip_rcv_finish_core", "ip_mc_", "__udp4_lib_", "__udp6_lib_", NULL,
};

/* Where answers to pings end that no ping socket wants; Linux 6.1 drops them one function up. */
static const char *const ping_places[] = {"ping_rcv", "icmp_rcv", "icmpv6_rcv", NULL};

/* Where sockets that are closed leave what nobody has read, if the reason does not say so. */
static const char *const purging_places[] = {
    "udp_destruct_common",
    "inet_sock_destruct",
    "sk_stream_kill_queues",
    NULL,
};

bool drop_is_copy_released(uint8_t flags, const char *reason, const char *location)
{
    /* A packet socket's buffer is full. On send its copy may come before the packet is seen. */
    if (flags & RECORD_SIDE || strcmp(reason, "PACKET_SOCK_ERROR") == 0)
        return true;
    if (flags & RECORD_DELIVERED &&
        (strcmp(reason, "QUEUE_PURGE") == 0 || is_at(location, purging_places)))
        return true;
    /* The answer to a ping, of which a raw socket may have a copy that nobody saw. */
    if (flags & RECORD_SHARED && strcmp(reason, "NO_SOCKET") == 0 && is_at(location, ping_places))
        return true;
    if (!(flags & RECORD_OTHERS))
        return false;
    return g_strv_contains(unwanted_reasons, reason) || is_at(location, unwanted_places);
}
