/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One log file: its header, its clock, and its buffers, which are found one after another and read
 * one at a time. The layout is that of WMI_BUFFER_HEADER and TRACE_LOGFILE_HEADER (ntwmi.h,
 * evntrace.h).
 */
#ifndef PKTMON_ETL_READER_ETL_FILE_H
#define PKTMON_ETL_READER_ETL_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-clock.h"
#include "time-zone.h"
#include "etl-reader/compression/decompress.h"

#define ETL_BUFFER_HEADER_SIZE 0x48
/* No logger makes larger buffers; a larger size is damage. */
#define ETL_MAX_BUFFER_SIZE (64u << 20)

/* LogFileMode */
#define ETL_MODE_CIRCULAR  0x00000002
#define ETL_MODE_APPEND    0x00000004
#define ETL_MODE_NEWFILE   0x00000008
#define ETL_MODE_REAL_TIME 0x00000100

struct etl_file_header {
    uint32_t buffer_size; /* bytes */
    uint32_t build;       /* of Windows */
    uint32_t processors;
    int64_t end_filetime;     /* 0: the logger never closed the file */
    uint32_t mode;            /* ETL_MODE_ */
    uint32_t buffers_written; /* 0: not known */
    uint32_t pointer_size;
    uint32_t events_lost, buffers_lost;
    uint32_t cpu_mhz;
    struct etl_time_zone time_zone;
    int64_t boot_filetime;
    int64_t perf_freq;
    int64_t start_filetime;
    int64_t start_ticks; /* of the header record */
    uint32_t clock_type;
    char *logger; /* name of the logger */
};

/* Where a buffer is and what it holds. */
struct etl_buffer {
    uint64_t offset;     /* in the file */
    uint64_t first_time; /* of its records, ns; set by the log */
    int64_t sequence;
    uint32_t stored_size; /* bytes in the file, with the header */
    uint32_t size;        /* bytes once decompressed, with the header */
    uint32_t valid;       /* of these: up to the end of the records */
    uint32_t records;     /* set by the log */
    uint16_t cpu;
    uint16_t file; /* which of the log's files; set by the log */
    bool compressed;
    bool bounded;   /* its header has the end of the records; else a filler marks it */
    bool says_lost; /* its header reports events lost before it */
};

struct etl_file {
    int fd;
    char *path;
    uint64_t size;
    struct etl_file_header header;
    struct etl_clock clock;
    enum etl_compression compression;
    uint32_t stride;                  /* bytes from buffer to buffer; 0 = sizes differ */
    uint16_t logger;                  /* number of the logger, which each buffer has */
    uint64_t next_offset;             /* where to look for the next buffer */
    uint64_t searched_from, found_at; /* the last search for a buffer */
    uint64_t tried;                   /* bytes read to determine sizes of buffers */
};

/* What etl_file_next_buffer() found. */
enum etl_found {
    ETL_FOUND_BUFFER,
    ETL_FOUND_EMPTY, /* zeros: room for a buffer that was not written */
    ETL_FOUND_BAD,   /* an invalid buffer header, and the bytes up to the next buffer */
    ETL_FOUND_CUT,   /* the file ends within a buffer header */
    ETL_FOUND_LOG,   /* another log begins */
    ETL_FOUND_END,
};

/* The bytes of a buffer. The memory is reused. */
struct etl_bytes {
    uint8_t *data;
    size_t size; /* bytes present */
    size_t capacity;
    size_t more; /* a compressed buffer decodes to at least this many bytes beyond its size */
};

/* NULL: the file cannot be read, or is no log (PKTMON_ERROR_INPUT). */
struct etl_file *etl_file_open(const char *path, GError **error);
void etl_file_close(struct etl_file *file);

/* Whether a file that starts with these bytes is a log. A log has no magic number, so this checks
 * everything that all first buffers and first records have in common. size may be small; 512 is
 * always enough. */
bool etl_file_recognise(const uint8_t *data, size_t size);

/* Finds the next buffer. skipped: bytes skipped, of EMPTY, BAD and CUT. */
enum etl_found etl_file_next_buffer(struct etl_file *file, struct etl_buffer *buffer,
                                    uint64_t *skipped);

/* Number of buffers by the header; 0 = not known: the header of a ring also counts overwritten
 * buffers, and that of a session also those in its other files or sent to a consumer. */
uint64_t etl_file_buffers(const struct etl_file *file);
/* Whether the header counts more than the first buffer, also that of a ring. */
bool etl_file_has_more_than_first(const struct etl_file *file);

/* Reads a buffer with its header, and decompresses it. True: complete. False: bytes holds what
 * could be read, which may be less than a header. */
bool etl_file_load(const struct etl_file *file, const struct etl_buffer *buffer,
                   struct etl_bytes *bytes);
void etl_bytes_clear(struct etl_bytes *bytes);

#endif
