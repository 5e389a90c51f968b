/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For XDP: IPv4 datagrams to UDP port 7300 are dropped, all others pass. */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORT             7300
#define DESTINATION_PORT 36 /* Ethernet, IPv4 without options, UDP */

SEC("xdp")
int xdp_port(struct xdp_md *packet)
{
    const void *end = (const void *)(long)packet->data_end;
    const __be16 *port = (const void *)(long)packet->data + DESTINATION_PORT;

    return (const void *)(port + 1) <= end && *port == bpf_htons(PORT) ? XDP_DROP : XDP_PASS;
}
