/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From build 26100 on, Windows gives every appearance of a packet a group id of its own. Here they
 * are joined again: by what the packet holds from the network header on, by time, and by place,
 * since a packet is seen at most once at one edge of one component.
 */
#ifndef PKTMON_ETL_CORRELATE_H
#define PKTMON_ETL_CORRELATE_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "link.h"
#include "pktmon-event.h"

struct etl_journey {
    uint64_t group;
    uint16_t number;
    uint32_t appearance; /* 1 = the first */
};

struct etl_correlator;

/* catalogue is borrowed. */
struct etl_correlator *etl_correlator_new(const struct etl_catalogue *catalogue);
void etl_correlator_free(struct etl_correlator *correlator);

/* The journey that this appearance belongs to; the group is the log's id of the first. Appearances
 * come in the order of time, ns. */
struct etl_journey etl_correlator_join(struct etl_correlator *correlator, uint64_t time,
                                       const struct etl_packet_event *event,
                                       const struct etl_frame *frame);

#endif
