/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-content.h"

#include <glib.h>

#include "model/big-endian.h"
#include "model/salted-hash.h"

#define MIN_CONTENT    20
#define HASHED_CONTENT 40 /* bytes of an IP packet that every useful --pkt-size leaves */

#define IPV4 0x0800
#define IPV6 0x86DD
#define ARP  0x0806

#define IPV4_SIZE      20
#define IPV6_SIZE      40
#define ADDRESSES_SIZE 32 /* two of IPv6 */
#define LEADING_SIZE   8  /* of a transport: ports, and TCP's sequence number */

enum { HOP_OPTIONS = 0, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, DESTINATION_OPTIONS = 60 };

/* Size of the link header, and the Ethertype after it; the size of the frame: nothing follows. */
static size_t read_link_header(const struct etl_frame *frame, uint16_t *ethertype)
{
    const uint8_t *data = frame->data;
    size_t at;
    if (frame->link_type == ETL_LINKTYPE_IEEE802_11) {
        at = frame->size >= 2 ? etl_wifi_header_size(data) + 6 : frame->size;
    } else if (frame->link_type == ETL_LINKTYPE_ETHERNET) {
        at = 12;
        while (at + 6 <= frame->size && (be16(data + at) == 0x8100 || be16(data + at) == 0x88A8))
            at += 4;
    } else {
        *ethertype = frame->size > 0 && data[0] >> 4 == 6 ? IPV6 : IPV4;
        return 0;
    }
    if (at + 2 > frame->size)
        return frame->size;
    *ethertype = be16(data + at);
    return at + 2;
}

/* Size of the network packet by its header, without padding. */
static size_t read_network_size(const uint8_t *data, size_t size, uint16_t ethertype)
{
    if (ethertype == IPV4 && size >= IPV4_SIZE && be16(data + 2) >= IPV4_SIZE)
        return MIN(size, be16(data + 2));
    if (ethertype == IPV6 && size >= IPV6_SIZE && be16(data + 4) > 0)
        return MIN(size, IPV6_SIZE + (size_t)be16(data + 4));
    return ethertype == ARP ? MIN(size, 28) : size;
}

/* transport: size of all IP headers; it may be beyond the bytes at hand. */
static void set_transport(struct etl_content *content, size_t transport, size_t whole)
{
    if (transport > content->size || transport > whole)
        return;
    content->transport = (uint16_t)transport;
    content->length = (uint32_t)(whole - transport);
}

static void read_ipv4(struct etl_content *content)
{
    const uint8_t *bytes = content->bytes;
    size_t header = (size_t)(bytes[0] & 15) * 4;
    uint16_t fragment = be16(bytes + 6);
    content->protocol = bytes[9];
    content->begins = (fragment & 0x3FFF) == 0x2000;
    content->is_anew = bytes[0] == 0x45 && bytes[1] == 0 && be16(bytes + 4) == 0 && fragment == 0 &&
                       bytes[8] == 1 && be16(bytes + 10) == 0;
    if (header >= IPV4_SIZE && (fragment & 0x1FFF) == 0)
        set_transport(content, header, be16(bytes + 2));
}

static bool is_extension(uint8_t protocol)
{
    return protocol == HOP_OPTIONS || protocol == ROUTING || protocol == FRAGMENT ||
           protocol == DESTINATION_OPTIONS;
}

static void read_ipv6(struct etl_content *content)
{
    const uint8_t *bytes = content->bytes;
    size_t at = IPV6_SIZE;
    uint16_t fragment = 0;
    content->is_anew = bytes[0] == 0x60 && bytes[1] == 0 && be16(bytes + 2) == 0 && bytes[7] == 1 &&
                       !is_extension(bytes[6]);
    content->protocol = bytes[6];
    while (is_extension(content->protocol)) {
        if (at + 8 > content->size)
            return;
        bool is_fragment = content->protocol == FRAGMENT;
        fragment = is_fragment ? be16(bytes + at + 2) : fragment;
        content->protocol = bytes[at];
        at += is_fragment ? 8 : ((size_t)bytes[at + 1] + 1) * 8;
    }
    content->begins = (fragment & 0xFFF9) == 1;
    if (fragment >> 3 == 0)
        set_transport(content, at, IPV6_SIZE + (size_t)be16(bytes + 4));
}

