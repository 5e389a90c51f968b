/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptions of Packet Monitor's events, for logs without descriptions. */
#ifndef PKTMON_ETL_READER_BUILTIN_SCHEMAS_H
#define PKTMON_ETL_READER_BUILTIN_SCHEMAS_H

#include "event-schema.h"

/* The caller frees it with its parts. NULL: no event of PktMon has this id. */
struct etl_schema *etl_builtin_schema(uint16_t id);

#endif
