/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the bytes of a packet are: which link type they have, whatever the log says, and the link
 * and network headers that are missing from them.
 */
#ifndef PKTMON_ETL_LINK_H
#define PKTMON_ETL_LINK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon-event.h"

/* pktmon.packet_type beyond those of event.h, as the API of Windows numbers them. */
enum etl_packet_type {
    ETL_TYPE_UNKNOWN = 0,
    ETL_TYPE_ETHERNET = 1,
    ETL_TYPE_WIFI = 2,
    ETL_TYPE_IP = 3,
    ETL_TYPE_HTTP = 4,
    ETL_TYPE_TCP = 5,
    ETL_TYPE_UDP = 6,
    ETL_TYPE_ARP = 7,
    ETL_TYPE_ICMP = 8,
    ETL_TYPE_ESP = 9,
    ETL_TYPE_AH = 10,
    ETL_TYPE_L4_PAYLOAD = 11,
};

/* tcpdump.org/linktypes.html */
enum etl_link_type {
    ETL_LINKTYPE_ETHERNET = 1,
    ETL_LINKTYPE_RAW = 101,
    ETL_LINKTYPE_IEEE802_11 = 105,
    ETL_LINKTYPE_USER0 = 147,
    ETL_LINKTYPE_UPPER_PDU = 252,
};

struct etl_frame {
    uint16_t link_type;
    const uint8_t *data; /* into the event, or into the scratch */
    uint32_t size;       /* bytes at data */
    uint32_t original;   /* bytes that the packet had, with the headers that are ours */
    bool synthesised;    /* data begins with a header that is ours */
};

/* The frame of an event that has bytes or addresses. scratch receives what has to be put
 * together; it lives as long as the frame does. */
void etl_frame_of(const struct etl_packet_event *event, GByteArray *scratch,
                  struct etl_frame *frame);

/* Puts an 802.1Q tag back into an Ethernet frame; nothing where it has one or cannot have one.
 * tci: priority, canonical format and VLAN id as in the tag. */
void etl_frame_put_tag(struct etl_frame *frame, uint16_t tci, GByteArray *scratch);

/* Bytes of the 802.11 header at data, by its frame control; what follows it is LLC. */
size_t etl_wifi_header_size(const uint8_t *data);

/* Clears the Protected bit of an 802.11 frame whose body is readable, or nobody would read it. */
void etl_frame_clear_protected(struct etl_frame *frame, GByteArray *scratch);

#endif
