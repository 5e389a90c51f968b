/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics over the records of a file: trees and the flow graph. All of them listen to the tap
 * "pktmon", which passes one struct statistics_record per record.
 */
#ifndef PKTMON_DISSECTOR_STATISTICS_H
#define PKTMON_DISSECTOR_STATISTICS_H

#include <stdbool.h>

#include <epan/packet.h>
#include <epan/stats_tree.h>

#include "frame-record.h"
#include "packet-journey.h"
#include "places.h"

#define STATISTICS_TAP "pktmon"

struct statistics_record {
    const struct record *record;
    const struct record_place *place; /* of a record that is none of a packet; else NULL */
    const struct frame_hops *hops;    /* of a packet; NULL */
    struct journey_state state;       /* of a packet */
    /* One for each observation. Without a group they have no previous one. */
    const struct journey_step *steps;
    size_t step_count;
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

/* Whether the tap has a listener. */
bool statistics_are_wanted(void);

/* Queues a record for the listeners, with its steps, which are not set. record is copied; what else
 * there is must outlive the packet. interface: the name of the frame's interface; NULL. */
void statistics_queue_record(const struct statistics_record *taken, const char *interface,
                             packet_info *pinfo);

#endif
