/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include <string.h>

#include "compress.h"

#define HEADER_SIZE 0x48
/* In TRACE_LOGFILE_HEADER, after the header of its record. */
#define BUFFERS_WRITTEN_AT (HEADER_SIZE + 0x20 + 0x24)
#define FIRST_SIZE         0x400 /* of the first buffer of a compressed log */
#define RELOG_SIZE         0x1000000
#define MODE_RELOG         0x04010001
#define MAX_CPUS           64
#define BUFFER_FILLER      0xFF

const uint8_t writer_pktmon_guid[16] = {0xd9, 0x80, 0x4f, 0x4d, 0xbd, 0xc8, 0x73, 0x4d,
                                        0xbb, 0x5b, 0x19, 0xc9, 0x04, 0x02, 0xc5, 0xac};
const uint8_t writer_ndis_guid[16] = {0x6e, 0x00, 0xd6, 0x2e, 0x29, 0x47, 0x09, 0x46,
                                      0xb4, 0x23, 0x3e, 0xe7, 0xbc, 0xd6, 0x78, 0xef};
const uint8_t writer_wan_guid[16] = {0xf7, 0x21, 0x45, 0xd8, 0x35, 0x22, 0x37, 0x42,
                                     0xa7, 0xc0, 0x14, 0xe3, 0xa9, 0x67, 0x62, 0x86};
const uint8_t writer_metadata_guid[16] = {0xc1, 0xf6, 0xcc, 0xbb, 0xd1, 0x6c, 0xc4, 0x48,
                                          0x80, 0xff, 0x83, 0x94, 0x82, 0xe3, 0x76, 0x71};
const uint8_t writer_config_guid[16] = {0x91, 0xee, 0x79, 0x9b, 0xfd, 0xb5, 0xc0, 0x41,
                                        0xa2, 0x43, 0x42, 0x48, 0xe2, 0x66, 0xe9, 0xd0};

struct writer {
    struct writer_options options;
    GByteArray *log;
    GByteArray *buffers[MAX_CPUS]; /* records that are not in the log yet; NULL = none */
    uint64_t sequence;
    bool was_taken; /* writer_take() has returned the beginning, which cannot be changed any more */
};

void put_bytes(GByteArray *to, const void *data, size_t size)
{
    g_byte_array_append(to, data, (guint)size);
}

static void put_number(GByteArray *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        put_bytes(to, &byte, 1);
    }
}

void put_u8(GByteArray *to, unsigned value)
{
    put_number(to, value, 1);
}

void put_u16(GByteArray *to, unsigned value)
{
    put_number(to, value, 2);
}

void put_u32(GByteArray *to, uint32_t value)
{
    put_number(to, value, 4);
}

void put_u64(GByteArray *to, uint64_t value)
{
    put_number(to, value, 8);
}

void put_wide(GByteArray *to, const char *text)
{
    glong length;
    g_autofree gunichar2 *wide = g_utf8_to_utf16(text, -1, NULL, &length, NULL);
    for (glong i = 0; i <= length; i++)
        put_u16(to, wide[i]);
}

static void put_fill(GByteArray *to, uint8_t byte, guint count)
{
    guint before = to->len;
    g_byte_array_set_size(to, before + count);
    memset(to->data + before, byte, count);
}

/* WMI_BUFFER_HEADER */
static void put_buffer_header(struct writer *writer, GByteArray *to, uint32_t stored, uint32_t size,
                              uint32_t valid, unsigned cpu, bool first)
{
    bool compressed = writer->options.compression && !first;
    put_u32(to, stored);
    put_u32(to, size); /* SavedOffset */
    put_u32(to, valid);
    put_u32(to, 0);
    put_u64(to, (uint64_t)writer->options.start_filetime);
    put_u64(to, writer->sequence++);
    put_u64(to, writer->options.clock_type);
    put_u16(to, cpu);
    put_u16(to, 1); /* LoggerId */
    put_u32(to, first ? writer->options.compression : 0);
    put_u32(to, writer->options.crashed && !first ? 0 : valid);
    put_u16(to, 0x20 | (compressed ? 0x40 : 0));
    put_u16(to, first ? 4 : 0);
    put_fill(to, 0, 16);
}

