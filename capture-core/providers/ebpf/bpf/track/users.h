/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users_*: a content match across namespaces of different users is not trusted.
 *
 * Any user can send arbitrary packets in a namespace of their own and let them wait. A packet
 * elsewhere with the same content would be taken for a copy, and its drop for the drop of a copy.
 * So packets with the same content in namespaces of two users are one packet only where a device
 * handed it over to its peer.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_USERS_H
#define PKTMON_EBPF_BPF_TRACK_USERS_H

#include "../lib/net-device.h"
#include "../lib/shares.h"
#include "entry.h"

#define PRIVATE_DATA_ALIGNMENT 32 /* NETDEV_ALIGN */

/* Whether two namespaces, by their cookies, are known to belong to the same user. A global
 * function, for a stack of its own. */
__noinline int have_same_user(__u64 one, __u64 other)
{
    struct share_key key = {.id = one, .holder = RECORD_HOLDER_NETNS};
    const struct share *share = bpf_map_lookup_elem(&shares, &key);
    __u32 user;

    if (!share)
        return 0;
    user = share->user;
    key.id = other;
    share = bpf_map_lookup_elem(&shares, &key);
    return share && share->user == user && user != RECORD_NO_USER;
}

/* The peer of a veth device. veth is the only device that moves a packet to a new skb (for XDP) on
 * its way to another namespace. NULL: not a veth device, or without a peer. */
static __always_inline const struct net_device *find_peer(__u64 device)
{
    const struct net_device *dev = (const void *)device, *peer = NULL;
    __u32 size = bpf_core_type_size(struct net_device);

    if (!dev || !DEVICE_IS_OF_KIND(dev, VETH))
        return NULL;
    /* struct veth_priv follows the device, and its first member is the peer. */
    size = (size + PRIVATE_DATA_ALIGNMENT - 1) & ~(PRIVATE_DATA_ALIGNMENT - 1);
    bpf_probe_read_kernel(&peer, sizeof(peer), (const void *)(device + size));
    return peer;
}

/* Whether the peer of the packet's device is in this namespace and has this ifindex (0: any).
 * Global function, see content_read(). */
__noinline int is_from_peer(const struct observation *obs, __u64 net_cookie, __u32 ifindex)
{
    const struct net_device *peer = obs ? find_peer(obs->device) : NULL;

    return peer && BPF_CORE_READ(peer, nd_net.net, net_cookie) == net_cookie &&
           (!ifindex || (__u32)BPF_CORE_READ(peer, ifindex) == ifindex);
}

/* Whether the origin, found by content, belongs to another user and was not handed over by the
 * device's peer. */
static __always_inline bool users_differ(const struct packet_record *now,
                                         const struct observation *obs, const struct origin *origin)
{
    const struct track_entry *other = &obs->other;
    bool handed_over = true;

    if (origin->net_cookie == now->net_cookie)
        return false;
    if (have_same_user(origin->net_cookie, now->net_cookie))
        return false;
    if (origin->skb)
        handed_over = other->point == RECORD_POINT_TX_LOWER;
    return !handed_over || !is_from_peer(obs, origin->net_cookie, origin->skb ? other->ifindex : 0);
}

#endif
