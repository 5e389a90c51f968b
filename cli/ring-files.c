/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "model/plural.h"
#include "model/printable.h"
#include "pktmon/errors.h"

#define KILOBYTE    1000 /* as in dumpcap */
#define TIME_DIGITS 14   /* YYYYmmddHHMMSS */

bool cli_file_limits_parse(struct cli_file_limits *limits, char **words, GError **error)
{
    const struct cli_limit names[] = {
        {"filesize", "KB", &limits->kilobytes},
        {"duration", "SECONDS", &limits->seconds},
        {"files", "N", &limits->files},
        {0},
    };
    for (; words && *words; words++) {
        if (!cli_limit_parse("-b", *words, names, error))
            return false;
    }
    if (!limits->files || cli_file_limits_are_set(limits))
        return true;
    g_set_error_literal(
        error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
        "-b files:N needs a limit for each file: add -b filesize:KB or -b duration:SECONDS.");
    return false;
}

bool cli_file_limits_are_set(const struct cli_file_limits *limits)
{
    return limits->kilobytes || limits->seconds;
}

/* Named as by dumpcap: base_00001_YYYYmmddHHMMSS.pcapng. */
static char *name_of_next(const struct cli_ring_files *files)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y%m%d%H%M%S");
    const char *slash = strrchr(files->path, '/');
    const char *dot = strrchr(slash ? slash : files->path, '.');
    int length = dot ? (int)(dot - files->path) : (int)strlen(files->path);
    return g_strdup_printf("%.*s_%05" G_GUINT64_FORMAT "_%s%s", length, files->path,
                           files->count + 1, time, dot ? dot : "");
}

/* Whether a ring file has this name without the base and the extension. editcap counts from 0. */
static bool read_number(const char *rest, uint64_t *number)
{
    char *end;

    if (*rest != '_' || !g_ascii_isdigit(rest[1]))
        return false;
    *number = g_ascii_strtoull(rest + 1, &end, 10);
    return *end == '_' && strspn(end + 1, "0123456789") == TIME_DIGITS &&
           end[1 + TIME_DIGITS] == '\0';
}

static bool read_name(const char *name, const char *base, const char *extension, uint64_t *number)
{
    size_t length = strlen(name), start = strlen(base), end = strlen(extension);

    if (length < start + end || !g_str_has_prefix(name, base) || !g_str_has_suffix(name, extension))
        return false;
    g_autofree char *rest = g_strndup(name + start, length - start - end);
    return read_number(rest, number);
}

struct found_file {
    uint64_t number;
    char *path;
};

static int compare_found(const void *one, const void *other)
{
    uint64_t left = ((const struct found_file *)one)->number;
    uint64_t right = ((const struct found_file *)other)->number;

    return (left > right) - (left < right);
}

GPtrArray *cli_ring_files_find(const char *path)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct found_file));
    g_autofree char *folder = g_path_get_dirname(path), *base = g_path_get_basename(path);
    char *dot = strrchr(base, '.');
    g_autofree char *extension = g_strdup(dot ? dot : "");
    g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);

    if (dot)
        *dot = '\0';
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        struct found_file file;

        if (!read_name(name, base, extension, &file.number))
            continue;
        file.path = g_build_filename(folder, name, NULL);
        g_array_append_val(found, file);
    }
    g_array_sort(found, compare_found);
    for (guint i = 0; i < found->len; i++)
        g_ptr_array_add(paths, g_array_index(found, struct found_file, i).path);
    return paths;
}

/* Only the owner may read a capture, as with dumpcap. Takes ownership of the name. */
static int create(struct cli_ring_files *files, char *name, int flags, GError **error)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                    "%s cannot be written (%s): give another file with -w.", name,
                    g_strerror(errno));
        g_free(name);
        return -1;
    }
    files->count++;
    g_queue_push_tail(&files->names, name);
    return fd;
}

static int open_first(struct cli_ring_files *files, GError **error)
{
    if (g_str_equal(files->path, "-"))
        return STDOUT_FILENO;
    if (cli_file_limits_are_set(&files->limits))
        return cli_ring_files_create_next(files, error);
    return create(files, g_strdup(files->path), O_TRUNC, error);
}

bool cli_ring_files_open(struct cli_ring_files *files, const char *path,
                         const struct cli_file_limits *limits, GError **error)
{
    *files = (struct cli_ring_files){.path = path, .limits = *limits, .fd = -1};
    g_queue_init(&files->names);
    if (!path)
        return true;
    files->fd = open_first(files, error);
    files->opened = g_get_monotonic_time();
    if (files->fd < 0 || !isatty(files->fd))
        return files->fd >= 0;
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                        "A capture cannot be shown on a terminal: give a file with -w, or pipe it, "
                        "as in \"pktmon capture -w - | tshark -r -\".");
    cli_ring_files_close(files, false, NULL);
    cli_ring_files_clear(files);
    return false;
}

bool cli_ring_files_are_due(const struct cli_ring_files *files, uint64_t size)
{
    const struct cli_file_limits *limits = &files->limits;
    gint64 seconds = (gint64)limits->seconds;
    return (limits->kilobytes && size >= limits->kilobytes * KILOBYTE) ||
           (seconds && g_get_monotonic_time() - files->opened >= seconds * G_USEC_PER_SEC);
}

int cli_ring_files_create_next(struct cli_ring_files *files, GError **error)
{
    return create(files, name_of_next(files), O_EXCL | O_NOFOLLOW, error);
}

static void remove_oldest(struct cli_ring_files *files)
{
    while (files->limits.files && files->names.length > files->limits.files) {
        g_autofree char *name = g_queue_pop_head(&files->names);
        unlink(name); /* it may have been removed already */
    }
}

/* Some file systems report a full disk only when the file is closed. */
static bool close_file(struct cli_ring_files *files, GError **error)
{
    int fd = files->fd;
    files->fd = -1;
    if (fd == STDOUT_FILENO || fd < 0 || close(fd) == 0)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "The capture could not be written (%s); make room or choose another place for it.",
                g_strerror(errno));
    return false;
}

bool cli_ring_files_advance(struct cli_ring_files *files, int fd, GError **error)
{
    struct stat status;
    if (fstat(files->fd, &status) == 0)
        files->bytes += (uint64_t)status.st_size;
    bool ok = close_file(files, error);
    files->fd = fd;
    files->opened = g_get_monotonic_time();
    remove_oldest(files);
    return ok;
}

static void remove_worthless(struct cli_ring_files *files, bool begun)
{
    struct stat status;
    if (!files->count || fstat(files->fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        (begun && status.st_size > 0))
        return;
    g_autofree char *name = g_queue_pop_tail(&files->names);
    unlink(name);
    files->count--;
}

bool cli_ring_files_close(struct cli_ring_files *files, bool begun, GError **error)
{
    remove_worthless(files, begun);
    return close_file(files, error);
}

void cli_ring_files_clear(struct cli_ring_files *files)
{
    g_queue_clear_full(&files->names, g_free);
}

char *cli_ring_files_describe(struct cli_ring_files *files)
{
    const char *newest = g_queue_peek_tail(&files->names);
    if (files->path && g_str_equal(files->path, "-"))
        return g_strdup("written to standard output");
    if (!newest)
        return g_strdup("no file written");
    g_autofree char *text = g_filename_display_name(newest);
    g_autofree char *name = printable(text, -1);
    if (!cli_file_limits_are_set(&files->limits))
        return g_strdup_printf("1 file written: %s", name);
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s written, %u kept, the newest: %s",
                           files->count, PLURAL(files->count, "file", "files"), files->names.length,
                           name);
}
