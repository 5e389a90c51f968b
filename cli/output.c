/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "convert.h"
#include "reader.h"
#include "salted.h"
#include "table.h"

/* Providers named in the report; the rest is summed up. */
#define MAX_REPORTED 16

static volatile sig_atomic_t stop_wanted;

static void on_stop_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void catch_stop_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction stop = {.sa_handler = on_stop_signal,
                                   .sa_flags = (int)(SA_RESETHAND | SA_RESTART)};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        sigaction(numbers[i], &stop, NULL);
}

bool output_set_limits(const struct output_limits *given, struct pktmon_etl_limits *limits,
                       GError **error)
{
    bool good = given->memory >= 0 && given->text >= 0 && given->output >= 0 &&
                pktmon_etl_limits_set(limits, (uint64_t)given->memory, (uint64_t)given->text,
                                      (uint64_t)given->output);
    if (!good)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--max-memory takes at least %d MiB, --max-text 1 to %d KiB, --max-output at "
                    "least 1 MiB.",
                    ETL_LIMIT_MEMORY_MIN, ETL_LIMIT_TEXT_MAX);
    return good;
}

static bool is_input(int fd, char **inputs)
{
    struct stat output, input;
    if (fstat(fd, &output) < 0)
        return false;
    for (; *inputs; inputs++) {
        if (stat(*inputs, &input) == 0 && input.st_dev == output.st_dev &&
            input.st_ino == output.st_ino)
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

static bool open_file(struct output *output, char **inputs, GError **error)
{
    /* Not truncated before it is known to be none of the inputs. */
    output->fd = open(output->path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (output->fd < 0) {
        explain_failure(output->path, error);
        return false;
    }
    if (is_input(output->fd, inputs)) {
        close(output->fd);
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "%s is the log itself; give another name with --out.", output->path);
        return false;
    }
    /* A device or a pipe cannot be cut, and need not be. */
    if (ftruncate(output->fd, 0) < 0 && errno != EINVAL) {
        explain_failure(output->path, error);
        close(output->fd);
        return false;
    }
    return true;
}

bool output_open(struct output *output, const char *out, char **inputs, const char *extension,
                 GError **error)
{
    *output = (struct output){.fd = STDOUT_FILENO};
    if (out ? g_str_equal(out, "-") : !isatty(STDOUT_FILENO))
        return true;
    output->path = out ? g_strdup(out) : name_like(inputs[0], extension);
    if (open_file(output, inputs, error)) {
        catch_stop_signals();
        return true;
    }
    g_clear_pointer(&output->path, g_free);
    return false;
}

bool output_is_done(const struct output *output, bool done, GError **error)
{
    if (done || !reader_has_gone(output->fd))
        return done;
    g_clear_error(error);
    return true;
}

void output_close(struct output *output, bool finished)
{
    struct stat status;
    if (!output->path)
        return;
    bool regular = fstat(output->fd, &status) == 0 && S_ISREG(status.st_mode);
    close(output->fd);
    if (!finished && regular)
        unlink(output->path);
    g_clear_pointer(&output->path, g_free);
}

bool output_progress(void *user, uint64_t done, uint64_t all)
{
    static int shown = -1;
    int percent = all > 0 ? (int)(done * 100 / all) : 100;
    const struct output *output = user;
    if (percent != shown && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%3d%% converted", percent);
    shown = percent;
    return !stop_wanted && !reader_has_gone(output->fd);
}

void output_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r               \r");
}

/* One line for each provider, with all its events. */
static void report_events(const struct pktmon_provider *provider)
{
    g_autoptr(GPtrArray) counts = etl_catalogue_counts(pktmon_etl_catalogue(provider));
    g_autoptr(GHashTable) sums = g_hash_table_new_full(salted_string, g_str_equal, NULL, g_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    uint64_t others = etl_catalogue_uncounted(pktmon_etl_catalogue(provider));
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
        g_autofree char *shown = printable(name); /* the log's author chose it */
        if (i < MAX_REPORTED)
            fprintf(stderr, "  %10" G_GUINT64_FORMAT "  %s\n", sum, shown);
        else
            others += sum;
    }
    if (others > 0)
        fprintf(stderr, "  %10" G_GUINT64_FORMAT "  other providers\n", others);
}

void output_report(const struct pktmon_provider *provider)
{
    g_autoptr(GPtrArray) warnings = pktmon_etl_warnings(provider);
    fprintf(stderr, "Besides Packet Monitor's, the log holds events of:\n");
    report_events(provider);
    for (guint i = 0; i < warnings->len; i++) {
        g_autofree char *shown = printable(g_ptr_array_index(warnings, i));
        fprintf(stderr, "Warning: %s\n", shown);
    }
}

/* Options of other programs that show what passes, and of Windows' pktmon. */
static const struct {
    const char *options[4];
    const char *instead;
} strangers[] = {
    {{"-i", "--interface", "--comp", "--if"},
     "choose components with --components NAME,..., which \"pktmon list\" shows"},
    {{"-D", "--list-interfaces"}, "\"pktmon list\" shows what can be captured"},
    {{"-s", "--snapshot-length", "--snaplen"},
     "--pkt-size BYTES keeps the beginning of each packet, and -b filesize:KB begins another file"},
    {{"--file-name", "--output-file", "-o"}, "name the file with -w FILE"},
    {{"--file-size"},
     "begin another file with -b filesize:KB, and keep the newest with -b files:N"},
    {{"-r", "--read-file"}, "read a capture with \"tshark -r FILE\""},
    {{"-n", "-nn", "-p"}, "leave it out: names are not looked up, and devices stay as they are"},
};

/* A short option may have its value glued to it. */
static bool is_option(const char *word, const char *option)
{
    return option && (option[1] == '-' ? g_str_equal(word, option)
                                       : g_str_has_prefix(word, option) && word[1] != '-');
}

static const char *instead_of(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(strangers); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(strangers[i].options); j++) {
            if (is_option(word, strangers[i].options[j]))
                return strangers[i].instead;
        }
    }
    return NULL;
}

/* GLib names the option in its own words. */
static bool explain_stranger(const char *program, const GError *wrong, GError **error)
{
    static const char *const of_live[] = {"pktmon capture", "pktmon counters", "pktmon list", NULL};
    if (!g_error_matches(wrong, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) ||
        !g_strv_contains(of_live, program))
        return false;
    g_auto(GStrv) words = g_strsplit(wrong->message, " ", -1);
    for (char **word = words; *word; word++) {
        const char *instead = **word == '-' ? instead_of(*word) : NULL;
        if (!instead)
            continue;
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, "%s is no option of \"%s\": %s.",
                    *word, program, instead);
        return true;
    }
    return false;
}

bool output_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *words,
                  const char *summary, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(words);
    g_autoptr(GError) wrong = NULL;
    g_autofree char *program = g_strdup_printf("pktmon %s", (*argv)[0]);
    g_set_prgname(program);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(context, summary);
    if (g_option_context_parse(context, argc, argv, &wrong))
        return true;
    if (!explain_stranger(program, wrong, error))
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, "%s; see \"%s --help\".",
                    wrong->message, program);
    return false;
}
