/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-log.h"

#include <inttypes.h>

#include "active.h"
#include "etl-reader/bytes.h"
#include "etl-set.h"
#include "providers/provider.h"
#include "model/salted-hash.h"

struct etl_log {
    GPtrArray *files;           /* of struct etl_file */
    struct etl_file *last_file; /* of the session, for its descriptions; NULL: none */
    GArray *buffers;            /* of struct etl_buffer: the wanted ones, by first_time */
    guint next_buffer;          /* the first that was not opened yet */
    bool waiting;               /* the next buffer is due, but memory is at its limit */
    struct etl_active *active;
    uint64_t done_bytes, wanted_bytes;
    GArray *prints;                     /* of struct etl_buffer_print, during the scan */
    const struct etl_file *twice[2];    /* both contain the same buffer; NULL: none do */
    const struct etl_file *double_file; /* contains another log; NULL: none does */
    uint64_t second_at;                 /* offset of that log */
    struct etl_log_stats stats;
};

bool etl_log_is_incomplete(const struct etl_log_stats *stats)
{
    return stats->cut_buffers || stats->bad_buffers || stats->damaged_buffers ||
           stats->missing_buffers || stats->hiding_buffers;
}

/* Identifies a buffer. */
struct etl_buffer_print {
    uint64_t hash; /* of its header, with its number and time, and of its first records */
    uint16_t file;
};

#define FILLER 0xFF

#define PRINT_SIZE 4096 /* bytes of the records that are hashed */

static void free_file(gpointer file)
{
    etl_file_close(file);
}

struct etl_log *etl_log_open(const char *const *paths, GError **error)
{
    struct etl_log *log = g_new0(struct etl_log, 1);
    log->files = g_ptr_array_new_with_free_func(free_file);
    log->buffers = g_array_new(FALSE, FALSE, sizeof(struct etl_buffer));
    log->prints = g_array_new(FALSE, FALSE, sizeof(struct etl_buffer_print));
    log->active = etl_active_new(log->files);
    for (; *paths; paths++) {
        struct etl_file *file = etl_file_open(*paths, error);
        if (!file) {
            etl_log_close(log);
            return NULL;
        }
        g_ptr_array_add(log->files, file);
        log->stats.files++;
        log->stats.bytes += file->size;
        log->stats.events_lost += file->header.events_lost;
        log->stats.buffers_lost += file->header.buffers_lost;
        log->stats.open_files += !file->header.end_filetime && !file->header.buffers_written;
    }
    if (!etl_set_check_files(log->files, error)) {
        etl_log_close(log);
        return NULL;
    }
    log->last_file = etl_set_find_last(log->files);
    return log;
}

void etl_log_close(struct etl_log *log)
{
    if (!log)
        return;
    etl_active_free(log->active);
    g_array_free(log->buffers, TRUE);
    g_array_free(log->prints, TRUE);
    g_ptr_array_free(log->files, TRUE);
    etl_file_close(log->last_file);
    g_free(log);
}

void etl_log_set_memory(struct etl_log *log, uint64_t bytes)
{
    etl_active_set_memory(log->active, bytes);
}

struct etl_scan {
    struct etl_log *log;
    etl_visit visit;
    etl_go_on go_on;
    void *user;
    bool stopped;
    struct etl_bytes bytes;
};

/* Real buffers are filled up with one byte value. */
static size_t trim_filler(const uint8_t *data, size_t from, size_t to)
{
    while (to > from && data[to - 1] == FILLER)
        to--;
    return to - from;
}

/* Counts bytes after the last record, if the records end before or after the end that the header
 * gives. */
static void count_hidden(struct etl_log_stats *stats, const struct etl_buffer *buffer,
                         const struct etl_walk *walk, const struct etl_bytes *bytes)
{
    uint64_t hidden = bytes->more;
    if (!buffer->bounded)
        return;
    if (walk->at < walk->end && !walk->bad)
        hidden += buffer->valid < buffer->size || buffer->compressed
                      ? walk->end - walk->at
                      : trim_filler(bytes->data, walk->at, walk->end);
    if (buffer->valid < bytes->size)
        hidden += trim_filler(bytes->data, buffer->valid, bytes->size);
    stats->hiding_buffers += hidden > 0;
    stats->lost_bytes += hidden;
}

/* Visits all records of a loaded buffer. True: the second pass needs it, and first_time is set. */
static bool scan_records(struct etl_scan *scan, const struct etl_file *file,
                         struct etl_buffer *buffer)
{
    struct etl_log_stats *stats = &scan->log->stats;
    struct etl_walk walk = etl_walk_over(file, buffer, &scan->bytes);
    struct etl_record record;
    bool wanted = false;
    while (etl_walk_next(&walk, etl_record_parse, &record)) {
        stats->records[record.kind]++;
        stats->own_records += record.kind == ETL_RECORD_KERNEL && buffer->offset == 0;
        buffer->records++;
        if (!scan->visit(scan->user, &record, buffer->file))
            continue;
        buffer->first_time = wanted ? MIN(buffer->first_time, record.time) : record.time;
        wanted = true;
    }
    if (walk.bad) {
        stats->damaged_buffers++;
        stats->lost_bytes += walk.end - walk.at;
    }
    count_hidden(stats, buffer, &walk, &scan->bytes);
    return wanted;
}

