/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ring-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "plural.h"
#include "provider.h"
#include "table.h"

#define KILOBYTE 1000 /* as dumpcap's */

bool file_limits_parse(struct file_limits *limits, char **words, GError **error)
{
    const struct limit names[] = {
        {"filesize", "KB", &limits->kilobytes},
        {"duration", "SECONDS", &limits->seconds},
        {"files", "N", &limits->files},
        {0},
    };
    for (; words && *words; words++) {
        if (!limit_parse("-b", *words, names, error))
            return false;
    }
    if (!limits->files || file_limits_are_set(limits))
        return true;
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                        "-b files:N needs to know when a file is full: add -b filesize:KB or -b "
                        "duration:SECONDS.");
    return false;
}

bool file_limits_are_set(const struct file_limits *limits)
{
    return limits->kilobytes || limits->seconds;
}

/* As dumpcap names it: base_00001_YYYYmmddHHMMSS.pcapng. */
static char *name_of_next(const struct ring_files *files)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y%m%d%H%M%S");
    const char *slash = strrchr(files->path, '/');
    const char *dot = strrchr(slash ? slash : files->path, '.');
    int length = dot ? (int)(dot - files->path) : (int)strlen(files->path);
    return g_strdup_printf("%.*s_%05" G_GUINT64_FORMAT "_%s%s", length, files->path,
                           files->count + 1, time, dot ? dot : "");
}

/* What one user captured is not for others, as with dumpcap. Keeps the name. */
static int create(struct ring_files *files, char *name, int flags, GError **error)
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

static int open_first(struct ring_files *files, GError **error)
{
    if (g_str_equal(files->path, "-"))
        return STDOUT_FILENO;
    if (file_limits_are_set(&files->limits))
        return ring_files_create_next(files, error);
    return create(files, g_strdup(files->path), O_TRUNC, error);
}

bool ring_files_open(struct ring_files *files, const char *path, const struct file_limits *limits,
                     GError **error)
{
    *files = (struct ring_files){.path = path, .limits = *limits, .fd = -1};
    g_queue_init(&files->names);
    if (!path)
        return true;
    files->fd = open_first(files, error);
    files->opened = g_get_monotonic_time();
    if (files->fd < 0 || !isatty(files->fd))
        return files->fd >= 0;
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                        "A capture cannot be shown on a terminal: give a file with -w, or pipe it "
                        "on, as in \"pktmon capture -w - | tshark -r -\".");
    ring_files_close(files, false, NULL);
    ring_files_clear(files);
    return false;
}

bool ring_files_are_due(const struct ring_files *files, uint64_t size)
{
    const struct file_limits *limits = &files->limits;
    gint64 seconds = (gint64)limits->seconds;
    return (limits->kilobytes && size >= limits->kilobytes * KILOBYTE) ||
           (seconds && g_get_monotonic_time() - files->opened >= seconds * G_USEC_PER_SEC);
}

int ring_files_create_next(struct ring_files *files, GError **error)
{
    return create(files, name_of_next(files), O_EXCL | O_NOFOLLOW, error);
}

static void remove_oldest(struct ring_files *files)
{
    while (files->limits.files && files->names.length > files->limits.files) {
        g_autofree char *name = g_queue_pop_head(&files->names);
        unlink(name); /* somebody may have taken it away before */
    }
}

/* Some file systems tell only now that there was no room. */
static bool close_file(struct ring_files *files, GError **error)
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

bool ring_files_advance(struct ring_files *files, int fd, GError **error)
{
    struct stat status;
    if (fstat(files->fd, &status) == 0)
        files->bytes += (uint64_t)status.st_size;
    bool good = close_file(files, error);
    files->fd = fd;
    files->opened = g_get_monotonic_time();
    remove_oldest(files);
    return good;
}

static void remove_worthless(struct ring_files *files, bool begun)
{
    struct stat status;
    if (!files->count || fstat(files->fd, &status) < 0 || !S_ISREG(status.st_mode) ||
        (begun && status.st_size > 0))
        return;
    g_autofree char *name = g_queue_pop_tail(&files->names);
    unlink(name);
    files->count--;
}

bool ring_files_close(struct ring_files *files, bool begun, GError **error)
{
    remove_worthless(files, begun);
    return close_file(files, error);
}

void ring_files_clear(struct ring_files *files)
{
    g_queue_clear_full(&files->names, g_free);
}

char *ring_files_summary(struct ring_files *files)
{
    const char *newest = g_queue_peek_tail(&files->names);
    if (files->path && g_str_equal(files->path, "-"))
        return g_strdup("written to the standard output");
    if (!newest)
        return g_strdup("no file written");
    g_autofree char *text = g_filename_display_name(newest);
    g_autofree char *name = printable(text);
    if (!file_limits_are_set(&files->limits))
        return g_strdup_printf("1 file written: %s", name);
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s written, %u kept, the newest: %s",
                           files->count, PLURAL(files->count, "file", "files"), files->names.length,
                           name);
}
