/* SPDX-License-Identifier: GPL-2.0-or-later */
/* content_*: what tells a packet apart from others, read from its first bytes: hashes of headers
 * and payload that survive forwarding, address translation and segmentation. */
#ifndef PKTMON_EBPF_BPF_TRACK_CONTENT_H
#define PKTMON_EBPF_BPF_TRACK_CONTENT_H

#include "../lib/frame.h"

#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88A8
#define IPPROTO_HOP  0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP  6
#define IPPROTO_UDP  17
#define IPPROTO_FRAG 44

#define UDP_HLEN         8
#define TCP_DOFF_OFFSET  12   /* data offset, in 32-bit words: the upper half of this byte */
#define TCP_SYN          0x02 /* flags at TCP_FLAGS_OFFSET */
#define TCP_ACK          0x10
#define TCP_FLAGS_OFFSET 13
#define IPV6_HLEN        40
#define IPV6_FRAG_HLEN   8
/* The smallest MTU of a link (IPv6). A shorter packet is never fragmented. */
#define MIN_MTU 1280

/* The mask replaces a bounds check, of which the verifier would follow both branches. The first
 * bytes of the frame are tracked by zeros. */
static __always_inline __u32 content_word(const struct scratch *scratch, __u32 offset)
{
    return *(const __u32 *)(scratch->content + (offset & (2 * CONTENT_BYTES - 1)));
}

static __always_inline __u32 content_half(const struct scratch *scratch, __u32 offset)
{
    return bpf_ntohl(content_word(scratch, offset)) >> 16;
}

static __always_inline __u64 content_mix(__u64 hash, __u64 value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
    return hash ^ hash >> 29;
}

static __always_inline __u64 content_mix_words(__u64 hash, const struct scratch *scratch,
                                               __u32 offset, __u32 words)
{
    for (__u32 i = 0; i < words; i++)
        hash = content_mix(hash, content_word(scratch, offset + 4 * i));
    return hash;
}

/* The two endpoints of a packet, 32 bits each: source and destination are hashes of the addresses,
 * ports is the first word of the transport header. */
static __always_inline __u64 make_endpoints(__u64 source, __u64 destination, __u32 ports)
{
    __u32 from = source >> 32 ^ (ports & 0xFFFF) * 0x9E3779B1U;
    __u32 to = destination >> 32 ^ (ports >> 16) * 0x9E3779B1U;

    return (__u64)from << 32 | to;
}

#define ENDPOINT_DESTINATION 0xFFFFFFFFULL /* of make_endpoints(); 0: multicast or broadcast */

/* Returns whether a packet with these endpoints replies to the other one. A reply may hold the same
 * bytes (an echo), but is another packet. Any host may reply to multicast. */
static __always_inline bool content_is_reply(__u64 endpoints, __u64 other)
{
    if (!endpoints || (endpoints & ENDPOINT_DESTINATION) != other >> 32)
        return false;
    return !(other & ENDPOINT_DESTINATION) ||
           (endpoints != other && endpoints >> 32 == (other & ENDPOINT_DESTINATION));
}

/* The header's length in bytes, as its data offset says. header: address. */
static __always_inline __u32 content_tcp_header_length(__u64 header)
{
    return (kernel_read_byte(header + TCP_DOFF_OFFSET) >> 4) * 4;
}

/* Hashes what stays of the transport header and the payload when addresses and ports are translated
 * and when segments are merged. */
static __always_inline __u64 hash_transport(const struct scratch *scratch, __u32 offset,
                                            __u8 protocol)
{
    __u64 hash = protocol;

    if (protocol == IPPROTO_TCP) /* sequence and acknowledgement numbers */
        return content_mix_words(hash, scratch, offset + 4, 2);
    if (protocol == IPPROTO_UDP) { /* payload; with VXLAN also the inner packet */
        hash = content_mix_words(hash, scratch, offset + 8, 4);
        hash = content_mix(hash, content_word(scratch, offset + 32));
        return content_mix_words(hash, scratch, offset + 56, 2);
    }
    if (protocol == IPPROTO_ICMP) { /* type and code, sequence number, payload */
        hash = content_mix(hash, content_word(scratch, offset) & bpf_htonl(0xFFFF0000));
        hash = content_mix(hash, content_word(scratch, offset + 4) & bpf_htonl(0x0000FFFF));
        return content_mix_words(hash, scratch, offset + 8, 2);
    }
    return content_mix_words(hash, scratch, offset, 3);
}

/* Hashes of a packet's addresses. */
struct addresses {
    __u64 source;
    __u64 destination;
    __u64 both; /* source first */
};

/* Reads the transport header at offset. */
static __always_inline void read_transport(const struct scratch *scratch, __u32 offset,
                                           __u8 protocol, const struct addresses *addresses,
                                           struct packet_content *content)
{
    bool has_ports = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
    __u32 ports = has_ports ? content_word(scratch, offset) : 0;

    content->signature = content_mix(content->signature, hash_transport(scratch, offset, protocol));
    content->protocol = protocol;
    content->transport = offset;
    content->endpoints = make_endpoints(addresses->source, addresses->destination, ports);
    if (has_ports)
        content->flow = content_mix(addresses->both ^ protocol, ports);
    if (protocol == IPPROTO_TCP) {
        content->sequence = bpf_ntohl(content_word(scratch, offset + 4));
        /* The header's length, from which the caller makes the payload's. */
        content->payload = bpf_ntohl(content_word(scratch, offset + 12)) >> 28 << 2;
    }
}

