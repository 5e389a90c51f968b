/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sightings are of one packet, where nothing but their bytes and times is known: those with
 * the same signature, soon after each other, each at another place.
 */
#ifndef PKTMON_PCAP_READER_GROUPS_H
#define PKTMON_PCAP_READER_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "packet-content.h"
#include "providers/provider.h"

/* The longest time between two sightings of a packet, ns. */
#define PCAP_GROUPS_WINDOW_NS (PROVIDER_PCAP_JOIN_NS - 1)

struct pcap_groups;

struct pcap_membership {
    uint64_t group;
    uint32_t appearance; /* 1, 2, 3 ... */
    bool repeats;        /* an earlier sighting was at least as long */
};

struct pcap_groups *pcap_groups_new(void);
void pcap_groups_free(struct pcap_groups *groups);

/* Adds a sighting. Times (ns) must not decrease. place: a device and a direction, which no packet
 * passes twice. length: of the packet behind its link header, bytes. */
struct pcap_membership pcap_groups_join(struct pcap_groups *groups, uint64_t time,
                                        const struct pcap_content *content, uint64_t place,
                                        uint32_t length);

#endif