static void put_compressed(enum writer_compression compression, const GByteArray *records,
                           GByteArray *to)
{
    static void (*const compressors[])(const uint8_t *, size_t, GByteArray *) = {
        [WRITER_LZNT1] = compress_lznt1,
        [WRITER_XPRESS] = compress_xpress,
        [WRITER_XPRESS_HUFFMAN] = compress_xpress_huffman,
    };
    compressors[compression](records->data, records->len, to);
}

static void put_buffer(struct writer *writer, const GByteArray *records, unsigned cpu, bool first)
{
    uint32_t valid = HEADER_SIZE + records->len;
    if (writer->options.compression && !first) {
        g_autoptr(GByteArray) packed = g_byte_array_new();
        put_compressed(writer->options.compression, records, packed);
        /* No reader accepts a byte that stands for more than 1024: filler counts too. */
        if (packed->len < valid / 1024)
            put_fill(packed, 0, valid / 1024 + 1 - packed->len);
        put_buffer_header(writer, writer->log, HEADER_SIZE + packed->len, valid, valid, cpu, false);
        put_bytes(writer->log, packed->data, packed->len);
        return;
    }
    uint32_t size = writer->options.compression ? FIRST_SIZE : writer->options.buffer_size;
    put_buffer_header(writer, writer->log, size, valid, valid, cpu, first);
    put_bytes(writer->log, records->data, records->len);
    put_fill(writer->log, BUFFER_FILLER, size - valid);
}

void writer_flush(struct writer *writer, unsigned cpu)
{
    GByteArray *records = writer->buffers[cpu];
    writer->buffers[cpu] = NULL;
    if (!records)
        return;
    put_buffer(writer, records, cpu, false);
    g_byte_array_free(records, TRUE);
}

void writer_add_raw(struct writer *writer, unsigned cpu, const uint8_t *data, size_t size)
{
    size_t room = writer->options.buffer_size - HEADER_SIZE;
    guint padded = (guint)(size + 7) & ~7u;
    g_assert_cmpuint(padded, <=, room);
    if (writer->buffers[cpu] && writer->buffers[cpu]->len + padded > room)
        writer_flush(writer, cpu);
    if (!writer->buffers[cpu])
        writer->buffers[cpu] = g_byte_array_new();
    put_bytes(writer->buffers[cpu], data, size);
    put_fill(writer->buffers[cpu], 0, padded - (guint)size);
}

/* SYSTEM_TRACE_HEADER and TRACE_LOGFILE_HEADER. */
static GByteArray *first_record(const struct writer_options *options)
{
    GByteArray *to = g_byte_array_new();
    unsigned pointer = options->is_32bit ? 4 : 8;
    put_u32(to, options->is_32bit ? 0xC0010002 : 0xC0020002);
    put_u16(to, 0); /* size, set below */
    put_u16(to, 0); /* group and type */
    put_u64(to, 0); /* thread and process */
    put_u64(to, (uint64_t)options->start_ticks);
    put_u64(to, 0);
    put_u32(to, options->compression ? RELOG_SIZE : options->buffer_size);
    put_u32(to, options->compression ? 0x0002000a : 0x0501000a);
    put_u32(to, options->build);
    put_u32(to, 4); /* processors */
    put_u64(to, options->crashed ? 0 : (uint64_t)options->start_filetime + 100000000);
    put_u32(to, 156250);
    put_u32(to, 512);
    put_u32(to, options->mode | (options->compression ? MODE_RELOG : 1));
    put_u32(to, options->buffers_written); /* writer_finish() */
    put_u32(to, 1);
    put_u32(to, pointer);
    put_u32(to, options->events_lost);
    put_u32(to, options->cpu_mhz);
    put_fill(to, 0, 2 * pointer);
    if (options->time_zone) {
        put_bytes(to, options->time_zone, 0xAC);
    } else {
        put_u32(to, (uint32_t)options->bias_minutes);
        put_fill(to, 0, 0xAC - 4);
    }
    if (to->len % 8)
        put_fill(to, 0, 4);
    put_u64(to, (uint64_t)options->start_filetime - 36000000000);
    put_u64(to, options->frequency);
    put_u64(to, (uint64_t)options->start_filetime);
    put_u32(to, options->clock_type);
    put_u32(to, options->buffers_lost);
    put_wide(to, options->compression ? "Relogger" : "PktMon");
    put_wide(to, "PktMon.etl");
    to->data[4] = (uint8_t)to->len;
    to->data[5] = (uint8_t)(to->len >> 8);
    return to;
}

