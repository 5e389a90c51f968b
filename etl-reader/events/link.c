/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link.h"

#include "model/big-endian.h"

#define ETHERNET_HEADER_SIZE 14
#define TAG_SIZE             4
#define MACS_SIZE            12
#define ETHERTYPE_IPV4       0x0800
#define ETHERTYPE_ARP        0x0806
#define ETHERTYPE_VLAN       0x8100
#define ETHERTYPE_IPV6       0x86DD
#define ETHERTYPE_QINQ       0x88A8

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP  6
#define PROTOCOL_UDP  17
#define PROTOCOL_ESP  50
#define PROTOCOL_AH   51

#define IPV4_HEADER_SIZE 20
#define IPV6_HEADER_SIZE 40
#define TCP_HEADER_SIZE  20
#define UDP_HEADER_SIZE  8
#define HOP_LIMIT        64

/* 802.11 frame control */
#define FC_VERSION_MASK  0x03
#define FC_TYPE_MASK     0x0C
#define FC_TYPE_DATA     0x08
#define FC_SUBTYPE_NULL  0x40
#define FC_SUBTYPE_QOS   0x80
#define FC_TO_FROM_DS    0x03
#define FC_PROTECTED     0x40
#define WIFI_HEADER_SIZE 24

/* The reason of drops by a miniport of frames that no protocol takes: Ethernet, with Ethertype 0.
 */
#define REASON_PROTOCOL_NOT_BOUND   204
#define LOCATION_M_DISPATCH_RECEIVE 0xE0001007u

static void put_be16(GByteArray *to, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    g_byte_array_append(to, bytes, sizeof(bytes));
}

static void put_zeros(GByteArray *to, guint count)
{
    guint before = to->len;
    g_byte_array_set_size(to, before + count);
    memset(to->data + before, 0, count);
}

/* Ethertypes seen by filters and protocols of Windows. Any other value at their offset is no
 * Ethertype.
 */
static bool is_plausible_ethertype(uint16_t ethertype)
{
    static const uint16_t known[] = {
        ETHERTYPE_IPV4, ETHERTYPE_ARP,  ETHERTYPE_VLAN,
        ETHERTYPE_IPV6, ETHERTYPE_QINQ, 0x8808, /* flow control */
        0x8847,                                 /* MPLS */
        0x8848,         0x8863,                 /* PPPoE */
        0x8864,         0x887B,                 /* HomePlug */
        0x888E,                                 /* EAPOL */
        0x8892,                                 /* PROFINET */
        0x8899,                                 /* Realtek */
        0x88B5,         0x88B6,         0x88B7, /* experimental */
        0x88C7,                                 /* pre-authentication */
        0x88CC,                                 /* LLDP */
        0x88D9,                                 /* LLTD */
        0x88E1,                                 /* HomePlug AV */
        0x88E5,                                 /* MACsec */
        0x88F7,                                 /* PTP */
        0x8906,                                 /* FCoE */
        0x890D,                                 /* TDLS */
        0x893A,                                 /* IEEE 1905 */
        0x9000,                                 /* loopback test */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (known[i] == ethertype)
            return true;
    }
    return false;
}

size_t etl_wifi_header_size(const uint8_t *data)
{
    size_t size = WIFI_HEADER_SIZE;
    if ((data[1] & FC_TO_FROM_DS) == FC_TO_FROM_DS)
        size += 6; /* a fourth address */
    if (data[0] & FC_SUBTYPE_QOS)
        size += 2;
    return size;
}

static bool is_data_frame(const uint8_t *data, size_t size)
{
    return size >= 2 && (data[0] & FC_VERSION_MASK) == 0 &&
           (data[0] & FC_TYPE_MASK) == FC_TYPE_DATA;
}

static bool has_llc(const uint8_t *data, size_t size)
{
    static const uint8_t snap[] = {0xAA, 0xAA, 0x03};
    size_t header = etl_wifi_header_size(data);
    return size >= header + sizeof(snap) && memcmp(data + header, snap, sizeof(snap)) == 0;
}

static bool is_null_function(const uint8_t *data, size_t original)
{
    return data[0] & FC_SUBTYPE_NULL && original == etl_wifi_header_size(data);
}

