/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's statistics of devices, as counters since the capture began. */
#ifndef PKTMON_PCAP_READER_DEVICE_COUNTERS_H
#define PKTMON_PCAP_READER_DEVICE_COUNTERS_H

#include <linux/if_link.h>

#include "pcap-state.h"

/* Takes a reading of the device's statistics. */
void pcap_take_statistics(struct pcap_device *device, const struct rtnl_link_stats64 *stats);
/* Pushes events of the counters of one device, and of its losses; of all devices. */
void pcap_push_device_counters(struct pcap_provider *provider, struct pcap_device *device);
void pcap_push_all_counters(struct pcap_provider *provider);

#endif
