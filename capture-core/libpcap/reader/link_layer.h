/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libpcap calls link types, as Ethernet frames. */
#ifndef PKTMON_PCAP_LINK_LAYER_H
#define PKTMON_PCAP_LINK_LAYER_H

#include <stdbool.h>

#include "event.h"

#define LINK_LAYER_MAX_GROWTH 14 /* bytes */

/* Fills the packet's link_type, data, caplen, origlen and l2_synthesised. A packet that has no
 * Ethernet header gets one, which is written before the bytes: there is room for
 * LINK_LAYER_MAX_GROWTH. dlt: DLT_. False: packets of this type are not understood. */
bool link_layer_frame(struct pktmon_packet *packet, uint16_t dlt, uint8_t *bytes, uint32_t caplen,
                      uint32_t origlen);

#endif
