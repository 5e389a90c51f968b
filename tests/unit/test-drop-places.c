/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The component, edge and direction that a drop is attributed to, and the accepted names of
 * reasons. */
#include <bpf/btf.h>
#include <string.h>

#include "providers/ebpf/reader/attribution.h"
#include "providers/ebpf/reader/drop-names.h"

#define COOKIE 11
#define DEVICE 2
#define IPV4   0x0800

struct expected {
    const char *reason;
    const char *callers[6]; /* the first one is the place of the drop */
    const char *place;      /* "component edge direction" */
};

/* All with a device, IPv4, and last observed on receive. */
static const struct expected drops[] = {
    {"QDISC_OVERLIMIT", {"fq_codel_enqueue+0x10"}, "eth0 0 TX"},
    {"NOT_SPECIFIED", {"fq_codel_dequeue+0x10", "__qdisc_run+0x1"}, "eth0 0 TX"},
    {"NOT_SPECIFIED", {"wg_xmit+0x10 [wireguard]", "dev_hard_start_xmit+0x1"}, "eth0 0 TX"},
    {"NOT_SPECIFIED", {"gre_rcv+0x10 [gre]"}, "eth0 0 RX"},
    {"NOT_SPECIFIED", {"geneve_udp_encap_recv+0x10 [geneve]"}, "eth0 0 RX"},
    {"NOT_SPECIFIED", {"xfrm_input+0x10"}, "eth0 0 RX"},
    {"NOT_SPECIFIED", {"ovs_dp_process_packet+0x10 [openvswitch]"}, "eth0 0 RX"},
    {"NOT_SPECIFIED", {"skb_do_redirect+0x10", "__netif_receive_skb_core+0x1"}, "eth0 0 RX"},
    {"UNHANDLED_PROTO", {"__netif_receive_skb_core.constprop.0+0x10"}, "eth0 0 RX"},
    {"UNHANDLED_PROTO", {"icmp_rcv+0x10"}, "ipv4 0 RX"},
    {"REASON_0x30005", {"never_heard_of_it+0x10"}, "eth0 0 RX"},
    /* One function of the kernel drops at many hooks. */
    {"NETFILTER_DROP", {"nf_hook_slow+0x10", "ip_rcv+0x1"}, "netfilter 4 RX"},
    {"NETFILTER_DROP", {"nf_hook_slow+0x10", "ip_local_deliver+0x1"}, "netfilter 5 RX"},
    {"NETFILTER_DROP", {"nf_hook_slow+0x10", "ip_forward+0x1"}, "netfilter 6 RX"},
    {"NETFILTER_DROP", {"nf_hook_slow+0x10", "NF_HOOK+0x1", "ip_output+0x1"}, "netfilter 8 TX"},
    {"NETFILTER_DROP",
     {"nft_do_chain+0x10 [nf_tables]", "nft_do_chain_netdev+0x1 [nf_tables]", "nf_hook_slow+0x1",
      "__netif_receive_skb_core.constprop.0+0x1"},
     "eth0 9 RX"},
    {"NETFILTER_DROP", {"nf_hook_slow+0x10", "__dev_queue_xmit+0x1"}, "eth0 10 TX"},
    {"NETFILTER_DROP",
     {"nf_hook_slow+0x10", "__br_forward+0x1", "br_flood+0x1", "br_handle_frame_finish+0x1"},
     "eth0 13 TX"},
    {"NETFILTER_DROP",
     {"nf_hook_slow+0x10", "__br_forward+0x1", "br_flood+0x1", "br_dev_xmit+0x1"},
     "eth0 14 TX"},
    {"NETFILTER_DROP", {"br_handle_frame+0x10", "__netif_receive_skb_core+0x1"}, "eth0 11 RX"},
    {"NOT_SPECIFIED", {"br_handle_frame+0x10", "__netif_receive_skb_core+0x1"}, "eth0 0 RX"},
    {"NETFILTER_DROP", {"nf_hook_slow+0x10", "arp_rcv+0x1"}, "netfilter 16 RX"},
    /* Inside a hook: br_netfilter continues the packet from there. */
    {"NOT_SPECIFIED",
     {"ip_rcv_finish_core+0x10", "ip_rcv_finish+0x1", "ip_sabotage_in+0x1 [br_netfilter]",
      "nf_hook_slow+0x1", "ip_rcv+0x1"},
     "ipv4 0 RX"},
    {"NOT_SPECIFIED",
     {"__udp4_lib_rcv+0x10", "ip_protocol_deliver_rcu+0x1", "ip_local_deliver_finish+0x1",
      "nf_hook_slow+0x1", "ip_rcv+0x1"},
     "sockets 0 RX"},
    {"NOT_SPECIFIED",
     {"ip_finish_output2+0x10", "ip_output+0x1", "ip_vs_nat_xmit+0x1 [ip_vs]", "nf_hook_slow+0x1",
      "ip_local_deliver+0x1"},
     "ipv4 0 TX"},
    {"NETFILTER_DROP",
     {"nf_hook_slow+0x10", "ip_rcv+0x1", "__netif_receive_skb+0x1", "br_handle_frame+0x1"},
     "netfilter 4 RX"},
    /* Attributed to the layer that rejected the packet, not to the device. */
    {"PKT_TOO_SMALL", {"__udp4_lib_rcv+0x10"}, "sockets 0 RX"},
    {"PKT_TOO_SMALL", {"tcp_v4_rcv+0x10"}, "sockets 0 RX"},
    {"PKT_TOO_SMALL", {"ip_rcv_core+0x10"}, "ipv4 0 RX"},
    {"PKT_TOO_SMALL", {"icmp_rcv+0x10"}, "ipv4 0 RX"},
    {"UNHANDLED_PROTO", {"ip6_tlvopt_unknown+0x10"}, "ipv6 0 RX"},
    {"UNHANDLED_PROTO", {"__netif_receive_skb_core.constprop.0+0x10"}, "eth0 0 RX"},
    {"NOT_SPECIFIED", {"ipmr_cache_unresolved+0x10"}, "ipv4 0 RX"},
    {"NOT_SPECIFIED", {"dst_discard_out+0x10"}, "ipv4 0 RX"},
    {"NOT_SPECIFIED", {"ip6_tnl_xmit+0x10 [ip6_tunnel]"}, "eth0 0 RX"},
    /* As before. */
    {"NETFILTER_DROP", {"nf_hook_slow+0x10"}, "ipv4 0 RX"},
    {"NO_SOCKET", {"__udp4_lib_rcv+0x10"}, "sockets 0 RX"},
    /* What the kernel itself received. */
    {"RECEIVED", {"tcp_validate_incoming+0x10"}, "sockets 0 RX"},
    {"RECEIVED", {"icmpv6_rcv+0x10"}, "ipv6 0 RX"},
    {"RECEIVED", {"pndisc_redo+0x10"}, "ipv6 0 RX"},
    {"NOT_SPECIFIED", {"ip_rcv_core+0x10"}, "ipv4 0 RX"},
};

