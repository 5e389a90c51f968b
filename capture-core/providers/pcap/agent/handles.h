/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture handles of pktmon-pcap-agent. They are opened with privilege, and read without: a
 * device that appears later gets a process of its own.
 */
#ifndef PKTMON_PCAP_AGENT_HANDLES_H
#define PKTMON_PCAP_AGENT_HANDLES_H

#include <glib.h>
#include <poll.h>
#include <stdbool.h>

#include "providers/pcap/pcap-protocol.h"

/* Opens the devices that the request names, and reports those that it could not. */
void pcap_agent_open_handles(const struct pcap_agent_request *request);
bool pcap_agent_has_handles(void);
/* Appends what to wait for (struct pollfd). */
void pcap_agent_add_polls(GArray *polls);
/* Sends packets that are there. True: there are more. */
bool pcap_agent_read_handles(void);
/* Reports what was lost, and the time until which all packets were sent. cycle: when the reading
 * began, ns. */
void pcap_agent_report_progress(uint64_t cycle);
/* Stops the capture of further packets. */
void pcap_agent_stop_receiving(void);

#endif
