/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notice_*: what the kernel itself reports, about a packet or without one. */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_NOTICES_H
#define PKTMON_EBPF_BPF_PROGRAMS_NOTICES_H

#include "../track/drops.h"

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
    struct sk_buff_head arp_queue; /* packets waiting for its reply */
    __u8 nud_state;
    struct net_device *dev;
    __u8 primary_key[0];
};

struct request_sock {
    struct sock_common __req_common;
};

#pragma clang attribute pop

/* The first packet that waits for a neighbour (address of struct neighbour). With many such
 * neighbours the oldest entries are replaced: then the notice does not name the packet. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 1024);
    __type(key, __u64);
    __type(value, struct identity);
} waiting_packets SEC(".maps");

struct notice {
    struct packet_record record;
    __u8 address[RECORD_ADDRESS_SIZE]; /* if caplen of the record is not 0 */
};

/* Like drops, notices may use all of the ring. */
static __always_inline void notice_put(struct notice *notice, enum record_notice kind)
{
    struct packet_record *record = &notice->record;
    __u32 index = bpf_get_smp_processor_id();
    void *ring;

    if (!is_running() || !config.record_flow || !netns_is_selected(record->net_cookie) ||
        record->group & GROUP_NOT_PASSED || (config.filtered && !record->group))
        return;
    record->time = bpf_ktime_get_ns();
    record->cpu = index;
    record->point = RECORD_POINT_NOTICE;
    record->reason = kind;
    index &= config.ring_mask;
    ring = bpf_map_lookup_elem(&rings, &index);
    if (!ring || bpf_ringbuf_output(ring, notice, sizeof(*notice), BPF_RB_NO_WAKEUP))
        counters_add_unaccounted();
}

static __always_inline void read_identity(struct identity *identity, const struct sk_buff *skb)
{
    const struct track_entry *entry = entries_find_live(address(skb));
    __u64 head = address(skb->head);

    if (entry && entry->head == head) {
        identity->group = entry->group;
        identity->filters = entry->filters;
    } else {
        heads_read_identity(head, identity);
    }
}

static __always_inline void notice_set_identity(struct notice *notice,
                                                const struct identity *packet)
{
    notice->record.group = packet->group;
    notice->record.filters = packet->filters;
}

/* Sets the packet that the notice is about, and the namespace. sk: NULL if no socket is
 * involved. */
static __always_inline void notice_set_packet(struct notice *notice, const struct sock *sk,
                                              const struct sk_buff *skb)
{
    const struct net_device *dev = !sk && skb ? skb_find_device(skb) : NULL;
    struct identity packet = {};

    if (skb)
        read_identity(&packet, skb);
    notice_set_identity(notice, &packet);
    if (sk)
        notice->record.net_cookie = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
    else if (dev)
        notice->record.net_cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie);
}

static __always_inline void notice_set_device(struct notice *notice, const struct net_device *dev)
{
    struct device_key device = {.net_cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie),
                                .ifindex = BPF_CORE_READ(dev, ifindex)};

    device_describe_once(&device, dev);
    notice->record.net_cookie = device.net_cookie;
    notice->record.ifindex = device.ifindex;
}

/* __tcp_retransmit_skb(): the segment has just been sent through the stack again. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, const struct sock *sk, const struct sk_buff *skb)
{
    struct notice notice = {};

    notice_set_packet(&notice, sk, skb);
    notice_put(&notice, RECORD_NOTICE_RETRANSMISSION);
    return 0;
}

/* tcp_rtx_synack(): the SYN-ACK has been sent again; its skb is gone by now. sk: the listener. */
SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack, const struct sock *sk, const struct request_sock *request)
{
    const struct sock_common *asked = &request->__req_common;
    struct notice notice = {};

    notice_set_packet(&notice, sk, NULL);
    if (asked->skc_family == AF_INET) {
        notice.record.caplen = sizeof(asked->skc_daddr);
        bpf_probe_read_kernel(notice.address, sizeof(asked->skc_daddr), &asked->skc_daddr);
    } else if (bpf_core_field_exists(asked->skc_v6_daddr)) {
        notice.record.caplen = sizeof(asked->skc_v6_daddr);
        bpf_probe_read_kernel(notice.address, sizeof(asked->skc_v6_daddr), &asked->skc_v6_daddr);
    }
    notice.record.origlen = notice.record.caplen;
    notice_put(&notice, RECORD_NOTICE_SYN_ACK);
    return 0;
}

