/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of the providers Microsoft-Windows-NDIS-PacketCapture (netsh trace capture=yes,
 * New-NetEventSession) and Microsoft-Windows-Ras-NdisWanPacketCapture. A packet is one event or
 * several fragments.
 */
#ifndef PKTMON_ETL_READER_NDIS_H
#define PKTMON_ETL_READER_NDIS_H

#include <stdbool.h>

#include "etl-delivery.h"
#include "etl-places.h"

struct etl_ndis;

/* delivery is borrowed. */
struct etl_ndis *etl_ndis_new(struct etl_delivery *delivery);
void etl_ndis_free(struct etl_ndis *ndis);

/* For the scan: learns components, and counts their packets. */
void etl_ndis_learn(struct etl_ndis *ndis, const struct etl_record *record,
                    struct etl_places *places);
/* Call it after the scan, when the names of interfaces are known. */
void etl_ndis_finish(struct etl_ndis *ndis);

/* True: the record is a packet, or a part of one. */
bool etl_ndis_add(struct etl_ndis *ndis, const struct etl_record *record);
/* Delivers the packets whose last fragment is missing. */
void etl_ndis_flush(struct etl_ndis *ndis);

#endif
