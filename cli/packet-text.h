/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet as text in tcpdump's style, for packets that tcpdump does not format. */
#ifndef PKTMON_CLI_PACKET_TEXT_H
#define PKTMON_CLI_PACKET_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct cli_packet_text_options {
    bool brief;          /* addresses and protocol only */
    int verbose;         /* 1 to 3: more of each header */
    bool hex;            /* also the bytes */
    bool no_ethernet;    /* without the link header */
    uint16_t vxlan_port; /* UDP */
};

#define CLI_TCPDUMP_VXLAN_PORT 4789 /* the port that tcpdump recognises */

/* Appends complete lines, with less detail than tcpdump. link_type: LINKTYPE_ value. */
void cli_append_packet_text(GString *text, const struct cli_packet_text_options *options,
                            uint16_t link_type, const uint8_t *data, uint32_t size,
                            uint32_t original);

/* Appends lines of bytes as tcpdump -xx prints them. */
void cli_append_packet_hex(GString *text, const uint8_t *data, size_t size);

/* Position of the UDP destination port in the packet, if it is the given VXLAN port and not the one
 * that tcpdump recognises; else 0. */
uint32_t cli_find_vxlan_port(uint16_t link_type, const uint8_t *data, uint32_t size, uint16_t port);

#endif
