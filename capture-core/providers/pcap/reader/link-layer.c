/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link-layer.h"

#include <pcap/dlt.h>
#include <string.h>

#define ETHERNET_HLEN   14
#define COOKED_HLEN     16
#define COOKED_PROTOCOL 14 /* offset of the Ethertype, which ends the header */

/* The Ethertype of a packet that begins at its network header; 0: not IP. */
static uint16_t version_ethertype(const uint8_t *bytes, uint32_t length)
{
    if (length > 0 && bytes[0] >> 4 == 4)
        return 0x0800;
    return length > 0 && bytes[0] >> 4 == 6 ? 0x86DD : 0;
}

/* Replaces the first skip bytes by an Ethernet header with zero addresses: they are unknown, and no
 * real packet has such addresses. */
static void replace_header(struct pktmon_packet *packet, uint32_t skip, uint16_t ethertype)
{
    uint8_t *frame = (uint8_t *)packet->data + skip - ETHERNET_HLEN;

    memset(frame, 0, ETHERNET_HLEN - 2);
    frame[ETHERNET_HLEN - 2] = ethertype >> 8;
    frame[ETHERNET_HLEN - 1] = ethertype & 0xFF;
    packet->data = frame;
    packet->caplen += ETHERNET_HLEN - skip;
    packet->origlen += ETHERNET_HLEN - skip;
    packet->l2_synthesised = true;
}

bool pcap_fill_frame(struct pktmon_packet *packet, uint16_t dlt, uint8_t *bytes, uint32_t caplen,
                     uint32_t origlen)
{
    packet->link_type = 1; /* LINKTYPE_ETHERNET */
    packet->data = bytes;
    packet->caplen = caplen;
    packet->origlen = origlen;
    if (dlt == DLT_EN10MB)
        return true;
    if (dlt == DLT_RAW || dlt == DLT_IPV4 || dlt == DLT_IPV6) {
        replace_header(packet, 0, version_ethertype(bytes, caplen));
        return true;
    }
    if (dlt != DLT_LINUX_SLL || caplen < COOKED_HLEN)
        return false;
    replace_header(packet, COOKED_HLEN,
                   (uint16_t)(bytes[COOKED_PROTOCOL] << 8 | bytes[COOKED_PROTOCOL + 1]));
    return true;
}
