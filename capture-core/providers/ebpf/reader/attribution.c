/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attribution.h"

#include <glib.h>
#include <linux/if_ether.h>
#include <string.h>

#include "model/edges.h"
#include "pktmon/event.h"
#include "providers/netdev/topology.h"

/* Where a drop may belong: enum netdev_layer, or one of these. */
enum drop_place_kind {
    PLACE_DEVICE = NETDEV_LAYERS,
    PLACE_NETWORK,   /* the IPv4, IPv6 or ARP layer, by the packet's protocol */
    PLACE_NEIGHBOUR, /* ARP for IPv4; IPv6 keeps its neighbours itself */
    PLACE_BY_LOCATION,
    PLACE_KERNEL,
};

/* The first rule whose prefix matches the name applies. */
struct attribution_rule {
    const char *prefix;
    int value; /* enum drop_place_kind, or enum record_direction */
};

/* By the reason's family. */
static const struct attribution_rule reason_rules[] = {
    {"NOT_SPECIFIED", PLACE_BY_LOCATION},
    {"CSUM", PLACE_BY_LOCATION},
    {"NOMEM", PLACE_BY_LOCATION},
    {"NO_SOCKET", NETDEV_LAYER_SOCKETS},
    {"SOCKET_", NETDEV_LAYER_SOCKETS},
    {"TCP_", NETDEV_LAYER_SOCKETS},
    {"UDP_", NETDEV_LAYER_SOCKETS},
    {"PROTO_MEM", NETDEV_LAYER_SOCKETS},
    {"SECURITY_HOOK", NETDEV_LAYER_SOCKETS},
    {"UCOPY_FAULT", NETDEV_LAYER_SOCKETS},
    {"QUEUE_PURGE", PLACE_BY_LOCATION},
    {"PACKET_SOCK_ERROR", NETDEV_LAYER_SOCKETS},
    {"PFMEMALLOC", NETDEV_LAYER_SOCKETS},
    {"PSP_", NETDEV_LAYER_SOCKETS},
    {"NETFILTER_DROP", PLACE_NETWORK},
    {"IP_TUNNEL_", PLACE_DEVICE},
    {"IP_", PLACE_NETWORK},
    {"IPV6", NETDEV_LAYER_IPV6},
    {"ICMP_CSUM", PLACE_NETWORK},
    {"INVALID_PROTO", PLACE_NETWORK},
    {"OTHERHOST", PLACE_NETWORK},
    {"PKT_TOO_SMALL", PLACE_BY_LOCATION},
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
    {"UNHANDLED_PROTO", PLACE_BY_LOCATION},
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
    {"WIREGUARD_", PLACE_DEVICE},
    {"RX_DROP_", PLACE_DEVICE},
};

