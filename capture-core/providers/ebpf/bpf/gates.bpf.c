/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gates are the programs on the links whose attachment disturbs other users: netfilter hooks, tc
 * ingress and the root cgroup. A gate stays attached for the whole capture. It tail-calls the
 * program of the running generation, so switching to another generation is one write to
 * running_generation. If no generation runs, or its programs went away with the agent, the packet
 * continues.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "gates.h"
#include "lib/generation.h"

char LICENSE[] SEC("license") = "GPL";

#define NF_ACCEPT   1
#define TCX_NEXT    (-1)
#define SOCKET_PASS 1

struct bpf_nf_ctx;

/* The kernel requires all programs in one array to be of the same type. */
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

/* Returns only if there is no such program. The indexes are constant, so that the kernel makes
 * direct jumps of the tail calls. */
static __always_inline void run_generation(void *context, void *programs, __u32 place)
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
    run_generation(context, &netfilter_programs, 0);
    return NF_ACCEPT;
}

SEC("gate/last")
int gate_last(struct bpf_nf_ctx *context)
{
    run_generation(context, &netfilter_programs, 1);
    return NF_ACCEPT;
}

SEC("gate/ingress")
int gate_ingress(struct __sk_buff *context)
{
    run_generation(context, &ingress_programs, 0);
    return TCX_NEXT;
}

SEC("gate/socket")
int gate_socket(struct __sk_buff *context)
{
    run_generation(context, &socket_programs, 0);
    return SOCKET_PASS;
}
