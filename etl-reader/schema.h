/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a log tells about its own events: "pktmon stop" and netsh merge into it, for each event
 * that occurs, the description that TDH has of it (TRACE_EVENT_INFO), and the maps from numbers
 * to names (EVENT_MAP_INFO), as of the machine that made the log.
 */
#ifndef PKTMON_ETL_SCHEMA_H
#define PKTMON_ETL_SCHEMA_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "budget.h"
#include "etl-record.h"

/* EVENT_PROPERTY_INFO.Flags */
enum etl_field_flags {
    ETL_FIELD_STRUCT = 1,
    ETL_FIELD_LENGTH_FIELD = 2, /* length is the index of the field that tells it */
    ETL_FIELD_COUNT_FIELD = 4,  /* so is count */
    ETL_FIELD_FIXED_LENGTH = 0x10,
    ETL_FIELD_FIXED_COUNT = 0x20,
};

struct etl_field {
    const char *name;
    const char *map; /* name of its value map; NULL = none */
    uint32_t flags;
    uint16_t in, out;        /* types */
    uint16_t first, members; /* of a struct: its fields */
    uint16_t count, length;
};

/* The strings are shared, and owned by the budget. */
struct etl_schema {
    const char *provider; /* name; may be NULL */
    const char *message;  /* template with %1 ...; NULL = none */
    const char *name;     /* of the event or its task; may be NULL */
    guint top;            /* fields that are not members of a struct come first */
    GArray *fields;       /* of struct etl_field */
};

struct etl_schemas;

/* build: of Windows, decides among conflicting names of the project's own tables. budget is
 * borrowed and lives longer. */
struct etl_schemas *etl_schemas_new(uint32_t build, struct etl_budget *budget);
void etl_schemas_free(struct etl_schemas *schemas);
struct etl_budget *etl_schemas_budget(const struct etl_schemas *schemas);

/* Whether the record describes events or maps. */
bool etl_is_schema(const struct etl_record *record);
/* Learns from the record, if it is one of those. True: it was. */
bool etl_schemas_learn(struct etl_schemas *schemas, const struct etl_record *record);

/* The log's own description, else the project's; NULL: neither describes this event. */
const struct etl_schema *etl_schemas_find(const struct etl_schemas *schemas,
                                          const struct etl_record *record);

/* Appends the name of the value, or the names of its bits: by the log's map, else, of PktMon, by
 * the project's table. False: neither has it. */
bool etl_schemas_map(const struct etl_schemas *schemas, const uint8_t provider[ETL_GUID_SIZE],
                     const char *map, uint64_t value, GString *text);
/* The same for one value; NULL: neither has it. */
const char *etl_schemas_value(const struct etl_schemas *schemas,
                              const uint8_t provider[ETL_GUID_SIZE], const char *map,
                              uint32_t value);

/* Descriptions that were damaged. */
uint64_t etl_schemas_refused(const struct etl_schemas *schemas);

#endif
