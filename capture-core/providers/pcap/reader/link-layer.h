/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversion of libpcap's link types to Ethernet frames. */
#ifndef PKTMON_PCAP_READER_LINK_LAYER_H
#define PKTMON_PCAP_READER_LINK_LAYER_H

#include <stdbool.h>

#include "pktmon/event.h"

#define PCAP_MAX_GROWTH 14 /* bytes */

/* Fills in the packet's link_type, data, caplen, origlen and l2_synthesised. A packet without
 * Ethernet header gets one, which is written before the bytes: there must be room for
 * PCAP_MAX_GROWTH. dlt: DLT_. False: this link type is not supported. */
bool pcap_fill_frame(struct pktmon_packet *packet, uint16_t dlt, uint8_t *bytes, uint32_t caplen,
                     uint32_t origlen);

#endif
