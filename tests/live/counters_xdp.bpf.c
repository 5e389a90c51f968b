/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For XDP: "redirect" sends every frame to the device TARGET of the same namespace, where it stays
 * a frame that is no socket buffer; "drop" drops every datagram. */
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_helpers.h>

#ifndef TARGET
#define TARGET 0
#endif
#define PROTOCOL 23 /* behind an Ethernet header */

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
