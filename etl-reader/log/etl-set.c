/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etl-set.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "etl-reader/bytes.h"
#include "etl-reader/events/pktmon-event.h"
#include "providers/provider.h"
#include "model/salted-hash.h"

#define COMPARE_SIZE 65536

/* The program that merges a finished log replaces the name of the session with its own. */
#define RELOGGER "Relogger"

/* Advice that fits all commands: the outputs of several logs can be merged. */
#define EACH_BY_ITSELF                                                                             \
    "open each by itself, and merge the output of \"pktmon etl2pcap\" with mergecap"

static const struct etl_file *file_at(const GPtrArray *files, guint number)
{
    return g_ptr_array_index(files, number);
}

static bool is_relogged(const struct etl_file *file)
{
    return g_strcmp0(file->header.logger, RELOGGER) == 0;
}

static bool is_same_boot(const struct etl_file *left, const struct etl_file *right)
{
    return left->header.boot_filetime == right->header.boot_filetime &&
           left->header.build == right->header.build;
}

/* Merging a log loses the name of the session and the mode. */
static bool may_be_same_session(const struct etl_file *left, const struct etl_file *right)
{
    return is_same_boot(left, right) && (is_relogged(left) || is_relogged(right) ||
                                         g_strcmp0(left->header.logger, right->header.logger) == 0);
}

static bool is_of_multi_file_session(const struct etl_file *file)
{
    return file->header.mode & ETL_MODE_NEWFILE;
}

/* --- the same file twice --- */

