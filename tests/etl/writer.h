/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes event trace logs for tests: every kind of buffer, header and compression, also those that
 * no real log at hand has. It follows the documents, not the reader.
 */
#ifndef ETL_WRITER_H
#define ETL_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum writer_compression {
    WRITER_PLAIN = 0,
    WRITER_LZNT1 = 2,
    WRITER_XPRESS = 3,
    WRITER_XPRESS_HUFFMAN = 4,
};

struct writer_options {
    bool is_32bit;
    uint32_t build;       /* 0 = 20348 */
    uint32_t buffer_size; /* bytes; 0 = 4096 */
    enum writer_compression compression;
    uint32_t clock_type;    /* 0 = 1, performance counter */
    uint64_t frequency;     /* of the counter; 0 = 10 MHz */
    uint32_t cpu_mhz;       /* of clock 3 */
    int64_t start_filetime; /* 0 = 2024-01-01 00:00:00 UTC */
    int64_t start_ticks;
    uint32_t mode; /* LogFileMode */
    uint32_t events_lost, buffers_lost;
    uint32_t buffers_written; /* 0 = the actual number, or none for a crashed logger */
    int32_t bias_minutes;
    const uint8_t *time_zone; /* TIME_ZONE_INFORMATION, in place of the bias; NULL = none */
    bool crashed;             /* no end time, and buffers without the end of their records */
};

/* 2024-01-01 00:00:00 UTC */
#define WRITER_START_FILETIME INT64_C(133485408000000000)
#define WRITER_START_NS       UINT64_C(1704067200000000000)

extern const uint8_t writer_pktmon_guid[16];
extern const uint8_t writer_ndis_guid[16];
extern const uint8_t writer_wan_guid[16];
extern const uint8_t writer_metadata_guid[16];
extern const uint8_t writer_config_guid[16];

struct writer;

struct writer *writer_new(const struct writer_options *options);
/* The bytes that were added to the log since the last call; the caller frees them. For logs that
 * are too large for memory. */
GByteArray *writer_take(struct writer *writer);
/* Frees the writer. Returns the log, or the rest of it; the caller frees it. */
GByteArray *writer_finish(struct writer *writer);

/* Fields of an event's header. */
struct writer_event {
    const uint8_t *guid;
    uint16_t id;
    uint8_t version, level, opcode;
    uint64_t keyword;
    uint32_t process, thread;
    const GByteArray *extended; /* items of writer_extended(); NULL = none */
};

void writer_add(struct writer *writer, unsigned cpu, int64_t ticks,
                const struct writer_event *event, const GByteArray *data);
void writer_add_classic(struct writer *writer, unsigned cpu, int64_t ticks, const uint8_t *guid,
                        uint8_t opcode, const GByteArray *data);
void writer_add_message(struct writer *writer, unsigned cpu, int64_t ticks, const uint8_t *guid,
                        uint16_t number, const GByteArray *data);
/* Adds a record as it is, valid or not. */
void writer_add_raw(struct writer *writer, unsigned cpu, const uint8_t *data, size_t size);
/* Ends the processor's buffer, even if it is not full. */
void writer_flush(struct writer *writer, unsigned cpu);

/* Appends an extended data item. */
void writer_extended(GByteArray *items, uint16_t type, const uint8_t *data, uint16_t size,
                     bool more);

/* Little-endian parts of an event's data. */
void put_u8(GByteArray *to, unsigned value);
void put_u16(GByteArray *to, unsigned value);
void put_u32(GByteArray *to, uint32_t value);
void put_u64(GByteArray *to, uint64_t value);
void put_bytes(GByteArray *to, const void *data, size_t size);
/* UTF-16LE with its NUL. */
void put_wide(GByteArray *to, const char *text);

#endif
