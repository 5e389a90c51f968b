/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_DISSECTOR_PACKET_FILTER_H
#define PKTMON_DISSECTOR_PACKET_FILTER_H

#include <epan/packet.h>

void packet_filter_register(int proto);

/* The packet that the frame is one of, for the filter of its frames. */
void packet_filter_set(packet_info *pinfo, uint64_t capture_id, uint64_t group);

#endif
