/* SPDX-License-Identifier: GPL-2.0-or-later */
/* XDP programs: "redirect" sends every frame to the device TARGET of the same namespace, as a frame
 * without an skb; "drop" drops every datagram; "back" sends every frame back; "cpu" redirects all
 * frames to the CPU map, whose own program "xdp/cpumap" treats each datagram by its destination
 * port. */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#ifndef TARGET
#define TARGET 0
#endif
#define NOWHERE  9999
#define PROTOCOL 23 /* behind an Ethernet header */
#define PORT_AT  36 /* and IPv4 without options */

/* Destination ports; each one has its treatment. */
#define PORT         7777
#define PORT_DROP    (PORT + 1)
#define PORT_ABORT   (PORT + 2)
#define PORT_NOWHERE (PORT + 3)

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

SEC("redirect")
int xdp_redirect(struct xdp_md *packet)
{
    (void)packet;
    return bpf_redirect(TARGET, 0);
}

SEC("drop")
int xdp_drop(struct xdp_md *packet)
{
    const __u8 *data = (const void *)(long)packet->data,
               *end = (const void *)(long)packet->data_end;

    return data + PROTOCOL < end && data[PROTOCOL] == IPPROTO_UDP ? XDP_DROP : XDP_PASS;
}

SEC("back")
int xdp_back(struct xdp_md *packet)
{
    (void)packet;
    return XDP_TX;
}

SEC("cpu")
int xdp_cpu(struct xdp_md *packet)
{
    (void)packet;
    return bpf_redirect_map(&cpus, 0, 0);
}

SEC("xdp/cpumap")
int xdp_on_cpu(struct xdp_md *packet)
{
    const __u8 *data = (const void *)(long)packet->data,
               *end = (const void *)(long)packet->data_end;

    if (data + PORT_AT + 2 > end || data[PROTOCOL] != IPPROTO_UDP)
        return XDP_PASS;
    switch (bpf_ntohs(*(const __be16 *)(data + PORT_AT))) {
    case PORT_DROP:
        return XDP_DROP;
    case PORT_ABORT:
        return XDP_ABORTED;
    case PORT_NOWHERE:
        return bpf_redirect(NOWHERE, 0);
    default:
        return XDP_PASS;
    }
}
