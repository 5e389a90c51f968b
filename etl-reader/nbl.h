/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out-of-band data of a packet, as the fields of the metadata record that hold it. Bit layouts:
 * NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO and its neighbours in the WDK's nbl*.h.
 */
#ifndef PKTMON_ETL_NBL_H
#define PKTMON_ETL_NBL_H

#include <stdbool.h>

#include "event.h"
#include "pktmon-event.h"

#define ETL_NBL_MAX_VALUES 32
#define ETL_NBL_TEXT_SIZE  192

struct etl_nbl {
    struct pktmon_nbl_value values[ETL_NBL_MAX_VALUES];
    size_t count;
    char checksum[ETL_NBL_TEXT_SIZE];
    struct pktmon_nbl nbl; /* what an event points to */
};

void etl_nbl_clear(struct etl_nbl *nbl);
/* text is borrowed. */
void etl_nbl_put(struct etl_nbl *nbl, enum pktmon_field field, uint64_t number);
void etl_nbl_put_text(struct etl_nbl *nbl, enum pktmon_field field, const char *text);
/* The entries that are not 0; what the checksum bits mean depends on the direction. */
void etl_nbl_put_info(struct etl_nbl *nbl, const uint64_t info[ETL_NBL_COUNT], uint16_t direction);
/* NULL: there is nothing. */
const struct pktmon_nbl *etl_nbl_view(struct etl_nbl *nbl);

/* The 802.1Q tag that an Ieee8021Q entry tells of; 0 = none. */
uint16_t etl_nbl_tag(uint64_t ieee8021q);

#endif
