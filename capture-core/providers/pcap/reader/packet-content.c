/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packet-content.h"

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

/* Enough to distinguish packets, also by the content of a tunnel. */
#define PAYLOAD_BYTES 64

/* A part of the frame. Bytes beyond its end read as zero. */
struct content_bytes {
    const uint8_t *data;
    uint32_t length;
};

static uint32_t byte_at(struct content_bytes bytes, uint32_t offset)
{
    return offset < bytes.length ? bytes.data[offset] : 0;
}

static uint32_t half_at(struct content_bytes bytes, uint32_t offset)
{
    return byte_at(bytes, offset) << 8 | byte_at(bytes, offset + 1);
}

static uint32_t word_at(struct content_bytes bytes, uint32_t offset)
{
    return half_at(bytes, offset) << 16 | half_at(bytes, offset + 2);
}

static struct content_bytes from(struct content_bytes bytes, uint32_t offset)
{
    uint32_t skipped = MIN(offset, bytes.length);

    return (struct content_bytes){bytes.data + skipped, bytes.length - skipped};
}

static struct content_bytes first(struct content_bytes bytes, uint32_t length)
{
    return (struct content_bytes){bytes.data, MIN(length, bytes.length)};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
    return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, struct content_bytes bytes)
{
    for (uint32_t offset = 0; offset < bytes.length; offset += 4)
        hash = mix(hash, word_at(bytes, offset));
    return mix(hash, bytes.length);
}

/* --- transport: what stays when addresses and ports are rewritten --- */

/* Unchanged for the first segment when segments are merged or split. */
static uint64_t tcp_signature(uint64_t hash, struct content_bytes segment)
{
    const uint32_t flags = byte_at(segment, 13) & 0x17; /* ACK, RST, SYN, FIN */
    uint32_t header = (byte_at(segment, 12) >> 4) * 4;

    hash = mix(hash, word_at(segment, 4)); /* sequence number */
    hash = mix(hash, word_at(segment, 8)); /* acknowledgement */
    return mix(hash, flags << 1 | (segment.length > MAX(header, TCP_HLEN)));
}

static uint64_t udp_signature(uint64_t hash, struct content_bytes datagram)
{
    return mix_bytes(hash, first(from(datagram, UDP_HLEN), PAYLOAD_BYTES));
}

/* Address translation changes the identifier of an echo, and the packet inside an error message. */
static uint64_t icmp_signature(uint64_t hash, struct content_bytes message)
{
    static const uint8_t with_sequence[] = {0, 8, 13, 14}; /* echo and timestamp */

    hash = mix(hash, half_at(message, 0)); /* type and code */
    if (!memchr(with_sequence, (int)byte_at(message, 0), sizeof(with_sequence)))
        return hash;
    hash = mix(hash, half_at(message, 6));
    return mix_bytes(hash, first(from(message, 8), PAYLOAD_BYTES));
}

/* Everything but the checksum, which covers addresses. */
static uint64_t icmpv6_signature(uint64_t hash, struct content_bytes message)
{
    hash = mix(hash, half_at(message, 0));
    return mix_bytes(hash, first(from(message, 6), PAYLOAD_BYTES));
}

static uint64_t other_signature(uint64_t hash, struct content_bytes bytes)
{
    return mix_bytes(hash, first(bytes, PAYLOAD_BYTES));
}

static const struct content_transport {
    uint8_t protocol;
    bool has_ports;
    uint64_t (*signature)(uint64_t hash, struct content_bytes bytes);
} transports[] = {
    {IPPROTO_TCP, true, tcp_signature},    {IPPROTO_UDP, true, udp_signature},
    {IPPROTO_ICMP, false, icmp_signature}, {IPPROTO_ICMPV6, false, icmpv6_signature},
    {0, false, other_signature}, /* any other */
};

static const struct content_transport *transport_of(uint8_t protocol)
{
    const struct content_transport *transport = transports;

    while (transport->protocol && transport->protocol != protocol)
        transport++;
    return transport;
}

static uint64_t flow_of(uint8_t protocol, struct content_bytes source,
                        struct content_bytes destination, uint32_t source_port,
                        uint32_t destination_port)
{
    uint64_t hash = mix(protocol, source_port << 16 | destination_port);

    return mix_bytes(mix_bytes(hash, source), destination) | 1; /* never 0 */
}

/* hash: of fields of the network header; source and destination: addresses. */
static struct pcap_content content_of_payload(uint64_t hash, uint8_t protocol,
                                              struct content_bytes source,
                                              struct content_bytes destination,
                                              struct content_bytes payload)
{
    const struct content_transport *transport = transport_of(protocol);
    uint32_t from_port = transport->has_ports ? half_at(payload, 0) : 0;
    uint32_t to_port = transport->has_ports ? half_at(payload, 2) : 0;

    return (struct pcap_content){
        .signature = transport->signature(mix(hash, protocol), payload),
        .flow = flow_of(protocol, source, destination, from_port, to_port),
        .answer = flow_of(protocol, destination, source, to_port, from_port),
    };
}

/* --- network --- */

/* A fragment that is not the first has no transport header. */
static struct pcap_content content_of_fragment(uint64_t hash, uint32_t place,
                                               struct content_bytes payload)
{
    return (struct pcap_content){.signature = other_signature(mix(hash, place), payload)};
}

/* Ethernet pads short packets: the network header has the real length. */
static struct content_bytes without_padding(struct content_bytes packet, uint32_t length)
{
    return length ? first(packet, length) : packet; /* 0: too long for the field */
}

static struct pcap_content content_of_ipv4(struct content_bytes packet)
{
    uint32_t header = MAX((byte_at(packet, 0) & 0xF) * 4, IPV4_HLEN);
    uint32_t place = half_at(packet, 6) & 0x1FFF;
    uint8_t protocol = byte_at(packet, 9);
    uint64_t hash = mix(ETHERTYPE_IPV4, half_at(packet, 4)); /* identification */
    struct content_bytes whole = without_padding(packet, half_at(packet, 2));
    struct content_bytes payload = from(whole, header);

    if (place)
        return content_of_fragment(mix(hash, protocol), place, payload);
    return content_of_payload(hash, protocol, first(from(packet, 12), 4),
                              first(from(packet, 16), 4), payload);
}

static struct pcap_content content_of_ipv6(struct content_bytes packet)
{
    uint32_t payload_length = half_at(packet, 4), place = 0;
    struct content_bytes whole =
        without_padding(packet, payload_length ? payload_length + IPV6_HLEN : 0);
    struct content_bytes payload = from(whole, IPV6_HLEN);
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

/* type: from the frame's last Ethertype on. */
static struct pcap_content content_of_type(struct content_bytes type)
{
    if (half_at(type, 0) == ETHERTYPE_IPV4)
        return content_of_ipv4(from(type, 2));
    if (half_at(type, 0) == ETHERTYPE_IPV6)
        return content_of_ipv6(from(type, 2));
    return (struct pcap_content){.signature = other_signature(0, type)};
}

struct pcap_content pcap_content_of(const uint8_t *data, uint32_t length)
{
    struct content_bytes frame = {data, MIN(length, PCAP_CONTENT_BYTES)};
    struct content_bytes type = from(frame, ADDRESSES);
    struct pcap_content content;

    for (int i = 0; i < MAX_TAGS; i++) {
        if (half_at(type, 0) == ETHERTYPE_VLAN || half_at(type, 0) == ETHERTYPE_QINQ)
            type = from(type, VLAN_HLEN);
    }
    content = content_of_type(type);
    content.network = (uint32_t)(type.data - data) + 2;
    return content;
}
