/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packets view of a log: its events, with a journey in place of the observations of each
 * packet. A log is not held back by time, only by memory: a journey is whole unless more packets
 * are under way than memory has room for.
 */
#ifndef PKTMON_ETL_READER_ETL_JOURNEYS_H
#define PKTMON_ETL_READER_ETL_JOURNEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pktmon/component.h"
#include "pktmon/event.h"

struct etl_journeys_options {
    uint64_t join;     /* ns after which nothing is joined to a packet any more */
    size_t memory;     /* bytes held at most */
    bool dropped_only; /* only the journeys of packets that were dropped */
    /* Gets what leaves, in the order of time, with the option user. */
    void (*output)(void *user, const struct pktmon_event *event);
    void *user;
};

struct etl_journeys;

/* registry is borrowed: the components as they are described when an event comes. */
struct etl_journeys *etl_journeys_new(const struct etl_journeys_options *options,
                                      const struct pktmon_registry *registry);
void etl_journeys_free(struct etl_journeys *journeys);

/* The components as they are described for the events that leave. */
const struct pktmon_registry *etl_journeys_registry(const struct etl_journeys *journeys);

/* Events come in the order of time. */
void etl_journeys_take(struct etl_journeys *journeys, const struct pktmon_event *event);
/* Nothing more comes. */
void etl_journeys_finish(struct etl_journeys *journeys);

#endif
