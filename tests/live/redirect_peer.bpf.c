/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tc ingress of one end of a veth pair: redirects every packet straight into the namespace
 * of TARGET's peer, as container networks do. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int redirect_peer(struct __sk_buff *packet)
{
    (void)packet;
    return bpf_redirect_peer(TARGET, 0);
}
