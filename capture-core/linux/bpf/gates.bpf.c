/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gates: what links attach where attaching disturbs others, at netfilter's hooks, tc ingress and
 * the root control group. They stay as they are from the first packet to the last. Each hands the
 * packet to the program of the generation that runs, so that another generation is one write to
 * running_generation; where none runs, or its programs have gone with the agent, the packet goes
 * on.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "gates.h"
#include "generation.h"

char LICENSE[] SEC("license") = "GPL";

#define NF_ACCEPT   1
#define TCX_NEXT    (-1)
#define SOCKET_PASS 1

struct bpf_nf_ctx;

/* The kernel wants programs of one type in each. */
struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, GATE_GENERATIONS *GATES_OF_NETFILTER);
    __type(key, __u32);
    __type(value, __u32);
} netfilter_programs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, GATE_GENERATIONS);
    __type(key, __u32);
    __type(value, __u32);
} ingress_programs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, GATE_GENERATIONS);
    __type(key, __u32);
    __type(value, __u32);
} socket_programs SEC(".maps");

/* Returns where there is no program. Constant indexes, which the kernel makes direct jumps of. */
static __always_inline void pass(void *context, void *programs, __u32 place)
{
    __u32 zero = 0, *running = bpf_map_lookup_elem(&running_generation, &zero);

    if (!running || *running == 0)
        return;
    if (*running % GATE_GENERATIONS)
        bpf_tail_call_static(context, programs, GATE_SLOT(place, 1));
    else
        bpf_tail_call_static(context, programs, GATE_SLOT(place, 0));
}

SEC("gate/first")
int gate_first(struct bpf_nf_ctx *context)
{
    pass(context, &netfilter_programs, 0);
    return NF_ACCEPT;
}

SEC("gate/last")
int gate_last(struct bpf_nf_ctx *context)
{
    pass(context, &netfilter_programs, 1);
    return NF_ACCEPT;
}

SEC("gate/ingress")
int gate_ingress(struct __sk_buff *context)
{
    pass(context, &ingress_programs, 0);
    return TCX_NEXT;
}

SEC("gate/socket")
int gate_socket(struct __sk_buff *context)
{
    pass(context, &socket_programs, 0);
    return SOCKET_PASS;
}
