/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet as lines of text in the manner of tcpdump, as Windows' pktmon writes them. */
#ifndef PKTMON_PACKET_TEXT_H
#define PKTMON_PACKET_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct packet_text_options {
    bool brief;          /* addresses and protocol only */
    int verbose;         /* 1 to 3: more of each header */
    bool hex;            /* the bytes too */
    bool no_ethernet;    /* without the link header */
    uint16_t vxlan_port; /* UDP */
};

/* Appends lines, each after a tab and with its line end. link_type: LINKTYPE_ value. */
void packet_text(GString *text, const struct packet_text_options *options, uint16_t link_type,
                 const uint8_t *data, uint32_t size, uint32_t original);

#endif
