/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that receive packets. */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_SOCKET_DELIVERY_H
#define PKTMON_EBPF_BPF_PROGRAMS_SOCKET_DELIVERY_H

#include "netfilter-hooks.h"

#define SOCKET_PASS  1                 /* return value of a cgroup_skb program */
#define EDGE_SOCKETS PKTMON_EDGE_LOWER /* with ifindex 0 */

/* The socket that is about to receive the packet. */
struct receiver {
    __u64 net_cookie;
    __u64 cookie; /* key of owners */
    __u64 net;    /* address of struct net */
    __u16 type;
    __u16 protocol;
    __u8 state;
};

/* A listener has not received the packet yet when it is offered (track/listener-offers.h). */
static __always_inline void mark_delivered(__u64 skb, const struct receiver *receiver, bool offered)
{
    struct track_entry *entry = entries_find_live(skb);

    if (!entry)
        return;
    entry->socket = receiver->cookie;
    if (offered) {
        entry->flags |= ENTRY_OFFERED;
        return;
    }
    entry->flags |= ENTRY_DELIVERED;
    if (receiver->type == SOCK_RAW && entry->copy > 1)
        entry->flags |= ENTRY_SIDE;
    family_mark_good(entry);
}

/* skb: the packet's skb, or a copy of it. frame->skb is the address of the original in either
 * case. */
static __always_inline void observe_at_socket(struct __sk_buff *ctx, const struct sk_buff *skb,
                                              const struct frame *frame,
                                              const struct receiver *receiver,
                                              struct scratch *scratch)
{
    struct observe_place place = {.key = {.net_cookie = receiver->net_cookie, .edge = EDGE_SOCKETS},
                                  .point = RECORD_POINT_SOCKET,
                                  .direction = RECORD_RX};
    struct edge_counters *count = hooks_count(&place, (const void *)receiver->net, frame);
    bool offered =
        receiver->state == TCP_LISTEN && receiver->protocol == IPPROTO_TCP && offer_is_syn(skb);
    __u32 copied;

    if (offered)
        offer_note(frame->skb, receiver->net);
    if (!scratch)
        counters_add_unaccounted();
    if (!count || !scratch || !match_packet(scratch, skb, ctx, frame))
        return;
    copied = observe_start_without_socket(scratch, skb, ctx, frame, &place);
    scratch->record.socket = receiver->cookie;
    observe_fill(scratch, skb, frame);
    track_packet(&scratch->record, &scratch->obs);
    mark_delivered(frame->skb, receiver, offered);
    observe_write_record(ctx, frame, scratch, copied, count);
}

/* Before the socket checks its limits. skb->sk is set to the receiving socket for the time of this
 * call. */
SEC("cgroup_skb/ingress")
int socket_ingress(struct __sk_buff *ctx)
{
    struct sk_buff *skb = kernel_cast_to_kern_ctx(ctx);
    struct nesting *nested = nesting_get();
    struct sock *sk = skb->sk;
    struct receiver receiver;
    struct frame frame;
    __u32 level;

    if (!sk || !nested)
        return SOCKET_PASS;
    receiver = (struct receiver){.net_cookie = sk->__sk_common.skc_net.net->net_cookie,
                                 .cookie = sock_packet_cookie(sk),
                                 .net = address(sk->__sk_common.skc_net.net),
                                 .type = sk->sk_type,
                                 .protocol = sk->sk_protocol,
                                 .state = sk->__sk_common.skc_state};
    level = scratch_take(nested);
    frame_fill_dropped(&frame, skb, 0);
    observe_at_socket(ctx, skb, &frame, &receiver,
                      level < NESTED_LEVELS ? scratch_get(SCRATCH_NESTED + level) : NULL);
    scratch_release(nested, level);
    return SOCKET_PASS;
}

/* The verifier does not know the address as a pointer. */
static __always_inline void read_receiver(struct receiver *receiver, const struct sock *sk)
{
    const struct sock___owner *owner = (const void *)sk;
    const struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);

    receiver->net_cookie = BPF_CORE_READ(net, net_cookie);
    receiver->cookie = BPF_CORE_READ(owner, __sk_common.skc_cookie.counter);
    receiver->net = (__u64)net;
    receiver->type = BPF_CORE_READ(sk, sk_type);
    receiver->protocol = BPF_CORE_READ(sk, sk_protocol);
    receiver->state = BPF_CORE_READ(sk, __sk_common.skc_state);
}

/* The verifier does not know the address as a pointer. */
static __always_inline const struct sk_buff *copy_skb(struct scratch *scratch, __u64 skb)
{
    __u32 size = bpf_core_type_size(struct sk_buff);

    if (size > SKB_COPY_SIZE)
        size = SKB_COPY_SIZE;
    if (bpf_probe_read_kernel(scratch->skb_copy, size, (const void *)skb))
        return NULL;
    return (const struct sk_buff *)scratch->skb_copy;
}

/* For kernels before 6.2. They pass the skb itself as context (kernel/bpf/cgroup.c), but no pointer
 * that a program may dereference. So the program reads a copy. */
SEC("cgroup_skb/ingress")
int socket_ingress_by_copy(struct __sk_buff *ctx)
{
    struct nesting *nested = nesting_get();
    const struct sk_buff *skb;
    struct scratch *scratch;
    struct receiver receiver;
    struct frame frame;
    __u32 level;

    if (!nested)
        return SOCKET_PASS;
    level = scratch_take(nested);
    scratch = level < NESTED_LEVELS ? scratch_get(SCRATCH_NESTED + level) : NULL;
    skb = scratch ? copy_skb(scratch, address(ctx)) : NULL;
    if (skb && skb->sk) {
        read_receiver(&receiver, skb->sk);
        frame_fill_dropped(&frame, skb, 0);
        frame.skb = address(ctx);
        observe_at_socket(ctx, skb, &frame, &receiver, scratch);
    } else {
        counters_add_unaccounted();
    }
    scratch_release(nested, level);
    return SOCKET_PASS;
}

#endif
