/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * end_*: what the free of an skb means where the kernel gives no reason: the function that frees it
 * tells.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_END_KINDS_H
#define PKTMON_EBPF_BPF_TRACK_END_KINDS_H

#include "content.h"

enum end_kind {
    END_NOT_KNOWN,
    END_RECEIVED,  /* the kernel itself was the receiver */
    END_ICMPV6,    /* so it was, or it refuses a message */
    END_NO_SOCKET, /* no socket wants a multicast or broadcast packet */
    END_OTHERHOST, /* a packet for another host */
    END_WIREGUARD, /* only WireGuard's keepalives end well there */
    END_CUT,       /* the large skb is freed when its segments are made */
    END_BY_CALLER, /* consume_skb() itself: its caller decides */
    END_SEGMENT,   /* a segment of a closed connection (TIME_WAIT), or one that TCP cannot parse */
    END_LATE,      /* an acknowledgement or data after the peer's FIN */
    END_BPDU,      /* a spanning tree message for other bridges, or one that no bridge wants */
    END_KEEPALIVE, /* an IPsec NAT keepalive, or a packet that is not IPsec */
    END_SENT,      /* a driver frees what its NIC has sent */
    END_PART,      /* of a merged packet, whose end was reported just before */
    END_SHARED,    /* shared functions by which drivers free, for any cause */
    /* Of the functions that called it: */
    END_IN_STACK, /* the packet is in the stack, or on its way to a driver */
    END_BY_NIC,   /* a driver frees what its NIC has completed */
    END_OUTSIDE,  /* outside of the packet's path: how the CPU came to it */
};

struct end_function {
    char function[24]; /* how its name begins */
    __u32 length;
    __u32 kind;
};

#define END_AT(name, kind)                                                                         \
    {                                                                                              \
        name, sizeof(name) - 1, kind                                                               \
    }

static const struct end_function end_functions[] = {
    END_AT("icmp_rcv", END_RECEIVED),
    END_AT("icmpv6_rcv", END_ICMPV6),
    END_AT("pndisc_redo", END_ICMPV6), /* on behalf of another host, or of several */
    END_AT("igmp_rcv", END_RECEIVED),
    END_AT("arp_process", END_RECEIVED),
    END_AT("bond_handle_frame", END_RECEIVED), /* LACP */
    END_AT("arp_rcv", END_OTHERHOST),
    END_AT("__udp4_lib_", END_NO_SOCKET),
    END_AT("__udp6_lib_", END_NO_SOCKET),
    END_AT("wg_packet_rx_poll", END_WIREGUARD),
    END_AT("wg_packet_handshake", END_RECEIVED),
    END_AT("nfqnl_enqueue_packet", END_CUT),
    END_AT("xfrm_output", END_CUT),
    END_AT("consume_skb+", END_BY_CALLER),
    END_AT("tcp_v4_rcv+", END_SEGMENT),
    END_AT("tcp_v6_rcv+", END_SEGMENT),
    END_AT("tcp_rcv_state_process+", END_LATE),
    END_AT("stp_pdu_rcv", END_BPDU),
    END_AT("br_stp_rcv", END_BPDU),
    END_AT("xfrm4_udp_encap_rcv", END_KEEPALIVE),
    END_AT("xfrm6_udp_encap_rcv", END_KEEPALIVE),
    END_AT("net_tx_action", END_SENT),
    END_AT("skb_release_data", END_PART),
    END_AT("dev_kfree_skb_", END_SHARED),
    END_AT("__dev_kfree_skb_", END_SHARED),
    END_AT("dev_hard_start_xmit", END_IN_STACK),
    END_AT("__dev_queue_xmit", END_IN_STACK),
    END_AT("__dev_direct_xmit", END_IN_STACK),
    END_AT("__qdisc_run", END_IN_STACK),
    END_AT("__netif_receive_skb", END_IN_STACK),
    END_AT("napi_gro_", END_IN_STACK),
    END_AT("__napi_poll", END_BY_NIC),
    END_AT("net_rx_action", END_BY_NIC),
    END_AT("__handle_irq_event", END_BY_NIC),
    /* Interrupts, which may occur in any code. */
    END_AT("napi_threaded_poll", END_OUTSIDE),
    END_AT("handle_softirqs", END_OUTSIDE),
    END_AT("__do_softirq", END_OUTSIDE),
    END_AT("do_softirq", END_OUTSIDE),
    END_AT("run_ksoftirqd", END_OUTSIDE),
    END_AT("call_timer_fn", END_OUTSIDE),
    END_AT("__hrtimer_run_queues", END_OUTSIDE),
    END_AT("tasklet_action", END_OUTSIDE),
    END_AT("rcu_do_batch", END_OUTSIDE),
    END_AT("asm_", END_OUTSIDE),
    END_AT("sysvec_", END_OUTSIDE),
    END_AT("__irq_exit_rcu", END_OUTSIDE),
    END_AT("irq_exit", END_OUTSIDE),
    END_AT("handle_irq_event", END_OUTSIDE),
    END_AT("el1", END_OUTSIDE),
    /* System calls and kernel threads. */
    END_AT("do_syscall_64", END_OUTSIDE),
    END_AT("entry_", END_OUTSIDE),
    END_AT("x64_sys_call", END_OUTSIDE),
    END_AT("__x64_sys_", END_OUTSIDE),
    END_AT("__arm64_sys_", END_OUTSIDE),
    END_AT("invoke_syscall", END_OUTSIDE),
    END_AT("__sys_", END_OUTSIDE),
    END_AT("vfs_", END_OUTSIDE),
    END_AT("io_", END_OUTSIDE),
    END_AT("task_work_run", END_OUTSIDE),
    END_AT("__fput", END_OUTSIDE),
    END_AT("process_one_work", END_OUTSIDE),
    END_AT("kthread+", END_OUTSIDE),
    END_AT("ret_from_fork", END_OUTSIDE),
};

