/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TraceLogging events, which contain the description of their fields (in the extended data item
 * EVENT_SCHEMA_TL; layout: TraceLoggingProvider.h of the Windows SDK).
 */
#ifndef PKTMON_ETL_READER_TRACELOGGING_H
#define PKTMON_ETL_READER_TRACELOGGING_H

#include <glib.h>
#include <stdbool.h>

#include "etl-reader/budget.h"
#include "etl-reader/log/etl-record.h"

/* Appends "Name: field=value, ...", or, as Windows does, "Event: Name, Field: value, ...". whole:
 * not cut by a limit. False: the description is damaged; text may be incomplete. */
bool etl_tracelogging_text(const struct etl_record *record, struct etl_budget *budget,
                           bool as_windows, GString *text, bool *whole);

/* The name of the provider, from its traits; the caller frees it. NULL: none. */
char *etl_tracelogging_provider(const struct etl_record *record);

#endif
