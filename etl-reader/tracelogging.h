/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TraceLogging events, which carry the description of their fields with them (the extended data
 * item EVENT_SCHEMA_TL; layout: TraceLoggingProvider.h of the Windows SDK).
 */
#ifndef PKTMON_ETL_TRACELOGGING_H
#define PKTMON_ETL_TRACELOGGING_H

#include <glib.h>
#include <stdbool.h>

#include "budget.h"
#include "etl-record.h"

/* Appends "Name: field=value, ..."; whole: no limit cut it. False: the description is damaged; text
 * may have grown. */
bool etl_tracelogging_text(const struct etl_record *record, struct etl_budget *budget,
                           GString *text, bool *whole);

/* The provider's name from its traits, for the caller to free; NULL: there is none. */
char *etl_tracelogging_provider(const struct etl_record *record);

#endif
