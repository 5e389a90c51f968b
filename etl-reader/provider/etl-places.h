/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts packets by component and link type during the scan, so that a file can begin with all its
 * interfaces. */
#ifndef PKTMON_ETL_READER_ETL_PLACES_H
#define PKTMON_ETL_READER_ETL_PLACES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct etl_place {
    uint32_t component;
    uint16_t link_type;   /* enum etl_link_type */
    uint64_t flow, drops; /* packets */
};

struct etl_places;

struct etl_places *etl_places_new(void);
void etl_places_free(struct etl_places *places);
void etl_places_count(struct etl_places *places, uint32_t component, uint16_t link_type,
                      bool dropped);
/* Of struct etl_place, by component and link type; the caller frees the array. */
GArray *etl_places_list(const struct etl_places *places);

#endif
