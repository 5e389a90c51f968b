/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows logs the out-of-band data of a packet in events of their own, before or after the event
 * with its bytes. If a log has such events, all its records pass through this window, which joins
 * those of one packet.
 */
#ifndef PKTMON_ETL_READER_WINDOW_H
#define PKTMON_ETL_READER_WINDOW_H

#include <stdbool.h>

#include "etl-delivery.h"
#include "etl-reader/log/etl-record.h"

struct etl_window;

/* Called with each record, in order. notes: its out-of-band data; NULL: none. */
typedef void etl_window_out(void *user, const struct etl_record *record,
                            const struct etl_notes *notes);

/* Called with each record that became part of another one, in order. */
typedef void etl_window_joined(void *user, const struct etl_record *record);

struct etl_window *etl_window_new(etl_window_out *out, etl_window_joined *joined, void *user);
void etl_window_free(struct etl_window *window);

/* Adds a copy of the record, and releases those that have waited long enough. */
void etl_window_add(struct etl_window *window, const struct etl_record *record);
/* Releases all records. */
void etl_window_flush(struct etl_window *window);

#endif
