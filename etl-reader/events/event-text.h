/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event of any provider as one line of text: its message if the log has one, else the names and
 * values of its fields, else its bytes.
 */
#ifndef PKTMON_ETL_READER_EVENT_TEXT_H
#define PKTMON_ETL_READER_EVENT_TEXT_H

#include <glib.h>

#include "etl-reader/log/etl-record.h"
#include "schema.h"

enum etl_text_style {
    ETL_TEXT_PLAIN,
    ETL_TEXT_WINDOWS, /* as Windows writes text files, to the space */
};

/* Sets text to the message of the event. */
void etl_event_text(const struct etl_schemas *schemas, const struct etl_record *record,
                    enum etl_text_style style, GString *text);

/* The name of the provider, or its GUID; the caller frees it. */
char *etl_event_provider(const struct etl_schemas *schemas, const struct etl_record *record);

#endif
