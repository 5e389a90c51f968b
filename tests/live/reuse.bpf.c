/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts, independently of the capture, skbs that were received in one of two namespaces and are
 * sent there as another packet, although no tracepoint showed the end of the first packet.
 */
#include "providers/ebpf/bpf/lib/kernel-types.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define MAX_BUFFERS 65536 /* more than the messages of a run: each may be in another skb */

/* What reuse.sh reads, by position. */
enum count {
    RECEIVED,
    ENDED,     /* of these: a tracepoint showed the end */
    RECYCLED,  /* of these: no tracepoint did */
    FORGOTTEN, /* no room to remember one */
    COUNTS,
};

/* Addresses of skbs whose packet was received, and has not ended as far as tracepoints show. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, MAX_BUFFERS);
    __type(key, __u64);
    __type(value, __u8);
} received SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, COUNTS);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

static __always_inline void add(__u32 count)
{
    __u64 *value = bpf_map_lookup_elem(&counts, &count);

    if (value)
        __sync_fetch_and_add(value, 1);
}

static __always_inline bool is_of_test(const struct sk_buff *packet)
{
    __u32 netns = packet->dev->nd_net.net->ns.inum;

    return netns == NETNS_A || netns == NETNS_B;
}

static __always_inline bool take_out(const struct sk_buff *packet)
{
    __u64 key = (__u64)packet;

    return bpf_map_delete_elem(&received, &key) == 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(receive, struct sk_buff *packet)
{
    __u64 key = (__u64)packet;
    __u8 present = 1;

    if (!is_of_test(packet))
        return 0;
    add(RECEIVED);
    if (bpf_map_update_elem(&received, &key, &present, BPF_ANY))
        add(FORGOTTEN);
    return 0;
}

static __always_inline int end(const struct sk_buff *packet)
{
    if (take_out(packet))
        add(ENDED);
    return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(drop, struct sk_buff *packet)
{
    return end(packet);
}

SEC("tp_btf/consume_skb")
int BPF_PROG(consume, struct sk_buff *packet)
{
    return end(packet);
}

/* A forwarded packet has a receiving device; a packet made here does not. */
SEC("tp_btf/net_dev_queue")
int BPF_PROG(send, struct sk_buff *packet)
{
    if (packet->skb_iif == 0 && take_out(packet) && is_of_test(packet))
        add(RECYCLED);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
