/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of events out of the reader: what the options want goes to the sink, all is counted. */
#ifndef PKTMON_ETL_DELIVERY_H
#define PKTMON_ETL_DELIVERY_H

#include "correlate.h"
#include "etl.h"

struct etl_delivery {
    struct pktmon_etl_options options;
    struct pktmon_registry *registry;
    struct pktmon_sink *sink;
    struct etl_budget *budget;
    struct etl_catalogue *catalogue;
    struct etl_correlator *correlator;
    bool by_content;     /* the log's group ids join nothing: build 26100 and newer */
    uint64_t own_groups; /* how many groups without an id of the log */
    uint64_t time;       /* of the newest event delivered, ns */
    GByteArray *scratch; /* frames that are put together */
    GString *text;       /* messages */
    struct pktmon_etl_report report;
};

/* Delivers it, if the options want it. Time never goes back: an event that was put off gets the
 * time of the newest. */
void etl_deliver(struct etl_delivery *delivery, const struct pktmon_event *event);

/* The same, whatever the budget: what must be said in any case. */
void etl_deliver_anyway(struct etl_delivery *delivery, const struct pktmon_event *event);

/* A group id that no log has, for packets that have none. */
uint64_t etl_own_group(struct etl_delivery *delivery);

/* Delivers an event as a line of text. */
void etl_deliver_notice(struct etl_delivery *delivery, const struct etl_record *record);

/* Out-of-band data of a packet that the log tells in events of their own. */
struct etl_notes {
    bool has_nbl, has_context;
    uint64_t nbl[ETL_NBL_COUNT];
    uint16_t context_type;
    uint64_t context;
    uint16_t vlan; /* id, as events 120 to 150 tell it; 0 = none */
};

/* Delivers a packet; notes may be NULL. */
void etl_deliver_packet(struct etl_delivery *delivery, const struct etl_record *record,
                        const struct etl_packet_event *packet, const struct etl_notes *notes);

#endif
