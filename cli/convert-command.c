/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon convert: capture files in another view, or as JSON or CSV. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command-line.h"
#include "command.h"
#include "conversion.h"
#include "convert-command.h"
#include "frontend/capture-options.h"
#include "frontend/message.h"
#include "frontend/output-descriptor.h"
#include "model/plural.h"
#include "model/printable.h"
#include "output-file.h"
#include "ring-files.h"

#define PROGRESS_EVENTS 4096 /* between two looks at how far it is */

struct cli_convert_command {
    char *out, *view_word;
    gboolean json, csv, csv_packets;
    bool is_watched; /* lines on a terminal, which have no others among them */
    enum pktmon_view view;
    enum cli_conversion_format format;
    char **files;     /* as they were given */
    GPtrArray *paths; /* of char *, owned: those that are read, in their order */
};

/* --- the command line --- */

static bool parse_view(struct cli_convert_command *arguments, GError **error)
{
    const char *word = arguments->view_word ? arguments->view_word : FRONTEND_DEFAULT_VIEW;
    for (const struct frontend_choice *one = frontend_views; one->value; one++) {
        if (g_str_equal(word, one->value)) {
            arguments->view = (enum pktmon_view)one->number;
            return true;
        }
    }
    return frontend_refuse(error, "--view is packets or appearances, and \"%s\" is neither.", word);
}

static bool parse_format(struct cli_convert_command *arguments, GError **error)
{
    if (arguments->json + arguments->csv + arguments->csv_packets > 1)
        return frontend_refuse(
            error, "The output has one format: choose one of --json, --csv and --csv-packets.");
    if (arguments->csv_packets && arguments->view == PKTMON_VIEW_APPEARANCES)
        return frontend_refuse(error, "--csv-packets has a row for each packet: leave out "
                                      "--view appearances, or give --csv.");
    arguments->format = arguments->json          ? CLI_CONVERSION_JSON
                        : arguments->csv         ? CLI_CONVERSION_CSV_HOPS
                        : arguments->csv_packets ? CLI_CONVERSION_CSV_PACKETS
                                                 : CLI_CONVERSION_PCAPNG;
    return true;
}

/* A file that is not there may be the name that a ring was written to. */
static void find_files(struct cli_convert_command *arguments)
{
    arguments->paths = g_ptr_array_new_with_free_func(g_free);
    for (char **file = arguments->files; *file; file++) {
        bool is_there = g_str_equal(*file, "-") || access(*file, F_OK) == 0;
        g_autoptr(GPtrArray) ring = is_there ? NULL : cli_ring_files_find(*file);

        for (guint i = 0; ring && i < ring->len; i++)
            g_ptr_array_add(arguments->paths, g_strdup(g_ptr_array_index(ring, i)));
        if (!ring || ring->len == 0)
            g_ptr_array_add(arguments->paths, g_strdup(*file));
    }
    g_ptr_array_add(arguments->paths, NULL);
}

static bool choose_output(struct cli_convert_command *arguments, GError **error)
{
    if (arguments->out || !isatty(STDOUT_FILENO))
        return true;
    if (arguments->format == CLI_CONVERSION_PCAPNG)
        return frontend_refuse(error, "Name the file to write with -w, or pipe the output, as in "
                                      "\"pktmon convert FILE -w - | tshark -r -\".");
    arguments->out = g_strdup("-");
    return true;
}

static bool parse(struct cli_convert_command *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"out", 'w', 0, G_OPTION_ARG_FILENAME, &arguments->out,
         "File to write; - for standard output", "FILE"},
        {"view", 0, 0, G_OPTION_ARG_STRING, &arguments->view_word,
         "packets: one frame for each packet, with its journey (default); appearances: one for "
         "each observation of it",
         "VIEW"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments->json,
         "Write JSON: one object on a line for each packet", NULL},
        {"csv", 0, 0, G_OPTION_ARG_NONE, &arguments->csv, "Write CSV: one row for each hop", NULL},
        {"csv-packets", 0, 0, G_OPTION_ARG_NONE, &arguments->csv_packets,
         "Write CSV: one row for each packet", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->files, NULL, NULL},
        {0},
    };

    if (!cli_parse_command_line(&argc, &argv, entries,
                                "FILE... - convert a capture file to the other view, JSON or CSV",
                                "Several files, as those of a ring, are taken as one, in the order "
                                "in which they are given.",
                                error))
        return false;
    if (!arguments->files)
        return frontend_refuse(
            error, "Name the capture to convert: pktmon convert stack.pcapng -w packets.pcapng.");
    if (!parse_view(arguments, error) || !parse_format(arguments, error) ||
        !choose_output(arguments, error))
        return false;
    find_files(arguments);
    return true;
}

/* --- the conversion --- */

