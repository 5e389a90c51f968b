/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet holds, as far as it tells the packet from others. */
#ifndef PKTMON_CONTENT_H
#define PKTMON_CONTENT_H

#include "frame.h"

#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88A8
#define IPPROTO_HOP  0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP  6
#define IPPROTO_UDP  17
#define IPPROTO_FRAG 44

#define IPV6_HLEN      40
#define IPV6_FRAG_HLEN 8
/* No link carries less (IPv6), so what is shorter is not cut into fragments. */
#define MIN_MTU 1280

/* No bound to compare with, because the verifier would follow both ways of each comparison: behind
 * the frame's first bytes there is nothing but zeros. */
static __always_inline __u32 word(const struct scratch *scratch, __u32 offset)
{
    return *(const __u32 *)(scratch->content + (offset & (2 * CONTENT_BYTES - 1)));
}

static __always_inline __u32 half(const struct scratch *scratch, __u32 offset)
{
    return bpf_ntohl(word(scratch, offset)) >> 16;
}

static __always_inline __u64 mix(__u64 hash, __u64 value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
    return hash ^ hash >> 29;
}

static __always_inline __u64 mix_words(__u64 hash, const struct scratch *scratch, __u32 offset,
                                       __u32 words)
{
    for (__u32 i = 0; i < words; i++)
        hash = mix(hash, word(scratch, offset + 4 * i));
    return hash;
}

/* Of the transport header, what stays when addresses and ports are rewritten and when segments
 * are merged. */
static __always_inline __u64 transport_signature(const struct scratch *scratch, __u32 offset,
                                                 __u8 protocol)
{
    __u64 hash = protocol;

    if (protocol == IPPROTO_TCP) /* sequence and acknowledgement numbers */
        return mix_words(hash, scratch, offset + 4, 2);
    if (protocol == IPPROTO_UDP) { /* payload; of VXLAN also what lies inside */
        hash = mix_words(hash, scratch, offset + 8, 4);
        hash = mix(hash, word(scratch, offset + 32));
        return mix_words(hash, scratch, offset + 56, 2);
    }
    if (protocol == IPPROTO_ICMP) { /* type and code, sequence number, payload */
        hash = mix(hash, word(scratch, offset) & bpf_htonl(0xFFFF0000));
        hash = mix(hash, word(scratch, offset + 4) & bpf_htonl(0x0000FFFF));
        return mix_words(hash, scratch, offset + 8, 2);
    }
    return mix_words(hash, scratch, offset, 3);
}

/* The part above the network header at offset; address: hash of both addresses. */
static __always_inline void read_transport(const struct scratch *scratch, __u32 offset,
                                           __u8 protocol, __u64 addresses, struct content *content)
{
    content->signature = mix(content->signature, transport_signature(scratch, offset, protocol));
    content->protocol = protocol;
    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
        return;
    content->flow = mix(addresses ^ protocol, word(scratch, offset));
    if (protocol == IPPROTO_TCP) {
        content->sequence = bpf_ntohl(word(scratch, offset + 4));
        content->payload = bpf_ntohl(word(scratch, offset + 12)) >> 28 << 2; /* header */
    }
}

/* A fragment that is not the first: its place in the datagram, and some bytes. */
static __always_inline void read_later_fragment(const struct scratch *scratch, __u32 offset,
                                                __u32 place, struct content *content)
{
    content->signature = mix_words(mix(content->signature, place | 1U << 31), scratch, offset, 4);
}

static __always_inline void read_ipv4(const struct scratch *scratch, __u32 offset,
                                      __u32 frame_length, struct content *content)
{
    __u32 header = (half(scratch, offset) >> 8 & 0xF) * 4;
    __u32 identification = word(scratch, offset + 4) & bpf_htonl(0xFFFF0000);
    __u32 fragmentation = half(scratch, offset + 6);
    __u8 protocol = half(scratch, offset + 8) & 0xFF;
    __u64 addresses = mix_words(config.salt, scratch, offset + 12, 2);
    __u32 place = fragmentation & 0x1FFF, more = fragmentation & 0x2000;
    bool may_be_cut = !(fragmentation & 0x4000) && frame_length - offset > MIN_MTU;

    content->signature = mix(config.salt ^ protocol, identification);
    content->fragment = place || more;
    if (content->fragment || may_be_cut)
        content->datagram = mix(addresses, identification ^ protocol);
    if (place) {
        read_later_fragment(scratch, offset + header, place, content);
        return;
    }
    read_transport(scratch, offset + header, protocol, addresses, content);
    if (protocol == IPPROTO_TCP)
        content->payload = frame_length - offset - header - content->payload;
}

static __always_inline void read_ipv6(const struct scratch *scratch, __u32 offset,
                                      __u32 frame_length, struct content *content)
{
    __u8 protocol = half(scratch, offset + 6) >> 8;
    __u64 addresses = mix_words(config.salt, scratch, offset + 8, 8);
    __u32 next = offset + IPV6_HLEN, place = 0;

    if (protocol == IPPROTO_HOP) {
        __u32 header = half(scratch, next);

        protocol = header >> 8;
        next += ((header & 0xFF) + 1) * 8;
    }
    if (protocol == IPPROTO_FRAG) {
        __u32 fragmentation = half(scratch, next + 2);

        protocol = half(scratch, next) >> 8;
        place = fragmentation & 0xFFF8;
        content->fragment = 1;
        content->datagram = mix(addresses, word(scratch, next + 4));
        next += IPV6_FRAG_HLEN;
    }
    content->signature = config.salt ^ protocol;
    if (place) {
        read_later_fragment(scratch, next, place, content);
        return;
    }
    read_transport(scratch, next, protocol, addresses, content);
    if (protocol == IPPROTO_TCP)
        content->payload = frame_length - next - content->payload;
}

/*
 * Reads what the first bytes of the frame in scratch hold. protocol: Ethertype, where the frame
 * begins at the network header (l3). A global function: the verifier looks at it once, and not
 * again on each of its callers' paths.
 */
__noinline int read_content(const struct scratch *scratch, __u32 l3, __u32 protocol,
                            struct content *content)
{
    __u32 offset = 0, frame_length;

    if (!scratch || !content)
        return 0;
    __builtin_memset(content, 0, sizeof(*content));
    frame_length = scratch->record.origlen;
    if (!l3) {
        protocol = half(scratch, 12);
        offset = ETH_HLEN;
        if (protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) {
            protocol = half(scratch, 16);
            offset += VLAN_HLEN;
        }
    }
    content->multicast = !l3 && half(scratch, 0) & 0x100;
    content->network = offset;
    if (protocol == ETH_P_IP)
        read_ipv4(scratch, offset, frame_length, content);
    else if (protocol == ETH_P_IPV6)
        read_ipv6(scratch, offset, frame_length, content);
    else /* all of an ARP packet */
        content->signature = mix_words(config.salt ^ protocol, scratch, offset, 7);
    return 0;
}

/* Of all headers, to see whether anything rewrote them. */
__noinline int hash_headers(const struct scratch *scratch, __u32 offset, __u64 *hash)
{
    if (!scratch || !hash)
        return 0;
    *hash = mix_words(0, scratch, offset, 15);
    return 0;
}

#endif