static struct netdev_topology *make_topology(struct pktmon_registry *registry)
{
    struct netdev_topology *topology = netdev_topology_new(registry);
    const struct netdev_netns netns = {.cookie = COOKIE, .name = "n"};
    const struct netdev_device device = {
        .net_cookie = COOKIE, .ifindex = DEVICE, .name = "eth0", .type = 1};

    netdev_add_netns(topology, &netns);
    netdev_add_device(topology, &device);
    return topology;
}

static struct ebpf_drop_place place_of(struct netdev_topology *topology, const struct drop_key *key,
                                       const struct ebpf_drop_site *site)
{
    return ebpf_attribute_drop(topology, key, netdev_find_device(topology, COOKIE, DEVICE), site);
}

static char *describe(struct pktmon_registry *registry, const struct ebpf_drop_place *place)
{
    const char *name = pktmon_registry_find(registry, place->component)->name;
    const char *slash = strrchr(name, '/');

    return g_strdup_printf("%s %u %s", slash ? slash + 1 : name, place->edge,
                           place->direction == RECORD_RX ? "RX" : "TX");
}

static void test_places(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = make_topology(registry);
    const struct drop_key key = {
        .net_cookie = COOKIE, .ifindex = DEVICE, .protocol = IPV4, .direction = RECORD_RX};

    for (size_t i = 0; i < G_N_ELEMENTS(drops); i++) {
        const struct ebpf_drop_site site = {.reason = drops[i].reason,
                                            .location = drops[i].callers[0],
                                            .callers = drops[i].callers};
        const struct ebpf_drop_place place = place_of(topology, &key, &site);
        g_autofree char *got = describe(registry, &place);

        g_test_message("%s at %s", drops[i].reason, drops[i].callers[0]);
        g_assert_cmpstr(got, ==, drops[i].place);
    }
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
}

