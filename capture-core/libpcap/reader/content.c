/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "content.h"

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86DD
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_QINQ 0x88A8
#define MAX_TAGS       2

#define ADDRESSES     12 /* bytes before an Ethertype */
#define VLAN_HLEN     4
#define IPV4_HLEN     20
#define IPV6_HLEN     40
#define TCP_HLEN      20
#define UDP_HLEN      8
#define FRAGMENT_HLEN 8
#define MAX_HEADERS   4 /* of IPv6, before the transport's */

/* Enough to tell packets apart, also by what lies inside of a tunnel. */
#define PAYLOAD_BYTES 64

/* A part of the frame. What is behind its end reads as zero. */
struct bytes {
    const uint8_t *data;
    uint32_t length;
};

static uint32_t byte_at(struct bytes bytes, uint32_t offset)
{
    return offset < bytes.length ? bytes.data[offset] : 0;
}

static uint32_t half_at(struct bytes bytes, uint32_t offset)
{
    return byte_at(bytes, offset) << 8 | byte_at(bytes, offset + 1);
}

static uint32_t word_at(struct bytes bytes, uint32_t offset)
{
    return half_at(bytes, offset) << 16 | half_at(bytes, offset + 2);
}

static struct bytes from(struct bytes bytes, uint32_t offset)
{
    uint32_t skipped = MIN(offset, bytes.length);

    return (struct bytes){bytes.data + skipped, bytes.length - skipped};
}

static struct bytes first(struct bytes bytes, uint32_t length)
{
    return (struct bytes){bytes.data, MIN(length, bytes.length)};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, struct bytes bytes)
{
    for (uint32_t offset = 0; offset < bytes.length; offset += 4)
        hash = mix(hash, word_at(bytes, offset));
    return mix(hash, bytes.length);
}

/* --- transport: what stays when addresses and ports are rewritten --- */

/* Also when segments are merged or cut, of the first of them. */
static uint64_t tcp_signature(uint64_t hash, struct bytes segment)
{
    const uint32_t flags = byte_at(segment, 13) & 0x17; /* ACK, RST, SYN, FIN */
    uint32_t header = (byte_at(segment, 12) >> 4) * 4;

    hash = mix(hash, word_at(segment, 4)); /* sequence number */
    hash = mix(hash, word_at(segment, 8)); /* acknowledgement */
    return mix(hash, flags << 1 | (segment.length > MAX(header, TCP_HLEN)));
}

static uint64_t udp_signature(uint64_t hash, struct bytes datagram)
{
    return mix_bytes(hash, first(from(datagram, UDP_HLEN), PAYLOAD_BYTES));
}

/* Address translation changes an echo's identifier, and the packet inside of an error. */
static uint64_t icmp_signature(uint64_t hash, struct bytes message)
{
    static const uint8_t with_sequence[] = {0, 8, 13, 14}; /* echo and timestamp */

    hash = mix(hash, half_at(message, 0)); /* type and code */
    if (!memchr(with_sequence, (int)byte_at(message, 0), sizeof(with_sequence)))
        return hash;
    hash = mix(hash, half_at(message, 6));
    return mix_bytes(hash, first(from(message, 8), PAYLOAD_BYTES));
}

/* All but the checksum, which is over addresses too. */
static uint64_t icmpv6_signature(uint64_t hash, struct bytes message)
{
    hash = mix(hash, half_at(message, 0));
    return mix_bytes(hash, first(from(message, 6), PAYLOAD_BYTES));
}

static uint64_t other_signature(uint64_t hash, struct bytes bytes)
{
    return mix_bytes(hash, first(bytes, PAYLOAD_BYTES));
}

static const struct transport {
    uint8_t protocol;
    bool has_ports;
    uint64_t (*signature)(uint64_t hash, struct bytes bytes);
} transports[] = {
    {IPPROTO_TCP, true, tcp_signature},    {IPPROTO_UDP, true, udp_signature},
    {IPPROTO_ICMP, false, icmp_signature}, {IPPROTO_ICMPV6, false, icmpv6_signature},
    {0, false, other_signature}, /* any other */
};

static const struct transport *transport_of(uint8_t protocol)
{
    const struct transport *transport = transports;

    while (transport->protocol && transport->protocol != protocol)
        transport++;
    return transport;
}

