/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For XDP: IPv4 datagrams to UDP port 7300 are dropped, all others pass. */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORT             7300
#define PROTOCOL         23 /* behind an Ethernet header */
#define DESTINATION_PORT 36 /* and IPv4 without options */

SEC("xdp")
int xdp_port(struct xdp_md *packet)
{
    const __u8 *data = (const void *)(long)packet->data,
               *end = (const void *)(long)packet->data_end;

    if (data + DESTINATION_PORT + sizeof(__be16) > end || data[PROTOCOL] != IPPROTO_UDP)
        return XDP_PASS;
    return *(const __be16 *)(data + DESTINATION_PORT) == bpf_htons(PORT) ? XDP_DROP : XDP_PASS;
}
