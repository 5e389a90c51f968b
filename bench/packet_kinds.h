/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets and their ways, of which the benchmarks make events. */
#ifndef PKTMON_BENCH_PACKET_KINDS_H
#define PKTMON_BENCH_PACKET_KINDS_H

#include <stdint.h>

#include "pktmon/event.h"

#define MAX_HOPS    256
#define PACKET_SIZE 1042 /* Ethernet, IPv4, UDP, 1,000 bytes */
#define REPEAT_SIZE 256  /* bytes that are kept of later observations */
#define SOURCE_PORT 34   /* offset */

struct packet_kind {
    const char *name;
    void (*make)(struct packet_kind *kind);
    uint8_t bytes[2][PACKET_SIZE]; /* before and after NAT */
    struct pktmon_event events[MAX_HOPS];
    unsigned hops;
    uint16_t size;
};

/* size: of the packet's bytes, PACKET_SIZE at most. */
void packet_kind_make(struct packet_kind *kind, uint16_t size);

/* Kinds. */
void make_bridged(struct packet_kind *kind);
void make_translated(struct packet_kind *kind);
void make_dropped(struct packet_kind *kind);
void make_segmented(struct packet_kind *kind);
void make_flooded(struct packet_kind *kind);

/* The name of a component. */
const char *packet_kind_component(const void *context, uint32_t component);

#endif
