/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics over the records of a file: trees and the flow graph. All of them listen to the tap
 * "pktmon", which hands over one struct statistics_record per record.
 */
#ifndef PKTMON_STATISTICS_H
#define PKTMON_STATISTICS_H

#include <stdbool.h>

#include <epan/packet.h>
#include <epan/stats_tree.h>

#include "frame-record.h"
#include "journey.h"
#include "places.h"

#define STATISTICS_TAP "pktmon"

struct statistics_record {
    const struct record *record;
    const struct place *place; /* where the record was made */
    const char *summary;
    bool has_step; /* the record is part of a journey */
    struct journey_step step;
};

void stats_flows_init(stats_tree *tree);

/* The packet callbacks of the trees; data is a struct statistics_record. */
tap_packet_status stats_flows_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt,
                                     const void *data, tap_flags_t flags);
tap_packet_status stats_drops_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt,
                                     const void *data, tap_flags_t flags);
tap_packet_status stats_latency_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt,
                                       const void *data, tap_flags_t flags);
tap_packet_status stats_counters_packet(stats_tree *tree, packet_info *pinfo, epan_dissect_t *edt,
                                        const void *data, tap_flags_t flags);

void flow_graph_register(int proto);

void statistics_register(int proto);

/* Whether anybody listens. */
bool statistics_are_wanted(void);

/* Hands a record over; record is copied, summary and place must outlive the packet. */
void statistics_take(const struct record *record, const struct place *place, const char *summary,
                     packet_info *pinfo);

#endif