/* By the function that dropped, where the reason is not specific. */
static const struct attribution_rule location_rules[] = {
    {"tcp_", NETDEV_LAYER_SOCKETS},
    {"mptcp_", NETDEV_LAYER_SOCKETS},
    {"skb_rbtree_", NETDEV_LAYER_SOCKETS},
    {"udp", NETDEV_LAYER_SOCKETS},
    {"__udp", NETDEV_LAYER_SOCKETS},
    {"raw", NETDEV_LAYER_SOCKETS},
    {"packet_", NETDEV_LAYER_SOCKETS},
    {"tpacket_", NETDEV_LAYER_SOCKETS},
    {"sock_", NETDEV_LAYER_SOCKETS},
    {"skb_queue_", NETDEV_LAYER_SOCKETS},
    {"__skb_queue_", NETDEV_LAYER_SOCKETS},
    {"do_xdp_", PLACE_DEVICE},
    {"__sk_", NETDEV_LAYER_SOCKETS},
    {"sk_", NETDEV_LAYER_SOCKETS},
    {"inet_", NETDEV_LAYER_SOCKETS},
    {"inet6_", NETDEV_LAYER_SOCKETS},
    {"ping_", NETDEV_LAYER_SOCKETS},
    {"sctp_", NETDEV_LAYER_SOCKETS},
    {"arp_", NETDEV_LAYER_ARP},
    {"neigh_", PLACE_NEIGHBOUR},
    {"ip6_tnl_", PLACE_DEVICE},
    {"ip6gre_", PLACE_DEVICE},
    {"ip6", NETDEV_LAYER_IPV6},
    {"seg6_", NETDEV_LAYER_IPV6},
    {"ipv6_", NETDEV_LAYER_IPV6},
    {"icmpv6_", NETDEV_LAYER_IPV6},
    {"ndisc_", NETDEV_LAYER_IPV6},
    {"pndisc_", NETDEV_LAYER_IPV6},
    {"igmp6_", NETDEV_LAYER_IPV6},
    {"mld_", NETDEV_LAYER_IPV6},
    {"ip_tunnel_", PLACE_DEVICE},
    {"ip_", NETDEV_LAYER_IPV4},
    {"__ip_", NETDEV_LAYER_IPV4},
    {"ipv4_", NETDEV_LAYER_IPV4},
    {"icmp_", NETDEV_LAYER_IPV4},
    {"igmp_", NETDEV_LAYER_IPV4},
    {"ipmr_", NETDEV_LAYER_IPV4},
    {"pim_", NETDEV_LAYER_IPV4},
    {"dst_discard", PLACE_NETWORK},
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

static const struct attribution_rule *rule_of(const struct attribution_rule *rules, size_t count,
                                              const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (g_str_has_prefix(name, rules[i].prefix))
            return &rules[i];
    }
    return NULL;
}

static int place_by(const struct attribution_rule *rules, size_t count, const char *name)
{
    const struct attribution_rule *rule = rule_of(rules, count, name);

    return rule ? rule->value : PLACE_KERNEL;
}

static int network_layer(uint16_t protocol)
{
    static const struct {
        uint16_t protocol;
        int layer;
    } networks[] = {{ETH_P_IP, NETDEV_LAYER_IPV4},
                    {ETH_P_IPV6, NETDEV_LAYER_IPV6},
                    {ETH_P_ARP, NETDEV_LAYER_ARP}};

    for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
        if (networks[i].protocol == protocol)
            return networks[i].layer;
    }
    return PLACE_DEVICE;
}

bool ebpf_has_layer(uint16_t protocol)
{
    return network_layer(protocol) < NETDEV_LAYERS;
}

uint32_t ebpf_layer_component(struct netdev_topology *topology, uint64_t net_cookie,
                              uint16_t protocol)
{
    int layer = network_layer(protocol);

    return layer < NETDEV_LAYERS && net_cookie ? netdev_get_layer(topology, net_cookie, layer)
                                               : netdev_get_kernel(topology);
}

static int place_by_callers(const char *const *callers)
{
    int place = PLACE_KERNEL;

    for (; callers && *callers && place == PLACE_KERNEL; callers++)
        place = place_by(location_rules, G_N_ELEMENTS(location_rules), *callers);
    return place;
}

static int place_of(const struct ebpf_drop_site *site, uint16_t protocol)
{
    int place = place_by(reason_rules, G_N_ELEMENTS(reason_rules), site->reason);

    /* A reason that is newer than the table is not specific either. */
    if (place == PLACE_BY_LOCATION || place == PLACE_KERNEL)
        place = place_by(location_rules, G_N_ELEMENTS(location_rules), site->location);
    if (place == PLACE_KERNEL)
        place = place_by_callers(site->callers);
    if (place == PLACE_NETWORK)
        place = network_layer(protocol);
    if (place == PLACE_NEIGHBOUR)
        place = protocol == ETH_P_IPV6 ? NETDEV_LAYER_IPV6 : NETDEV_LAYER_ARP;
    return place;
}

/* Where the last seen direction is misleading: the packet may have been received, and on its way
 * out when it was dropped; or sent to a device that dropped it before it was seen there. */
