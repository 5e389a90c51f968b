/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "etl-reader/convert.h"
#include "model/printable.h"
#include "frontend/message.h"
#include "frontend/option.h"
#include "frontend/output-descriptor.h"
#include "model/salted-hash.h"
#include "table.h"

/* As for a capture: only its owner may read packets. */
#define NEW_FILE_MODE (S_IRUSR | S_IWUSR)

/* Providers listed in the report; the others are summed up. */
#define MAX_REPORTED 16

static volatile sig_atomic_t stop_wanted;

/* Files to remove if the program ends before they are finished; NULL: none. */
static const char *volatile unfinished, *volatile made;

/* The signal is raised again and ends the program when the handler returns. */
static void end_by(int number)
{
    if (unfinished)
        unlink(unfinished);
    if (made)
        unlink(made);
    signal(number, SIG_DFL);
    raise(number);
}

static void on_stop_signal(int number)
{
    if (stop_wanted)
        end_by(number);
    stop_wanted = 1;
}

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP};

static void catch_stop_signals(void)
{
    const struct sigaction stop = {.sa_handler = on_stop_signal, .sa_flags = SA_RESTART};
    const struct sigaction end = {.sa_handler = end_by};
    for (size_t i = 0; i < G_N_ELEMENTS(stop_signals); i++)
        sigaction(stop_signals[i], &stop, NULL);
    struct sigaction former;
    if (sigaction(SIGQUIT, NULL, &former) == 0 && former.sa_handler != SIG_IGN)
        sigaction(SIGQUIT, &end, NULL);
}

static void hold_signals(sigset_t *former)
{
    sigset_t held;
    sigfillset(&held);
    sigprocmask(SIG_BLOCK, &held, former);
}

static bool is_input(const struct stat *output, char **inputs)
{
    struct stat input;
    for (; *inputs; inputs++) {
        if (stat(*inputs, &input) == 0 && input.st_dev == output->st_dev &&
            input.st_ino == output->st_ino)
            return true;
    }
    return false;
}

static char *name_like(const char *input, const char *extension)
{
    g_autofree char *base = g_path_get_basename(input);
    char *dot = strrchr(base, '.');
    if (dot && dot > base)
        *dot = '\0';
    return g_strconcat(base, ".", extension, NULL);
}

static void explain_failure(const char *path, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "%s cannot be written (%s): choose another file with --out.", path,
                g_strerror(errno));
}

static bool is_standard_output(const struct stat *file)
{
    struct stat status;
    return fstat(STDOUT_FILENO, &status) == 0 && status.st_dev == file->st_dev &&
           status.st_ino == file->st_ino;
}

/* Creates the target of a dangling link, so that there is a file to replace. -1: errno; ENOENT if
 * there is no file yet. */
static int open_there(struct cli_output *output)
{
    struct stat link;
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;
    int fd = open(output->path, flags);
    if (fd >= 0 || errno != ENOENT || lstat(output->path, &link) < 0)
        return fd;
    output->is_made = true;
    return open(output->path, flags | O_CREAT, NEW_FILE_MODE);
}

/* The path with all links resolved; the caller frees it. */
static char *real_path(int fd, const char *path)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    char *real = g_file_read_link(link, NULL);
    return real ? real : g_strdup(path);
}

/* Signals are blocked until a handler would remove the file. */
static bool make_temporary(struct cli_output *output)
{
    sigset_t former;
    hold_signals(&former);
    output->fd = g_mkstemp_full(output->temporary, O_RDWR | O_CLOEXEC, NEW_FILE_MODE);
    int why = errno;
    if (output->fd >= 0) {
        unfinished = output->temporary;
        made = output->is_made ? output->target : NULL;
        catch_stop_signals();
    }
    sigprocmask(SIG_SETMASK, &former, NULL);
    errno = why;
    return output->fd >= 0;
}

/* An existing file stays in place until the conversion has succeeded. */
static bool open_temporary(struct cli_output *output, const struct stat *former, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(output->target);
    output->temporary = g_build_filename(folder, ".pktmon-XXXXXX", NULL);
    if (!make_temporary(output)) {
        g_clear_pointer(&output->temporary, g_free);
        explain_failure(output->path, error);
        return false;
    }
    /* Only root can change the owner; other users own what they create. */
    if (former &&
        (fchown(output->fd, former->st_uid, former->st_gid) == 0 || former->st_uid == geteuid()))
        (void)!fchmod(output->fd, former->st_mode & ACCESSPERMS);
    return true;
}

static bool refuse_input(const char *name, GError **error)
{
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "%s is the log itself; give another name with --out.", name);
    return false;
}

/* Devices, pipes, a file that the shell has opened, and a file without a name are written directly.
 */
static bool open_existing(struct cli_output *output, int fd, char **inputs, GError **error)
{
    struct stat status;
    bool known = fstat(fd, &status) == 0, ok = true;
    output->fd = fd;
    if (known && is_input(&status, inputs)) {
        ok = refuse_input(output->path, error);
    } else if (known && S_ISREG(status.st_mode) && status.st_nlink > 0 &&
               !is_standard_output(&status)) {
        output->target = real_path(fd, output->path);
        ok = open_temporary(output, &status, error);
    } else {
        return true;
    }
    close(fd);
    return ok;
}

static bool open_file(struct cli_output *output, char **inputs, GError **error)
{
    int fd = open_there(output);
    if (fd >= 0)
        return open_existing(output, fd, inputs, error);
    if (errno == ENOENT && !output->is_made) {
        output->target = g_strdup(output->path);
        return open_temporary(output, NULL, error);
    }
    explain_failure(output->path, error);
    return false;
}

