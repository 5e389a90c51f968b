/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trouble that the kernel tells of by itself, about a packet or beside one. */
#ifndef PKTMON_TROUBLE_H
#define PKTMON_TROUBLE_H

#include "drops.h"

#define NUD_INCOMPLETE 0x01 /* include/uapi/linux/neighbour.h */
#define NUD_FAILED     0x20

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff_head {
    struct sk_buff *next;
};

struct neigh_table {
    int family;
    unsigned int key_len;
};

struct neighbour {
    struct neigh_table *tbl;
    struct sk_buff_head arp_queue; /* packets that wait for its answer */
    __u8 nud_state;
    struct net_device *dev;
    __u8 primary_key[0];
};

#pragma clang attribute pop

/* The first packet that waits for a neighbour (address of struct neighbour). Where there are many
 * such neighbours the oldest are forgotten: then which packet it was is not known. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u64);
    __type(value, struct identity);
} waiting_packets SEC(".maps");

struct trouble {
    struct packet_record record;
    __u8 address[RECORD_ADDRESS_SIZE]; /* where the record says that it follows */
};

/* Like drops, it may fill all of the ring. */
static __always_inline void put_trouble(struct trouble *trouble, enum record_trouble kind)
{
    struct packet_record *record = &trouble->record;
    __u32 index = bpf_get_smp_processor_id();
    void *ring;

    if (!is_running() || !config.record_flow || !is_wanted(record->net_cookie) ||
        record->group & GROUP_LEFT_OUT || (config.filtered && !record->group))
        return;
    record->time = bpf_ktime_get_ns();
    record->cpu = index;
    record->point = RECORD_POINT_TROUBLE;
    record->reason = kind;
    index &= config.ring_mask;
    ring = bpf_map_lookup_elem(&rings, &index);
    if (!ring || bpf_ringbuf_output(ring, trouble, sizeof(*trouble), BPF_RB_NO_WAKEUP))
        count_unaccounted();
}

static __always_inline void identify(struct identity *identity, const struct sk_buff *skb)
{
    const struct journey *journey = live_journey_of(address(skb));
    __u64 head = address(skb->head);

    if (journey && journey->head == head) {
        identity->group = journey->group;
        identity->filters = journey->filters;
    } else {
        identify_at(head, identity);
    }
}

static __always_inline void is_about(struct trouble *trouble, const struct identity *packet)
{
    trouble->record.group = packet->group;
    trouble->record.filters = packet->filters;
}

/* Says which packet it is about, and in which namespace. sk: NULL where no socket has to do with
 * it. */
static __always_inline void about_packet(struct trouble *trouble, const struct sock *sk,
                                         const struct sk_buff *skb)
{
    const struct net_device *dev = !sk && skb ? device_of(skb) : NULL;
    struct identity packet = {};

    if (skb)
        identify(&packet, skb);
    is_about(trouble, &packet);
    if (sk)
        trouble->record.net_cookie = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
    else if (dev)
        trouble->record.net_cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie);
}

static __always_inline void about_device(struct trouble *trouble, const struct net_device *dev)
{
    struct device_key device = {.net_cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie),
                                .ifindex = BPF_CORE_READ(dev, ifindex)};

    meet_device(&device, dev);
    trouble->record.net_cookie = device.net_cookie;
    trouble->record.ifindex = device.ifindex;
}

/* __tcp_retransmit_skb(): the segment has just passed the stack once more. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, const struct sock *sk, const struct sk_buff *skb)
{
    struct trouble trouble = {};

    about_packet(&trouble, sk, skb);
    put_trouble(&trouble, RECORD_TROUBLE_RETRANSMISSION);
    return 0;
}

/* With the segment that is answered; without one a connection is broken off. Since 6.10 with the
 * reason (enum sk_rst_reason). */
SEC("tp_btf/tcp_send_reset")
int tcp_send_reset(unsigned long long *ctx)
{
    const struct sock *sk = (const void *)ctx[0];
    const struct sk_buff *skb = (const void *)ctx[1];
    struct trouble trouble = {};

    if (config.resets_have_reason)
        trouble.record.location = ctx[2];
    about_packet(&trouble, sk, skb);
    put_trouble(&trouble, skb ? RECORD_TROUBLE_RESET : RECORD_TROUBLE_BREAK);
    return 0;
}

