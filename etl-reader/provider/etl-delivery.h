/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delivers the events that the options select to the sink, and counts all of them. */
#ifndef PKTMON_ETL_READER_ETL_DELIVERY_H
#define PKTMON_ETL_READER_ETL_DELIVERY_H

#include "correlate.h"
#include "etl-reader/etl.h"

struct etl_delivery {
    struct etl_options options;
    struct pktmon_registry *registry;
    struct pktmon_sink *sink;
    struct etl_budget *budget;
    struct etl_catalogue *catalogue;
    struct etl_correlator *correlator;
    bool by_content;     /* group ids of the log do not join appearances: build 26100 and later */
    uint64_t own_groups; /* number of groups without an id in the log */
    uint64_t time;       /* of the newest event delivered, ns */
    GByteArray *scratch; /* frames being assembled */
    GString *text;       /* messages */
    struct etl_report report;
};

/* Delivers an event if the options select it. Time never goes back: a deferred event gets the time
 * of the newest one. */
void etl_deliver(struct etl_delivery *delivery, const struct pktmon_event *event);

/* Delivers an event that is not in the log, regardless of the budget, and does not count it. */
void etl_deliver_own(struct etl_delivery *delivery, const struct pktmon_event *event);

/* A new group id, which no log has, for a packet without one. */
uint64_t etl_own_group(struct etl_delivery *delivery);

/* Delivers a record as a notice, a line of text. */
void etl_deliver_notice(struct etl_delivery *delivery, const struct etl_record *record);

/* Out-of-band data of a packet from separate events of the log. */
struct etl_notes {
    bool has_nbl, has_context;
    uint64_t nbl[ETL_NBL_COUNT];
    uint16_t context_type;
    uint64_t context;
    uint16_t vlan; /* VLAN id of events 120 to 150; 0 = none */
};

/* Delivers a packet; notes may be NULL. */
void etl_deliver_packet(struct etl_delivery *delivery, const struct etl_record *record,
                        const struct etl_packet_event *packet, const struct etl_notes *notes);

#endif
