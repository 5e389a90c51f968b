/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "provider.h"
#include "etl-record.h"

/* WMI_BUFFER_HEADER */
enum buffer_field {
    BUFFER_SIZE = 0x00,
    BUFFER_SAVED_OFFSET = 0x04,
    BUFFER_SEQUENCE = 0x18,
    BUFFER_PROCESSOR = 0x28,
    BUFFER_STATE = 0x2C,
    BUFFER_OFFSET = 0x30,
    BUFFER_FLAG = 0x34,
    BUFFER_TYPE = 0x36,
};

enum buffer_flag {
    BUFFER_FLAG_PROC_INDEX = 0x20,
    BUFFER_FLAG_COMPRESSED = 0x40,
};

/* Events differ at least in their times, so that none of the formats makes them this much smaller;
 * a few bytes that claim to be millions are damage. */
#define MAX_COMPRESSION 1024

#define PROCESSOR_INDEX_MASK 0x07FF
#define PROCESSOR_MASK       0x00FF
#define BUFFER_TYPE_LAST     7

/* TRACE_LOGFILE_HEADER, after the header of its record. */
#define LOGFILE_AT (ETL_BUFFER_HEADER_SIZE + 0x20)
enum logfile_field {
    LOGFILE_BUFFER_SIZE = 0x00,
    LOGFILE_BUILD = 0x08,
    LOGFILE_PROCESSORS = 0x0C,
    LOGFILE_END_TIME = 0x10,
    LOGFILE_MODE = 0x20,
    LOGFILE_POINTER_SIZE = 0x2C,
    LOGFILE_EVENTS_LOST = 0x30,
    LOGFILE_CPU_MHZ = 0x34,
};

/* The fields behind the two pointers stand 8 bytes earlier where a pointer has 4 bytes. */
struct logfile_tail {
    uint16_t time_zone, boot_time, perf_freq, start_time, clock_type, buffers_lost, end;
};
static const struct logfile_tail tail_32 = {0x40, 0xF0, 0xF8, 0x100, 0x108, 0x10C, 0x110};
static const struct logfile_tail tail_64 = {0x48, 0xF8, 0x100, 0x108, 0x110, 0x114, 0x118};

#define RECOGNISE_SIZE (LOGFILE_AT + 0x118)
#define HEAD_SIZE      4096 /* bytes read to open: the header and the logger's name */

/* The first word of a log's first record: version 2, header type 1 or 2 (32 or 64 bit), flags. */
#define MARKER_32 0xC0010002u
#define MARKER_64 0xC0020002u

static const struct logfile_tail *tail_of(const uint8_t *data)
{
    return etl_u32(data + ETL_BUFFER_HEADER_SIZE) == MARKER_32 ? &tail_32 : &tail_64;
}

static bool buffer_size_plausible(uint32_t size)
{
    return size > ETL_BUFFER_HEADER_SIZE && size <= ETL_MAX_BUFFER_SIZE;
}

bool etl_file_recognise(const uint8_t *data, size_t size)
{
    if (size < RECOGNISE_SIZE)
        return false;
    uint32_t marker = etl_u32(data + ETL_BUFFER_HEADER_SIZE);
    if (marker != MARKER_32 && marker != MARKER_64)
        return false;
    const uint8_t *record = data + ETL_BUFFER_HEADER_SIZE;
    const uint8_t *logfile = data + LOGFILE_AT;
    uint32_t clock = etl_u32(logfile + tail_of(data)->clock_type);
    uint32_t pointer_size = etl_u32(logfile + LOGFILE_POINTER_SIZE);
    return buffer_size_plausible(etl_u32(data + BUFFER_SIZE)) &&
           etl_u16(record + 4) >= 0x20 + tail_of(data)->end && /* the record's size */
           etl_u16(record + 6) == 0 &&                         /* its group and type */
           (pointer_size == 4 || pointer_size == 8) && clock <= ETL_CLOCK_CYCLE;
}