static void keep_print(struct etl_log *log, const struct etl_buffer *buffer,
                       const struct etl_bytes *bytes)
{
    /* The first buffers of the files of one session may be equal. */
    if (bytes->size <= ETL_BUFFER_HEADER_SIZE || buffer->offset == 0)
        return;
    size_t size = MIN(bytes->size - ETL_BUFFER_HEADER_SIZE, PRINT_SIZE);
    const struct etl_buffer_print print = {
        .hash = (uint64_t)salted_bytes(bytes->data, ETL_BUFFER_HEADER_SIZE) << 32 |
                salted_bytes(bytes->data + ETL_BUFFER_HEADER_SIZE, size),
        .file = buffer->file,
    };
    g_array_append_val(log->prints, print);
}

static int compare_prints(const void *a, const void *b)
{
    const struct etl_buffer_print *left = a, *right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return (left->file > right->file) - (left->file < right->file);
}

static void find_repeats(struct etl_log *log)
{
    g_array_sort(log->prints, compare_prints);
    for (guint i = 1; i < log->prints->len; i++) {
        const struct etl_buffer_print *print =
            &g_array_index(log->prints, struct etl_buffer_print, i);
        if (print[-1].hash != print->hash)
            continue;
        if (print[-1].file == print->file) {
            log->stats.repeated_buffers++;
        } else {
            log->twice[0] = g_ptr_array_index(log->files, print[-1].file);
            log->twice[1] = g_ptr_array_index(log->files, print->file);
        }
    }
    g_array_set_size(log->prints, 0);
}

bool etl_log_check(const struct etl_log *log, GError **error)
{
    if (log->double_file)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "%s holds two logs, one after the other: split them with \"head -c %" PRIu64
                    "\" and \"tail -c +%" PRIu64 "\", and open each by itself.",
                    log->double_file->path, log->second_at, log->second_at + 1);
    else if (log->twice[0])
        g_set_error(
            error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
            "%s and %s hold the same buffers, as a log and a part of it: name only the whole one.",
            log->twice[0]->path, log->twice[1]->path);
    return !log->double_file && !log->twice[0];
}

static void scan_buffer(struct etl_scan *scan, const struct etl_file *file,
                        struct etl_buffer *buffer)
{
    struct etl_log *log = scan->log;
    log->stats.buffers++;
    log->stats.compressed_buffers += buffer->compressed;
    log->stats.decoded += buffer->size;
    log->stats.lossy_buffers += buffer->says_lost;
    if (!etl_file_load(file, buffer, &scan->bytes)) {
        log->stats.cut_buffers++;
        log->stats.lost_bytes +=
            buffer->valid > scan->bytes.size ? buffer->valid - scan->bytes.size : 0;
    }
    keep_print(log, buffer, &scan->bytes);
    if (!scan_records(scan, file, buffer))
        return;
    g_array_append_val(log->buffers, *buffer);
    log->wanted_bytes += buffer->stored_size;
}

static bool may_go_on(struct etl_scan *scan)
{
    scan->stopped |= scan->go_on && !scan->go_on(scan->user);
    return !scan->stopped;
}

/* Zeros after which no buffer was found yet. */
struct etl_erased {
    uint64_t places, bytes;
};

/* A file truncated at the end of a buffer is only shown by the count in its header. */
static void count_missing(struct etl_log_stats *stats, const struct etl_file *file, uint64_t found)
{
    uint64_t written = etl_file_buffers(file);
    if (written == 0 && found == 1 && etl_file_has_more_than_first(file))
        written = 2; /* a ring has at least two */
    stats->missing_buffers += written > found ? written - found : 0;
    stats->surplus_buffers += written > 0 && found > written ? found - written : 0;
}

/* Zeros between buffers are erased buffers. */
static void count_erased(struct etl_log_stats *stats, struct etl_erased *erased)
{
    stats->bad_buffers += erased->places;
    stats->lost_bytes += erased->bytes;
    stats->empty_bytes -= erased->bytes;
    *erased = (struct etl_erased){0};
}