/* Logs have the type WiFi also for Ethernet frames above nwifi.sys. original: original packet size.
 *
 * An Ethernet destination that begins with 08 or 48 looks like frame control, so the LLC header, or
 * the exact length of a frame without a body, decides. Without either, and without an Ethertype, it
 * is another 802.11 frame: management, or encrypted. */
static bool is_wifi(const uint8_t *data, size_t size, size_t original)
{
    if (is_data_frame(data, size) && (has_llc(data, size) || is_null_function(data, original)))
        return true;
    return size < ETHERNET_HEADER_SIZE || !is_plausible_ethertype(be16(data + MACS_SIZE));
}

void etl_frame_clear_protected(struct etl_frame *frame, GByteArray *scratch)
{
    if (!is_data_frame(frame->data, frame->size) || !(frame->data[1] & FC_PROTECTED) ||
        !has_llc(frame->data, frame->size))
        return;
    g_byte_array_set_size(scratch, 0);
    g_byte_array_append(scratch, frame->data, frame->size);
    scratch->data[1] &= (uint8_t)~FC_PROTECTED;
    frame->data = scratch->data;
}

static uint16_t compute_checksum(const uint8_t *header)
{
    uint32_t sum = 0;
    for (int i = 0; i < IPV4_HEADER_SIZE; i += 2)
        sum += be16(header + i);
    while (sum >> 16)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_ipv4(GByteArray *to, const struct etl_addresses *addresses, size_t payload)
{
    guint start = to->len;
    put_zeros(to, IPV4_HEADER_SIZE);
    uint8_t *header = to->data + start;
    size_t length = MIN(IPV4_HEADER_SIZE + payload, UINT16_MAX);
    header[0] = 0x45;
    header[2] = (uint8_t)(length >> 8);
    header[3] = (uint8_t)length;
    header[8] = HOP_LIMIT;
    header[9] = addresses->protocol;
    memcpy(header + 12, addresses->from, 4);
    memcpy(header + 16, addresses->to, 4);
    uint16_t checksum = compute_checksum(header);
    header[10] = (uint8_t)(checksum >> 8);
    header[11] = (uint8_t)checksum;
}

static void put_ipv6(GByteArray *to, const struct etl_addresses *addresses, size_t payload)
{
    guint start = to->len;
    put_zeros(to, IPV6_HEADER_SIZE);
    uint8_t *header = to->data + start;
    size_t length = MIN(payload, UINT16_MAX);
    header[0] = 0x60;
    header[4] = (uint8_t)(length >> 8);
    header[5] = (uint8_t)length;
    header[6] = addresses->protocol;
    header[7] = HOP_LIMIT;
    memcpy(header + 8, addresses->from, 16);
    memcpy(header + 24, addresses->to, 16);
}

static void put_ip(GByteArray *to, const struct etl_addresses *addresses, size_t payload)
{
    if (addresses->address_size == 16)
        put_ipv6(to, addresses, payload);
    else
        put_ipv4(to, addresses, payload);
}

static size_t find_transport_size(uint8_t protocol)
{
    if (protocol == PROTOCOL_TCP)
        return TCP_HEADER_SIZE;
    return protocol == PROTOCOL_UDP ? UDP_HEADER_SIZE : 0;
}

static void put_transport(GByteArray *to, const struct etl_addresses *addresses, size_t payload)
{
    if (find_transport_size(addresses->protocol) == 0)
        return;
    put_be16(to, addresses->from_port);
    put_be16(to, addresses->to_port);
    if (addresses->protocol == PROTOCOL_UDP) {
        put_be16(to, (unsigned)MIN(UDP_HEADER_SIZE + payload, UINT16_MAX));
        put_be16(to, 0); /* no checksum */
        return;
    }
    guint start = to->len;
    put_zeros(to, TCP_HEADER_SIZE - 4);
    to->data[start + 8] = TCP_HEADER_SIZE / 4 << 4;
    to->data[start + 9] = addresses->tcp_flags;
}

static void put_ethernet(GByteArray *to, const struct etl_addresses *addresses)
{
    uint16_t ethertype = addresses->ethertype;
    if (ethertype == 0)
        ethertype = addresses->address_size == 16 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
    g_byte_array_append(to, addresses->to_mac, ETL_MAC_SIZE);
    g_byte_array_append(to, addresses->from_mac, ETL_MAC_SIZE);
    put_be16(to, ethertype);
}

/* Appends the bytes of the event to the added headers in scratch. */
static void finish_frame(const struct etl_packet_event *event, GByteArray *scratch,
                         uint16_t link_type, struct etl_frame *frame)
{
    guint headers = scratch->len;
    if (event->payload_size > 0)
        g_byte_array_append(scratch, event->payload, event->payload_size);
    *frame = (struct etl_frame){
        .link_type = link_type,
        .data = scratch->data,
        .size = scratch->len,
        .original = headers + MAX(event->original_size, event->payload_size),
        .synthesised = true,
    };
}

static void take_as_logged(const struct etl_packet_event *event, uint16_t link_type,
                           struct etl_frame *frame)
{
    *frame = (struct etl_frame){
        .link_type = link_type,
        .data = event->payload,
        .size = event->payload_size,
        .original = MAX(event->original_size, event->payload_size),
    };
}

static bool is_ip(const uint8_t *data, size_t size)
{
    if (size >= IPV4_HEADER_SIZE && data[0] >> 4 == 4)
        return (data[0] & 15) >= 5;
    return size >= IPV6_HEADER_SIZE && data[0] >> 4 == 6;
}

/* Whether the IP header at data has the addresses of the event: then the bytes are no bare payload.
 */
static bool has_addresses(const uint8_t *data, size_t size, const struct etl_addresses *addresses)
{
    if (!is_ip(data, size) || (data[0] >> 4 == 4) != (addresses->address_size == 4))
        return false;
    const uint8_t *from = data + (addresses->address_size == 4 ? 12 : 8);
    return memcmp(from, addresses->from, addresses->address_size) == 0 &&
           memcmp(from + addresses->address_size, addresses->to, addresses->address_size) == 0;
}

static bool is_frame_payload(const struct etl_packet_event *event)
{
    const uint8_t *data = event->payload;
    size_t size = event->payload_size;
    if (size < ETHERNET_HEADER_SIZE)
        return false;
    size_t header = ETHERNET_HEADER_SIZE;
    if (be16(data + MACS_SIZE) == ETHERTYPE_VLAN)
        header += TAG_SIZE;
    return size > header && has_addresses(data + header, size - header, &event->addresses);
}

/* Events 200-230: addresses are separate from the bytes. Bytes of a type that is a protocol begin
 * with its header; other types begin after it. */
static void build_payload(const struct etl_packet_event *event, GByteArray *scratch,
                          struct etl_frame *frame)
{
    if (has_addresses(event->payload, event->payload_size, &event->addresses)) {
        take_as_logged(event, ETL_LINKTYPE_RAW, frame);
        return;
    }
    if (is_frame_payload(event)) {
        take_as_logged(event, ETL_LINKTYPE_ETHERNET, frame);
        return;
    }
    bool behind =
        event->packet_type < PKTMON_PACKET_TCP || event->packet_type == PKTMON_PACKET_L4_PAYLOAD;
    size_t original = MAX(event->original_size, event->payload_size);
    size_t transport = behind ? find_transport_size(event->addresses.protocol) : 0;
    put_ip(scratch, &event->addresses, transport + original);
    if (behind)
        put_transport(scratch, &event->addresses, original);
    finish_frame(event, scratch, ETL_LINKTYPE_RAW, frame);
}

static bool has_macs(const struct etl_addresses *addresses)
{
    static const uint8_t no_mac[ETL_MAC_SIZE];
    return memcmp(addresses->to_mac, no_mac, ETL_MAC_SIZE) != 0 ||
           memcmp(addresses->from_mac, no_mac, ETL_MAC_SIZE) != 0;
}

/* Events 120-150: only the headers are known. */
static void build_parsed(const struct etl_packet_event *event, GByteArray *scratch,
                         struct etl_frame *frame)
{
    const struct etl_addresses *addresses = &event->addresses;
    bool has_link = has_macs(addresses);
    if (has_link)
        put_ethernet(scratch, addresses);
    put_ip(scratch, addresses, find_transport_size(addresses->protocol));
    put_transport(scratch, addresses, 0);
    finish_frame(event, scratch, has_link ? ETL_LINKTYPE_ETHERNET : ETL_LINKTYPE_RAW, frame);
    if (has_link)
        etl_frame_put_tag(frame, addresses->vlan, scratch);
}

/* Bytes that begin with the header of a protocol: adds an IP header without addresses. */
static void build_protocol(const struct etl_packet_event *event, uint8_t protocol,
                           GByteArray *scratch, struct etl_frame *frame)
{
    const struct etl_addresses addresses = {.address_size = 4, .protocol = protocol};
    put_ip(scratch, &addresses, MAX(event->original_size, event->payload_size));
    finish_frame(event, scratch, ETL_LINKTYPE_RAW, frame);
}

static void build_arp(const struct etl_packet_event *event, GByteArray *scratch,
                      struct etl_frame *frame)
{
    const struct etl_addresses addresses = {.ethertype = ETHERTYPE_ARP};
    put_ethernet(scratch, &addresses);
    finish_frame(event, scratch, ETL_LINKTYPE_ETHERNET, frame);
}

/* Bytes above the transport: a link type of Wireshark for bytes that a named dissector reads. */
static void build_upper(const struct etl_packet_event *event, const char *dissector,
                        GByteArray *scratch, struct etl_frame *frame)
{
    enum { TAG_DISSECTOR = 12 }; /* EXP_PDU_TAG_DISSECTOR_NAME */
    char name[8] = {0};          /* a multiple of 4, as tags are padded */
    g_strlcpy(name, dissector, sizeof(name));
    put_be16(scratch, TAG_DISSECTOR);
    put_be16(scratch, sizeof(name));
    g_byte_array_append(scratch, (const uint8_t *)name, sizeof(name));
    put_be16(scratch, 0);
    put_be16(scratch, 0);
    finish_frame(event, scratch, ETL_LINKTYPE_UPPER_PDU, frame);
}

static uint16_t find_unknown_link(const struct etl_packet_event *event)
{
    const uint8_t *data = event->payload;
    size_t size = event->payload_size;
    if (size >= ETHERNET_HEADER_SIZE && is_plausible_ethertype(be16(data + MACS_SIZE)))
        return ETL_LINKTYPE_ETHERNET;
    return is_ip(data, size) ? ETL_LINKTYPE_RAW : ETL_LINKTYPE_USER0;
}

static uint16_t find_wifi_link(const struct etl_packet_event *event)
{
    bool ethernet_drop = event->dropped && event->reason == REASON_PROTOCOL_NOT_BOUND &&
                         event->location == LOCATION_M_DISPATCH_RECEIVE;
    if (ethernet_drop || !is_wifi(event->payload, event->payload_size, event->original_size))
        return ETL_LINKTYPE_ETHERNET;
    return ETL_LINKTYPE_IEEE802_11;
}

static void build_wifi(const struct etl_packet_event *event, GByteArray *scratch,
                       struct etl_frame *frame)
{
    take_as_logged(event, find_wifi_link(event), frame);
    if (frame->link_type == ETL_LINKTYPE_IEEE802_11)
        etl_frame_clear_protected(frame, scratch);
}

static void build_frame(const struct etl_packet_event *event, GByteArray *scratch,
                        struct etl_frame *frame)
{
    static const uint8_t protocols[] = {
        [PKTMON_PACKET_TCP] = PROTOCOL_TCP,   [PKTMON_PACKET_UDP] = PROTOCOL_UDP,
        [PKTMON_PACKET_ICMP] = PROTOCOL_ICMP, [PKTMON_PACKET_ESP] = PROTOCOL_ESP,
        [PKTMON_PACKET_AH] = PROTOCOL_AH,
    };
    switch (event->packet_type) {
    case PKTMON_PACKET_ETHERNET:
        take_as_logged(event, ETL_LINKTYPE_ETHERNET, frame);
        break;
    case PKTMON_PACKET_WIFI:
        build_wifi(event, scratch, frame);
        break;
    case PKTMON_PACKET_IP:
        take_as_logged(event, ETL_LINKTYPE_RAW, frame);
        break;
    case PKTMON_PACKET_HTTP:
        build_upper(event, "http", scratch, frame);
        break;
    case PKTMON_PACKET_ARP:
        build_arp(event, scratch, frame);
        break;
    case PKTMON_PACKET_L4_PAYLOAD:
        build_upper(event, "data", scratch, frame);
        break;
    case PKTMON_PACKET_TCP:
    case PKTMON_PACKET_UDP:
    case PKTMON_PACKET_ICMP:
    case PKTMON_PACKET_ESP:
    case PKTMON_PACKET_AH:
        build_protocol(event, protocols[event->packet_type], scratch, frame);
        break;
    default:
        take_as_logged(event, find_unknown_link(event), frame);
    }
}

void etl_frame_of(const struct etl_packet_event *event, GByteArray *scratch,
                  struct etl_frame *frame)
{
    g_byte_array_set_size(scratch, 0);
    if (event->kind == ETL_PACKET_PARSED)
        build_parsed(event, scratch, frame);
    else if (event->kind == ETL_PACKET_PAYLOAD)
        build_payload(event, scratch, frame);
    else
        build_frame(event, scratch, frame);
}

static uint16_t find_frame_link(const struct etl_packet_event *event)
{
    static const uint16_t link_types[] = {
        [PKTMON_PACKET_ETHERNET] = ETL_LINKTYPE_ETHERNET,
        [PKTMON_PACKET_IP] = ETL_LINKTYPE_RAW,
        [PKTMON_PACKET_HTTP] = ETL_LINKTYPE_UPPER_PDU,
        [PKTMON_PACKET_TCP] = ETL_LINKTYPE_RAW,
        [PKTMON_PACKET_UDP] = ETL_LINKTYPE_RAW,
        [PKTMON_PACKET_ARP] = ETL_LINKTYPE_ETHERNET,
        [PKTMON_PACKET_ICMP] = ETL_LINKTYPE_RAW,
        [PKTMON_PACKET_ESP] = ETL_LINKTYPE_RAW,
        [PKTMON_PACKET_AH] = ETL_LINKTYPE_RAW,
        [PKTMON_PACKET_L4_PAYLOAD] = ETL_LINKTYPE_UPPER_PDU,
    };
    if (event->packet_type == PKTMON_PACKET_WIFI)
        return find_wifi_link(event);
    uint16_t known =
        event->packet_type < G_N_ELEMENTS(link_types) ? link_types[event->packet_type] : 0;
    return known ? known : find_unknown_link(event);
}

uint16_t etl_link_type_of(const struct etl_packet_event *event)
{
    if (event->kind == ETL_PACKET_PARSED)
        return has_macs(&event->addresses) ? ETL_LINKTYPE_ETHERNET : ETL_LINKTYPE_RAW;
    if (event->kind == ETL_PACKET_FRAME)
        return find_frame_link(event);
    bool raw = has_addresses(event->payload, event->payload_size, &event->addresses);
    return !raw && is_frame_payload(event) ? ETL_LINKTYPE_ETHERNET : ETL_LINKTYPE_RAW;
}

void etl_frame_put_tag(struct etl_frame *frame, uint16_t tci, GByteArray *scratch)
{
    if (tci == 0 || frame->link_type != ETL_LINKTYPE_ETHERNET || frame->size < ETHERNET_HEADER_SIZE)
        return;
    uint16_t ethertype = be16(frame->data + MACS_SIZE);
    if (ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ)
        return;
    if (frame->data != scratch->data) {
        g_byte_array_set_size(scratch, 0);
        g_byte_array_append(scratch, frame->data, frame->size);
    }
    const uint8_t tag[TAG_SIZE] = {ETHERTYPE_VLAN >> 8, ETHERTYPE_VLAN & 0xFF, (uint8_t)(tci >> 8),
                                   (uint8_t)tci};
    g_byte_array_set_size(scratch, frame->size + TAG_SIZE);
    memmove(scratch->data + MACS_SIZE + TAG_SIZE, scratch->data + MACS_SIZE,
            frame->size - MACS_SIZE);
    memcpy(scratch->data + MACS_SIZE, tag, TAG_SIZE);
    frame->data = scratch->data;
    frame->size += TAG_SIZE;
    frame->original += TAG_SIZE;
}