/* Standard output as the shell opened it. */
static bool take_standard_output(struct cli_output *output, char **inputs, GError **error)
{
    struct stat status;
    int flags = fcntl(output->fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "Standard output is closed; name a file with --out.");
        return false;
    }
    if (fstat(output->fd, &status) < 0 || !S_ISREG(status.st_mode))
        return true;
    if (is_input(&status, inputs))
        return refuse_input("Standard output", error);
    catch_stop_signals();
    return true;
}

static void forget(struct cli_output *output)
{
    unfinished = made = NULL;
    g_clear_pointer(&output->path, g_free);
    g_clear_pointer(&output->target, g_free);
    g_clear_pointer(&output->temporary, g_free);
}

bool cli_output_open(struct cli_output *output, const char *out, char **inputs,
                     const char *extension, GError **error)
{
    *output = (struct cli_output){.fd = STDOUT_FILENO};
    if (out && *out == '\0') {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--out needs a file name, or - for standard output.");
        return false;
    }
    if (out && !frontend_check_file_name("--out", out, error))
        return false;
    if (out ? g_str_equal(out, "-") : !isatty(STDOUT_FILENO))
        return take_standard_output(output, inputs, error);
    output->path = out ? g_strdup(out) : name_like(inputs[0], extension);
    if (open_file(output, inputs, error))
        return true;
    if (output->is_made && output->target)
        unlink(output->target);
    forget(output);
    return false;
}

bool cli_output_accept(const struct cli_output *output, bool done, GError **error)
{
    if (done || !frontend_has_reader_gone(output->fd))
        return done;
    g_clear_error(error);
    return true;
}

/* Standard output to a file cannot be undone: the shell has truncated it, or it had other content.
 */
static void explain_stop(GError **error)
{
    struct stat status;
    if (!stop_wanted || fstat(STDOUT_FILENO, &status) < 0 || !S_ISREG(status.st_mode))
        return;
    g_clear_error(error);
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "Stopped before the whole log was converted; the output is incomplete.");
}

bool cli_output_close(struct cli_output *output, bool finished, GError **error)
{
    if (!output->path) {
        if (!finished)
            explain_stop(error);
        return finished;
    }
    bool written = close(output->fd) == 0;
    if (finished && written)
        made = NULL; /* the file that replaces it is complete */
    if (finished && written && output->temporary)
        written = rename(output->temporary, output->target) == 0;
    if (finished && !written)
        explain_failure(output->path, error);
    finished = finished && written;
    if (!finished && output->temporary)
        unlink(output->temporary);
    if (!finished && output->is_made && output->target)
        unlink(output->target);
    forget(output);
    return finished;
}

bool cli_output_is_wanted(const struct cli_output *output)
{
    return !stop_wanted && !frontend_has_reader_gone(output->fd);
}

bool cli_output_show_progress(void *user, uint64_t done, uint64_t all)
{
    static int shown = -1;
    int percent = all > 0 ? (int)(done * 100 / all) : 100;
    const struct cli_output *output = user;
    if (percent != shown && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3d%% converted", percent);
    shown = percent;
    return cli_output_is_wanted(output);
}

void cli_output_end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r               \r");
}

/* One line per provider, with the number of its events. */
static void report_events(const struct provider *provider)
{
    g_autoptr(GPtrArray) counts = etl_catalogue_counts(etl_provider_catalogue(provider));
    g_autoptr(GHashTable) sums = g_hash_table_new_full(salted_string, g_str_equal, NULL, g_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    uint64_t others = etl_catalogue_uncounted(etl_provider_catalogue(provider));
    for (guint i = 0; i < counts->len; i++) {
        const struct etl_event_count *count = g_ptr_array_index(counts, i);
        uint64_t *sum = g_hash_table_lookup(sums, count->provider);
        if (!sum) {
            sum = g_new0(uint64_t, 1);
            g_hash_table_insert(sums, count->provider, sum);
            g_ptr_array_add(names, count->provider);
        }
        *sum += count->count;
    }
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        uint64_t sum = *(uint64_t *)g_hash_table_lookup(sums, name);
        g_autofree char *shown = printable(name, -1); /* chosen by the author of the log */
        if (i < MAX_REPORTED)
            fprintf(stderr, "  %10" G_GUINT64_FORMAT "  %s\n", sum, shown);
        else
            others += sum;
    }
    if (others > 0)
        fprintf(stderr, "  %10" G_GUINT64_FORMAT "  other providers\n", others);
}

static bool damage_seen;

bool cli_output_is_of_damaged_log(void)
{
    return damage_seen;
}

void cli_output_note_damage(void)
{
    damage_seen = true;
}

void cli_output_warn(const struct provider *provider)
{
    damage_seen |= etl_log_is_incomplete(etl_log_stats(etl_provider_log(provider)));
    g_autoptr(GPtrArray) warnings = etl_warnings(provider);
    for (guint i = 0; i < warnings->len; i++) {
        g_autofree char *shown = frontend_message_text(g_ptr_array_index(warnings, i));
        fprintf(stderr, "Warning: %s\n", shown);
    }
}

void cli_output_report(const struct provider *provider)
{
    fprintf(stderr, "Events in the log that are not Packet Monitor's own:\n");
    report_events(provider);
    cli_output_warn(provider);
}
