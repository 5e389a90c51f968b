/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of numbers: from the value maps that the log carries, else from the tables that the
 * project carries (data/values.tsv), else none.
 */
#ifndef PKTMON_ETL_VALUES_H
#define PKTMON_ETL_VALUES_H

#include <stdint.h>

struct etl_value {
    uint32_t value;
    uint32_t last_build; /* of Windows, in which the value has this meaning; 0 = still has it */
    const char *symbol;  /* NULL ends a table */
    const char *text;    /* NULL: there is only the symbol */
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

/* The project's table for a value map of PktMon, by the name the map has in logs; NULL: none. */
const struct etl_value *etl_values_of(const char *map);

/* The text, or else the symbol, of a value in that build of Windows (0: the newest); NULL: the
 * table does not have it. */
const char *etl_value_name(const struct etl_value *table, uint32_t value, uint32_t build);

#endif