/* Only if the stack shows that the drop happened at the hook that the packet had come out of. */
static void test_taken_back(void)
{
    static const char *const behind[] = {"nf_hook_slow+0x1", "ip_output+0x1", NULL},
                             *const elsewhere[] = {"nf_hook_slow+0x1", "__dev_queue_xmit+0x1",
                                                   NULL};
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = make_topology(registry);
    struct ebpf_drop_site site = {
        .reason = "NETFILTER_DROP", .location = "nf_hook_slow+0x1", .callers = behind};
    struct drop_key key = {.net_cookie = COOKIE,
                           .ifindex = DEVICE,
                           .hook = RECORD_POINT_POSTROUTING,
                           .flags = RECORD_LEAVES};

    g_assert_true(place_of(topology, &key, &site).taken_back);
    site.callers = elsewhere;
    g_assert_false(place_of(topology, &key, &site).taken_back);
    key.flags = 0;
    site.callers = NULL;
    g_assert_false(place_of(topology, &key, &site).taken_back);
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
}

/* The table of stacks is full: a drop by netfilter is attributed to the packet's last place, not to
 * a guessed layer. */
static void test_refused_stack(void)
{
    struct pktmon_registry *registry = pktmon_registry_new();
    struct netdev_topology *topology = make_topology(registry);
    const struct drop_key key = {
        .net_cookie = COOKIE, .ifindex = DEVICE, .protocol = IPV4, .stack = RECORD_STACK_REFUSED};
    const struct ebpf_drop_site filtered = {.reason = "NETFILTER_DROP",
                                            .location = "nft_do_chain+0x1"},
                                named = {.reason = "NOT_SPECIFIED", .location = "ip_rcv_core+0x10"};
    struct ebpf_drop_place place = place_of(topology, &key, &filtered);
    g_autofree char *unknown = describe(registry, &place), *known = NULL;

    place = place_of(topology, &key, &named);
    known = describe(registry, &place);
    g_assert_cmpstr(unknown, ==, "eth0 0 RX");
    g_assert_cmpstr(known, ==, "ipv4 0 RX");
    netdev_topology_free(topology);
    pktmon_registry_free(registry);
}

struct judged {
    uint8_t flags;
    const char *reason, *location;
    bool end, released;
};

