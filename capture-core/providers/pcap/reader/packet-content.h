/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of a packet, as far as it distinguishes the packet from others. */
#ifndef PKTMON_PCAP_READER_PACKET_CONTENT_H
#define PKTMON_PCAP_READER_PACKET_CONTENT_H

#include <stdint.h>

/* Only this many first bytes of a frame are used; fewer distinguish packets less well. */
#define PCAP_CONTENT_BYTES 192

struct pcap_content {
    uint64_t signature; /* unchanged by routing and by address translation */
    uint64_t flow;      /* sender and receiver; 0 = not known */
    uint64_t answer;    /* the flow of an answer to it */
    uint32_t network;   /* offset of the network header */
};

/* Of an Ethernet frame, which may be cut anywhere. */
struct pcap_content pcap_content_of(const uint8_t *frame, uint32_t length);

#endif
