/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event of any provider as one line of text: by the message that the log carries for it, else
 * by the names and values of its fields, else as bytes.
 */
#ifndef PKTMON_ETL_EVENT_TEXT_H
#define PKTMON_ETL_EVENT_TEXT_H

#include <glib.h>

#include "etl-record.h"
#include "schema.h"

/* Replaces text by the event's message. */
void etl_event_text(const struct etl_schemas *schemas, const struct etl_record *record,
                    GString *text);

/* The provider's name, or its GUID; the caller frees it. */
char *etl_event_provider(const struct etl_schemas *schemas, const struct etl_record *record);

#endif
