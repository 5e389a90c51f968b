/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "etl-reader/bytes.h"
#include "providers/provider.h"
#include "etl-record.h"

/* WMI_BUFFER_HEADER */
enum etl_buffer_field {
    BUFFER_SIZE = 0x00,
    BUFFER_SAVED_OFFSET = 0x04,
    BUFFER_REFERENCES = 0x0C,
    BUFFER_SEQUENCE = 0x18,
    BUFFER_PROCESSOR = 0x28,
    BUFFER_LOGGER = 0x2A,
    BUFFER_STATE = 0x2C,
    BUFFER_OFFSET = 0x30,
    BUFFER_FLAG = 0x34,
    BUFFER_TYPE = 0x36,
};

enum etl_buffer_flag {
    BUFFER_FLAG_EVENTS_LOST = 0x02,
    BUFFER_FLAG_BUFFER_LOST = 0x04,
    BUFFER_FLAG_PROC_INDEX = 0x20,
    BUFFER_FLAG_COMPRESSED = 0x40,
    BUFFER_FLAGS = 0x7F, /* all known flags */
};

/* Events differ at least in their times, so no format compresses them this much. A larger ratio is
 * damage. */
#define MAX_COMPRESSION 1024

#define PROCESSOR_INDEX_MASK 0x07FF
#define PROCESSOR_MASK       0x00FF
#define BUFFER_TYPE_HEADER   4
#define BUFFER_TYPE_LAST     7

/* Output of a compressed buffer beyond its size: the last bits of a stream may decode to a few
 * bytes. It is less than the size of any record. */
#define SPARE_OUTPUT 16
#define MORE_OUTPUT  64

/* TRACE_LOGFILE_HEADER, after the header of its record. */
#define LOGFILE_AT (ETL_BUFFER_HEADER_SIZE + 0x20)
enum etl_logfile_field {
    LOGFILE_BUFFER_SIZE = 0x00,
    LOGFILE_BUILD = 0x08,
    LOGFILE_PROCESSORS = 0x0C,
    LOGFILE_END_TIME = 0x10,
    LOGFILE_MODE = 0x20,
    LOGFILE_BUFFERS_WRITTEN = 0x24,
    LOGFILE_POINTER_SIZE = 0x2C,
    LOGFILE_EVENTS_LOST = 0x30,
    LOGFILE_CPU_MHZ = 0x34,
};

/* The fields after the two pointers are 8 bytes earlier if a pointer has 4 bytes. */
struct etl_logfile_tail {
    uint16_t time_zone, boot_time, perf_freq, start_time, clock_type, buffers_lost, end;
};
static const struct etl_logfile_tail tail_32 = {0x40, 0xF0, 0xF8, 0x100, 0x108, 0x10C, 0x110};
static const struct etl_logfile_tail tail_64 = {0x48, 0xF8, 0x100, 0x108, 0x110, 0x114, 0x118};

#define RECOGNISE_SIZE (LOGFILE_AT + 0x118)
#define HEAD_SIZE      4096  /* bytes read to open a file: the header and the logger's name */
#define MAX_TRIES      4     /* bytes read to determine sizes of buffers, in file sizes */
#define WINDOW_SIZE    65536 /* bytes per step of a search for buffers */

/* The first word of a log's first record: version 2, header type 1 or 2 (32 or 64 bit), flags. */
#define MARKER_32 0xC0010002u
#define MARKER_64 0xC0020002u

static const struct etl_logfile_tail *find_tail(const uint8_t *data)
{
    return etl_u32(data + ETL_BUFFER_HEADER_SIZE) == MARKER_32 ? &tail_32 : &tail_64;
}

static bool is_plausible_buffer_size(uint32_t size)
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
    uint32_t clock = etl_u32(logfile + find_tail(data)->clock_type);
    uint32_t pointer_size = etl_u32(logfile + LOGFILE_POINTER_SIZE);
    return is_plausible_buffer_size(etl_u32(data + BUFFER_SIZE)) &&
           etl_u16(record + 4) >= 0x20 + find_tail(data)->end && /* the record's size */
           etl_u16(record + 6) == 0 &&                           /* its group and type */
           (pointer_size == 4 || pointer_size == 8) && clock <= ETL_CLOCK_CYCLE;
}

