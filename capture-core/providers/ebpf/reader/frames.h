/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record's bytes as the frame that was on the wire, or would be. */
#ifndef PKTMON_EBPF_READER_FRAMES_H
#define PKTMON_EBPF_READER_FRAMES_H

#include "pktmon/event.h"
#include "providers/ebpf/records.h"

#define EBPF_FRAME_SIZE (RECORD_MAX_PACKET + 32)

/* Fills in the packet's data, caplen, origlen and l2_synthesised: the VLAN tag that the kernel held
 * outside is put back, and a packet without link header gets an Ethernet header. frame is memory of
 * EBPF_FRAME_SIZE bytes, used where the bytes must move. pkt_size: bytes to keep, 0 = all. */
void ebpf_fill_frame(struct pktmon_packet *packet, const struct packet_record *record,
                     uint8_t *frame, uint32_t pkt_size);

#endif
