/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One log file: its header, its clock, and its buffers, found one after the other and read one at
 * a time. The layout is that of WMI_BUFFER_HEADER and TRACE_LOGFILE_HEADER (ntwmi.h, evntrace.h).
 */
#ifndef PKTMON_ETL_FILE_H
#define PKTMON_ETL_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-clock.h"
#include "decompress.h"

#define ETL_BUFFER_HEADER_SIZE 0x48
/* No logger makes larger ones; what claims to be larger is damage. */
#define ETL_MAX_BUFFER_SIZE (64u << 20)

/* LogFileMode */
#define ETL_MODE_NEWFILE 0x00000008

struct etl_file_header {
    uint32_t buffer_size; /* bytes */
    uint32_t build;       /* of Windows */
    uint32_t processors;
    int64_t end_filetime; /* 0: the logger never closed the file */
    uint32_t mode;        /* ETL_MODE_ */
    uint32_t pointer_size;
    uint32_t events_lost, buffers_lost;
    uint32_t cpu_mhz;
    int32_t bias_minutes; /* local time = UTC - bias */
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
    uint32_t valid;       /* of these: up to where records stand */
    uint32_t records;     /* set by the log, which counts them */
    uint16_t cpu;
    uint16_t file; /* which of the log's files; set by the log */
    bool compressed;
};

struct etl_file {
    int fd;
    char *path;
    uint64_t size;
    struct etl_file_header header;
    struct etl_clock clock;
    enum etl_compression compression;
    uint32_t stride;      /* bytes from buffer to buffer; 0 = each has its own size */
    uint64_t next_offset; /* where the search for buffers goes on */
};

/* What etl_file_next_buffer() found. */
enum etl_found {
    ETL_FOUND_BUFFER,
    ETL_FOUND_EMPTY, /* room that no buffer was written to */
    ETL_FOUND_BAD,   /* a buffer header that cannot be */
    ETL_FOUND_END,
};

/* A buffer's bytes, reused from one to the next. */
struct etl_bytes {
    uint8_t *data;
    size_t size; /* bytes that are there */
    size_t capacity;
};

/* NULL: cannot be read, or is no log (PKTMON_ERROR_INPUT). */
struct etl_file *etl_file_open(const char *path, GError **error);
void etl_file_close(struct etl_file *file);

/* Whether these bytes, the first of a file, begin a log. A log has no magic number, so this looks
 * at all that a first buffer and a first record have in common. size may be small; 512 is enough
 * for any log. */
bool etl_file_recognise(const uint8_t *data, size_t size);

/* Goes to the next buffer. skipped is the number of bytes passed over for EMPTY and BAD. */
enum etl_found etl_file_next_buffer(struct etl_file *file, struct etl_buffer *buffer,
                                    uint64_t *skipped);

/* Reads a buffer, header and all, and decompresses it. True: whole. False: bytes holds what could
 * be had, which may be less than a header. */
bool etl_file_load(const struct etl_file *file, const struct etl_buffer *buffer,
                   struct etl_bytes *bytes);
void etl_bytes_clear(struct etl_bytes *bytes);

#endif
