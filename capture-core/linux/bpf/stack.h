/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points between devices and sockets: queueing disciplines, netfilter's hooks, sockets. */
#ifndef PKTMON_STACK_H
#define PKTMON_STACK_H

#include "output.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nf_hook_state {
    __u8 hook;
    __u8 pf;
    struct net_device *in;
    struct net_device *out;
    struct sock *sk;
    struct net *net;
};

struct bpf_nf_ctx {
    const struct nf_hook_state *state;
    struct sk_buff *skb;
};

#pragma clang attribute pop

#define NF_ACCEPT   1
#define SOCKET_PASS 1 /* of a cgroup_skb program */

/* struct Qdisc's enqueue() took the packet. */
SEC("tp_btf/qdisc_enqueue")
int BPF_PROG(qdisc_enqueue, const void *qdisc, const void *queue, struct sk_buff *skb)
{
    return 0;
}

/* It gave one or several packets; none: skb is NULL. */
SEC("tp_btf/qdisc_dequeue")
int BPF_PROG(qdisc_dequeue, const void *qdisc, const void *queue, int packets, struct sk_buff *skb)
{
    return 0;
}

/* Before all other functions of the hook. */
SEC("netfilter")
int netfilter_first(struct bpf_nf_ctx *ctx)
{
    return NF_ACCEPT;
}

/* After all other functions of the hook. */
SEC("netfilter")
int netfilter_last(struct bpf_nf_ctx *ctx)
{
    return NF_ACCEPT;
}

/* A socket is about to take the packet, before its limits are looked at. */
SEC("cgroup_skb/ingress")
int socket_ingress(struct __sk_buff *ctx)
{
    return SOCKET_PASS;
}

#endif
