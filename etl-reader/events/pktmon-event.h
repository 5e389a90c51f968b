/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet events of the provider Microsoft-Windows-PktMon, as logged. Layouts: the manifest of
 * builds 17763 to 26200 (docs/etl.md).
 */
#ifndef PKTMON_ETL_READER_PKTMON_EVENT_H
#define PKTMON_ETL_READER_PKTMON_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "etl-reader/log/etl-record.h"
#include "pktmon/event.h"

extern const uint8_t etl_pktmon_guid[ETL_GUID_SIZE];

enum etl_pktmon_id {
    ETL_PKTMON_DRIVER_FAILED = 10,
    ETL_PKTMON_COMPONENT = 20,
    ETL_PKTMON_PROPERTY_UINT = 30,
    ETL_PKTMON_PROPERTY_GUID = 40,
    ETL_PKTMON_PROPERTY_HEX = 50,
    ETL_PKTMON_PROPERTY_MEDIUM = 60,
    ETL_PKTMON_PROPERTY_IPV4 = 65,
    ETL_PKTMON_PROPERTY_IPV6 = 66,
    ETL_PKTMON_PROPERTY_BINARY = 70,
    ETL_PKTMON_PROPERTY_STRING = 73,
    ETL_PKTMON_PROPERTY_ETHERTYPE = 75,
    ETL_PKTMON_DROP_COUNTERS = 80,
    ETL_PKTMON_FLOW_COUNTERS = 90,
    ETL_PKTMON_FILTER_IPV4 = 100,
    ETL_PKTMON_FILTER_IPV6 = 110,
    ETL_PKTMON_PARSED_IPV4 = 120,
    ETL_PKTMON_PARSED_IPV6 = 130,
    ETL_PKTMON_PARSED_DROP_IPV4 = 140,
    ETL_PKTMON_PARSED_DROP_IPV6 = 150,
    ETL_PKTMON_PACKET = 160,
    ETL_PKTMON_PACKET_DROP = 170,
    ETL_PKTMON_NBL = 180,
    ETL_PKTMON_NBL_DROP = 190,
    ETL_PKTMON_PAYLOAD_IPV4 = 200,
    ETL_PKTMON_PAYLOAD_DROP_IPV4 = 210,
    ETL_PKTMON_PAYLOAD_IPV6 = 220,
    ETL_PKTMON_PAYLOAD_DROP_IPV6 = 230,
    ETL_PKTMON_PACKET_DUPLICATE = 240,
    ETL_PKTMON_CONTEXT = 250,
    ETL_PKTMON_CONTEXT_DROP = 260,
    ETL_PKTMON_REGISTERED = 270,
    ETL_PKTMON_UNREGISTERED = 280,
};

/* What a packet event has besides component, edge and direction. */
enum etl_packet_kind {
    ETL_PACKET_FRAME,   /* 160, 170, 240: bytes from the link header on */
    ETL_PACKET_PAYLOAD, /* 200-230: addresses, ports and the bytes after the transport header */
    ETL_PACKET_PARSED,  /* 120-150: addresses and ports of the first packet of a group */
    ETL_PACKET_NBL,     /* 180, 190: out-of-band data of the NET_BUFFER_LIST */
    ETL_PACKET_CONTEXT, /* 250, 260: the context of the packet, e.g. an HTTP request */
};

struct etl_addresses {
    uint8_t to_mac[ETL_MAC_SIZE], from_mac[ETL_MAC_SIZE];
    uint16_t ethertype, vlan; /* vlan 0 = none */
    uint8_t address_size;     /* 4 or 16; 0 = no addresses */
    uint8_t to[16], from[16];
    uint8_t protocol; /* of IP */
    uint16_t to_port, from_port;
    uint8_t tcp_flags;
};

/* NET_BUFFER_LIST_INFO entries, in the order of events 180 and 190. */
enum etl_nbl_info {
    ETL_NBL_CHECKSUM,
    ETL_NBL_LARGE_SEND,
    ETL_NBL_8021Q,
    ETL_NBL_HASH_INFO,
    ETL_NBL_HASH_VALUE,
    ETL_NBL_VIRTUAL_SUBNET,
    ETL_NBL_COALESCED,
    ETL_NBL_NAME_RESOLUTION,
    ETL_NBL_SEND_OFFLOADS,
    ETL_NBL_SWITCH_FORWARDING,
    ETL_NBL_GFT_OFFLOAD,
    ETL_NBL_GFT_FLOW,
    ETL_NBL_COUNT,
};

struct etl_packet_event {
    enum etl_packet_kind kind;
    bool dropped;
    bool has_group;
    uint64_t group;
    uint16_t number, appearance;
    uint16_t direction, packet_type;
    uint16_t component, edge, filter;
    uint32_t reason, location;
    /* ETL_PACKET_FRAME and ETL_PACKET_PAYLOAD */
    uint16_t original_size;
    const uint8_t *payload;
    uint32_t payload_size;
    /* ETL_PACKET_PAYLOAD and ETL_PACKET_PARSED */
    struct etl_addresses addresses;
    /* ETL_PACKET_NBL */
    uint64_t nbl[ETL_NBL_COUNT];
    /* ETL_PACKET_CONTEXT */
    uint16_t context_type;
    uint64_t context;
};

enum etl_packet_read {
    ETL_PACKET_READ,
    ETL_PACKET_OTHER, /* no packet event */
    ETL_PACKET_SHORT, /* the event is too short */
};

/* event->payload points into the record. */
enum etl_packet_read etl_packet_event_read(const struct etl_record *record,
                                           struct etl_packet_event *event);

/* Whether a direction is towards the wire. */
static inline bool etl_is_sent(uint16_t direction)
{
    return direction == PKTMON_DIRECTION_OUT || direction == PKTMON_DIRECTION_TX ||
           direction == PKTMON_DIRECTION_EGRESS;
}

#endif
