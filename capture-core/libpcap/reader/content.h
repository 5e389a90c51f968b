/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet holds, as far as it tells the packet from others. */
#ifndef PKTMON_PCAP_CONTENT_H
#define PKTMON_PCAP_CONTENT_H

#include <stdint.h>

/* No more of a frame's first bytes is looked at; with fewer, packets are told apart less well. */
#define CONTENT_BYTES 192

struct content {
    uint64_t signature; /* stays when the packet is routed and when addresses are translated */
    uint64_t flow;      /* who sends to whom; 0 = not known */
    uint64_t answer;    /* the flow of an answer to it */
};

/* Of an Ethernet frame, which may be cut anywhere. */
struct content content_of(const uint8_t *frame, uint32_t length);

#endif
