/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes frames of the bytes of a packet: determines their link type, about which logs may be wrong,
 * and adds missing link and network headers.
 */
#ifndef PKTMON_ETL_READER_LINK_H
#define PKTMON_ETL_READER_LINK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/event.h"
#include "pktmon-event.h"

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
    const uint8_t *data; /* in the event, or in scratch */
    uint32_t size;       /* bytes at data */
    uint32_t original;   /* original size of the packet, with the headers that were added */
    bool synthesised;    /* data begins with a header that was added */
};

/* Makes the frame of an event that has bytes or addresses. scratch receives a frame that has to be
 * assembled, and must outlive it. */
void etl_frame_of(const struct etl_packet_event *event, GByteArray *scratch,
                  struct etl_frame *frame);

/* The link type of the frame of an event, without making it. */
uint16_t etl_link_type_of(const struct etl_packet_event *event);

/* Inserts an 802.1Q tag into an Ethernet frame that has none. tci: priority, DEI and VLAN id as in
 * the tag. */
void etl_frame_put_tag(struct etl_frame *frame, uint16_t tci, GByteArray *scratch);

/* Size of the 802.11 header at data, by its frame control. LLC follows it. */
size_t etl_wifi_header_size(const uint8_t *data);

/* Clears the Protected bit of an 802.11 frame whose body is decrypted, so that it is dissected. */
void etl_frame_clear_protected(struct etl_frame *frame, GByteArray *scratch);

#endif
