/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log: one file, or the files of a multi-file session. It is read twice. The scan looks at every
 * record in the order of the files and remembers the buffers whose records are wanted; next()
 * then gives these records in the order of time, whatever processor or file they stand in.
 *
 * Memory is an entry of some fifty bytes per wanted buffer, and the buffers that overlap in time:
 * one per processor. When these would take more than a limit, the rest waits, and its records come
 * late; the statistics tell.
 */
#ifndef PKTMON_ETL_LOG_H
#define PKTMON_ETL_LOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-file.h"
#include "etl-record.h"

/* What the scan met; nothing is left out of these sums. */
struct etl_log_stats {
    uint64_t files, bytes;
    uint64_t decoded; /* bytes of the buffers, once decompressed */
    uint64_t buffers;
    uint64_t compressed_buffers;
    uint64_t cut_buffers;     /* the file ends within, or the compressed bytes are damaged */
    uint64_t bad_buffers;     /* headers that cannot be, passed over */
    uint64_t damaged_buffers; /* a bad record ended them early */
    uint64_t late_buffers;    /* opened after their time, in the second pass */
    uint64_t lost_bytes;      /* in all these, not looked at */
    uint64_t empty_bytes;     /* room that no buffer was written to */
    uint64_t records[ETL_RECORD_KINDS];
    uint64_t events_lost, buffers_lost; /* by the logger, as its headers say */
};

struct etl_log;

/* The number of a file of the same session that is not part of the log. */
#define ETL_LAST_FILE UINT16_MAX

/* Looks at a record during the scan. True: the second pass shall give it. file is the log's
 * number of the file, or ETL_LAST_FILE. */
typedef bool (*etl_visit)(void *user, const struct etl_record *record, unsigned file);

/* paths is NULL-terminated and not empty. Of a multi-file session Windows writes the names of all
 * components into the last file: where one file alone is given, the scan looks at the last one
 * that lies beside it too. NULL: error. */
struct etl_log *etl_log_open(const char *const *paths, GError **error);
void etl_log_close(struct etl_log *log);

/* Bytes that the buffers may take which are open at a time. */
void etl_log_set_memory(struct etl_log *log, uint64_t bytes);

/* Asked before each buffer; false: stop. */
typedef bool (*etl_go_on)(void *user);

/* Once, before the first next(). go_on may be NULL. False: it was stopped. */
bool etl_log_scan(struct etl_log *log, etl_visit visit, etl_go_on go_on, void *user);

/* The next record in the order of time, of any that stands in a wanted buffer; valid until the
 * next call. False: there are no more. */
bool etl_log_next(struct etl_log *log, struct etl_record *record);

const struct etl_log_stats *etl_log_stats(const struct etl_log *log);
/* Of the first file. */
const struct etl_file_header *etl_log_header(const struct etl_log *log);
/* The first file's time of start, ns. */
uint64_t etl_log_start(const struct etl_log *log);
/* Bytes of the wanted buffers given so far, and of all. */
void etl_log_progress(const struct etl_log *log, uint64_t *done, uint64_t *all);

#endif
