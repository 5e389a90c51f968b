/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skb_*: what an skb says of itself. */
#ifndef PKTMON_EBPF_BPF_LIB_SKB_H
#define PKTMON_EBPF_BPF_LIB_SKB_H

#include "kernel-memory.h"

/* Address of the struct skb_shared_info, which all skbs with this head share. */
static __always_inline __u64 skb_shared_info_of(const struct sk_buff *skb)
{
    return address(skb->head) + skb->end;
}

static __always_inline __u32 skb_data_offset(const struct sk_buff *skb)
{
    return address(skb->data) - address(skb->head);
}

/* Reads the VLAN tag from the skb's metadata (hardware offload, or untagged on receive). */
static __always_inline bool skb_read_vlan_tag(const struct sk_buff *skb, __u16 *proto, __u16 *tci)
{
    const struct sk_buff___vlan_present *old = (const void *)skb;
    bool present;

    if (bpf_core_field_exists(skb->vlan_all))
        present = skb->vlan_all != 0;
    else
        present = BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
    if (present) {
        *proto = bpf_ntohs(skb->vlan_proto);
        *tci = skb->vlan_tci;
    }
    return present;
}

/* skb->dev is a device only until a socket has the skb; then the union holds other data. A real
 * device leads to a namespace whose loopback device leads back to it. */
static __always_inline struct net_device *skb_find_device(const struct sk_buff *skb)
{
    struct net_device *dev = BPF_CORE_READ(skb, dev);
    struct net *net, *back;

    if (!dev)
        return NULL;
    net = BPF_CORE_READ(dev, nd_net.net);
    back = BPF_CORE_READ(net, loopback_dev, nd_net.net);
    return net && net == back && BPF_CORE_READ(dev, ifindex) > 0 ? dev : NULL;
}

static __always_inline bool skb_is_large(const struct sk_buff *skb)
{
    return READ_AT(struct skb_shared_info, skb_shared_info_of(skb), gso_size) != 0;
}

#endif
