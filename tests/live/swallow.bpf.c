/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tc ingress: IPv4 datagrams to UDP port SWALLOWED end here, and are not drops. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DESTINATION_PORT 36 /* Ethernet, IPv4 without options, UDP */

SEC("tc")
int swallow(struct __sk_buff *packet)
{
    __be16 port = 0;

    bpf_skb_load_bytes(packet, DESTINATION_PORT, &port, sizeof(port));
    return port == bpf_htons(SWALLOWED) ? TC_ACT_STOLEN : TC_ACT_OK;
}
