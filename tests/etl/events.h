/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bodies of Packet Monitor's events, and frames to put into them. */
#ifndef ETL_EVENTS_H
#define ETL_EVENTS_H

#include <glib.h>
#include <stdint.h>

#include "writer.h"

struct packet_body {
    uint64_t group;
    uint16_t number, appearance, direction, type, component, edge, filter;
    uint32_t reason, location;
    uint16_t original; /* 0 = as logged */
    const uint8_t *data;
    uint16_t size;
};

/* A packet of the log, in its first and only appearance: an Ethernet frame received at edge 1 of
 * component 7. frame: borrowed; NULL: no bytes. */
struct packet_body packet_body_of(uint64_t group, const GByteArray *frame);

/* The caller frees each. */
GByteArray *body_packet(const struct packet_body *packet);           /* 160, 170, 240 */
GByteArray *body_payload(const struct packet_body *packet, bool v6); /* 200 to 230 */
GByteArray *body_parsed(const struct packet_body *packet, bool v6, uint16_t vlan); /* 120-150 */
/* 180, 190; info: twelve values, the first nine as pointers. */
GByteArray *body_nbl(const struct packet_body *packet, const uint64_t info[12], bool is_32bit);
GByteArray *body_context(const struct packet_body *packet, uint16_t type, uint64_t context);
GByteArray *body_component(uint16_t id, uint16_t type, const char *name,
                           const char *description); /* 20, 270, 280 */
GByteArray *body_property(uint16_t component, uint16_t type, uint32_t value, unsigned size);
GByteArray *body_flow(uint16_t component, const char *edge, uint16_t edge_id, uint64_t base);
GByteArray *body_drops(uint16_t component, uint64_t base);

/* Adds an event of PktMon and frees its body. */
void add_pktmon(struct writer *writer, unsigned cpu, int64_t ticks, uint16_t id, GByteArray *body);

/* An Ethernet frame with an IPv4 UDP packet that has this identification and payload. */
GByteArray *udp_frame(uint16_t identification, const char *payload);
/* The same as 802.11 data, with LLC. */
GByteArray *wifi_frame(uint16_t identification, const char *payload, bool protected_bit);

#endif
