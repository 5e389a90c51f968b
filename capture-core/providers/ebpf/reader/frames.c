/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#define ADDRESSES 12 /* bytes before a frame's Ethertype or tag */
#define VLAN_HLEN 4

static void put_u16(uint8_t *to, uint16_t value)
{
    value = htons(value);
    memcpy(to, &value, sizeof(value));
}

/* The bytes may be in frame already, behind a synthesised header. */
static void insert_tag(struct pktmon_packet *packet, const struct packet_record *record,
                       uint8_t *frame)
{
    packet->origlen += VLAN_HLEN;
    if (packet->caplen < ADDRESSES)
        return;
    memmove(frame + ADDRESSES + VLAN_HLEN, packet->data + ADDRESSES, packet->caplen - ADDRESSES);
    memmove(frame, packet->data, ADDRESSES);
    put_u16(frame + ADDRESSES, record->vlan_proto);
    put_u16(frame + ADDRESSES + 2, record->vlan_tci);
    packet->data = frame;
    packet->caplen += VLAN_HLEN;
}

/* The addresses stay zero: they are unknown, and no real packet has such addresses. */
static void prepend_header(struct pktmon_packet *packet, const struct packet_record *record,
                           uint8_t *frame)
{
    memset(frame, 0, ADDRESSES);
    put_u16(frame + ADDRESSES, record->protocol);
    memcpy(frame + ETH_HLEN, packet->data, packet->caplen);
    packet->data = frame;
    packet->caplen += ETH_HLEN;
    packet->origlen += ETH_HLEN;
    packet->l2_synthesised = true;
}

void ebpf_fill_frame(struct pktmon_packet *packet, const struct packet_record *record,
                     uint8_t *frame, uint32_t pkt_size)
{
    packet->link_type = 1; /* LINKTYPE_ETHERNET */
    packet->data = (const uint8_t *)(record + 1);
    packet->caplen = record->caplen;
    packet->origlen = record->origlen;
    if (record->flags & RECORD_L3)
        prepend_header(packet, record, frame);
    if (record->flags & RECORD_VLAN)
        insert_tag(packet, record, frame);
    if (pkt_size && packet->caplen > pkt_size)
        packet->caplen = pkt_size;
}
