/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delivery of events in the order of time, and of packets in their groups. */
#ifndef PKTMON_PCAP_READER_PCAP_DELIVERY_H
#define PKTMON_PCAP_READER_PCAP_DELIVERY_H

#include "pcap-state.h"
#include "providers/pcap/pcap-protocol.h"

/* Converts a time of the real-time clock to the monotonic clock, ns. */
uint64_t pcap_monotonic(const struct pcap_provider *provider, uint64_t time);
/* Each adds an event of now, which waits for its place among the packets. */
void pcap_push_component(struct pcap_provider *provider, uint32_t component);
/* Once this event is delivered, the component and its device are forgotten. */
void pcap_push_retired(struct pcap_provider *provider, uint32_t component);
void pcap_push_counters(struct pcap_provider *provider, uint32_t component,
                        const struct pktmon_counters *counters);
void pcap_push_notice(struct pcap_provider *provider, enum pktmon_notice_id id,
                      enum pktmon_level level, uint32_t component, const char *format, ...)
    G_GNUC_PRINTF(5, 6);
/* Adds a packet; bytes as of a pcap_sniffer_receiver. */
void pcap_push_packet(struct pcap_provider *provider, const struct pcap_device *device,
                      const struct pcap_agent_message *message, uint8_t *bytes);
/* Delivers what is not after the time. */
void pcap_deliver(struct pcap_provider *provider, uint64_t time);
/* Reports at once that packets were lost between these times, monotonic ns. */
void pcap_tell_loss(struct pcap_provider *provider, uint64_t from, uint64_t until);

#endif
