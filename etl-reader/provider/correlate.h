/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From build 26100 on, Windows gives every appearance of a packet a group id of its own. The
 * correlator joins appearances to journeys by content from the network header on, by time, and by
 * place: a packet appears at most once at one edge of one component. A drop whose IP header was
 * made anew joins the packet that arrived less than two milliseconds before, by all that is left of
 * it.
 */
#ifndef PKTMON_ETL_READER_CORRELATE_H
#define PKTMON_ETL_READER_CORRELATE_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue.h"
#include "etl-reader/events/link.h"
#include "etl-reader/events/pktmon-event.h"

/* Nothing is joined to a packet that was not observed for so long. */
#define ETL_CORRELATION_NS UINT64_C(1000000000)

struct etl_journey {
    uint64_t group;
    uint16_t number;
    uint32_t appearance; /* from 1 */
};

/* Counts of drops whose IP header was made anew. */
struct etl_anew {
    uint64_t drops;
    uint64_t joined;    /* to a packet that arrived */
    uint64_t ambiguous; /* of these: to one of several that it may have been */
};

struct etl_correlator;

/* catalogue is borrowed. */
struct etl_correlator *etl_correlator_new(const struct etl_catalogue *catalogue);
void etl_correlator_free(struct etl_correlator *correlator);

/* Finds the journey of an appearance, whose group is that of its first appearance. Call it in the
 * order of time, ns. */
struct etl_journey etl_correlator_join(struct etl_correlator *correlator, uint64_t time,
                                       const struct etl_packet_event *event,
                                       const struct etl_frame *frame);

const struct etl_anew *etl_correlator_anew(const struct etl_correlator *correlator);

#endif
