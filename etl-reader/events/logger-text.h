/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the logger about itself: the header, and the partition it ran in. */
#ifndef PKTMON_ETL_READER_LOGGER_TEXT_H
#define PKTMON_ETL_READER_LOGGER_TEXT_H

#include <glib.h>
#include <stdbool.h>

#include "etl-reader/log/etl-record.h"

/* Windows' name of their provider. */
#define ETL_LOGGER_PROVIDER "MSNT_SystemTrace"

/* Whether it is such a record. */
bool etl_is_logger_record(const struct etl_record *record);

/* Appends its fields as Windows shows them. False: it is no such record. */
bool etl_logger_text(const struct etl_record *record, GString *text);

#endif