/* skb: the segment that the RST replies to; NULL if TCP aborts the connection. Since 6.10 with the
 * reason (enum sk_rst_reason). */
SEC("tp_btf/tcp_send_reset")
int tcp_send_reset(unsigned long long *ctx)
{
    const struct sock *sk = (const void *)ctx[0];
    const struct sk_buff *skb = (const void *)ctx[1];
    struct notice notice = {};

    if (config.resets_have_reason)
        notice.record.location = ctx[2];
    notice_set_packet(&notice, sk, skb);
    notice_put(&notice, skb ? RECORD_NOTICE_RESET : RECORD_NOTICE_BREAK);
    return 0;
}

/* __sock_queue_rcv_skb(): raw and ping sockets, and others. */
SEC("tp_btf/sock_rcvqueue_full")
int BPF_PROG(sock_rcvqueue_full, const struct sock *sk, const struct sk_buff *skb)
{
    struct notice notice = {};

    if (sock_is_local(sk) || sock_is_packet(sk))
        return 0;
    notice_set_packet(&notice, sk, skb);
    notice_put(&notice, RECORD_NOTICE_FULL_SOCKET);
    return 0;
}

/* Since 6.10 with the datagram. */
SEC("tp_btf/udp_fail_queue_rcv_skb")
int udp_fail_queue_rcv_skb(unsigned long long *ctx)
{
    const struct sock *sk = (const void *)ctx[1];
    const struct sk_buff *skb = NULL;
    struct notice notice = {.record.location = -(int)ctx[0]};

    if (config.udp_failures_have_packet)
        skb = (const void *)ctx[2];
    notice_set_packet(&notice, sk, skb);
    notice_put(&notice, RECORD_NOTICE_UDP_REFUSED);
    return 0;
}

/* __icmp_send(), before sending: IPv4 only. */
SEC("tp_btf/icmp_send")
int BPF_PROG(icmp_send, const struct sk_buff *skb, int type, int code)
{
    struct notice notice = {.record.location = (type & 0xFF) << 8 | (code & 0xFF)};

    notice_set_packet(&notice, NULL, skb);
    notice_put(&notice, RECORD_NOTICE_ICMP);
    return 0;
}

/* Saves the packet early: when resolution fails, the waiting packets are already freed. */
static __always_inline void notice_save_waiting(const struct neighbour *neighbour)
{
    const struct sk_buff *first = BPF_CORE_READ(neighbour, arp_queue.next);
    __u64 key = address(neighbour);
    struct identity packet = {};

    if (!first || first == (const void *)&neighbour->arp_queue)
        return;
    heads_read_identity((__u64)BPF_CORE_READ(first, head), &packet);
    /* Neighbours without a notice must not replace others. */
    if (!packet.group || packet.group & GROUP_NOT_PASSED ||
        !netns_is_selected(BPF_CORE_READ(neighbour, dev, nd_net.net, net_cookie)))
        return;
    bpf_map_update_elem(&waiting_packets, &key, &packet, BPF_ANY);
}

/* Runs on each timeout of a solicitation; the last one moves the neighbour to NUD_FAILED. */
SEC("tp_btf/neigh_timer_handler")
int BPF_PROG(neigh_timer_handler, const struct neighbour *neighbour)
{
    struct notice notice = {};
    __u64 key = address(neighbour);
    const struct identity *packet;
    __u32 length;

    if (neighbour->nud_state & NUD_INCOMPLETE)
        notice_save_waiting(neighbour);
    if (!(neighbour->nud_state & NUD_FAILED))
        return 0;
    packet = bpf_map_lookup_elem(&waiting_packets, &key);
    if (packet)
        notice_set_identity(&notice, packet);
    bpf_map_delete_elem(&waiting_packets, &key);
    notice_set_device(&notice, neighbour->dev);
    length = BPF_CORE_READ(neighbour, tbl, key_len);
    if (length > RECORD_ADDRESS_SIZE)
        length = RECORD_ADDRESS_SIZE;
    bpf_probe_read_kernel(notice.address, length, neighbour->primary_key);
    notice.record.caplen = notice.record.origlen = length;
    notice_put(&notice, RECORD_NOTICE_NEIGHBOUR);
    return 0;
}

#endif
