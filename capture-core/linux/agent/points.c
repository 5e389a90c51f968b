/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs are loaded: as many as were asked for and the kernel has places for. */
#include "holder.h"

enum point_class {
    POINT_ALWAYS,
    POINT_STACK,   /* only where every point of the stack was asked for */
    POINT_FILTERS, /* there, and for what is received where filters judge (bpf/probes.bpf.c) */
};

static const struct {
    const char *program; /* of the tracepoint's name */
    enum point_class class;
    const char *blind; /* what cannot be seen without it */
} points[] = {
    {"kfree_skb", POINT_ALWAYS, "drops"},
    {"consume_skb", POINT_ALWAYS, "where packets end"},
    {"netif_receive_skb_entry", POINT_ALWAYS, "packets handed over with netif_receive_skb()"},
    {"netif_receive_skb_list_entry", POINT_ALWAYS,
     "packets handed over with netif_receive_skb_list()"},
    {"netif_rx_entry", POINT_ALWAYS, "packets handed over with netif_rx()"},
    {"napi_gro_receive_entry", POINT_ALWAYS, "packets handed over with napi_gro_receive()"},
    {"napi_gro_frags_entry", POINT_ALWAYS, "packets handed over with napi_gro_frags()"},
    {"net_dev_start_xmit", POINT_ALWAYS, "packets that drivers send"},
    {"netif_receive_skb", POINT_FILTERS, "the upper edge on receive"},
    {"net_dev_queue", POINT_ALWAYS,
     "the upper edge on send, and which segments are one large send"},
    {"qdisc_enqueue", POINT_STACK, "packets that enter queueing disciplines"},
    {"qdisc_dequeue", POINT_STACK, "packets that leave queueing disciplines"},
    {"tcp_retransmit_skb", POINT_STACK, "retransmissions"},
    {"tcp_send_reset", POINT_STACK, "resets of TCP"},
    {"sock_rcvqueue_full", POINT_STACK, "sockets that are full"},
    {"udp_fail_queue_rcv_skb", POINT_STACK, "sockets that are full, of UDP"},
    {"icmp_send", POINT_STACK, "because of which packets ICMP errors are sent"},
    {"xdp_exception", POINT_STACK, "failures of XDP programs"},
    {"neigh_timer_handler", POINT_STACK, "neighbours that do not answer"},
    {"sock_send_length", POINT_ALWAYS, "which process sends with a socket that another one made"},
    {"sock_recv_length", POINT_ALWAYS,
     "which process receives with a socket that another one made"},
};

/* Programs at other places than tracepoints, which need cap_net_admin, by a function that only
 * kernels with the place have. Programs that are given an skb in disguise need one more. */
static const struct {
    const char *program;
    enum point_class class;
    const char *functions[2]; /* all that are needed */
    const char *blind;
    const char *without; /* what this kernel lacks */
} places[] = {
    {"tcx_ingress",
     POINT_ALWAYS,
     {"bpf_cast_to_kern_ctx"},
     "what macvlan, ipvlan, VLAN, bond and team devices receive, and what bpf_redirect_peer() "
     "gives "
     "to one end of a veth pair",
     "bpf_cast_to_kern_ctx (Linux 6.2)"},
    {"socket_ingress",
     POINT_ALWAYS,
     {"cgroup_bpf_link_attach", "bpf_cast_to_kern_ctx"},
     "delivery to sockets",
     "BPF programs of control groups that can see a packet (Linux 6.2 with CONFIG_CGROUP_BPF)"},
    {"socket_create",
     POINT_ALWAYS,
     {"cgroup_bpf_link_attach"},
     "which processes make sockets",
     "BPF programs of control groups (CONFIG_CGROUP_BPF)"},
    {"netfilter_first",
     POINT_STACK,
     {"bpf_nf_link_attach"},
     "netfilter hooks",
     "BPF programs at netfilter hooks (Linux 6.4 with CONFIG_NETFILTER_BPF_LINK)"},
    {"netfilter_last", POINT_STACK, {"bpf_nf_link_attach"}, NULL, NULL}, /* one sentence for both */
};

static bool is_wanted(enum point_class class, const struct agent_start *wanted)
{
    return class == POINT_ALWAYS || wanted->upper_edges ||
           (class == POINT_FILTERS && wanted->filters > 0);
}

static void choose_points(struct bpf_object *object, const struct agent_start *wanted)
{
    for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
        if (!is_wanted(points[i].class, wanted)) {
            bpf_program__set_autoload(bpf_object__find_program_by_name(object, points[i].program),
                                      false);
        } else if (!kernel_has_tracepoint(points[i].program)) {
            agent_say_missing("%s: this kernel has no tracepoint %s", points[i].blind,
                              points[i].program);
        }
    }
}

static void choose_places(struct bpf_object *object, const struct agent_start *wanted)
{
    bool permitted = privilege_has_net_admin();

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        bool is_asked_for = is_wanted(places[i].class, wanted), possible = true;

        for (size_t j = 0; j < G_N_ELEMENTS(places[i].functions); j++)
            possible &= !places[i].functions[j] || kernel_function(places[i].functions[j]) > 0;
        if (!is_asked_for || !possible || !permitted)
            bpf_program__set_autoload(bpf_object__find_program_by_name(object, places[i].program),
                                      false);
        if (!is_asked_for || !places[i].blind)
            continue;
        if (!possible)
            agent_say_missing("%s: this kernel has no %s", places[i].blind, places[i].without);
        else if (!permitted)
            agent_say_missing("%s: pktmon-agent lacks the capability cap_net_admin",
                              places[i].blind);
    }
}

void points_choose(struct bpf_object *object, const struct agent_start *wanted)
{
    choose_points(object, wanted);
    choose_places(object, wanted);
}
