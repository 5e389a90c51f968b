/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices of the host, and which of them are captured. */
#ifndef PKTMON_PCAP_READER_PCAP_DEVICES_H
#define PKTMON_PCAP_READER_PCAP_DEVICES_H

#include "pcap-state.h"

bool pcap_list_devices(struct pcap_provider *provider, GError **error);
/* Reads notifications of devices that changed. */
bool pcap_read_devices(struct pcap_provider *provider, GError **error);
/* Pushes the last events of devices that have gone; their delivery removes them. */
void pcap_retire_devices(struct pcap_provider *provider);
/* Opens the existing devices that are wanted and not captured yet. */
bool pcap_open_devices(struct pcap_provider *provider, GError **error);

#endif