static uint64_t flow_of(uint8_t protocol, struct bytes source, struct bytes destination,
                        uint32_t source_port, uint32_t destination_port)
{
    uint64_t hash = mix(protocol, source_port << 16 | destination_port);

    return mix_bytes(mix_bytes(hash, source), destination) | 1; /* never 0 */
}

/* hash: of what the network header says; source and destination: addresses. */
static struct content content_of_payload(uint64_t hash, uint8_t protocol, struct bytes source,
                                         struct bytes destination, struct bytes payload)
{
    const struct transport *transport = transport_of(protocol);
    uint32_t from_port = transport->has_ports ? half_at(payload, 0) : 0;
    uint32_t to_port = transport->has_ports ? half_at(payload, 2) : 0;

    return (struct content){
        .signature = transport->signature(mix(hash, protocol), payload),
        .flow = flow_of(protocol, source, destination, from_port, to_port),
        .answer = flow_of(protocol, destination, source, to_port, from_port),
    };
}

/* --- network --- */

/* A fragment that is not the first has no transport header. */
static struct content content_of_fragment(uint64_t hash, uint32_t place, struct bytes payload)
{
    return (struct content){.signature = other_signature(mix(hash, place), payload)};
}

/* Ethernet pads short packets: the network header knows where the packet ends. */
static struct bytes without_padding(struct bytes packet, uint32_t length)
{
    return length ? first(packet, length) : packet; /* 0: longer than the field can say */
}

static struct content content_of_ipv4(struct bytes packet)
{
    uint32_t header = MAX((byte_at(packet, 0) & 0xF) * 4, IPV4_HLEN);
    uint32_t place = half_at(packet, 6) & 0x1FFF;
    uint8_t protocol = byte_at(packet, 9);
    uint64_t hash = mix(ETHERTYPE_IPV4, half_at(packet, 4)); /* identification */
    struct bytes whole = without_padding(packet, half_at(packet, 2));
    struct bytes payload = from(whole, header);

    if (place)
        return content_of_fragment(mix(hash, protocol), place, payload);
    return content_of_payload(hash, protocol, first(from(packet, 12), 4),
                              first(from(packet, 16), 4), payload);
}

static struct content content_of_ipv6(struct bytes packet)
{
    uint32_t payload_length = half_at(packet, 4), place = 0;
    struct bytes whole = without_padding(packet, payload_length ? payload_length + IPV6_HLEN : 0);
    struct bytes payload = from(whole, IPV6_HLEN);
    uint64_t hash = ETHERTYPE_IPV6;
    uint8_t protocol = byte_at(packet, 6);

    for (int i = 0; i < MAX_HEADERS; i++) {
        uint32_t header = (byte_at(payload, 1) + 1) * 8;

        if (protocol == IPPROTO_FRAGMENT) {
            place = half_at(payload, 2) & 0xFFF8;
            hash = mix(hash, word_at(payload, 4)); /* identification */
            header = FRAGMENT_HLEN;
        } else if (protocol != IPPROTO_HOPOPTS && protocol != IPPROTO_DSTOPTS &&
                   protocol != IPPROTO_ROUTING) {
            break;
        }
        protocol = byte_at(payload, 0);
        payload = from(payload, header);
    }
    if (place)
        return content_of_fragment(mix(hash, protocol), place, payload);
    return content_of_payload(hash, protocol, first(from(packet, 8), 16),
                              first(from(packet, 24), 16), payload);
}

struct content content_of(const uint8_t *data, uint32_t length)
{
    struct bytes frame = {data, MIN(length, CONTENT_BYTES)};
    struct bytes type = from(frame, ADDRESSES);

    for (int i = 0; i < MAX_TAGS; i++) {
        if (half_at(type, 0) == ETHERTYPE_VLAN || half_at(type, 0) == ETHERTYPE_QINQ)
            type = from(type, VLAN_HLEN);
    }
    if (half_at(type, 0) == ETHERTYPE_IPV4)
        return content_of_ipv4(from(type, 2));
    if (half_at(type, 0) == ETHERTYPE_IPV6)
        return content_of_ipv6(from(type, 2));
    return (struct content){.signature = other_signature(0, type)};
}
