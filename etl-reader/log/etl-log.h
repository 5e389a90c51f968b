/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log: one file, or the files of a multi-file session. It is read twice. The scan reads every
 * record in file order and notes the buffers with wanted records; next() then returns these records
 * in time order, whatever their processor or file.
 *
 * Memory is some fifty bytes per wanted buffer, and the buffers that overlap in time: one per
 * processor. Buffers beyond a memory limit are opened later, and their records come late, which the
 * statistics count.
 */
#ifndef PKTMON_ETL_READER_ETL_LOG_H
#define PKTMON_ETL_READER_ETL_LOG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-file.h"
#include "etl-record.h"

/* What the scan found, complete. */
struct etl_log_stats {
    uint64_t files, bytes;
    uint64_t decoded; /* bytes of the buffers, once decompressed */
    uint64_t buffers;
    uint64_t compressed_buffers;
    uint64_t cut_buffers;      /* truncated, or their compressed bytes are damaged */
    uint64_t bad_buffers;      /* with invalid headers, skipped */
    uint64_t damaged_buffers;  /* a bad record ended them early */
    uint64_t hiding_buffers;   /* other bytes than filler follow their last record */
    uint64_t lossy_buffers;    /* their headers report events lost before them */
    uint64_t surplus_buffers;  /* more than a file's header counts */
    uint64_t repeated_buffers; /* in a file twice */
    uint64_t open_files;       /* the logger never closed them */
    uint64_t missing_buffers;  /* fewer than a file's header counts: the file is truncated */
    uint64_t late_buffers;     /* opened late in the second pass */
    uint64_t lost_bytes;       /* of all these, not read */
    uint64_t empty_bytes;      /* room for buffers that were not written */
    uint64_t records[ETL_RECORD_KINDS];
    uint64_t own_records;               /* of these: records of the logger in the first buffers */
    uint64_t events_lost, buffers_lost; /* lost by the logger, by its headers */
};

/* Whether the log is missing records that it once had. */
bool etl_log_is_incomplete(const struct etl_log_stats *stats);

struct etl_log;

/* The number of the session's last file where it is not part of the log. */
#define ETL_LAST_FILE UINT16_MAX

/* Called with each record of the scan. True: the second pass is to return it. file: number of the
 * file in the log, or ETL_LAST_FILE. */
typedef bool (*etl_visit)(void *user, const struct etl_record *record, unsigned file);

/* paths is NULL-terminated and not empty. NULL: error, for example because the files cannot be one
 * log.
 */
struct etl_log *etl_log_open(const char *const *paths, GError **error);
void etl_log_close(struct etl_log *log);

/* Limits the memory of open buffers, bytes. */
void etl_log_set_memory(struct etl_log *log, uint64_t bytes);

/* Called before each buffer. False: stop. */
typedef bool (*etl_go_on)(void *user);

/* Call it once, before the first next(). go_on may be NULL. False: stopped. */
bool etl_log_scan(struct etl_log *log, etl_visit visit, etl_go_on go_on, void *user);
/* The same for the last file of the session, if it is in the same folder but not part of the log:
 * it describes the whole session. */
bool etl_log_scan_last(struct etl_log *log, etl_visit visit, etl_go_on go_on, void *user);

/* Call it after the scan. False: the files are not one log: one of them contains a second log, or
 * buffers of another one. */
bool etl_log_check(const struct etl_log *log, GError **error);

/* The next record of the wanted buffers, in time order; valid until the next call. False: no more.
 */
bool etl_log_next(struct etl_log *log, struct etl_record *record);

const struct etl_log_stats *etl_log_stats(const struct etl_log *log);
/* Of struct etl_file. */
const GPtrArray *etl_log_files(const struct etl_log *log);
/* The header of the first file. */
const struct etl_file_header *etl_log_header(const struct etl_log *log);
/* The start time of the first file, ns. */
uint64_t etl_log_start(const struct etl_log *log);
/* Bytes of the wanted buffers returned so far, and of all of them. */
void etl_log_progress(const struct etl_log *log, uint64_t *done, uint64_t *all);

#endif
