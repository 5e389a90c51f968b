/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of numbers from the project's tables (data/values.tsv), for logs without value maps.
 */
#ifndef PKTMON_ETL_READER_VALUES_H
#define PKTMON_ETL_READER_VALUES_H

#include <stdbool.h>
#include <stdint.h>

struct etl_value {
    uint32_t value;
    uint32_t last_build; /* last build of Windows with this meaning; 0 = the meaning is current */
    const char *symbol;  /* NULL ends a table */
    const char *text;    /* NULL: only a symbol */
};

extern const struct etl_value etl_drop_reason_values[];
extern const struct etl_value etl_drop_location_values[];
extern const struct etl_value etl_component_type_values[];
extern const struct etl_value etl_property_type_values[];
extern const struct etl_value etl_ndis_medium_values[];
extern const struct etl_value etl_direction_values[];
extern const struct etl_value etl_packet_type_values[];
extern const struct etl_value etl_ethertype_values[];
extern const struct etl_value etl_ip_protocol_values[];

/* The project's table for a value map of PktMon, by the map's name in logs. NULL: none. */
const struct etl_value *etl_values_of(const char *map);

/* Whether the project's table has a name for a value without a name in Windows' map. */
bool etl_value_is_ours(const char *map, uint32_t value);

/* The text, else the symbol, of a value in a build of Windows (0: the newest). NULL: not in the
 * table.
 */
const char *etl_value_name(const struct etl_value *table, uint32_t value, uint32_t build);

#endif
