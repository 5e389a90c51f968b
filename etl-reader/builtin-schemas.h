/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptions of Packet Monitor's events for logs that do not carry their own. */
#ifndef PKTMON_ETL_BUILTIN_SCHEMAS_H
#define PKTMON_ETL_BUILTIN_SCHEMAS_H

#include "schema.h"

/* For the caller to free with its parts; NULL: no event of PktMon has this id. */
struct etl_schema *etl_builtin_schema(uint16_t id);

#endif
