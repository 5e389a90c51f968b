/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hops in words.
 */
#ifndef PKTMON_DISSECTOR_HOP_TEXT_H
#define PKTMON_DISSECTOR_HOP_TEXT_H

#include <epan/packet.h>

#include "frame-hops.h"
#include "journey-state.h"

/* The component's name, or "component 7". Not printable as it is: Wireshark makes values of fields
 * so. */
const char *hop_text_component(const struct frame_hop *hop, wmem_allocator_t *scope);

/* "Lower Rx"; "": neither is known. */
const char *hop_text_edge(const struct frame_hop *hop, wmem_allocator_t *scope);

/* pktmon.hop: "sw/port-a Lower Rx", "b/netfilter input dropped NETFILTER_DROP". */
const char *hop_text(const struct frame_hop *hop, wmem_allocator_t *scope);

/* Of a drop: "NETFILTER_DROP at b/netfilter input". */
const char *hop_text_drop(const struct frame_hop *hop, wmem_allocator_t *scope);

/* Of one observation: "sw/port-a Lower Rx, group 7, packet 3, copy 1, delivered"; printable. */
const char *hop_text_long(const struct frame_hops *hops, const struct frame_hop *hop,
                          uint16_t packet_number, wmem_allocator_t *scope);

/* Of the appearances view: "Dropped: NETFILTER_DROP at nft_do_chain+0x3e8", or "Copy released:
 * ..."; printable. NULL: neither. */
const char *hop_text_end(const struct frame_hop *hop, wmem_allocator_t *scope);

/* Of the packets view: "Dropped: NETFILTER_DROP at b/netfilter input", "1 of 12 copies dropped:
 * ..."; printable. NULL: nothing was dropped. */
const char *hop_text_drops(const struct frame_hops *hops, const struct journey_state *state,
                           wmem_allocator_t *scope);

/* The packet in one line: "a/eth0 → b/eth0, delivered"; printable. */
const char *hop_text_journey(const struct frame_hops *hops, const struct journey_state *state,
                             wmem_allocator_t *scope);

#endif
