/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tc: redirects IPv4 datagrams to UDP port 7107 to a device that does not exist; all others
 * pass. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORT             7107
#define NOWHERE          99999
#define PROTOCOL         23 /* behind an Ethernet header */
#define DESTINATION_PORT 36 /* and IPv4 without options */

SEC("tc")
int redirect(struct __sk_buff *packet)
{
    __u8 protocol = 0;
    __be16 port = 0;

    bpf_skb_load_bytes(packet, PROTOCOL, &protocol, sizeof(protocol));
    bpf_skb_load_bytes(packet, DESTINATION_PORT, &port, sizeof(port));
    return protocol == IPPROTO_UDP && port == bpf_htons(PORT) ? bpf_redirect(NOWHERE, 0)
                                                              : TC_ACT_OK;
}
