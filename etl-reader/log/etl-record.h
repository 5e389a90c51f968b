/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record of a trace buffer, with the members that all of the many header types have in common.
 * The layouts are those of ntwmi.h (phnt) and evntrace.h; see docs/etl.md.
 */
#ifndef PKTMON_ETL_READER_ETL_RECORD_H
#define PKTMON_ETL_READER_ETL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etl-reader/bytes.h"

/* Records are aligned to this within a buffer. */
#define ETL_RECORD_ALIGNMENT 8

enum etl_record_kind {
    ETL_RECORD_EVENT,   /* a manifest or TraceLogging event: provider, id, keyword */
    ETL_RECORD_CLASSIC, /* a classic event: GUID of its class, opcode */
    ETL_RECORD_KERNEL,  /* of the system logger: group and type */
    ETL_RECORD_MESSAGE, /* a WPP message: only a symbol file can format it */
    ETL_RECORD_OTHER,   /* a data block or an error: only its size is known */
    ETL_RECORD_KINDS,
};

/* All pointers point into the buffer. */
struct etl_record {
    enum etl_record_kind kind;
    const uint8_t *bytes; /* the whole record */
    uint32_t size;        /* bytes in all */
    bool has_time;        /* ticks is set */
    int64_t ticks;        /* of the log's clock */
    uint64_t time;        /* ns since 1970-01-01 UTC; set by the reader of the buffer */
    uint32_t process, thread;
    const uint8_t *guid; /* of the provider, or of the class; NULL = none */
    uint16_t id;         /* of the event or message; of kernel records group << 8 | type */
    uint8_t version, level, opcode;
    uint16_t task;
    uint64_t keyword;
    unsigned pointer_size; /* of the process that logged: 4 or 8 */
    uint16_t cpu;          /* of its buffer; set by the reader of the buffer */
    const uint8_t *payload;
    size_t payload_size;
    const uint8_t *schema; /* TraceLogging: the description in the event; NULL: none */
    size_t schema_size;
    const uint8_t *traits; /* TraceLogging: the provider's traits; NULL = none */
    size_t traits_size;
};

enum etl_parsed {
    ETL_PARSED,     /* record is filled */
    ETL_PARSED_END, /* the filler after the last record */
    ETL_PARSED_BAD, /* no record, or one beyond the end: the rest of the buffer is lost */
};

/* Parses the record at data, where size bytes are left in the buffer. */
enum etl_parsed etl_record_parse(const uint8_t *data, size_t size, struct etl_record *record);

/* The same, but sets only the size and the time of the record. */
enum etl_parsed etl_record_skim(const uint8_t *data, size_t size, struct etl_record *record);

/* Whether the record has that kind and GUID. */
static inline bool etl_record_is(const struct etl_record *record, enum etl_record_kind kind,
                                 const uint8_t guid[ETL_GUID_SIZE])
{
    return record->kind == kind && record->guid && memcmp(record->guid, guid, ETL_GUID_SIZE) == 0;
}

/* Distance to the next record. */
static inline size_t etl_record_stride(const struct etl_record *record)
{
    return ((size_t)record->size + ETL_RECORD_ALIGNMENT - 1) & ~(size_t)(ETL_RECORD_ALIGNMENT - 1);
}

#endif