/* Returns less than size where the file ends. */
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

/* Loggers write buffers of one size, so a damaged one can be skipped. In a compressed log sizes
 * differ, and the first buffer is smaller than its header says. */
static uint32_t find_stride(const struct etl_file *file, uint32_t first)
{
    uint8_t second[ETL_BUFFER_HEADER_SIZE];
    uint32_t stride = file->header.buffer_size;
    if (first == stride)
        return stride;
    bool is_first_damaged = is_plausible_buffer_size(stride) &&
                            read_at(file, stride, second, sizeof(second)) == sizeof(second) &&
                            etl_u32(second + BUFFER_SIZE) == stride &&
                            etl_u16(second + BUFFER_TYPE) <= BUFFER_TYPE_LAST &&
                            !(etl_u16(second + BUFFER_FLAG) & BUFFER_FLAG_COMPRESSED);
    return is_first_damaged ? stride : 0;
}

static void read_header(struct etl_file *file, const uint8_t *data, size_t size)
{
    const uint8_t *logfile = data + LOGFILE_AT;
    const struct etl_logfile_tail *tail = find_tail(data);
    struct etl_file_header *header = &file->header;
    *header = (struct etl_file_header){
        .buffer_size = etl_u32(logfile + LOGFILE_BUFFER_SIZE),
        .build = etl_u32(logfile + LOGFILE_BUILD),
        .processors = etl_u32(logfile + LOGFILE_PROCESSORS),
        .end_filetime = (int64_t)etl_u64(logfile + LOGFILE_END_TIME),
        .mode = etl_u32(logfile + LOGFILE_MODE),
        .buffers_written = etl_u32(logfile + LOGFILE_BUFFERS_WRITTEN),
        .pointer_size = etl_u32(logfile + LOGFILE_POINTER_SIZE),
        .events_lost = etl_u32(logfile + LOGFILE_EVENTS_LOST),
        .cpu_mhz = etl_u32(logfile + LOGFILE_CPU_MHZ),
        .boot_filetime = (int64_t)etl_u64(logfile + tail->boot_time),
        .perf_freq = (int64_t)etl_u64(logfile + tail->perf_freq),
        .start_filetime = (int64_t)etl_u64(logfile + tail->start_time),
        .start_ticks = (int64_t)etl_u64(data + ETL_BUFFER_HEADER_SIZE + 0x10),
        .clock_type = etl_u32(logfile + tail->clock_type),
        .buffers_lost = etl_u32(logfile + tail->buffers_lost),
    };
    etl_time_zone_read(&header->time_zone, logfile + tail->time_zone);
    size_t names = LOGFILE_AT + tail->end;
    header->logger = etl_utf16(data + names, size - names);
    etl_clock_init(&file->clock, header->clock_type, header->start_filetime, header->start_ticks,
                   header->perf_freq, header->cpu_mhz);
    file->compression = etl_u16(data + BUFFER_STATE);
    file->logger = etl_u16(data + BUFFER_LOGGER);
    file->stride = find_stride(file, etl_u32(data + BUFFER_SIZE));
}

static const char *find_advice(int why)
{
    if (why == ENOENT || why == ENOTDIR)
        return "Check the name and the folder.";
    return why == EACCES ? "Ask its owner for read permission, or for a copy."
                         : "Copy the log to another place.";
}

static bool open_path(struct etl_file *file, const char *path, GError **error)
{
    struct stat status;
    file->path = g_strdup(path);
    if (*path == '\0') {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "The name of the log is empty: name the file that \"pktmon stop\" wrote.");
        return false;
    }
    /* Do not wait for a pipe without a writer: it is refused below. */
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0 || fstat(file->fd, &status) < 0) {
        int why = errno;
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT, "Cannot read %s: %s. %s", path,
                    g_strerror(why), find_advice(why));
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "%s is a folder: name the log in it, the file that \"pktmon stop\" wrote.",
                    path);
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

