/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out-of-band data of a packet as fields of the metadata record. Bit layouts:
 * NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO and related structures in nbl*.h of the WDK.
 */
#ifndef PKTMON_ETL_READER_NBL_H
#define PKTMON_ETL_READER_NBL_H

#include <stdbool.h>

#include "pktmon/event.h"
#include "pktmon-event.h"

#define ETL_NBL_MAX_VALUES 32
#define ETL_NBL_TEXT_SIZE  192

struct etl_nbl {
    struct pktmon_nbl_value values[ETL_NBL_MAX_VALUES];
    size_t count;
    char checksum[ETL_NBL_TEXT_SIZE];
    struct pktmon_nbl nbl; /* for an event to point to */
};

void etl_nbl_clear(struct etl_nbl *nbl);
/* text is borrowed. */
void etl_nbl_put(struct etl_nbl *nbl, enum pktmon_field field, uint64_t number);
void etl_nbl_put_text(struct etl_nbl *nbl, enum pktmon_field field, const char *text);
/* Adds the entries that are not 0. The meaning of the checksum bits depends on the direction. */
void etl_nbl_put_info(struct etl_nbl *nbl, const uint64_t info[ETL_NBL_COUNT], uint16_t direction);
/* NULL: no data. */
const struct pktmon_nbl *etl_nbl_view(struct etl_nbl *nbl);

/* The 802.1Q tag of an Ieee8021Q entry; 0 = none. */
uint16_t etl_nbl_tag(uint64_t ieee8021q);

#endif