static const struct attribution_rule reason_directions[] = {
    {"NEIGH_", RECORD_TX},    {"QDISC_", RECORD_TX},
    {"TC_EGRESS", RECORD_TX}, {"BPF_CGROUP_EGRESS", RECORD_TX},
    {"GSO_SEG", RECORD_TX},   {"XDP", RECORD_RX},
};

static const struct attribution_rule location_directions[] = {
    {"neigh_", RECORD_TX},
    {"veth_xdp_", RECORD_RX},
    {"do_xdp_generic", RECORD_RX},
};

/* By the functions that led to the drop; the innermost applies. */
static const struct attribution_rule caller_directions[] = {
    {"__dev_queue_xmit", RECORD_TX},     {"dev_hard_start_xmit", RECORD_TX},
    {"__qdisc_run", RECORD_TX},          {"ip_output", RECORD_TX},
    {"ip6_output", RECORD_TX},           {"__ip_local_out", RECORD_TX},
    {"__ip6_local_out", RECORD_TX},      {"arp_xmit", RECORD_TX},
    {"__netif_receive_skb_", RECORD_RX},
};

static uint8_t direction_of(const struct drop_key *key, const struct ebpf_drop_site *site)
{
    const struct attribution_rule *rule =
        rule_of(reason_directions, G_N_ELEMENTS(reason_directions), site->reason);

    if (key->in_xdp)
        return key->direction;
    if (!rule)
        rule = rule_of(location_directions, G_N_ELEMENTS(location_directions), site->location);
    for (const char *const *caller = site->callers; !rule && caller && *caller; caller++)
        rule = rule_of(caller_directions, G_N_ELEMENTS(caller_directions), *caller);
    return rule ? rule->value : key->direction;
}

/* --- hooks, by the functions that led to the drop --- */

struct hook_rule {
    const char *function;
    uint16_t edge;       /* enum pktmon_edge */
    const char *through; /* a function further out that is required; NULL: none */
};

/* Functions that run a hook (NF_HOOK() and similar are inlined into them). */
static const struct hook_rule hook_rules[] = {
    {"ip_rcv", PKTMON_EDGE_PREROUTING},
    {"ip_list_rcv", PKTMON_EDGE_PREROUTING},
    {"ip_sublist_rcv", PKTMON_EDGE_PREROUTING},
    {"ipv6_rcv", PKTMON_EDGE_PREROUTING},
    {"ipv6_list_rcv", PKTMON_EDGE_PREROUTING},
    {"ip6_sublist_rcv", PKTMON_EDGE_PREROUTING},
    {"xfrm4_transport_finish", PKTMON_EDGE_PREROUTING},
    {"xfrm6_transport_finish", PKTMON_EDGE_PREROUTING},
    {"vrf_l3_rcv", PKTMON_EDGE_PREROUTING},
    {"vrf_rcv_nfhook", PKTMON_EDGE_PREROUTING},
    {"br_nf_pre_routing", PKTMON_EDGE_PREROUTING},
    {"br_nf_pre_routing_ipv6", PKTMON_EDGE_PREROUTING},
    {"ip_local_deliver", PKTMON_EDGE_INPUT},
    {"ip6_input", PKTMON_EDGE_INPUT},
    {"ip_forward", PKTMON_EDGE_FORWARD},
    {"ip6_forward", PKTMON_EDGE_FORWARD},
    {"ipmr_queue_xmit", PKTMON_EDGE_FORWARD},
    {"ipmr_queue_fwd_xmit", PKTMON_EDGE_FORWARD},
    {"ip6mr_forward2", PKTMON_EDGE_FORWARD},
    {"br_nf_forward", PKTMON_EDGE_FORWARD},
    {"br_nf_forward_ip", PKTMON_EDGE_FORWARD},
    {"__ip_local_out", PKTMON_EDGE_OUTPUT},
    {"__ip6_local_out", PKTMON_EDGE_OUTPUT},
    {"ip6_xmit", PKTMON_EDGE_OUTPUT},
    {"raw_sendmsg", PKTMON_EDGE_OUTPUT},
    {"raw_send_hdrinc", PKTMON_EDGE_OUTPUT},
    {"rawv6_sendmsg", PKTMON_EDGE_OUTPUT},
    {"rawv6_send_hdrinc", PKTMON_EDGE_OUTPUT},
    {"ndisc_send_skb", PKTMON_EDGE_OUTPUT},
    {"mld_sendpack", PKTMON_EDGE_OUTPUT},
    {"igmp6_send", PKTMON_EDGE_OUTPUT},
    {"ip_output", PKTMON_EDGE_POSTROUTING},
    {"ip_mc_output", PKTMON_EDGE_POSTROUTING},
    {"ip6_output", PKTMON_EDGE_POSTROUTING},
    {"xfrm4_output", PKTMON_EDGE_POSTROUTING},
    {"xfrm6_output", PKTMON_EDGE_POSTROUTING},
    {"xfrm_output_resume", PKTMON_EDGE_POSTROUTING},
    {"br_nf_post_routing", PKTMON_EDGE_POSTROUTING},
    {"arp_rcv", PKTMON_EDGE_ARP_INPUT},
    {"arp_xmit", PKTMON_EDGE_ARP_OUTPUT},
    {"__netif_receive_skb_core", PKTMON_EDGE_INGRESS},
    {"__dev_queue_xmit", PKTMON_EDGE_EGRESS},
    {"br_handle_frame", PKTMON_EDGE_BRIDGE_PREROUTING},
    {"br_pass_frame_up", PKTMON_EDGE_BRIDGE_INPUT},
    {"__br_forward", PKTMON_EDGE_BRIDGE_OUTPUT, "br_dev_xmit"},
    {"__br_forward", PKTMON_EDGE_BRIDGE_FORWARD},
    {"br_send_bpdu", PKTMON_EDGE_BRIDGE_OUTPUT},
    {"br_forward_finish", PKTMON_EDGE_BRIDGE_POSTROUTING},
};