/* Reads a fragment other than the first: its offset in the datagram, and some bytes. */
static __always_inline void read_later_fragment(const struct scratch *scratch, __u32 offset,
                                                __u32 place, const struct addresses *addresses,
                                                struct packet_content *content)
{
    content->endpoints = make_endpoints(addresses->source, addresses->destination, 0);
    content->signature =
        content_mix_words(content_mix(content->signature, place | 1U << 31), scratch, offset, 4);
}

static __always_inline void read_ipv4(const struct scratch *scratch, __u32 offset,
                                      __u32 frame_length, struct packet_content *content)
{
    __u32 header = (content_half(scratch, offset) >> 8 & 0xF) * 4;
    __u32 identification = content_word(scratch, offset + 4) & bpf_htonl(0xFFFF0000);
    __u32 fragmentation = content_half(scratch, offset + 6);
    __u8 protocol = content_half(scratch, offset + 8) & 0xFF;
    struct addresses addresses = {
        .source = content_mix(config.salt, content_word(scratch, offset + 12)),
        .destination = content_mix(config.salt, content_word(scratch, offset + 16)),
    };
    __u32 place = fragmentation & 0x1FFF, more = fragmentation & 0x2000;
    bool may_be_cut = !(fragmentation & 0x4000) && frame_length - offset > MIN_MTU;

    addresses.both = content_mix(addresses.source, addresses.destination);
    content->signature = content_mix(config.salt ^ protocol, identification);
    content->fragment = place || more;
    if (content->fragment || may_be_cut)
        content->datagram = content_mix(addresses.both, identification ^ protocol);
    if (place) {
        read_later_fragment(scratch, offset + header, place, &addresses, content);
        return;
    }
    read_transport(scratch, offset + header, protocol, &addresses, content);
    if (protocol == IPPROTO_TCP)
        content->payload = frame_length - offset - header - content->payload;
}

static __always_inline void read_ipv6(const struct scratch *scratch, __u32 offset,
                                      __u32 frame_length, struct packet_content *content)
{
    __u8 protocol = content_half(scratch, offset + 6) >> 8;
    struct addresses addresses = {
        .source = content_mix_words(config.salt, scratch, offset + 8, 4),
        .destination = content_mix_words(config.salt, scratch, offset + 24, 4),
    };
    __u32 next = offset + IPV6_HLEN, place = 0;

    addresses.both = content_mix(addresses.source, addresses.destination);
    if (protocol == IPPROTO_HOP) {
        __u32 header = content_half(scratch, next);

        protocol = header >> 8;
        next += ((header & 0xFF) + 1) * 8;
    }
    if (protocol == IPPROTO_FRAG) {
        __u32 fragmentation = content_half(scratch, next + 2);

        protocol = content_half(scratch, next) >> 8;
        place = fragmentation & 0xFFF8;
        content->fragment = 1;
        content->datagram = content_mix(addresses.both, content_word(scratch, next + 4));
        next += IPV6_FRAG_HLEN;
    }
    content->signature = config.salt ^ protocol;
    if (place) {
        read_later_fragment(scratch, next, place, &addresses, content);
        return;
    }
    read_transport(scratch, next, protocol, &addresses, content);
    if (protocol == IPPROTO_TCP)
        content->payload = frame_length - next - content->payload;
}

/* Hashes the MAC address at offset. */
static __always_inline __u64 hash_mac_address(const struct scratch *scratch, __u32 offset)
{
    return content_mix(content_mix(config.salt, content_word(scratch, offset)),
                       content_half(scratch, offset + 4));
}

/* Reads what is neither IPv4 nor IPv6: the whole of an ARP packet, the first bytes of others. */
static __always_inline void read_other(const struct scratch *scratch, __u32 offset, __u32 protocol,
                                       bool has_link_header, struct packet_content *content)
{
    content->signature = content_mix_words(config.salt ^ protocol, scratch, offset, 7);
    if (has_link_header)
        content->endpoints =
            make_endpoints(hash_mac_address(scratch, 6), hash_mac_address(scratch, 0), 0);
}

/*
 * Reads the content of the frame whose first bytes are in scratch. l3: the frame begins at the
 * network header, and protocol is its Ethertype.
 *
 * A global function (__noinline, not static): the verifier checks it once, and not again on each
 * path of each caller. "Global function, see content_read()" in the tracker means this.
 */
__noinline int content_read(const struct scratch *scratch, __u32 l3, __u32 protocol,
                            struct packet_content *content)
{
    __u32 offset = 0, frame_length;

    if (!scratch || !content)
        return 0;
    __builtin_memset(content, 0, sizeof(*content));
    frame_length = scratch->record.origlen;
    if (!l3) {
        protocol = content_half(scratch, 12);
        offset = ETH_HLEN;
        if (protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) {
            protocol = content_half(scratch, 16);
            offset += VLAN_HLEN;
        }
    }
    content->multicast = !l3 && content_half(scratch, 0) & 0x100;
    content->network = offset;
    if (protocol == ETH_P_IP)
        read_ipv4(scratch, offset, frame_length, content);
    else if (protocol == ETH_P_IPV6)
        read_ipv6(scratch, offset, frame_length, content);
    else
        read_other(scratch, offset, protocol, !l3, content);
    if (content->multicast)
        content->endpoints &= ~ENDPOINT_DESTINATION;
    return 0;
}

/* Hashes the network and transport headers, to find out whether a hook rewrote them. */
__noinline int content_hash_headers(const struct scratch *scratch, __u32 offset, __u64 *hash)
{
    if (!scratch || !hash)
        return 0;
    *hash = content_mix_words(0, scratch, offset, 15);
    return 0;
}

#endif