static const struct judged ends[] = {
    /* TCP frees packets that it cannot parse in the same place as packets that it has processed. */
    {RECORD_DELIVERED, "NOT_SPECIFIED", "tcp_v4_rcv+0x10", .end = true},
    {0, "NOT_SPECIFIED", "tcp_v4_rcv+0x10"},
    {RECORD_DELIVERED, "NOT_SPECIFIED", "tcp_rcv_state_process+0x10", .end = true},
    {0, "NOT_SPECIFIED", "tcp_rcv_state_process+0x10"},
    {RECORD_DELIVERED, "TCP_CSUM", "tcp_v4_rcv+0x10"},
    {RECORD_DELIVERED, "RECEIVED", "tcp_validate_incoming+0x10", .end = true},
    {RECORD_DELIVERED, "TCP_OLD_SEQUENCE", "tcp_validate_incoming+0x10"},
    /* A socket is closed. */
    {RECORD_DELIVERED, "NOT_SPECIFIED", "skb_rbtree_purge+0x10", .released = true},
    {0, "NOT_SPECIFIED", "skb_rbtree_purge+0x10"},
    {RECORD_DELIVERED, "TCP_OFO_QUEUE_PRUNE", "tcp_prune_ofo_queue+0x10"},
    /* No handler wants this copy, and other copies exist; the drop is that of the last one. */
    {RECORD_OTHERS, "NOT_SPECIFIED", "llc_rcv+0x10 [llc]", .released = true},
    {0, "NOT_SPECIFIED", "llc_rcv+0x10 [llc]"},
    {RECORD_OTHERS, "INVALID_PROTO", "icmp_rcv+0x10", .released = true},
    {0, "INVALID_PROTO", "icmp_rcv+0x10"},
    {RECORD_OTHERS, "NOT_SPECIFIED", "tcp_v6_rcv+0x10", .released = true},
    {RECORD_OTHERS, "TCP_CSUM", "tcp_v4_rcv+0x10"},
    /* A flooded packet that its receiver refuses, while copies at other ports exist. */
    {RECORD_OTHERS, "UDP_CSUM", "__udp4_lib_rcv+0x10"},
    {RECORD_OTHERS, "IP_RPFILTER", "ip_rcv_finish_core+0x10"},
    {RECORD_OTHERS, "NOT_SPECIFIED", "__udp4_lib_rcv+0x10", .released = true},
    {RECORD_OTHERS, "IP_NOPROTO", "ip_protocol_deliver_rcu+0x10", .released = true},
    {RECORD_OTHERS, "NO_TX_TARGET", "br_flood+0x10", .released = true},
    {RECORD_OTHERS, "NETFILTER_DROP", "nf_hook_slow+0x10"},
};

static void test_ends(void)
{
    struct btf *kernel = btf__load_vmlinux_btf();
    struct ebpf_drop_names *names = ebpf_drop_names_new(kernel);

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        const struct judged *judged = &ends[i];

        g_test_message("%s at %s, flags %#x", judged->reason, judged->location, judged->flags);
        g_assert_true(ebpf_drop_is_end(judged->flags, judged->reason, judged->location) ==
                      judged->end);
        g_assert_true(ebpf_drop_is_copy_released(names, judged->flags, judged->reason,
                                                 judged->location) == judged->released);
    }
    ebpf_drop_names_free(names);
    btf__free(kernel);
}

/* Reasons of modules that are not loaded yet are accepted. */
static void test_words(void)
{
    struct btf *kernel = btf__load_vmlinux_btf();
    struct ebpf_drop_names *names;
    GError *error = NULL;

    g_assert_nonnull(kernel);
    names = ebpf_drop_names_new(kernel);
    g_assert_true(ebpf_drop_names_check(names, "netfilter_drop", NULL));
    g_assert_true(ebpf_drop_names_check(names, "ovs_drop_last_action", NULL) ||
                  g_file_test("/sys/kernel/btf/openvswitch", G_FILE_TEST_EXISTS));
    g_assert_false(ebpf_drop_names_check(names, "RECEIVED", NULL)); /* not a drop */
    g_assert_false(ebpf_drop_names_check(names, "NETFILTER_DRP", &error));
    g_assert_nonnull(strstr(error->message, "NETFILTER_DROP"));
    g_assert_cmpstr(ebpf_drop_reason_name(names, 0x7FFF0001), ==, "REASON_0x7fff0001");
    g_error_free(error);
    ebpf_drop_names_free(names);
    btf__free(kernel);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/drops/places", test_places);
    g_test_add_func("/drops/taken-back", test_taken_back);
    g_test_add_func("/drops/refused-stack", test_refused_stack);
    g_test_add_func("/drops/ends", test_ends);
    g_test_add_func("/drops/words", test_words);
    return g_test_run();
}
