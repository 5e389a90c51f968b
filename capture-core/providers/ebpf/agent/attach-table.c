/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of the programs that are loaded: those that were requested and that the kernel can
 * attach. */
#include "attach-table.h"

#include <bpf/libbpf.h>
#include <glib.h>

#include "agent-privilege.h"
#include "kernel.h"
#include "providers/ebpf/agent-protocol.h"
#include "reply.h"

enum program_class {
    PROGRAM_ALWAYS,
    PROGRAM_OF_STACK,   /* only if all points of the stack are requested */
    PROGRAM_OF_FILTERS, /* in that case, and if filters judge received packets (bpf/probes.bpf.c) */
};

static const struct {
    const char *program; /* named like its tracepoint */
    enum program_class class;
    const char *blind; /* what is not seen without it */
} tracepoints[] = {
    {"kfree_skb", PROGRAM_ALWAYS, "drops"},
    {"consume_skb", PROGRAM_ALWAYS, "where packets end"},
    {"netif_receive_skb_entry", PROGRAM_ALWAYS, "packets handed over with netif_receive_skb()"},
    {"netif_receive_skb_list_entry", PROGRAM_ALWAYS,
     "packets handed over with netif_receive_skb_list()"},
    {"netif_rx_entry", PROGRAM_ALWAYS, "packets handed over with netif_rx()"},
    {"napi_gro_receive_entry", PROGRAM_ALWAYS, "packets handed over with napi_gro_receive()"},
    {"napi_gro_frags_entry", PROGRAM_ALWAYS, "packets handed over with napi_gro_frags()"},
    {"net_dev_start_xmit", PROGRAM_ALWAYS, "packets that drivers send"},
    {"netif_receive_skb", PROGRAM_OF_FILTERS, "the upper edge on receive"},
    {"net_dev_queue", PROGRAM_ALWAYS,
     "the upper edge on send, and which segments are one large send"},
    {"qdisc_enqueue", PROGRAM_OF_STACK, "packets that enter queueing disciplines"},
    {"qdisc_dequeue", PROGRAM_OF_STACK, "packets that leave queueing disciplines"},
    {"tcp_retransmit_skb", PROGRAM_OF_STACK, "retransmissions"},
    {"tcp_retransmit_synack", PROGRAM_OF_STACK, "retransmissions of SYN-ACKs"},
    {"tcp_send_reset", PROGRAM_OF_STACK, "TCP resets"},
    {"sock_rcvqueue_full", PROGRAM_OF_STACK, "full receive queues of sockets"},
    {"udp_fail_queue_rcv_skb", PROGRAM_OF_STACK, "datagrams that UDP sockets refuse"},
    {"icmp_send", PROGRAM_OF_STACK, "which packets cause ICMP errors"},
    {"xdp_exception", PROGRAM_ALWAYS, "failures of XDP programs"},
    {"xdp_redirect_err", PROGRAM_ALWAYS, "failed redirects of XDP programs"},
    {"xdp_devmap_xmit", PROGRAM_ALWAYS,
     "frames that a device does not accept from an XDP redirect"},
    {"xdp_bulk_tx", PROGRAM_ALWAYS,
     "frames that a device does not accept back from its XDP program"},
    {"xdp_cpumap_enqueue", PROGRAM_ALWAYS, "frames that do not fit in the queue of an XDP CPU map"},
    {"xdp_cpumap_kthread", PROGRAM_ALWAYS,
     "frames that are lost behind the queue of an XDP CPU map"},
    {"neigh_timer_handler", PROGRAM_OF_STACK, "neighbours that do not answer"},
    {"sock_send_length", PROGRAM_ALWAYS,
     "which process sends on a socket that another one created"},
    {"sock_recv_length", PROGRAM_ALWAYS,
     "which process receives on a socket that another one created"},
};

/* Programs at other attach points than tracepoints. They need cap_net_admin; the kernel has the
 * attach point if it has the function. */
static const struct {
    const char *program;
    enum program_class class;
    const char *function;
    const char *blind;
    const char *without; /* what this kernel lacks */
    /* Replaces the program on kernels that lack bpf_cast_to_kern_ctx(), which turns the context of
     * a program into its sk_buff (6.2). */
    const char *older;
} other_programs[] = {
    {"tcx_ingress", PROGRAM_ALWAYS, "tcx_link_attach",
     "what macvlan, ipvlan, VLAN, bond and team devices receive, and what bpf_redirect_peer() "
     "gives to one end of a veth pair",
     "BPF programs at tc ingress that are detached with the capture (tcx, Linux 6.6)"},
    {"socket_ingress", PROGRAM_ALWAYS, "cgroup_bpf_link_attach", "delivery to sockets",
     "BPF programs of control groups (CONFIG_CGROUP_BPF)", "socket_ingress_by_copy"},
    {"socket_create", PROGRAM_ALWAYS, "cgroup_bpf_link_attach", "which processes create sockets",
     "BPF programs of control groups (CONFIG_CGROUP_BPF)"},
    {"netfilter_first", PROGRAM_OF_STACK, "bpf_nf_link_attach", "netfilter hooks",
     "BPF programs at netfilter hooks (Linux 6.4 with CONFIG_NETFILTER_BPF_LINK)"},
    {"netfilter_last", PROGRAM_OF_STACK, "bpf_nf_link_attach"}, /* reported with the entry before */
};

static bool is_wanted(enum program_class class, const struct agent_start *wanted)
{
    return class == PROGRAM_ALWAYS || wanted->live.points == PKTMON_POINTS_STACK ||
           (class == PROGRAM_OF_FILTERS && wanted->filters > 0);
}

static void leave_out(struct bpf_object *object, const char *program)
{
    bpf_program__set_autoload(bpf_object__find_program_by_name(object, program), false);
}

static void choose_tracepoints(struct bpf_object *object, const struct agent_start *wanted)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tracepoints); i++) {
        if (!is_wanted(tracepoints[i].class, wanted)) {
            leave_out(object, tracepoints[i].program);
        } else if (!agent_kernel_has_tracepoint(tracepoints[i].program)) {
            agent_report_missing("%s: this kernel has no tracepoint %s", tracepoints[i].blind,
                                 tracepoints[i].program);
        }
    }
}

/* Of two programs for one attach point, the one for this kernel. */
static const char *choose_program(struct bpf_object *object, size_t index)
{
    const char *program = other_programs[index].program, *older = other_programs[index].older;

    if (!older)
        return program;
    if (agent_kernel_function("bpf_cast_to_kern_ctx") > 0) {
        leave_out(object, older);
        return program;
    }
    leave_out(object, program);
    return older;
}

static void choose_other_programs(struct bpf_object *object, const struct agent_start *wanted)
{
    bool permitted = agent_has_net_admin();

    for (size_t i = 0; i < G_N_ELEMENTS(other_programs); i++) {
        bool is_requested = is_wanted(other_programs[i].class, wanted),
             possible = agent_kernel_function(other_programs[i].function) > 0;
        const char *program = choose_program(object, i);

        if (!is_requested || !possible || !permitted)
            leave_out(object, program);
        if (!is_requested || !other_programs[i].blind)
            continue;
        if (!possible)
            agent_report_missing("%s: this kernel has no %s", other_programs[i].blind,
                                 other_programs[i].without);
        else if (!permitted)
            agent_report_missing("%s: pktmon-agent lacks the capability cap_net_admin",
                                 other_programs[i].blind);
    }
}

void agent_choose_points(struct bpf_object *object, const struct agent_start *wanted)
{
    choose_tracepoints(object, wanted);
    choose_other_programs(object, wanted);
}