/* Files that users may take for a log, by their first bytes. */
static const struct {
    const char *bytes;
    size_t size;
    const char *what;
} strangers[] = {
    {"MSCF", 4, "a cabinet file (.cab): take report.etl out of it: cabextract -F report.etl"},
    {"PK\3\4", 4, "a ZIP archive: take the .etl out of it: unzip"},
    {"7z\xbc\xaf", 4, "a 7-Zip archive: take the .etl out of it: 7z x"},
    {"\x1f\x8b", 2, "compressed: gunzip"},
    {"\xfd\x37zXZ", 5, "compressed: unxz"},
    {"\x28\xb5\x2f\xfd", 4, "compressed: unzstd"},
    {"ElfFile", 8,
     "an event log (.evtx), which holds no packets; the log is the file that \"pktmon "
     "stop\" wrote, and not"},
    {"\x0a\x0d\x0d\x0a", 4, "a capture already (pcapng): tshark -r"},
    {"\xd4\xc3\xb2\xa1", 4, "a capture already (pcap): tshark -r"},
    {"\x4d\x3c\xb2\xa1", 4, "a capture already (pcap): tshark -r"},
    {"GMBU", 4, "a capture of Network Monitor, which Wireshark opens: tshark -r"},
    {"RTSS", 4, "a capture of Network Monitor, which Wireshark opens: tshark -r"},
};

static void refuse_stranger(const char *path, const uint8_t *head, size_t size, GError **error)
{
    if (size == 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT, "%s is empty: copy it again.", path);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(strangers); i++) {
        if (size >= strangers[i].size && memcmp(head, strangers[i].bytes, strangers[i].size) == 0) {
            g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT, "%s is %s %s.", path,
                        strangers[i].what, path);
            return;
        }
    }
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                "%s is not a Windows event trace log (.etl); name the file that "
                "\"pktmon stop\" wrote.",
                path);
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
        refuse_stranger(path, head, size, error);
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

static uint16_t read_processor(const uint8_t *header, uint16_t flags)
{
    uint16_t field = etl_u16(header + BUFFER_PROCESSOR);
    return field & (flags & BUFFER_FLAG_PROC_INDEX ? PROCESSOR_INDEX_MASK : PROCESSOR_MASK);
}

/* The end of the records. A logger that crashed may not have set it; then the filler after the last
 * record marks it. In a compressed buffer it is the end of the buffer, whatever a damaged header
 * says: intact ones say so twice. */
static void read_valid(const uint8_t *header, struct etl_buffer *buffer)
{
    uint32_t offset = etl_u32(header + BUFFER_OFFSET);
    if (buffer->compressed)
        buffer->size =
            MAX(etl_u32(header + BUFFER_SAVED_OFFSET), offset <= ETL_MAX_BUFFER_SIZE ? offset : 0);
    bool tells = offset >= ETL_BUFFER_HEADER_SIZE && offset <= buffer->size;
    buffer->valid = tells && !buffer->compressed ? offset : buffer->size;
    buffer->bounded = offset != 0;
}

/* Whether this certainly is a buffer header: a hundred bits have the only valid value. */
static bool is_certain_header(const struct etl_file *file, const uint8_t *header)
{
    uint16_t flags = etl_u16(header + BUFFER_FLAG), type = etl_u16(header + BUFFER_TYPE);
    uint32_t size = etl_u32(header + BUFFER_SAVED_OFFSET);
    return !(flags & ~BUFFER_FLAGS) && etl_u32(header + BUFFER_REFERENCES) == 0 &&
           etl_u16(header + BUFFER_LOGGER) == file->logger && type <= BUFFER_TYPE_LAST &&
           type != BUFFER_TYPE_HEADER && size == etl_u32(header + BUFFER_OFFSET) &&
           is_plausible_buffer_size(size);
}

/* The same at any offset. Uncompressed buffers may contain packets of another log, which would
 * match; compressed bytes do not. */
static bool is_compressed_header(const struct etl_file *file, const uint8_t *header)
{
    return etl_u16(header + BUFFER_FLAG) & BUFFER_FLAG_COMPRESSED &&
           is_certain_header(file, header);
}

