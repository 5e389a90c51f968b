/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the host one user may have. */
#ifndef PKTMON_PCAP_AGENT_BUFFER_SHARE_H
#define PKTMON_PCAP_AGENT_BUFFER_SHARE_H

#include "providers/pcap/pcap-protocol.h"

/* Fails where the request would give the user more buffer than the administrator's file allows. */
void pcap_agent_check_buffer(const struct pcap_agent_request *request);

#endif