static void read_header(struct etl_file *file, const uint8_t *data, size_t size)
{
    const uint8_t *logfile = data + LOGFILE_AT;
    const struct logfile_tail *tail = tail_of(data);
    struct etl_file_header *header = &file->header;
    *header = (struct etl_file_header){
        .buffer_size = etl_u32(logfile + LOGFILE_BUFFER_SIZE),
        .build = etl_u32(logfile + LOGFILE_BUILD),
        .processors = etl_u32(logfile + LOGFILE_PROCESSORS),
        .end_filetime = (int64_t)etl_u64(logfile + LOGFILE_END_TIME),
        .mode = etl_u32(logfile + LOGFILE_MODE),
        .pointer_size = etl_u32(logfile + LOGFILE_POINTER_SIZE),
        .events_lost = etl_u32(logfile + LOGFILE_EVENTS_LOST),
        .cpu_mhz = etl_u32(logfile + LOGFILE_CPU_MHZ),
        .bias_minutes = (int32_t)etl_u32(logfile + tail->time_zone),
        .boot_filetime = (int64_t)etl_u64(logfile + tail->boot_time),
        .perf_freq = (int64_t)etl_u64(logfile + tail->perf_freq),
        .start_filetime = (int64_t)etl_u64(logfile + tail->start_time),
        .start_ticks = (int64_t)etl_u64(data + ETL_BUFFER_HEADER_SIZE + 0x10),
        .clock_type = etl_u32(logfile + tail->clock_type),
        .buffers_lost = etl_u32(logfile + tail->buffers_lost),
    };
    size_t names = LOGFILE_AT + tail->end;
    header->logger = etl_utf16(data + names, size - names);
    etl_clock_init(&file->clock, header->clock_type, header->start_filetime, header->start_ticks,
                   header->perf_freq, header->cpu_mhz);
    file->compression = etl_u16(data + BUFFER_STATE);
    /* Loggers write buffers of one size, so a damaged one can be stepped over. The relogger's
     * first buffer is smaller than the rest, and each has its own size. */
    if (etl_u32(data + BUFFER_SIZE) == header->buffer_size)
        file->stride = header->buffer_size;
}

/* Less than size: the file ends before. */
static size_t read_at(const struct etl_file *file, uint64_t offset, uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = pread(file->fd, data + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        done += (size_t)count;
    }
    return done;
}

static bool open_path(struct etl_file *file, const char *path, GError **error)
{
    struct stat status;
    file->path = g_strdup(path);
    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0 || fstat(file->fd, &status) < 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT, "Cannot read %s: %s.", path,
                    g_strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "%s is not a regular file; save the log to a file and name that.", path);
        return false;
    }
    file->size = (uint64_t)status.st_size;
    return true;
}

struct etl_file *etl_file_open(const char *path, GError **error)
{
    struct etl_file *file = g_new0(struct etl_file, 1);
    uint8_t head[HEAD_SIZE];
    if (!open_path(file, path, error)) {
        etl_file_close(file);
        return NULL;
    }
    size_t size = read_at(file, 0, head, sizeof(head));
    if (!etl_file_recognise(head, size)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "%s is not a Windows event trace log (.etl); name the file that "
                    "\"pktmon stop\" wrote.",
                    path);
        etl_file_close(file);
        return NULL;
    }
    read_header(file, head, size);
    return file;
}

void etl_file_close(struct etl_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    g_free(file->header.logger);
    g_free(file->path);
    g_free(file);
}

static uint16_t processor_of(const uint8_t *header, uint16_t flags)
{
    uint16_t field = etl_u16(header + BUFFER_PROCESSOR);
    return field & (flags & BUFFER_FLAG_PROC_INDEX ? PROCESSOR_INDEX_MASK : PROCESSOR_MASK);
}

/* The bytes up to where records stand; a logger that crashed may not have filled this in, and then
 * the filler after the last record tells. */
static uint32_t valid_of(const uint8_t *header, uint32_t size)
{
    uint32_t offset = etl_u32(header + BUFFER_OFFSET);
    return offset >= ETL_BUFFER_HEADER_SIZE && offset <= size ? offset : size;
}

