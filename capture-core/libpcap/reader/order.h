/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that wait until no older one can come, each with what it points to. */
#ifndef PKTMON_PCAP_ORDER_H
#define PKTMON_PCAP_ORDER_H

#include <glib.h>

#include "event.h"

struct waiting {
    struct pktmon_event event; /* its time is monotonic */
    uint32_t rank;             /* of equal times the lower goes first, */
    uint64_t number;           /* then the one that came first */
    uint32_t ifindex;          /* of a packet */
    size_t size;               /* of payload */
    _Alignas(max_align_t) uint8_t payload[];
};

struct order;

struct order *order_new(void);
void order_free(struct order *order);

/* rank: 0 is the lowest. payload, of size bytes, is copied; the caller lets the event point to the
 * copy. */
struct waiting *order_add(struct order *order, const struct pktmon_event *event, uint32_t rank,
                          const void *payload, size_t size);
/* The oldest, if it is not after the time, ns; the caller's, to be freed with g_free(). */
struct waiting *order_take(struct order *order, uint64_t time);
/* Bytes of all that wait. */
size_t order_size(const struct order *order);

#endif