static void scan_file(struct etl_scan *scan, uint16_t number)
{
    struct etl_log_stats *stats = &scan->log->stats;
    struct etl_file *file = g_ptr_array_index(scan->log->files, number);
    uint64_t before = stats->buffers + stats->bad_buffers;
    struct etl_buffer buffer;
    struct etl_erased erased = {0};
    while (may_go_on(scan)) {
        uint64_t skipped = 0;
        switch (etl_file_next_buffer(file, &buffer, &skipped)) {
        case ETL_FOUND_BUFFER:
            buffer.file = number;
            count_erased(stats, &erased);
            scan_buffer(scan, file, &buffer);
            break;
        case ETL_FOUND_EMPTY:
            stats->empty_bytes += skipped;
            erased.bytes += skipped;
            erased.places++;
            break;
        case ETL_FOUND_BAD:
            count_erased(stats, &erased);
            stats->bad_buffers++;
            stats->lost_bytes += skipped;
            break;
        case ETL_FOUND_CUT: /* counted as missing, if the header counts it */
            stats->cut_buffers += etl_file_buffers(file) == 0;
            stats->lost_bytes += skipped;
            break;
        case ETL_FOUND_LOG:
            scan->log->double_file = file;
            scan->log->second_at = file->next_offset;
            return;
        case ETL_FOUND_END:
            count_missing(stats, file, stats->buffers + stats->bad_buffers - before);
            return;
        }
    }
}

/* Buffers of the same first time are in the order of the logger's numbers. */
static int compare_buffers(const void *a, const void *b)
{
    const struct etl_buffer *left = a, *right = b;
    if (left->first_time != right->first_time)
        return left->first_time < right->first_time ? -1 : 1;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    if (left->sequence != right->sequence)
        return left->sequence < right->sequence ? -1 : 1;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

bool etl_log_scan(struct etl_log *log, etl_visit visit, etl_go_on go_on, void *user)
{
    struct etl_scan scan = {.log = log, .visit = visit, .go_on = go_on, .user = user};
    for (guint i = 0; i < log->files->len; i++)
        scan_file(&scan, (uint16_t)i);
    etl_bytes_clear(&scan.bytes);
    find_repeats(log);
    g_array_sort(log->buffers, compare_buffers);
    return !scan.stopped;
}

/* None of its events is wanted, and none is counted. */
bool etl_log_scan_last(struct etl_log *log, etl_visit visit, etl_go_on go_on, void *user)
{
    struct etl_scan scan = {.log = log, .visit = visit, .go_on = go_on, .user = user};
    struct etl_file *file = log->last_file;
    struct etl_buffer buffer;
    uint64_t skipped;
    enum etl_found found;
    while (file && may_go_on(&scan) &&
           (found = etl_file_next_buffer(file, &buffer, &skipped)) != ETL_FOUND_END &&
           found != ETL_FOUND_LOG) {
        struct etl_record record;
        if (found != ETL_FOUND_BUFFER)
            continue;
        etl_file_load(file, &buffer, &scan.bytes);
        struct etl_walk walk = etl_walk_over(file, &buffer, &scan.bytes);
        while (etl_walk_next(&walk, etl_record_parse, &record))
            scan.visit(scan.user, &record, ETL_LAST_FILE);
    }
    etl_bytes_clear(&scan.bytes);
    return !scan.stopped;
}

/* Opens the buffers whose records may be earlier than those of the open ones. */
static void open_due(struct etl_log *log)
{
    while (log->next_buffer < log->buffers->len) {
        const struct etl_buffer *buffer =
            &g_array_index(log->buffers, struct etl_buffer, log->next_buffer);
        bool empty = etl_active_is_empty(log->active);
        if (!empty && etl_active_time(log->active) < buffer->first_time)
            return;
        if (!empty && etl_active_is_full(log->active)) {
            log->waiting = true;
            return;
        }
        log->stats.late_buffers += log->waiting;
        log->waiting = false;
        etl_active_add(log->active, buffer, log->next_buffer);
        log->next_buffer++;
        log->done_bytes += buffer->stored_size;
    }
}

bool etl_log_next(struct etl_log *log, struct etl_record *record)
{
    do {
        etl_active_release(log->active);
        open_due(log);
        if (etl_active_is_empty(log->active))
            return false;
    } while (
        !etl_active_take(log->active, record)); /* false: the file was truncated since the scan */
    return true;
}

const struct etl_log_stats *etl_log_stats(const struct etl_log *log)
{
    return &log->stats;
}

const struct etl_file_header *etl_log_header(const struct etl_log *log)
{
    const struct etl_file *file = g_ptr_array_index(log->files, 0);
    return &file->header;
}

const GPtrArray *etl_log_files(const struct etl_log *log)
{
    return log->files;
}

uint64_t etl_log_start(const struct etl_log *log)
{
    const struct etl_file *file = g_ptr_array_index(log->files, 0);
    return etl_filetime_ns(file->header.start_filetime);
}

void etl_log_progress(const struct etl_log *log, uint64_t *done, uint64_t *all)
{
    *done = log->done_bytes;
    *all = log->wanted_bytes;
}