/* "ip_rcv+0x10 [module]" and "ip_rcv.constprop.0+0x10" are in the function "ip_rcv". */
static bool is_in(const char *place, const char *function)
{
    size_t length = strlen(function);

    return strncmp(place, function, length) == 0 && (place[length] == '+' || place[length] == '.');
}

static bool goes_through(const char *const *callers, const char *function)
{
    while (*callers && !is_in(*callers, function))
        callers++;
    return *callers != NULL;
}

static const struct hook_rule *hook_rule_of(const char *const *callers)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hook_rules); i++) {
        const struct hook_rule *rule = &hook_rules[i];

        if (is_in(*callers, rule->function) &&
            (!rule->through || goes_through(callers, rule->through)))
            return rule;
    }
    return NULL;
}

/* Functions that iterate over the functions of a hook. The bridge's prerouting has its own loop. */
static bool runs_hook(const char *place)
{
    return is_in(place, "nf_hook_slow") || is_in(place, "nf_hook_slow_list");
}

/* The compiler may have split off parts in between. */
#define MOST_PARTS 3

/* Functions by which a packet continues from inside a hook, so that whatever happens further in is
 * not the hook's doing: of br_netfilter, IPVS, a flowtable, or a rule that sends a copy. */
static bool goes_on(const char *place)
{
    static const char *const functions[] = {
        "ip_sabotage_in",         /* br_netfilter has run this hook before */
        "br_handle_frame_finish", /* br_netfilter's hooks are the bridge's own functions */
        "br_forward_finish",
        "br_dev_queue_push_xmit",
        "ip_output",
        "ip_mc_output",
        "ip6_output",
        "ip_finish_output",
        "ip6_finish_output",
        "neigh_xmit",
        "__dev_queue_xmit",
        "__netif_receive_skb",
        "ip_protocol_deliver_rcu",
        "ip6_protocol_deliver_rcu",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (is_in(place, functions[i]))
            return true;
    }
    return false;
}