static bool read_buffer_header(const struct etl_file *file, const uint8_t *header,
                               struct etl_buffer *buffer)
{
    uint16_t flags = etl_u16(header + BUFFER_FLAG);
    *buffer = (struct etl_buffer){
        .offset = file->next_offset,
        .sequence = (int64_t)etl_u64(header + BUFFER_SEQUENCE),
        .stored_size = etl_u32(header + BUFFER_SIZE),
        .cpu = read_processor(header, flags),
        .compressed = flags & BUFFER_FLAG_COMPRESSED,
        .says_lost = flags & (BUFFER_FLAG_EVENTS_LOST | BUFFER_FLAG_BUFFER_LOST),
    };
    buffer->size = buffer->stored_size;
    read_valid(header, buffer);
    /* Only the size is damaged: the next buffer shows it. */
    if (file->stride == 0 && !is_plausible_buffer_size(buffer->stored_size) &&
        is_compressed_header(file, header))
        buffer->stored_size = ETL_MAX_BUFFER_SIZE;
    if (!is_plausible_buffer_size(buffer->stored_size) || !is_plausible_buffer_size(buffer->size) ||
        etl_u16(header + BUFFER_TYPE) > BUFFER_TYPE_LAST ||
        buffer->size / MAX_COMPRESSION > buffer->stored_size)
        return false;
    return buffer->compressed || file->stride == 0 || buffer->stored_size == file->stride;
}

/* Whether a second log begins here. A logger that appends to a log keeps the first clock. */
static bool is_other_log(const struct etl_file *file, const uint8_t *header, uint64_t offset)
{
    uint8_t head[RECOGNISE_SIZE];
    return offset > 0 && !(file->header.mode & ETL_MODE_APPEND) &&
           etl_u16(header + BUFFER_TYPE) == BUFFER_TYPE_HEADER &&
           etl_file_recognise(head, read_at(file, offset, head, sizeof(head)));
}

/* The first offset from there on at which a buffer or another log certainly begins; the end of the
 * file: none. */
static uint64_t search_buffer(const struct etl_file *file, uint64_t from)
{
    g_autofree uint8_t *window = g_malloc(WINDOW_SIZE);
    size_t size;
    while ((size = read_at(file, from, window, WINDOW_SIZE)) >= ETL_BUFFER_HEADER_SIZE) {
        size_t places = size - ETL_BUFFER_HEADER_SIZE + 1;
        for (size_t i = 0; i < places; i++) {
            if (is_compressed_header(file, window + i) || is_other_log(file, window + i, from + i))
                return from + i;
        }
        from += places;
    }
    return file->size;
}

/* Searches no byte twice. */
static uint64_t find_buffer(struct etl_file *file, uint64_t from)
{
    if (file->found_at < from || file->searched_from > from) {
        file->found_at = search_buffer(file, from);
        file->searched_from = from;
    }
    return file->found_at;
}

static bool is_zero(const struct etl_file *file, uint64_t from, uint64_t end)
{
    g_autofree uint8_t *window = g_malloc(WINDOW_SIZE);
    while (from < end) {
        size_t size = read_at(file, from, window, (size_t)MIN(WINDOW_SIZE, end - from));
        if (size == 0)
            return true;
        if (window[0] != 0 || memcmp(window, window + 1, size - 1) != 0)
            return false;
        from += size;
    }
    return true;
}

/* Skips bytes that are no buffer: one stride if there is one, else up to the next buffer. */
static enum etl_found skip_damage(struct etl_file *file, uint64_t *skipped)
{
    uint64_t from = file->next_offset;
    file->next_offset =
        file->stride ? MIN(from + file->stride, file->size) : find_buffer(file, from + 1);
    *skipped = file->next_offset - from;
    return is_zero(file, from, file->next_offset) ? ETL_FOUND_EMPTY : ETL_FOUND_BAD;
}

/* Whether a buffer begins there, or the file ends. */
static bool is_boundary(const struct etl_file *file, uint64_t offset)
{
    uint8_t header[ETL_BUFFER_HEADER_SIZE];
    return offset == file->size ||
           (read_at(file, offset, header, sizeof(header)) == sizeof(header) &&
            (is_certain_header(file, header) || is_other_log(file, header, offset)));
}

