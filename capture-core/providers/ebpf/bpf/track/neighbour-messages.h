/* SPDX-License-Identifier: GPL-2.0-or-later */
/* neighbour_*: messages of IPv6's neighbour discovery that the kernel handles, and then frees like
 * those that it refuses (net/ipv6/ndisc.c). */
#ifndef PKTMON_EBPF_BPF_TRACK_NEIGHBOUR_MESSAGES_H
#define PKTMON_EBPF_BPF_TRACK_NEIGHBOUR_MESSAGES_H

#include "../lib/skb.h"

#define IPV6_SOURCE_AT   8
#define ND_SOLICITATION  135
#define ND_ADVERTISEMENT 136
#define ND_SOLICITED     0x40 /* in the flags of an advertisement */
#define ND_OPTION_TARGET 2    /* link-layer address of the target */
#define ND_OPTION_NONCE  14   /* RFC 7527 */
#define ND_OPTION_UNIT   8    /* bytes of an option's length 1 */
#define MULTICAST        0xff /* first byte of such an address */

struct nd_addresses {
    __u64 source[2];
    __u32 destination[4];
};

/* As far as its first option. */
struct nd_message {
    __u8 type;
    __u8 code;
    __u16 sum;
    __u8 flags;
    __u8 pad[3];
    __u8 target[16];
    __u8 option;
    __u8 option_length; /* in ND_OPTION_UNIT */
};

#define ND_LENGTH offsetof(struct nd_message, option)

/* A host asks whether an address is free (duplicate address detection, RFC 4862). The kernel
 * replies, or gives up its own use of the address. It refuses such a message where its destination
 * or an option is not what the RFC says. */
static __always_inline bool is_address_probe(const struct nd_addresses *addresses,
                                             const struct nd_message *message, __u32 length)
{
    if (addresses->source[0] || addresses->source[1])
        return false;
    if (addresses->destination[0] != bpf_htonl(0xff020000) || addresses->destination[1] ||
        addresses->destination[2] != bpf_htonl(1) ||
        (addresses->destination[3] & bpf_htonl(0xff000000)) != bpf_htonl(0xff000000))
        return false;
    return length == ND_LENGTH || message->option == ND_OPTION_NONCE;
}

static __always_inline bool refuses_unsolicited(const struct sk_buff *skb)
{
    const struct net_device *dev = skb_find_device(skb);

    return dev && bpf_core_field_exists(dev->ip6_ptr->cnf.drop_unsolicited_na) &&
           BPF_CORE_READ(dev, ip6_ptr, cnf.drop_unsolicited_na);
}

/* An advertisement of an address that this host itself uses or wants, or of one that it has not
 * asked for. (The others have no drop reason.) */
static __always_inline bool is_sound_advertisement(const struct sk_buff *skb,
                                                   const struct nd_addresses *addresses,
                                                   const struct nd_message *message, __u32 length)
{
    const struct net_device *dev = skb_find_device(skb);
    bool to_many = *(const __u8 *)addresses->destination == MULTICAST;
    __u32 wanted = 2 + (dev ? BPF_CORE_READ(dev, addr_len) : 0);

    if (message->flags & ND_SOLICITED ? to_many : refuses_unsolicited(skb))
        return false;
    return length == ND_LENGTH || message->option != ND_OPTION_TARGET ||
           message->option_length == (wanted + ND_OPTION_UNIT - 1) / ND_OPTION_UNIT;
}

/* Whether ICMPv6 handled a message that it frees without a reason. What it refuses may have no
 * reason either. Before 6.3, nothing has one there, and the reader decides. skb_addr: address.
 * Global function, see content_read(). */
__noinline int neighbour_is_handled(__u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    __u64 head = address(BPF_CORE_READ(skb, head));
    __u32 length = BPF_CORE_READ(skb, len);
    struct nd_addresses addresses = {};
    struct nd_message message = {};

    if (!bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_IPV6_NDISC_BAD_CODE) ||
        BPF_CORE_READ(skb, protocol) != bpf_htons(ETH_P_IPV6) || length < ND_LENGTH)
        return 0;
    bpf_probe_read_kernel(
        &addresses, sizeof(addresses),
        (const void *)(head + BPF_CORE_READ(skb, network_header) + IPV6_SOURCE_AT));
    bpf_probe_read_kernel(&message, sizeof(message),
                          (const void *)(head + BPF_CORE_READ(skb, transport_header)));
    if (message.target[0] == MULTICAST)
        return 0;
    if (message.type == ND_SOLICITATION)
        return is_address_probe(&addresses, &message, length);
    return message.type == ND_ADVERTISEMENT &&
           is_sound_advertisement(skb, &addresses, &message, length);
}

#endif