static bool is_same_inode(const struct etl_file *left, const struct etl_file *right)
{
    struct stat a, b;
    return fstat(left->fd, &a) == 0 && fstat(right->fd, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* A copy under another name. Different logs of one size differ in their first buffer. */
static bool has_same_bytes(const struct etl_file *left, const struct etl_file *right)
{
    if (left->size != right->size || left->header.start_ticks != right->header.start_ticks)
        return false;
    g_autofree uint8_t *a = g_malloc(COMPARE_SIZE), *b = g_malloc(COMPARE_SIZE);
    for (uint64_t at = 0; at < left->size; at += COMPARE_SIZE) {
        ssize_t size = (ssize_t)MIN(COMPARE_SIZE, left->size - at);
        if (pread(left->fd, a, (size_t)size, (off_t)at) != size ||
            pread(right->fd, b, (size_t)size, (off_t)at) != size || memcmp(a, b, (size_t)size) != 0)
            return false;
    }
    return true;
}

static bool refuse_pair(const struct etl_file *left, const struct etl_file *right, GError **error)
{
    if (is_same_inode(left, right))
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s is given twice: name each file of the log once.", right->path);
    else if (has_same_bytes(left, right))
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s is a copy of %s: name each file of the log once.", right->path, left->path);
    else if (!is_same_boot(left, right))
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s and %s are not of one capture (another computer, or restarted in "
                    "between): " EACH_BY_ITSELF ".",
                    left->path, right->path);
    else
        return true;
    return false;
}

bool etl_set_check_files(const GPtrArray *files, GError **error)
{
    for (guint i = 1; i < files->len; i++) {
        for (guint j = 0; j < i; j++) {
            if (!refuse_pair(file_at(files, j), file_at(files, i), error))
                return false;
        }
    }
    return true;
}

/* --- the last file of a session --- */

/* "PktMon12.etl" is "PktMon", 12, ".etl". */
struct etl_numbered_name {
    char *before;
    uint64_t number;
    char *after;
};

static bool split_name(const char *name, struct etl_numbered_name *parts)
{
    const char *dot = strrchr(name, '.');
    const char *end = dot ? dot : name + strlen(name);
    const char *digits = end;
    while (digits > name && g_ascii_isdigit(digits[-1]))
        digits--;
    if (digits == end)
        return false;
    parts->before = g_strndup(name, (gsize)(digits - name));
    parts->number = g_ascii_strtoull(digits, NULL, 10);
    parts->after = g_strdup(end);
    return true;
}

static void clear_name(struct etl_numbered_name *parts)
{
    g_free(parts->before);
    g_free(parts->after);
}

/* An earlier session may have left files with such names too. */
static bool is_later_part(const struct etl_file *file, const struct etl_file *later)
{
    return may_be_same_session(file, later) &&
           later->header.start_ticks >= file->header.start_ticks;
}

struct etl_set_candidate {
    uint64_t number;
    char *name;
};

static void clear_candidate(void *data)
{
    g_free(((struct etl_set_candidate *)data)->name);
}

/* The names in the folder with a greater number. */
static GArray *list_later_names(const char *folder, const struct etl_numbered_name *parts)
{
    GArray *candidates = g_array_new(FALSE, FALSE, sizeof(struct etl_set_candidate));
    g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
    const char *name;
    g_array_set_clear_func(candidates, clear_candidate);
    while (names && (name = g_dir_read_name(names))) {
        struct etl_numbered_name other;
        if (!split_name(name, &other))
            continue;
        if (other.number > parts->number && g_str_equal(other.before, parts->before) &&
            g_str_equal(other.after, parts->after)) {
            const struct etl_set_candidate candidate = {other.number, g_strdup(name)};
            g_array_append_val(candidates, candidate);
        }
        clear_name(&other);
    }
    return candidates;
}

static int compare_descending(const void *a, const void *b)
{
    uint64_t left = ((const struct etl_set_candidate *)a)->number;
    uint64_t right = ((const struct etl_set_candidate *)b)->number;
    return (left < right) - (left > right);
}

/* Checks the type before opening the file: the user did not name it, and it may be a pipe, or a
 * link to a device. */
static struct etl_file *open_found(const char *path)
{
    struct stat status;
    struct etl_file *file = NULL;
    int found = open(path, O_PATH | O_CLOEXEC);
    g_autofree char *same = g_strdup_printf("/proc/self/fd/%d", found);
    if (found < 0)
        return NULL;
    if (fstat(found, &status) == 0 && S_ISREG(status.st_mode))
        file = etl_file_open(same, NULL);
    close(found);
    if (file) {
        g_free(file->path);
        file->path = g_strdup(path);
    }
    return file;
}

static struct etl_file *find_later(const struct etl_file *file, const char *folder,
                                   const struct etl_numbered_name *parts)
{
    g_autoptr(GArray) candidates = list_later_names(folder, parts);
    g_array_sort(candidates, compare_descending);
    for (guint i = 0; i < candidates->len; i++) {
        const char *name = g_array_index(candidates, struct etl_set_candidate, i).name;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct etl_file *later = open_found(path);
        if (later && is_later_part(file, later))
            return later;
        etl_file_close(later);
    }
    return NULL;
}

struct etl_file *etl_set_find_last(const GPtrArray *files)
{
    const struct etl_file *newest = file_at(files, 0);
    for (guint i = 1; i < files->len; i++) {
        if (file_at(files, i)->header.start_ticks >= newest->header.start_ticks)
            newest = file_at(files, i);
    }
    g_autofree char *name = g_path_get_basename(newest->path);
    g_autofree char *folder = g_path_get_dirname(newest->path);
    struct etl_numbered_name parts;
    if (!is_of_multi_file_session(newest) || !split_name(name, &parts))
        return NULL;
    struct etl_file *last = find_later(newest, folder, &parts);
    clear_name(&parts);
    for (guint i = 0; last && i < files->len; i++) {
        if (is_same_inode(last, file_at(files, i)))
            g_clear_pointer(&last, etl_file_close);
    }
    return last;
}

/* --- what the records show --- */

struct etl_set_description {
    unsigned file;
    size_t size;
    guint hash;
};

struct etl_set {
    const GPtrArray *files;
    GHashTable *descriptions; /* component -> struct etl_set_description: the first */
    GByteArray *has_events;   /* a bool for each file: events of PktMon */
    bool conflict;            /* two of the files describe one component differently: */
    unsigned one, other;
};

struct etl_set *etl_set_new(const GPtrArray *files)
{
    struct etl_set *set = g_new0(struct etl_set, 1);
    set->files = files;
    set->descriptions = g_hash_table_new_full(salted_number, NULL, NULL, g_free);
    set->has_events = g_byte_array_new();
    g_byte_array_set_size(set->has_events, files->len);
    memset(set->has_events->data, 0, files->len);
    return set;
}

void etl_set_free(struct etl_set *set)
{
    if (!set)
        return;
    g_hash_table_destroy(set->descriptions);
    g_byte_array_free(set->has_events, TRUE);
    g_free(set);
}

static void learn_description(struct etl_set *set, const struct etl_record *record, unsigned file)
{
    struct etl_set_description description = {
        .file = file,
        .size = record->payload_size,
        .hash = salted_bytes(record->payload, record->payload_size)};
    gpointer id = GUINT_TO_POINTER(etl_u16(record->payload));
    const struct etl_set_description *first = g_hash_table_lookup(set->descriptions, id);
    if (!first) {
        g_hash_table_insert(set->descriptions, id, g_memdup2(&description, sizeof(description)));
    } else if (first->file != file &&
               (first->size != description.size || first->hash != description.hash)) {
        set->conflict = true;
        set->one = first->file;
        set->other = file;
    }
}

void etl_set_learn(struct etl_set *set, const struct etl_record *record, unsigned file)
{
    if (file >= set->files->len)
        return;
    set->has_events->data[file] = true;
    if (record->id == ETL_PKTMON_COMPONENT && record->payload_size >= sizeof(uint16_t))
        learn_description(set, record, file);
}

bool etl_set_has_descriptions(const struct etl_set *set)
{
    return g_hash_table_size(set->descriptions) > 0;
}

/* A file that is neither merged nor part of a multi-file session is a whole session. */
static bool is_whole_session(const struct etl_file *file)
{
    return !is_relogged(file) && !is_of_multi_file_session(file);
}

static bool are_two_sessions(const struct etl_file *left, const struct etl_file *right)
{
    return is_whole_session(left) || is_whole_session(right) || !may_be_same_session(left, right);
}

static bool refuse_sessions(const struct etl_set *set, guint one, guint other, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "%s and %s are two captures, whose components have the same "
                "numbers: " EACH_BY_ITSELF ".",
                file_at(set->files, one)->path, file_at(set->files, other)->path);
    return false;
}

bool etl_set_check_events(const struct etl_set *set, GError **error)
{
    if (set->conflict)
        return refuse_sessions(set, set->one, set->other, error);
    for (guint i = 1; i < set->files->len; i++) {
        for (guint j = 0; j < i; j++) {
            if (set->has_events->data[i] && set->has_events->data[j] &&
                are_two_sessions(file_at(set->files, j), file_at(set->files, i)))
                return refuse_sessions(set, j, i, error);
        }
    }
    return true;
}