#define END_FUNCTIONS (sizeof(end_functions) / sizeof(end_functions[0]))

/* By the index of the location's text. */
static __u8 end_kinds[RECORD_MAX_LOCATIONS];

/* Whether an skb that is freed there without a reason may be an unwanted copy. By the same
 * index. */
static bool unwanted_locations[RECORD_MAX_LOCATIONS];

/* Sets both for a location whose text was just made. Global function, see content_read(). */
__noinline int end_learn_kind(__u32 index)
{
    const char *text = bpf_map_lookup_elem(&location_texts, &index);

    if (!text)
        return 0;
#pragma unroll
    for (__u32 i = 0; i < END_FUNCTIONS; i++) {
        if (bpf_strncmp(text, end_functions[i].length, end_functions[i].function) == 0)
            end_kinds[index & (RECORD_MAX_LOCATIONS - 1)] = end_functions[i].kind;
    }
#define PLACE(name)                                                                                \
    if (bpf_strncmp(text, sizeof(name) - 1, name) == 0)                                            \
        unwanted_locations[index & (RECORD_MAX_LOCATIONS - 1)] = true;
    UNWANTED_PLACES(PLACE)
#undef PLACE
    return 0;
}

static __always_inline enum end_kind end_find_kind(__u32 location)
{
    return end_kinds[location & (RECORD_MAX_LOCATIONS - 1)];
}

/* Whether the callers of a function of this kind have nothing to do with the packet. */
static __always_inline bool end_is_outside(enum end_kind kind)
{
    return kind == END_OUTSIDE || kind == END_SENT || kind == END_BY_NIC;
}

/* The end of an skb. */
struct skb_end {
    __u64 location;
    __u64 skb;
    __u64 head;
    __u32 ifindex; /* of its device; 0: none */
    __u32 length;
    __u32 packet_type;
    __u32 pad;
};

/* The reason that such an end should have; SKB_NOT_DROPPED_YET: it is not a drop. */
static __always_inline __u32 end_find_reason(enum end_kind kind, const struct skb_end *end)
{
    switch (kind) {
    case END_NO_SOCKET:
        return bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NO_SOCKET);
    case END_OTHERHOST: /* otherwise it was looped back, or the device does not use ARP */
        if (end->packet_type == PACKET_OTHERHOST)
            return bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_OTHERHOST);
        break;
    case END_WIREGUARD:
        return end->length ? RECORD_REASON_WIREGUARD : SKB_NOT_DROPPED_YET;
    default:
        break;
    }
    return SKB_NOT_DROPPED_YET;
}

static __always_inline bool end_is_unspecified(__u32 reason)
{
    return reason == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED);
}

/* Global function, see content_read(). */
__noinline int is_unwanted_reason(__u32 given)
{
#define REASON(name)                                                                               \
    if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_##name) &&                \
        given == bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_##name))                \
        return 1;
    UNWANTED_REASONS(REASON)
    REASON(PACKET_SOCK_ERROR) /* not a copy on the packet's path */
#undef REASON
    return 0;
}

/* Whether the skb is dropped for a reason of its own; otherwise it may be a copy that nobody
 * wanted. Segments that TCP has handled are not drops; end_flag_segment() tells them apart. Global
 * function, see content_read(). */
__noinline int end_is_refusal(const struct drop_key *key)
{
    enum end_kind kind;

    if (!key || key->flags & (RECORD_SIDE | RECORD_DELIVERED) ||
        key->reason == RECORD_REASON_RECEIVED)
        return 0;
    if (!end_is_unspecified(key->reason))
        return !is_unwanted_reason(key->reason);
    kind = end_find_kind(key->location);
    return key->location && kind != END_SEGMENT && kind != END_LATE &&
           !unwanted_locations[key->location & (RECORD_MAX_LOCATIONS - 1)];
}

#define TCP_MIN_HEADER 20

/* Length of the segment's TCP header, bytes; 0: the skb is shorter. */
static __always_inline __u32 read_segment_header(const struct sk_buff *skb)
{
    __u32 length;

    if (BPF_CORE_READ(skb, len) < TCP_MIN_HEADER)
        return 0;
    length = content_tcp_header_length(address(BPF_CORE_READ(skb, head)) +
                                       BPF_CORE_READ(skb, transport_header));
    return length <= BPF_CORE_READ(skb, len) ? length : 0;
}

/* Whether TCP has handled a segment that it frees at this location without a reason. TCP discards
 * truncated segments, multicast and broadcast, and data after a FIN at the same locations. */
static __always_inline bool is_segment_handled(const struct sk_buff *skb, enum end_kind kind)
{
    __u32 header = read_segment_header(skb);

    if (kind == END_LATE)
        return header == BPF_CORE_READ(skb, len);
    return header && BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type) == PACKET_HOST;
}

/* Global function, see content_read(). skb_addr: address. */
__noinline int end_flag_segment(struct drop_key *key, __u64 skb_addr)
{
    enum end_kind kind = key ? end_find_kind(key->location) : END_NOT_KNOWN;

    if (!key || (kind != END_SEGMENT && kind != END_LATE))
        return 0;
    key->flags &= ~RECORD_DELIVERED;
    if (is_segment_handled((const void *)skb_addr, kind))
        key->flags |= RECORD_DELIVERED;
    return 0;
}

#endif