/* __sock_queue_rcv_skb(): raw and ping sockets, and others. */
SEC("tp_btf/sock_rcvqueue_full")
int BPF_PROG(sock_rcvqueue_full, const struct sock *sk, const struct sk_buff *skb)
{
    struct trouble trouble = {};

    if (is_local_socket(sk) || is_packet_socket(sk))
        return 0;
    about_packet(&trouble, sk, skb);
    put_trouble(&trouble, RECORD_TROUBLE_FULL_SOCKET);
    return 0;
}

/* Since 6.10 with the datagram. */
SEC("tp_btf/udp_fail_queue_rcv_skb")
int udp_fail_queue_rcv_skb(unsigned long long *ctx)
{
    const struct sock *sk = (const void *)ctx[1];
    const struct sk_buff *skb = NULL;
    struct trouble trouble = {.record.location = -(int)ctx[0]};

    if (config.udp_failures_have_packet)
        skb = (const void *)ctx[2];
    about_packet(&trouble, sk, skb);
    put_trouble(&trouble, RECORD_TROUBLE_UDP_REFUSED);
    return 0;
}

/* __icmp_send(), about to send: IPv4 alone. */
SEC("tp_btf/icmp_send")
int BPF_PROG(icmp_send, const struct sk_buff *skb, int type, int code)
{
    struct trouble trouble = {.record.location = (type & 0xFF) << 8 | (code & 0xFF)};

    about_packet(&trouble, NULL, skb);
    put_trouble(&trouble, RECORD_TROUBLE_ICMP);
    return 0;
}

/* XDP sees packets before they have a buffer: which one it was is not known. */
SEC("tp_btf/xdp_exception")
int BPF_PROG(xdp_exception, const struct net_device *dev, const void *program, __u32 action)
{
    struct trouble trouble = {.record.location = action};

    about_device(&trouble, dev);
    put_trouble(&trouble, RECORD_TROUBLE_XDP);
    return 0;
}

/* By the time that the kernel gives up the packets are gone. */
static __always_inline void note_waiting(const struct neighbour *neighbour)
{
    const struct sk_buff *first = BPF_CORE_READ(neighbour, arp_queue.next);
    __u64 key = address(neighbour);
    struct identity packet = {};

    if (!first || first == (const void *)&neighbour->arp_queue)
        return;
    identify_at((__u64)BPF_CORE_READ(first, head), &packet);
    /* Neighbours that nobody will hear of must not take the place of others. */
    if (!packet.group || packet.group & GROUP_LEFT_OUT ||
        !is_wanted(BPF_CORE_READ(neighbour, dev, nd_net.net, net_cookie)))
        return;
    bpf_map_update_elem(&waiting_packets, &key, &packet, BPF_ANY);
}

/* Fires for each question that was not answered in time; the last one makes the neighbour fail. */
SEC("tp_btf/neigh_timer_handler")
int BPF_PROG(neigh_timer_handler, const struct neighbour *neighbour)
{
    struct trouble trouble = {};
    __u64 key = address(neighbour);
    const struct identity *packet;
    __u32 length;

    if (neighbour->nud_state & NUD_INCOMPLETE)
        note_waiting(neighbour);
    if (!(neighbour->nud_state & NUD_FAILED))
        return 0;
    packet = bpf_map_lookup_elem(&waiting_packets, &key);
    if (packet)
        is_about(&trouble, packet);
    bpf_map_delete_elem(&waiting_packets, &key);
    about_device(&trouble, neighbour->dev);
    length = BPF_CORE_READ(neighbour, tbl, key_len);
    if (length > RECORD_ADDRESS_SIZE)
        length = RECORD_ADDRESS_SIZE;
    bpf_probe_read_kernel(trouble.address, length, neighbour->primary_key);
    trouble.record.caplen = trouble.record.origlen = length;
    put_trouble(&trouble, RECORD_TROUBLE_NEIGHBOUR);
    return 0;
}

#endif
