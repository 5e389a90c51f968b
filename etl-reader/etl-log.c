/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-log.h"

#include <string.h>

#include "active.h"
#include "bytes.h"

struct etl_log {
    GPtrArray *files;           /* of struct etl_file */
    struct etl_file *last_file; /* of the same session, for its descriptions; NULL = none */
    GArray *buffers;            /* of struct etl_buffer: the wanted ones, by first_time */
    guint next_buffer;          /* the first that is not yet among the active ones */
    bool waiting;               /* the next buffer is due, but there is no room for it */
    struct etl_active *active;
    uint64_t done_bytes, wanted_bytes;
    struct etl_log_stats stats;
};

static void free_file(gpointer file)
{
    etl_file_close(file);
}

/* "PktMon1.etl" and 12 make "PktMon12.etl"; NULL: the name has no number. */
static char *numbered_path(const char *path, uint64_t number)
{
    const char *dot = strrchr(path, '.');
    const char *end = dot ? dot : path + strlen(path);
    const char *digits = end;
    while (digits > path && g_ascii_isdigit(digits[-1]))
        digits--;
    if (digits == end)
        return NULL;
    return g_strdup_printf("%.*s%" G_GUINT64_FORMAT "%s", (int)(digits - path), path, number, end);
}

static uint64_t number_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *digits = dot ? dot : path + strlen(path);
    while (digits > path && g_ascii_isdigit(digits[-1]))
        digits--;
    return g_ascii_strtoull(digits, NULL, 10);
}

static bool same_session(const struct etl_file *left, const struct etl_file *right)
{
    return left->header.boot_filetime == right->header.boot_filetime &&
           left->header.build == right->header.build &&
           g_strcmp0(left->header.logger, right->header.logger) == 0;
}

/* The last file of the session that the only file belongs to; NULL: it is the only one. */
static struct etl_file *find_last_file(const struct etl_file *file)
{
    struct etl_file *last = NULL;
    if (!(file->header.mode & ETL_MODE_NEWFILE))
        return NULL;
    for (uint64_t number = number_of(file->path) + 1; number < UINT32_MAX; number++) {
        g_autofree char *path = numbered_path(file->path, number);
        struct etl_file *next = path ? etl_file_open(path, NULL) : NULL;
        if (!next || !same_session(file, next)) {
            etl_file_close(next);
            break;
        }
        etl_file_close(last);
        last = next;
    }
    return last;
}

struct etl_log *etl_log_open(const char *const *paths, GError **error)
{
    struct etl_log *log = g_new0(struct etl_log, 1);
    log->files = g_ptr_array_new_with_free_func(free_file);
    log->buffers = g_array_new(FALSE, FALSE, sizeof(struct etl_buffer));
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
    }
    if (log->files->len == 1)
        log->last_file = find_last_file(g_ptr_array_index(log->files, 0));
    return log;
}

void etl_log_close(struct etl_log *log)
{
    if (!log)
        return;
    etl_active_free(log->active);
    g_array_free(log->buffers, TRUE);
    g_ptr_array_free(log->files, TRUE);
    etl_file_close(log->last_file);
    g_free(log);
}

void etl_log_set_memory(struct etl_log *log, uint64_t bytes)
{
    etl_active_set_memory(log->active, bytes);
}

struct scan {
    struct etl_log *log;
    etl_visit visit;
    etl_go_on go_on;
    void *user;
    bool stopped;
    struct etl_bytes bytes;
};

/* Shows all records of a loaded buffer. True: the second pass wants it, and first_time is set. */
static bool scan_records(struct scan *scan, const struct etl_file *file, struct etl_buffer *buffer)
{
    struct etl_log_stats *stats = &scan->log->stats;
    struct etl_walk walk = etl_walk_over(file, buffer, &scan->bytes);
    struct etl_record record;
    bool wanted = false;
    while (etl_walk_next(&walk, etl_record_parse, &record)) {
        stats->records[record.kind]++;
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
    return wanted;
}

static void scan_buffer(struct scan *scan, const struct etl_file *file, struct etl_buffer *buffer)
{
    struct etl_log *log = scan->log;
    log->stats.buffers++;
    log->stats.compressed_buffers += buffer->compressed;
    log->stats.decoded += buffer->size;
    if (!etl_file_load(file, buffer, &scan->bytes)) {
        log->stats.cut_buffers++;
        log->stats.lost_bytes +=
            buffer->valid > scan->bytes.size ? buffer->valid - scan->bytes.size : 0;
    }
    if (!scan_records(scan, file, buffer))
        return;
    g_array_append_val(log->buffers, *buffer);
    log->wanted_bytes += buffer->stored_size;
}

static bool goes_on(struct scan *scan)
{
    scan->stopped |= scan->go_on && !scan->go_on(scan->user);
    return !scan->stopped;
}

static void scan_file(struct scan *scan, uint16_t number)
{
    struct etl_log_stats *stats = &scan->log->stats;
    struct etl_file *file = g_ptr_array_index(scan->log->files, number);
    struct etl_buffer buffer;
    while (goes_on(scan)) {
        uint64_t skipped = 0;
        switch (etl_file_next_buffer(file, &buffer, &skipped)) {
        case ETL_FOUND_BUFFER:
            buffer.file = number;
            scan_buffer(scan, file, &buffer);
            break;
        case ETL_FOUND_EMPTY:
            stats->empty_bytes += skipped;
            break;
        case ETL_FOUND_BAD:
            stats->bad_buffers++;
            stats->lost_bytes += skipped;
            break;
        case ETL_FOUND_END:
            return;
        }
    }
}

/* Buffers that begin at the same time follow each other as their logger numbered them. */
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

/* For what it says of the whole session; none of its events is wanted, and nothing is counted. */
static void scan_last_file(struct scan *scan)
{
    struct etl_file *file = scan->log->last_file;
    struct etl_buffer buffer;
    uint64_t skipped;
    enum etl_found found;
    while (file && goes_on(scan) &&
           (found = etl_file_next_buffer(file, &buffer, &skipped)) != ETL_FOUND_END) {
        struct etl_record record;
        if (found != ETL_FOUND_BUFFER)
            continue;
        etl_file_load(file, &buffer, &scan->bytes);
        struct etl_walk walk = etl_walk_over(file, &buffer, &scan->bytes);
        while (etl_walk_next(&walk, etl_record_parse, &record))
            scan->visit(scan->user, &record, ETL_LAST_FILE);
    }
}

bool etl_log_scan(struct etl_log *log, etl_visit visit, etl_go_on go_on, void *user)
{
    struct scan scan = {.log = log, .visit = visit, .go_on = go_on, .user = user};
    for (guint i = 0; i < log->files->len; i++)
        scan_file(&scan, (uint16_t)i);
    scan_last_file(&scan);
    etl_bytes_clear(&scan.bytes);
    g_array_sort(log->buffers, compare_buffers);
    return !scan.stopped;
}

/* Opens the buffers whose records may come before all that is open. */
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
    } while (!etl_active_take(log->active, record)); /* a file that was cut since the scan */
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
