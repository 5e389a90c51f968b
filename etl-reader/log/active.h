/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffers being read, merged by time: a heap of readers, one per buffer. Buffers overlap where
 * several processors logged at the same time. Records of the same time keep the order of their
 * buffers, and their order within a buffer.
 */
#ifndef PKTMON_ETL_READER_ACTIVE_H
#define PKTMON_ETL_READER_ACTIVE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "etl-file.h"
#include "etl-record.h"

/* A walk over the records of a loaded buffer, in the buffer's order. */
struct etl_walk {
    const struct etl_file *file;
    const struct etl_buffer *buffer;
    const uint8_t *data;
    size_t at, end;
    uint64_t last_time; /* for records without a time of their own */
    bool bad;           /* ended by a bad record */
};

struct etl_walk etl_walk_over(const struct etl_file *file, const struct etl_buffer *buffer,
                              const struct etl_bytes *bytes);
/* Reads a whole record (etl_record_parse), or its size and time (etl_record_skim). */
typedef enum etl_parsed etl_record_reader(const uint8_t *data, size_t size,
                                          struct etl_record *record);
/* False: no more records. */
bool etl_walk_next(struct etl_walk *walk, etl_record_reader *read, struct etl_record *record);

struct etl_active;

/* files (of struct etl_file) is borrowed. */
struct etl_active *etl_active_new(const GPtrArray *files);
/* Limits the memory of the open buffers, bytes. */
void etl_active_set_memory(struct etl_active *active, uint64_t bytes);
void etl_active_free(struct etl_active *active);

/* Opens a buffer, which is borrowed for the call only. order decides between records of the same
 * time. */
void etl_active_add(struct etl_active *active, const struct etl_buffer *buffer, guint order);
/* Whether the limit is reached: open no more before a buffer has ended. */
bool etl_active_is_full(const struct etl_active *active);
bool etl_active_is_empty(const struct etl_active *active);
/* The time of the next record. There must be one. */
uint64_t etl_active_time(const struct etl_active *active);
/* Takes the next record, which must exist and is valid until release(). False: it can no longer be
 * read. */
bool etl_active_take(struct etl_active *active, struct etl_record *record);
void etl_active_release(struct etl_active *active);

#endif
