/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the scan learns from a log before its packets are read: components, final counters, filters,
 * and the names that the log has for numbers. They are at the end of the log, written when the
 * capture stopped.
 */
#ifndef PKTMON_ETL_READER_CATALOGUE_H
#define PKTMON_ETL_READER_CATALOGUE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/component.h"
#include "etl-reader/log/etl-record.h"
#include "pktmon/event.h"
#include "etl-reader/events/schema.h"
#include "catalogue-entries.h"

struct etl_catalogue;

/* registry and budget are borrowed; the registry is filled. build: of Windows; selects between
 * conflicting names. */
struct etl_catalogue *etl_catalogue_new(struct pktmon_registry *registry, uint32_t build,
                                        struct etl_budget *budget);
void etl_catalogue_free(struct etl_catalogue *catalogue);

/* What the second pass does with a record. */
enum etl_use {
    ETL_USE_NONE,        /* ignored */
    ETL_USE_DESCRIPTION, /* read in the scan; it is no event */
    ETL_USE_EVENT,       /* delivered as an event */
};

enum etl_use etl_use_of(const struct etl_record *record);
/* Learns from a record. Records may come in any order. */
void etl_catalogue_learn(struct etl_catalogue *catalogue, const struct etl_record *record);
/* Learns components, filters and names from another log of the session, but no events or counters.
 */
void etl_catalogue_learn_names(struct etl_catalogue *catalogue, const struct etl_record *record);
/* Call it after the last record: joins the descriptions of each component. */
void etl_catalogue_finish(struct etl_catalogue *catalogue);

const struct etl_schemas *etl_catalogue_schemas(const struct etl_catalogue *catalogue);
/* Of struct etl_filter, by id. */
const GPtrArray *etl_catalogue_filters(const struct etl_catalogue *catalogue);
/* Of struct etl_counter, by component, flow before drops, edge. */
const GArray *etl_catalogue_counters(const struct etl_catalogue *catalogue);
/* Of struct etl_former_name, in no order. */
const GArray *etl_catalogue_former_names(const struct etl_catalogue *catalogue);
/* NULL: the component is bound to nothing. */
const struct etl_binding *etl_catalogue_binding(const struct etl_catalogue *catalogue,
                                                uint32_t component);
/* Of struct etl_binding, in the order of `pktmon list`: by adapter, and from the adapter up to the
 * protocols. The caller frees the array. */
GPtrArray *etl_catalogue_stacks(const struct etl_catalogue *catalogue);
/* NULL: not in the log. */
const struct etl_interface *etl_catalogue_interface(const struct etl_catalogue *catalogue,
                                                    uint32_t ifindex);
/* Of struct etl_event_count, by descending count; the caller frees the array. */
GPtrArray *etl_catalogue_counts(const struct etl_catalogue *catalogue);
/* Events of kinds beyond the limit of kinds counted separately. */
uint64_t etl_catalogue_uncounted(const struct etl_catalogue *catalogue);
/* Number of PktMon's events with that id. */
uint64_t etl_catalogue_pktmon_count(const struct etl_catalogue *catalogue, uint16_t id);
/* Number of rundown events that were too short. */
uint64_t etl_catalogue_refused(const struct etl_catalogue *catalogue);

/* Names of PktMon's numbers, from the log, else from the project's tables. NULL: none. */
const char *etl_catalogue_reason(const struct etl_catalogue *catalogue, uint32_t reason);
const char *etl_catalogue_location(const struct etl_catalogue *catalogue, uint32_t location);
const char *etl_catalogue_component_type(const struct etl_catalogue *catalogue, uint32_t type);
const char *etl_catalogue_edge_name(const struct etl_catalogue *catalogue, uint32_t component,
                                    uint16_t edge);

/* Learns a component that was registered or unregistered during the capture (events 270 and 280).
 * Returns its id; 0: the event is too short. */
uint32_t etl_catalogue_register(struct etl_catalogue *catalogue, const struct etl_record *record);

/* Reads counters (events 80 and 90). The caller frees edge_name. False: the event is too short. */
bool etl_counter_read(const struct etl_record *record, struct etl_counter *counter,
                      char **edge_name);

#endif
