/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that capture, and their messages. */
#ifndef PKTMON_PCAP_READER_PCAP_CAPTURE_H
#define PKTMON_PCAP_READER_PCAP_CAPTURE_H

#include "pcap-state.h"
#include "providers/pcap/pcap-protocol.h"

/* Starts a process that captures these devices. */
bool pcap_start_sniffer(struct pcap_provider *provider, const struct pcap_agent_request *request,
                        GError **error);
/* Waits for messages of the processes, and for changes of devices. */
void pcap_wait(const struct pcap_provider *provider, int timeout_ms);
/* Takes the messages that have arrived. False: error. */
bool pcap_receive_all(struct pcap_provider *provider, GError **error);
/* Whether all processes have opened their devices, and whether all have ended. */
bool pcap_is_started(const struct pcap_provider *provider);
bool pcap_is_ended(const struct pcap_provider *provider);
/* Tells all processes to stop; their last messages are still to be received. */
void pcap_stop_sniffers(struct pcap_provider *provider);
/* The processes did not answer in time: ends them now. */
void pcap_give_up_sniffers(struct pcap_provider *provider, GError **error);
/* No older packet will come, monotonic ns. */
uint64_t pcap_watermark(const struct pcap_provider *provider);

#endif
