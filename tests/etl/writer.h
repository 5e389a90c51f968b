/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes event trace logs for tests: every kind of buffer, header and compression, including those
 * of which there is no real log at hand. It is written from the documents, not from the reader.
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
    int32_t bias_minutes;
    bool crashed; /* no end time, and buffers that do not say how full they are */
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
/* What the log has grown by since the last call, for the caller to free: for logs that are larger
 * than memory should be. */
GByteArray *writer_take(struct writer *writer);
/* Frees the writer. The log, or the rest of it, for the caller to free. */
GByteArray *writer_finish(struct writer *writer);

/* What an event's header says. */
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
/* A record as it is, whatever it is. */
void writer_add_raw(struct writer *writer, unsigned cpu, const uint8_t *data, size_t size);
/* Ends the processor's buffer, though it is not full. */
void writer_flush(struct writer *writer, unsigned cpu);

/* Appends an extended data item. */
void writer_extended(GByteArray *items, uint16_t type, const uint8_t *data, uint16_t size,
                     bool more);

/* Little-endian pieces of an event's data. */
void put_u8(GByteArray *to, unsigned value);
void put_u16(GByteArray *to, unsigned value);
void put_u32(GByteArray *to, uint32_t value);
void put_u64(GByteArray *to, uint64_t value);
void put_bytes(GByteArray *to, const void *data, size_t size);
/* UTF-16LE with its NUL. */
void put_wide(GByteArray *to, const char *text);

#endif
