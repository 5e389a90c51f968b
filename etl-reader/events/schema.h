/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptions of events in a log. For each event that occurs, "pktmon stop" and netsh merge into
 * it the description of TDH (TRACE_EVENT_INFO) and the maps from numbers to names (EVENT_MAP_INFO),
 * as of the machine that wrote the log.
 */
#ifndef PKTMON_ETL_READER_SCHEMA_H
#define PKTMON_ETL_READER_SCHEMA_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-reader/budget.h"
#include "etl-reader/log/etl-record.h"
#include "event-schema.h"

struct etl_schemas;

/* build: of Windows; selects between conflicting names in the project's tables. budget is borrowed
 * and must outlive it. */
struct etl_schemas *etl_schemas_new(uint32_t build, struct etl_budget *budget);
void etl_schemas_free(struct etl_schemas *schemas);
struct etl_budget *etl_schemas_budget(const struct etl_schemas *schemas);

/* Whether the record is a description of events or maps. */
bool etl_is_schema(const struct etl_record *record);
/* Learns from such a record. False: it is none. */
bool etl_schemas_learn(struct etl_schemas *schemas, const struct etl_record *record);

/* The description in the log, else the project's. NULL: neither has one. */
const struct etl_schema *etl_schemas_find(const struct etl_schemas *schemas,
                                          const struct etl_record *record);

/* Appends the name of a value, or the names of its bits, from the map in the log, else, for PktMon,
 * from the project's table. False: neither has it. */
bool etl_schemas_map(const struct etl_schemas *schemas, const uint8_t provider[ETL_GUID_SIZE],
                     const char *map, uint64_t value, GString *text);
/* The same as Windows does it: names come from the map in the log, else only from Windows' own, and
 * are followed by a space. */
bool etl_schemas_map_as_windows(const struct etl_schemas *schemas,
                                const uint8_t provider[ETL_GUID_SIZE], const char *map,
                                uint64_t value, GString *text);
/* The name of one value, as of etl_schemas_map(). NULL: none. */
const char *etl_schemas_value(const struct etl_schemas *schemas,
                              const uint8_t provider[ETL_GUID_SIZE], const char *map,
                              uint32_t value);

/* Number of damaged descriptions. */
uint64_t etl_schemas_refused(const struct etl_schemas *schemas);

#endif