static const struct hook_rule *hook_of(const struct ebpf_drop_site *site)
{
    const char *const *callers = site->callers;
    const struct hook_rule *rule = NULL;

    if (!callers)
        return NULL;
    while (*callers && !runs_hook(*callers) && !is_in(*callers, "br_handle_frame")) {
        if (goes_on(*callers))
            return NULL;
        callers++;
    }
    if (*callers && is_in(*callers, "br_handle_frame"))
        return strcmp(site->reason, "NETFILTER_DROP") == 0 ? hook_rule_of(callers) : NULL;
    for (int i = 0; *callers && i < MOST_PARTS && !rule; i++) {
        callers++;
        rule = *callers ? hook_rule_of(callers) : NULL;
    }
    return rule;
}

/* --- the place of a drop --- */

/* Points and edges of the hooks are in one order. */
#define X(NAME, ...)                                                                               \
    G_STATIC_ASSERT(RECORD_POINT_##NAME - RECORD_POINT_PREROUTING ==                               \
                    PKTMON_EDGE_##NAME - PKTMON_EDGE_PREROUTING);
PKTMON_HOOK_EDGES(X)
#undef X

static uint16_t edge_of_point(uint8_t point)
{
    return PKTMON_EDGE_PREROUTING + (point - RECORD_POINT_PREROUTING);
}

/* Where names are not specific: skb->dev, or the layer of the namespace that would take the packet.
 */
static uint32_t nearest_component(struct netdev_topology *topology, const struct drop_key *key,
                                  uint32_t device)
{
    return device ? device : ebpf_layer_component(topology, key->net_cookie, key->protocol);
}

/* Netfilter also drops at hooks of devices, by the same functions and for the same reason: only the
 * callers distinguish them. */
static bool is_at_unknown_hook(const struct drop_key *key, const struct ebpf_drop_site *site)
{
    return key->stack == RECORD_STACK_REFUSED &&
           (strcmp(site->reason, "NETFILTER_DROP") == 0 ||
            (site->location && g_str_has_prefix(site->location, "nf")));
}

static uint32_t component_of(struct netdev_topology *topology, const struct drop_key *key,
                             uint32_t device, const struct ebpf_drop_site *site)
{
    int place = place_of(site, key->protocol);

    if (place < NETDEV_LAYERS && key->net_cookie && !is_at_unknown_hook(key, site))
        return netdev_get_layer(topology, key->net_cookie, place);
    return nearest_component(topology, key, device);
}

/* The device of the skb, by which the direction is known otherwise, may be the one that the packet
 * goes to. The hook is certain. */
static uint8_t direction_at_hook(uint16_t edge, uint8_t otherwise)
{
    switch (edge_describe(edge)->traffic) {
    case EDGE_TRAFFIC_RECEIVED:
        return RECORD_RX;
    case EDGE_TRAFFIC_SENT:
        return RECORD_TX;
    default:
        return otherwise;
    }
}

struct ebpf_drop_place ebpf_attribute_drop(struct netdev_topology *topology,
                                           const struct drop_key *key, uint32_t device,
                                           const struct ebpf_drop_site *site)
{
    bool left = key->flags & RECORD_LEAVES;
    const struct hook_rule *rule = !key->hook || left ? hook_of(site) : NULL;
    struct ebpf_drop_place place = {.direction = direction_of(key, site)};

    if (key->hook && !left)
        place.edge = edge_of_point(key->hook);
    else if (rule)
        place.edge = rule->edge;
    if (rule)
        place.direction = direction_at_hook(rule->edge, place.direction);
    if (!place.edge || !key->net_cookie)
        place.component = component_of(topology, key, device, site);
    else if (rule && edge_describe(rule->edge)->owner == EDGE_OWNER_DEVICE)
        place.component = nearest_component(topology, key, device);
    else
        place.component = netdev_get_layer(topology, key->net_cookie, NETDEV_LAYER_NETFILTER);
    place.taken_back = rule && left && place.edge == edge_of_point(key->hook);
    return place;
}