/* Clears the checksum of the transport, and keeps it aside. */
static void mask_transport(struct etl_content *content)
{
    size_t checksum = content->transport + (content->protocol == TCP ? 16u : 6u);
    if (!content->transport || (content->protocol != TCP && content->protocol != UDP) ||
        checksum + 2 > content->size)
        return;
    content->has_checksum = true;
    content->checksum = be16(content->bytes + checksum);
    memset(content->bytes + checksum, 0, 2);
}

static void read_headers(struct etl_content *content, uint16_t ethertype)
{
    if (ethertype == IPV4) {
        read_ipv4(content);
        memset(content->bytes + 10, 0, 2);
    } else if (ethertype == IPV6 && content->size >= IPV6_SIZE) {
        read_ipv6(content);
    }
    mask_transport(content);
}

/* A complete frame without a network packet, as in 802.11, is compared with its link header. */
bool etl_content_read(const struct etl_frame *frame, struct etl_content *content)
{
    uint16_t ethertype = 0;
    size_t header = read_link_header(frame, &ethertype);
    const uint8_t *data = frame->data + header;
    size_t size = read_network_size(data, frame->size - header, ethertype);
    if (size < MIN_CONTENT && frame->size == frame->original) {
        ethertype = 0;
        data = frame->data;
        size = frame->size;
    }
    if (size < MIN_CONTENT)
        return false;
    content->size = (uint16_t)MIN(size, ETL_CONTENT_SIZE);
    memcpy(content->bytes, data, content->size);
    read_headers(content, ethertype);
    content->hash = salted_bytes(content->bytes, MIN(content->size, HASHED_CONTENT)) ^ ethertype;
    return true;
}

bool etl_content_is_same(const struct etl_content *left, const struct etl_content *right)
{
    return left->hash == right->hash &&
           memcmp(left->bytes, right->bytes, MIN(left->size, right->size)) == 0;
}

/* The addresses of an IP packet, source first. */
static const uint8_t *addresses_of(const struct etl_content *content, size_t *size)
{
    bool is_ipv6 = content->bytes[0] >> 4 == 6;
    *size = is_ipv6 ? 32 : 8;
    return content->bytes + (is_ipv6 ? 8 : 12);
}

bool etl_content_is_multicast(const struct etl_content *content)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    size_t size;
    const uint8_t *destination = addresses_of(content, &size);
    destination += size / 2;
    if (content->bytes[0] >> 4 == 6)
        return destination[0] == 0xFF;
    return destination[0] >> 4 == 0xE || memcmp(destination, broadcast, sizeof(broadcast)) == 0;
}

bool etl_content_hash_survivors(const struct etl_content *content, uint32_t *hash)
{
    uint8_t key[ADDRESSES_SIZE + LEADING_SIZE + 3];
    size_t size;
    const uint8_t *addresses = addresses_of(content, &size);
    if (!content->transport || content->size < content->transport + LEADING_SIZE)
        return false;
    memcpy(key, addresses, size);
    memcpy(key + size, content->bytes + content->transport, LEADING_SIZE);
    size += LEADING_SIZE;
    key[size++] = content->protocol;
    if (content->protocol == UDP) {
        key[size++] = (uint8_t)(content->checksum >> 8);
        key[size++] = (uint8_t)content->checksum;
    }
    *hash = salted_bytes(key, size);
    return true;
}

static bool has_same_addresses(const struct etl_content *left, const struct etl_content *right)
{
    size_t size, other_size;
    const uint8_t *addresses = addresses_of(left, &size);
    const uint8_t *others = addresses_of(right, &other_size);
    return size == other_size && memcmp(addresses, others, size) == 0;
}

static bool has_same_transport(const struct etl_content *left, const struct etl_content *right)
{
    size_t common = MIN(left->size - left->transport, right->size - right->transport);
    bool has_checksums = left->has_checksum && right->has_checksum;
    return left->protocol == right->protocol &&
           (!has_checksums || left->checksum == right->checksum) &&
           memcmp(left->bytes + left->transport, right->bytes + right->transport, common) == 0;
}

bool etl_content_survives(const struct etl_content *packet, const struct etl_content *drop)
{
    return packet->transport && drop->transport &&
           (packet->begins ? packet->length < drop->length : packet->length == drop->length) &&
           has_same_addresses(packet, drop) && has_same_transport(packet, drop);
}
