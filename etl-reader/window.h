/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows tells the out-of-band data of a packet in events of their own, beside the event with its
 * bytes, before or after it. Where a log has such events, all its records pass this window, in
 * which the ones that belong together find each other.
 */
#ifndef PKTMON_ETL_WINDOW_H
#define PKTMON_ETL_WINDOW_H

#include <stdbool.h>

#include "delivery.h"
#include "etl-record.h"

struct etl_window;

/* A record whose turn has come. notes is NULL where nothing was found for it. */
typedef void etl_window_out(void *user, const struct etl_record *record,
                            const struct etl_notes *notes);

/* A record that became part of another, in its turn. */
typedef void etl_window_joined(void *user, const struct etl_record *record);

struct etl_window *etl_window_new(etl_window_out *out, etl_window_joined *joined, void *user);
void etl_window_free(struct etl_window *window);

/* Copies the record. Calls out for those that waited long enough. */
void etl_window_add(struct etl_window *window, const struct etl_record *record);
/* Calls out for all that are left. */
void etl_window_flush(struct etl_window *window);

#endif