static bool read_buffer_header(const struct etl_file *file, const uint8_t *header,
                               struct etl_buffer *buffer)
{
    uint16_t flags = etl_u16(header + BUFFER_FLAG);
    *buffer = (struct etl_buffer){
        .offset = file->next_offset,
        .sequence = (int64_t)etl_u64(header + BUFFER_SEQUENCE),
        .stored_size = etl_u32(header + BUFFER_SIZE),
        .cpu = processor_of(header, flags),
        .compressed = flags & BUFFER_FLAG_COMPRESSED,
    };
    buffer->size = buffer->compressed ? etl_u32(header + BUFFER_SAVED_OFFSET) : buffer->stored_size;
    buffer->valid = valid_of(header, buffer->size);
    if (!buffer_size_plausible(buffer->stored_size) || !buffer_size_plausible(buffer->size) ||
        etl_u16(header + BUFFER_TYPE) > BUFFER_TYPE_LAST ||
        buffer->size / MAX_COMPRESSION > buffer->stored_size)
        return false;
    return buffer->compressed || file->stride == 0 || buffer->stored_size == file->stride;
}

/* Steps over what is no buffer: by one stride where there is one, else nothing tells where the
 * next would begin. */
static uint64_t skip(struct etl_file *file)
{
    uint64_t left = file->size - file->next_offset;
    uint64_t step = file->stride ? MIN(file->stride, left) : left;
    file->next_offset += step;
    return step;
}

enum etl_found etl_file_next_buffer(struct etl_file *file, struct etl_buffer *buffer,
                                    uint64_t *skipped)
{
    uint8_t header[ETL_BUFFER_HEADER_SIZE];
    if (file->next_offset >= file->size)
        return ETL_FOUND_END;
    size_t size = read_at(file, file->next_offset, header, sizeof(header));
    if (size < sizeof(header)) {
        *skipped = skip(file);
        return ETL_FOUND_BAD;
    }
    if (etl_u32(header + BUFFER_SIZE) == 0) {
        *skipped = skip(file);
        return ETL_FOUND_EMPTY;
    }
    if (!read_buffer_header(file, header, buffer)) {
        *skipped = skip(file);
        return ETL_FOUND_BAD;
    }
    file->next_offset += buffer->stored_size;
    return ETL_FOUND_BUFFER;
}

static void reserve(struct etl_bytes *bytes, size_t capacity)
{
    if (capacity <= bytes->capacity)
        return;
    g_free(bytes->data);
    bytes->data = g_malloc(capacity);
    bytes->capacity = capacity;
}

static bool load_compressed(const struct etl_file *file, const struct etl_buffer *buffer,
                            struct etl_bytes *bytes, size_t stored)
{
    g_autofree uint8_t *input = g_malloc(stored);
    stored = read_at(file, buffer->offset, input, stored);
    if (stored < ETL_BUFFER_HEADER_SIZE)
        return false;
    memcpy(bytes->data, input, ETL_BUFFER_HEADER_SIZE);
    bytes->size =
        ETL_BUFFER_HEADER_SIZE + etl_decompress(file->compression, input + ETL_BUFFER_HEADER_SIZE,
                                                stored - ETL_BUFFER_HEADER_SIZE,
                                                bytes->data + ETL_BUFFER_HEADER_SIZE,
                                                buffer->size - ETL_BUFFER_HEADER_SIZE);
    return stored == buffer->stored_size && bytes->size == buffer->size;
}

bool etl_file_load(const struct etl_file *file, const struct etl_buffer *buffer,
                   struct etl_bytes *bytes)
{
    /* What a cut file does not have needs no memory either. */
    uint64_t left = buffer->offset < file->size ? file->size - buffer->offset : 0;
    size_t stored = (size_t)MIN(buffer->stored_size, left);
    bytes->size = 0;
    reserve(bytes, buffer->compressed ? buffer->size : stored);
    if (buffer->compressed)
        return load_compressed(file, buffer, bytes, stored);
    bytes->size = read_at(file, buffer->offset, bytes->data, stored);
    return bytes->size == buffer->stored_size;
}

void etl_bytes_clear(struct etl_bytes *bytes)
{
    g_free(bytes->data);
    *bytes = (struct etl_bytes){0};
}
