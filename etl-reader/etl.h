/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows event trace logs (.etl) as a provider of events: packets, drops and counters of Packet
 * Monitor, packets of netsh trace, and the events of all other providers in the log.
 */
#ifndef PKTMON_ETL_READER_ETL_H
#define PKTMON_ETL_READER_ETL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "budget.h"
#include "etl-reader/provider/catalogue.h"
#include "etl-reader/provider/correlate.h"
#include "etl-reader/log/etl-log.h"
#include "etl-reader/provider/etl-places.h"
#include "providers/provider.h"

/* Which events are delivered. Those left out are counted. */
struct etl_options {
    bool flow;          /* passing packets */
    bool drops;         /* dropped packets */
    bool counters;      /* readings of counters */
    bool notices;       /* all other events, of any provider */
    uint32_t component; /* packets and counters of this one only; 0 = all */
    uint16_t link_type; /* packets of this one only; 0 = all */
    bool bare;          /* notices have no message, because the observer makes it itself */
    struct etl_limits limits;
    /* Called now and then, also during the scan. False: stop; the current call then fails. NULL:
     * not called. */
    bool (*go_on)(void *user);
    void *user;
};

/* Selects all events of all components; takes the limits from the environment. */
void etl_options_init(struct etl_options *options);

/* Counts of the log's events; complete once read() has returned 0. */
struct etl_report {
    uint64_t packets_seen, drops_seen; /* in the log */
    uint64_t packets;                  /* delivered, drops included */
    uint64_t drops;
    uint64_t journeys;           /* frames of whole packets, where these were asked for */
    uint64_t continuations_lost; /* of these: what came later, and has no place in the output */
    uint64_t journeys_cut;       /* of these: with an observation too large to be kept whole */
    uint64_t counters;           /* readings delivered */
    uint64_t notices;            /* delivered */
    uint64_t misfits;            /* packets left out because of their link type only */
    uint64_t left_out;           /* events that the options do not select */
    uint64_t joined;       /* events that became part of a packet: out-of-band data and fragments */
    uint64_t short_events; /* too short for their kind, delivered as notices */
    uint64_t cut_packets;  /* whose last fragment is missing */
    struct etl_anew anew;  /* drops with an IP header made anew */
};

/*
 * paths is NULL-terminated: the log's file, or all files of a multi-file session, which become one
 * capture. registry, capture and sink are borrowed; sink may be NULL if only enumerate() is called.
 * enumerate() scans the whole log once; start() does so if enumerate() was not called. NULL: error.
 */
struct provider *etl_provider_new(const char *const *paths, const struct etl_options *options,
                                  struct pktmon_registry *registry,
                                  struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                  GError **error);

/* The following take a provider made here. What they return lives as long as the provider. */

/* Counts written bytes against the output limit. */
void etl_provider_spend(struct provider *provider, uint64_t bytes);
/* Sets a part of the memory aside for packets of which more may come, and returns its size. */
size_t etl_provider_set_journeys_aside(struct provider *provider);
/* After enumerate(): after how many ns without an observation nothing is joined to a packet any
 * more. */
uint64_t etl_provider_join(const struct provider *provider);
/* Counts a frame that has a packet with all its observations, and at the end what the output lacks
 * of them. */
void etl_provider_count_journey(struct provider *provider);
void etl_provider_set_lack(struct provider *provider, uint64_t continuations, uint64_t cut);
/* What the limits have cut. */
const struct etl_cuts *etl_provider_cuts(const struct provider *provider);
const struct etl_report *etl_provider_report(const struct provider *provider);
const struct etl_log *etl_provider_log(const struct provider *provider);
/* The time of the newest delivered event, ns; without events, the start of the log. */
uint64_t etl_provider_end(const struct provider *provider);
/* After enumerate(). */
const struct etl_catalogue *etl_provider_catalogue(const struct provider *provider);

/* After enumerate(): the components that have packets, described or not, with the link types of the
 * packets (struct etl_place, by component). The caller frees the array. */
GArray *etl_provider_places(const struct provider *provider);

/* Selects packets of one link type from now on. */
void etl_provider_set_link_type(struct provider *provider, uint16_t link_type);
/* Selects neither counters nor notices from now on. */
void etl_provider_set_packets_only(struct provider *provider);

/* Sets an observer that gets every event of the log in time order, also those that describe
 * components and filters, before the events made of it are delivered. It is for output in the log's
 * own words. Call it before start(). */
typedef void etl_observer(void *user, const struct etl_record *record);
void etl_provider_observe(struct provider *provider, etl_observer *observer, void *user);

#endif
