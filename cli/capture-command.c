/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon capture: captures the live stack to a file, ring files or a pipe. */
#include "capture-command.h"

#include "capture-arguments.h"
#include "command.h"
#include "command-line.h"
#include "frontend/message.h"
#include "numbers.h"

static const struct cli_number_option count = {"-c", 0, 1, G_MAXINT64};

bool cli_capture_command_parse(struct cli_capture_command *command,
                               const struct cli_capture_words *words, int *argc, char ***argv,
                               GError **error)
{
    const GOptionEntry print = {
        "print",
        0,
        0,
        G_OPTION_ARG_NONE,
        &command->prints,
        "Also show the packets on standard output, as \"pktmon watch\" does",
        NULL};
    const GOptionEntry entries[] = {
        {"write", 'w', 0, G_OPTION_ARG_FILENAME, &command->file, words->write_help, "FILE"},
        {"count", 'c', 0, G_OPTION_ARG_STRING, &command->count,
         "Stop after N packets; in the appearances view, each appearance counts as one", "N"},
        {"autostop", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &command->stop,
         "Stop after packets:N, duration:SECONDS, filesize:KB (total of all files), or "
         "drop:REASON[,SECONDS]: at the first drop with this reason, or SECONDS later",
         "CONDITION"},
        {"ring-buffer", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &command->ring,
         "Start a new file after filesize:KB or duration:SECONDS; keep only the newest files:N",
         "LIMIT"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &command->json,
         "Show each packet as a JSON object on a line of its own", NULL},
        words->always_prints ? (GOptionEntry){0} : print,
        {0},
    };
    command->prints = words->always_prints;
    cli_init_capture_arguments(&command->capture, FRONTEND_CAPTURE, entries);
    return cli_parse_command_line(argc, argv, cli_option_entries(&command->capture),
                                  words->parameters, words->summary, error);
}

static bool check_reason(const struct cli_live_capturing *capturing, GError **error)
{
    if (!capturing->stop.reason)
        return true;
    if (capturing->settings.type == PKTMON_CAPTURE_FLOW)
        return frontend_refuse(error,
                               "-a drop waits for a drop, which --type flow leaves out: choose "
                               "--type all or drop.");
    if (g_strcmp0(capturing->settings.provider, "pcap") == 0)
        return frontend_refuse(
            error, "-a drop waits for a drop, which --provider pcap does not see: choose "
                   "--provider ebpf.");
    return cli_live_check_reason(capturing->stop.reason, error);
}

/* What the lines and the file need of each other. */
static bool check_lines(const struct cli_capture_command *command, GError **error)
{
    if (command->json && !command->prints)
        return frontend_refuse(error, "--json needs --print: it is how packets are shown.");
    if (command->prints && g_strcmp0(command->file, "-") == 0)
        return frontend_refuse(error, "-w - would write to standard output, where the packets are "
                                      "shown: give the file a name.");
    return true;
}

static bool check(const struct cli_capture_command *command,
                  const struct cli_live_capturing *capturing, GError **error)
{
    const struct cli_stop_conditions *stop = &capturing->stop;
    const struct pktmon_session_options *settings = &capturing->settings;
    if (command->file && !*command->file)
        return frontend_refuse(error, "-w needs a file name, or - for standard output.");
    if (command->file && !frontend_check_file_name("-w", command->file, error))
        return false;
    if (command->ring && (!command->file || g_str_equal(command->file, "-")))
        return frontend_refuse(error, "-b makes several files: give their name with -w FILE.");
    if (!command->file && stop->kilobytes)
        return frontend_refuse(error,
                               "-a filesize needs a file to measure: give one with -w FILE.");
    if (settings->counters_only && (stop->packets || stop->reason))
        return frontend_refuse(
            error, "--counters-only captures no packets, and cannot stop at one: use -a "
                   "duration:SECONDS, or Ctrl-C.");
    if (settings->filters && g_strv_length((char **)settings->filters) > PKTMON_MAX_FILTERS)
        return frontend_refuse(
            error, "A capture can have at most %d filters: join some of them in one -f.",
            PKTMON_MAX_FILTERS);
    return check_lines(command, error) && check_reason(capturing, error);
}

/* -c is short for -a packets:N; the smaller number counts. */
static void add_count(struct cli_stop_conditions *stop, gint64 count)
{
    if (count > 0 && (!stop->packets || (uint64_t)count < stop->packets))
        stop->packets = (uint64_t)count;
}

static bool fill(const struct cli_capture_command *command, struct cli_live_capturing *capturing,
                 GError **error)
{
    gint64 packets;
    if (!cli_number_parse(&count, command->count, &packets, error) ||
        !cli_store_capture_arguments(&command->capture, &capturing->settings, error) ||
        !cli_stop_conditions_parse(&capturing->stop, command->stop, error) ||
        !cli_file_limits_parse(&capturing->files, command->ring, error))
        return false;
    capturing->path = command->file;
    capturing->prints = command->prints;
    capturing->json = command->json;
    add_count(&capturing->stop, packets);
    return true;
}

bool cli_capture_command_run(const struct cli_capture_command *command, GError **error)
{
    struct cli_live_capturing capturing = {0};
    bool ok = fill(command, &capturing, error) && check(command, &capturing, error) &&
              cli_live_capture(&capturing, error);
    cli_stop_conditions_clear(&capturing.stop);
    return ok;
}

void cli_capture_command_clear(struct cli_capture_command *command)
{
    g_free(command->file);
    g_free(command->count);
    g_strfreev(command->ring);
    g_strfreev(command->stop);
    cli_clear_option_arguments(&command->capture);
}

static const struct cli_capture_words words = {
    .write_help = "pcapng file to write; - for standard output (default: only count packets)",
    .parameters = "- capture the packets and drops of this host to a file",
    .summary =
        "Ends with Ctrl-C, or with the first condition of -c or -a that is met. On a terminal a "
        "status line shows\nthe packets; elsewhere SIGUSR1 prints it. With -b the files are named "
        "FILE_00001_YYYYmmddHHMMSS.pcapng.",
};

bool cli_run_capture(int argc, char **argv, GError **error)
{
    struct cli_capture_command command = {0};
    bool ok = cli_capture_command_parse(&command, &words, &argc, &argv, error);
    if (ok && argc > 1)
        ok = frontend_refuse(
            error, "\"%s\" is not an option: give a capture filter with -f, and the file with -w.",
            argv[1]);
    ok = ok && cli_capture_command_run(&command, error);
    cli_capture_command_clear(&command);
    return ok;
}