struct writer *writer_new(const struct writer_options *options)
{
    struct writer *writer = g_new0(struct writer, 1);
    writer->options = *options;
    if (!options->build)
        writer->options.build = 20348;
    if (!options->buffer_size)
        writer->options.buffer_size = 4096;
    if (!options->clock_type)
        writer->options.clock_type = 1;
    if (!options->frequency)
        writer->options.frequency = 10000000;
    if (!options->start_filetime)
        writer->options.start_filetime = WRITER_START_FILETIME;
    writer->log = g_byte_array_new();
    g_autoptr(GByteArray) record = first_record(&writer->options);
    put_buffer(writer, record, 0, true);
    return writer;
}

GByteArray *writer_take(struct writer *writer)
{
    writer->was_taken = true;
    GByteArray *log = writer->log;
    writer->log = g_byte_array_new();
    return log;
}

static void write_count(uint8_t *to, uint32_t count)
{
    for (size_t i = 0; i < sizeof(count); i++)
        to[i] = (uint8_t)(count >> 8 * i);
}

GByteArray *writer_finish(struct writer *writer)
{
    for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
        writer_flush(writer, cpu);
    GByteArray *log = writer->log;
    if (!writer->was_taken && !writer->options.crashed && !writer->options.buffers_written)
        write_count(log->data + BUFFERS_WRITTEN_AT, (uint32_t)writer->sequence);
    g_free(writer);
    return log;
}

void writer_extended(GByteArray *items, uint16_t type, const uint8_t *data, uint16_t size,
                     bool more)
{
    guint whole = (8u + size + 7) & ~7u;
    put_u16(items, whole);
    put_u16(items, type);
    put_u16(items, more);
    put_u16(items, size);
    put_bytes(items, data, size);
    put_fill(items, 0, whole - 8 - size);
}

/* EVENT_HEADER */
void writer_add(struct writer *writer, unsigned cpu, int64_t ticks,
                const struct writer_event *event, const GByteArray *data)
{
    g_autoptr(GByteArray) to = g_byte_array_new();
    guint extended = event->extended ? event->extended->len : 0;
    put_u16(to, 0x50 + extended + data->len);
    put_u16(to, writer->options.is_32bit ? 0xC012 : 0xC013);
    put_u16(to, extended ? 1 : 0);
    put_u16(to, 0);
    put_u32(to, event->thread);
    put_u32(to, event->process);
    put_u64(to, (uint64_t)ticks);
    put_bytes(to, event->guid, 16);
    put_u16(to, event->id);
    put_u8(to, event->version);
    put_u8(to, 0);
    put_u8(to, event->level);
    put_u8(to, event->opcode);
    put_u16(to, 0);
    put_u64(to, event->keyword);
    put_fill(to, 0, 8 + 16); /* processor time, activity */
    if (extended)
        put_bytes(to, event->extended->data, extended);
    put_bytes(to, data->data, data->len);
    writer_add_raw(writer, cpu, to->data, to->len);
}

/* EVENT_TRACE_HEADER */
void writer_add_classic(struct writer *writer, unsigned cpu, int64_t ticks, const uint8_t *guid,
                        uint8_t opcode, const GByteArray *data)
{
    g_autoptr(GByteArray) to = g_byte_array_new();
    put_u16(to, 0x30 + data->len);
    put_u16(to, writer->options.is_32bit ? 0xC00A : 0xC014);
    put_u8(to, opcode);
    put_u8(to, 0);
    put_u16(to, 0);
    put_u64(to, 0);
    put_u64(to, (uint64_t)ticks);
    put_bytes(to, guid, 16);
    put_u64(to, 0);
    put_bytes(to, data->data, data->len);
    writer_add_raw(writer, cpu, to->data, to->len);
}

/* MESSAGE_TRACE_HEADER with all of its optional parts. */
void writer_add_message(struct writer *writer, unsigned cpu, int64_t ticks, const uint8_t *guid,
                        uint16_t number, const GByteArray *data)
{
    g_autoptr(GByteArray) to = g_byte_array_new();
    put_u16(to, 8 + 4 + 16 + 8 + 8 + data->len);
    put_u16(to, 0x9000);
    put_u16(to, number);
    put_u16(to, 0x01 | 0x02 | 0x08 | 0x20);
    put_u32(to, 1);
    put_bytes(to, guid, 16);
    put_u64(to, (uint64_t)ticks);
    put_u64(to, 0);
    put_bytes(to, data->data, data->len);
    writer_add_raw(writer, cpu, to->data, to->len);
}
