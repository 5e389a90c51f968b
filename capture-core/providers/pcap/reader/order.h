/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of events that wait until no older one can come, each with its payload. */
#ifndef PKTMON_PCAP_READER_ORDER_H
#define PKTMON_PCAP_READER_ORDER_H

#include <glib.h>

#include "pktmon/event.h"

struct pcap_waiting {
    struct pktmon_event event; /* its time is monotonic */
    uint32_t rank;             /* of equal times the lower goes first, */
    uint64_t number;           /* then the one that came first */
    uint32_t ifindex;          /* of a packet */
    size_t size;               /* of payload */
    _Alignas(max_align_t) uint8_t payload[];
};

struct pcap_order;

struct pcap_order *pcap_order_new(void);
void pcap_order_free(struct pcap_order *order);

/* Adds an event. rank: 0 is the lowest. payload, of size bytes, is copied; the caller points the
 * event to the copy. */
struct pcap_waiting *pcap_order_add(struct pcap_order *order, const struct pktmon_event *event,
                                    uint32_t rank, const void *payload, size_t size);
/* Removes the oldest event, if it is not after the time, ns; the caller frees it with g_free(). */
struct pcap_waiting *pcap_order_take(struct pcap_order *order, uint64_t time);
/* Bytes of all that wait. */
size_t pcap_order_size(const struct pcap_order *order);

#endif