struct convert_job {
    const struct cli_convert_command *arguments;
    struct cli_output *output;
    struct pcapng_reader *reader;
    GArray *ids;                       /* uint64_t, of the captures, as they were found */
    guint pass;                        /* each pass over the files converts one of them */
    struct cli_conversion *conversion; /* NULL: nothing of the capture was read so far */
    struct cli_conversion_counts counts;
    uint64_t read, size; /* bytes of all files: read before this one, and all of them */
    bool is_seekable;    /* the files can be read again */
    bool is_gone;        /* the reader of the output */
};

static bool take_part(struct convert_job *job, const struct pcapng_item *item, GError **error)
{
    const struct cli_conversion_options options = {
        .view = job->arguments->view,
        .format = job->arguments->format,
        .carrier = frontend_choose_carrier(job->output->fd),
        .fd = job->output->fd,
        .has_head = job->pass == 0,
        .is_watched = job->arguments->is_watched,
    };

    if (!job->conversion)
        job->conversion = cli_conversion_new(&options, item->capture);
    return cli_conversion_take(job->conversion, item, error);
}

/* The number of the capture, as they were found; a new one gets the next number. */
static bool find_capture(struct convert_job *job, uint64_t id, guint *number, GError **error)
{
    for (*number = 0; *number < job->ids->len; (*number)++) {
        if (g_array_index(job->ids, uint64_t, *number) == id)
            return true;
    }
    if (job->ids->len > 0 && !job->is_seekable) {
        g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                            "The input holds several captures, which are converted one after the "
                            "other: give it as a file, not as a pipe.");
        return false;
    }
    g_array_append_val(job->ids, id);
    return true;
}

static bool take(struct convert_job *job, const struct pcapng_item *item, GError **error)
{
    guint number;

    if (!find_capture(job, item->capture->info->id, &number, error))
        return false;
    return number != job->pass || take_part(job, item, error);
}

static bool show_progress(struct convert_job *job)
{
    uint64_t done = job->read + pcapng_reader_offset(job->reader);

    if (job->arguments->is_watched)
        return cli_output_is_wanted(job->output);
    return cli_output_show_progress(job->output, MIN(done, job->size), job->size);
}

/* The rest of a damaged file is not read; what stands before is converted. */
static bool accept_damage(const char *path, GError *damage, bool has_events, bool tells,
                          GError **error)
{
    g_autofree char *shown = printable(path, -1);

    if (!has_events) {
        g_propagate_prefixed_error(error, damage, "%s: ", shown);
        return false;
    }
    if (tells) {
        g_autofree char *message = frontend_message_text(damage->message);
        cli_output_end_progress();
        fprintf(stderr, "Warning: %s: %s\n", shown, message);
    }
    cli_output_note_damage();
    g_error_free(damage);
    return true;
}

static bool read_events(struct convert_job *job, const char *path, GError **error)
{
    struct pcapng_item item;
    GError *damage = NULL;
    uint64_t events = 0;

    while (pcapng_reader_next(job->reader, &item, &damage)) {
        if (!take(job, &item, error))
            return false;
        if (events++ % PROGRESS_EVENTS == 0 && !show_progress(job)) {
            job->is_gone = true;
            return false;
        }
    }
    job->read += pcapng_reader_offset(job->reader);
    return !damage || accept_damage(path, damage, events > 0, job->pass == 0, error);
}

static bool read_file(struct convert_job *job, const char *path, GError **error)
{
    bool is_input = g_str_equal(path, "-");
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;

    if (fd < 0) {
        g_autofree char *shown = printable(path, -1);
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                    "%s cannot be opened (%s): name a capture file.", shown, g_strerror(errno));
        return false;
    }
    job->is_seekable &= fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && !is_input;
    pcapng_reader_open(job->reader, fd);
    bool done = read_events(job, path, error);
    if (!is_input)
        close(fd);
    return done;
}

static void add_counts(struct convert_job *job)
{
    struct cli_conversion_counts counts = cli_conversion_counts(job->conversion);

    job->counts.frames += counts.frames;
    job->counts.missing += counts.missing;
    job->counts.late += counts.late;
    job->counts.shortened += counts.shortened;
}

static bool convert_capture(struct convert_job *job, GError **error)
{
    bool done = true;

    job->reader = pcapng_reader_new();
    job->read = 0;
    for (guint i = 0; done && i + 1 < job->arguments->paths->len; i++)
        done = read_file(job, g_ptr_array_index(job->arguments->paths, i), error);
    if (done && job->conversion) {
        done = cli_conversion_finish(job->conversion, error);
        add_counts(job);
    }
    g_clear_pointer(&job->conversion, cli_conversion_free);
    return done;
}

/* --- what was not converted --- */

static void warn(uint64_t count, const char *one, const char *many)
{
    if (count > 0)
        fprintf(stderr, "Warning: %" PRIu64 " %s\n", count, PLURAL(count, one, many));
}

