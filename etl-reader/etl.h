/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows event trace logs (.etl) as a provider of events: packets, drops and counters of Packet
 * Monitor, packets of netsh trace, and the events of all other providers in the log.
 */
#ifndef PKTMON_ETL_H
#define PKTMON_ETL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "budget.h"
#include "catalogue.h"
#include "etl-log.h"
#include "provider.h"

/* What is delivered; what is left out is counted. */
struct pktmon_etl_options {
    bool flow;          /* packets that pass */
    bool drops;         /* packets that are dropped */
    bool counters;      /* readings of counters */
    bool notices;       /* events of other providers, and of PktMon that are none of these */
    uint32_t component; /* only packets and counters of this one; 0 = of all */
    bool bare;          /* notices come without their messages: an observer makes these itself */
    struct pktmon_etl_limits limits;
    /* Asked now and then, also while the log is scanned; false: stop, which is an error of the call
     * that was asked in. NULL: never. */
    bool (*go_on)(void *user);
    void *user;
};

/* All kinds of all components; limits as the environment has them. */
void pktmon_etl_options_init(struct pktmon_etl_options *options);

/* What became of the log's events; complete when read() has returned 0. */
struct pktmon_etl_report {
    uint64_t packets_seen, drops_seen; /* in the log */
    uint64_t packets;                  /* delivered, drops among them */
    uint64_t drops;
    uint64_t counters;     /* readings delivered */
    uint64_t notices;      /* delivered */
    uint64_t left_out;     /* events that the options do not want */
    uint64_t joined;       /* events that became part of a packet: out-of-band data, fragments */
    uint64_t short_events; /* events with fewer bytes than they must have, delivered as notices */
    uint64_t cut_packets;  /* whose fragments do not end */
};

/*
 * paths is NULL-terminated: the log's file, or all the files of a multi-file session, which are
 * then one capture. registry, capture and sink are borrowed; sink may be NULL where nothing but
 * enumerate() is called. enumerate() scans the whole log once; start() does it too where that was
 * not done. NULL: error.
 */
struct pktmon_provider *pktmon_etl_provider_new(const char *const *paths,
                                                const struct pktmon_etl_options *options,
                                                struct pktmon_registry *registry,
                                                struct pktmon_capture *capture,
                                                struct pktmon_sink *sink, GError **error);

/* For the provider made here, and for as long as it lives. */
/* Counts what was written against the limit of the output. */
void pktmon_etl_spend(struct pktmon_provider *provider, uint64_t bytes);
bool pktmon_etl_is_spent(const struct pktmon_provider *provider);
/* What the limits cut. */
const struct etl_cuts *pktmon_etl_cuts(const struct pktmon_provider *provider);
const struct pktmon_etl_report *pktmon_etl_report(const struct pktmon_provider *provider);
const struct etl_log *pktmon_etl_log(const struct pktmon_provider *provider);
/* The time of the newest event delivered, ns; of the log's start where there was none. */
uint64_t pktmon_etl_end(const struct pktmon_provider *provider);
/* After enumerate(). */
const struct etl_catalogue *pktmon_etl_catalogue(const struct pktmon_provider *provider);

/* Calls back with every event of the log in the order of time, those that describe components and
 * filters among them, before what it becomes is delivered: for a reader that shows the log's own
 * words. Before start(). */
typedef void pktmon_etl_observer(void *user, const struct etl_record *record);
void pktmon_etl_observe(struct pktmon_provider *provider, pktmon_etl_observer *observer,
                        void *user);

#endif