/* Whether its compressed bytes decode to exactly its size. */
static bool is_whole(const struct etl_file *file, const struct etl_buffer *buffer)
{
    struct etl_bytes bytes = {0};
    bool whole = etl_file_load(file, buffer, &bytes) && bytes.more == 0;
    etl_bytes_clear(&bytes);
    return whole;
}

/* Reads at most MAX_TRIES times the file, whatever it contains. */
static bool is_better(struct etl_file *file, const struct etl_buffer *mended,
                      const struct etl_buffer *buffer)
{
    if (!buffer->compressed || file->tried > MAX_TRIES * file->size)
        return false;
    file->tried += mended->stored_size;
    return is_whole(file, mended) && !is_whole(file, buffer);
}

/* A size that does not lead to another buffer may be damaged. The buffer then ends where the next
 * one is found, if that is earlier or its bytes decode to its size. */
static void mend_size(struct etl_file *file, struct etl_buffer *buffer)
{
    uint64_t end = buffer->offset + buffer->stored_size;
    if (is_boundary(file, end))
        return;
    uint64_t next = find_buffer(file, buffer->offset + ETL_BUFFER_HEADER_SIZE);
    struct etl_buffer mended = *buffer;
    if (next - buffer->offset > ETL_MAX_BUFFER_SIZE)
        return;
    mended.stored_size = (uint32_t)(next - buffer->offset);
    if (!mended.compressed) {
        mended.size = mended.stored_size;
        mended.valid = MIN(mended.valid, mended.size);
    }
    if (next < MIN(end, file->size) || is_better(file, &mended, buffer))
        *buffer = mended;
}

enum etl_found etl_file_next_buffer(struct etl_file *file, struct etl_buffer *buffer,
                                    uint64_t *skipped)
{
    uint8_t header[ETL_BUFFER_HEADER_SIZE];
    if (file->next_offset >= file->size)
        return ETL_FOUND_END;
    size_t size = read_at(file, file->next_offset, header, sizeof(header));
    if (size < sizeof(header)) {
        *skipped = file->size - file->next_offset;
        file->next_offset = file->size;
        return ETL_FOUND_CUT;
    }
    if (is_other_log(file, header, file->next_offset))
        return ETL_FOUND_LOG;
    if (!read_buffer_header(file, header, buffer))
        return skip_damage(file, skipped);
    if (file->stride == 0)
        mend_size(file, buffer);
    file->next_offset += buffer->stored_size;
    return ETL_FOUND_BUFFER;
}

#define MODES_OF_MORE (ETL_MODE_APPEND | ETL_MODE_NEWFILE | ETL_MODE_REAL_TIME)

uint64_t etl_file_buffers(const struct etl_file *file)
{
    return file->header.mode & (MODES_OF_MORE | ETL_MODE_CIRCULAR) ? 0
                                                                   : file->header.buffers_written;
}

bool etl_file_has_more_than_first(const struct etl_file *file)
{
    return !(file->header.mode & MODES_OF_MORE) && file->header.buffers_written > 1;
}

static void reserve_bytes(struct etl_bytes *bytes, size_t capacity)
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
    size_t size =
        ETL_BUFFER_HEADER_SIZE +
        etl_decompress(file->compression, input + ETL_BUFFER_HEADER_SIZE,
                       stored - ETL_BUFFER_HEADER_SIZE, bytes->data + ETL_BUFFER_HEADER_SIZE,
                       buffer->size + MORE_OUTPUT - ETL_BUFFER_HEADER_SIZE);
    bytes->size = MIN(size, buffer->size);
    bytes->more = size > buffer->size + SPARE_OUTPUT ? size - buffer->size : 0;
    return stored == buffer->stored_size && bytes->size == buffer->size;
}

bool etl_file_load(const struct etl_file *file, const struct etl_buffer *buffer,
                   struct etl_bytes *bytes)
{
    /* Allocate no memory for bytes that a truncated file does not have. */
    uint64_t left = buffer->offset < file->size ? file->size - buffer->offset : 0;
    size_t stored = (size_t)MIN(buffer->stored_size, left);
    bytes->size = bytes->more = 0;
    reserve_bytes(bytes, buffer->compressed ? buffer->size + MORE_OUTPUT : stored);
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