static void report_read(const struct pcapng_reader_counts *counts)
{
    warn(counts->foreign_packets, "packet of another program was left out.",
         "packets of other programs were left out.");
    warn(counts->foreign_blocks, "block of another program was left out.",
         "blocks of other programs were left out.");
    warn(counts->unknown_records, "record of a newer version was left out.",
         "records of a newer version were left out.");
    warn(counts->damaged_records, "record is damaged: what could be read of it was converted.",
         "records are damaged: what could be read of them was converted.");
    warn(counts->cut_frames, "frame was cut by another program: its hops lack bytes.",
         "frames were cut by another program: their hops lack bytes.");
    warn(counts->unread_components + counts->unread_captures,
         "record was left out, because the file has too many components or captures.",
         "records were left out, because the file has too many components or captures.");
}

static void report_written(const struct convert_job *job, const struct pcapng_reader_counts *read)
{
    const struct cli_conversion_counts *counts = &job->counts;

    fprintf(stderr, "%" PRIu64 " %s read, %" PRIu64 " %s written.\n", read->events,
            PLURAL(read->events, "record", "records"), counts->frames,
            job->arguments->format == CLI_CONVERSION_PCAPNG
                ? PLURAL(counts->frames, "frame of a packet", "frames of packets")
                : PLURAL(counts->frames, "packet", "packets"));
}

static void report(const struct convert_job *job, const struct pcapng_reader_counts *read)
{
    const struct cli_conversion_counts *counts = &job->counts;

    cli_output_end_progress();
    if (!job->arguments->is_watched)
        report_written(job, read);
    report_read(read);
    warn(counts->missing + read->unread_pieces,
         "observation is not in the file, which has only its number.",
         "observations are not in the file, which has only their number.");
    warn(counts->late, "record comes after later ones: sort the file with reordercap first.",
         "records come after later ones: sort the file with reordercap first.");
    warn(counts->shortened, "packet has a hop that is too large to be kept whole.",
         "packets have a hop that is too large to be kept whole.");
}

static uint64_t size_of_files(const struct cli_convert_command *arguments)
{
    uint64_t size = 0;
    struct stat status;

    for (guint i = 0; i + 1 < arguments->paths->len; i++) {
        if (stat(g_ptr_array_index(arguments->paths, i), &status) == 0)
            size += (uint64_t)status.st_size;
    }
    return size;
}

static bool check_found(const struct convert_job *job, const struct pcapng_reader_counts *read,
                        GError **error)
{
    if (job->ids->len > 0)
        return true;
    report_read(read);
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_INPUT,
                        "There is nothing of Packet Monitor in the input: convert a file that it "
                        "has captured.");
    return false;
}

static bool convert(const struct cli_convert_command *arguments, struct cli_output *output,
                    GError **error)
{
    struct convert_job job = {.arguments = arguments,
                              .output = output,
                              .ids = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
                              .size = size_of_files(arguments),
                              .is_seekable = true};
    struct pcapng_reader_counts read = {0};
    bool done = true;

    do {
        done = convert_capture(&job, error);
        if (job.pass == 0)
            read = pcapng_reader_counts(job.reader);
        g_clear_pointer(&job.reader, pcapng_reader_free);
    } while (done && ++job.pass < job.ids->len);
    done = done && check_found(&job, &read, error);
    if (done)
        report(&job, &read);
    g_array_unref(job.ids);
    return done;
}

static const char *extension_of(enum cli_conversion_format format)
{
    return format == CLI_CONVERSION_PCAPNG ? "pcapng"
           : format == CLI_CONVERSION_JSON ? "json"
                                           : "csv";
}

static bool run(struct cli_convert_command *arguments, GError **error)
{
    struct cli_output output;
    bool done = cli_output_open(&output, arguments->out, (char **)arguments->paths->pdata,
                                extension_of(arguments->format), error);

    if (!done)
        return false;
    done = convert(arguments, &output, error);
    done = cli_output_accept(&output, done, error);
    return cli_output_close(&output, done, error);
}

bool cli_show_files(char **files, bool json, GError **error)
{
    char out[] = "-";
    struct cli_convert_command arguments = {.out = out,
                                            .view = PKTMON_VIEW_PACKETS,
                                            .format =
                                                json ? CLI_CONVERSION_JSON : CLI_CONVERSION_TEXT,
                                            .is_watched = true,
                                            .files = files};

    find_files(&arguments);
    bool done = run(&arguments, error);
    g_ptr_array_unref(arguments.paths);
    return done;
}

bool cli_run_convert(int argc, char **argv, GError **error)
{
    struct cli_convert_command arguments = {0};
    bool done = parse(&arguments, argc, argv, error) && run(&arguments, error);

    g_free(arguments.out);
    g_free(arguments.view_word);
    g_strfreev(arguments.files);
    if (arguments.paths)
        g_ptr_array_unref(arguments.paths);
    return done;
}
