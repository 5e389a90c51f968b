/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon counters: counts packets of this host, or shows the final counters of a log. */
#include <stdio.h>
#include <unistd.h>

#include "capture-arguments.h"
#include "command.h"
#include "command-line.h"
#include "counter-view.h"
#include "frontend/message.h"
#include "live.h"
#include "windows-log.h"
#include "numbers.h"
#include "output-file.h"

#define MAX_RATE 30 /* the limit of Windows' pktmon */

/* Without --refresh-rate: as much as a person can see, and a slower rate for a file. */
#define TERMINAL_RATE 10
#define FILE_RATE     1

#define MAX_SECONDS 1000000000 /* 32 years */

static const struct cli_number_option rate = {"--refresh-rate", 0, 1, MAX_RATE};
static const struct cli_number_option seconds = {"--seconds", 0, 1, MAX_SECONDS};

struct cli_counters_command {
    char *type;
    gboolean zero, hidden, reasons, json, live;
    char *rate_word, *seconds_word;
    gint64 rate, seconds;
    char **logs;
    struct cli_option_arguments capture;
};

static bool check(const struct cli_counters_command *command, GError **error)
{
    if (command->logs && (command->live || command->rate || command->seconds ||
                          cli_has_option_arguments(&command->capture)))
        return frontend_refuse(error,
                               "A log holds only the final counters of its capture: leave out the "
                               "options of live counting.");
    if (command->rate && !command->live)
        return frontend_refuse(error,
                               "--refresh-rate sets how often --live updates the counters: add "
                               "--live, or leave it out.");
    return true;
}

static bool choose_type(const struct cli_counters_command *command, struct cli_counter_view *view,
                        GError **error)
{
    const struct frontend_capture_option *option = frontend_find_capture_option("type");
    uint32_t type = PKTMON_CAPTURE_ALL;
    if (command->type && !frontend_option_parse(&option->option, command->type, &type, error))
        return false;
    view->flow = type != PKTMON_CAPTURE_DROP;
    view->drops = type != PKTMON_CAPTURE_FLOW;
    return true;
}

static bool parse(struct cli_counters_command *command, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"live", 0, 0, G_OPTION_ARG_NONE, &command->live,
         "Show the counters while they change; updated in place on a terminal", NULL},
        {"refresh-rate", 0, 0, G_OPTION_ARG_STRING, &command->rate_word,
         "With --live: updates per second, 1 to 30 (default: 10 on a terminal, else 1)", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_STRING, &command->seconds_word,
         "Stop after N seconds (default: until Ctrl-C)", "N"},
        {"type", 't', 0, G_OPTION_ARG_STRING, &command->type,
         "Counters to show: all, flow or drop (default: all)", "TYPE"},
        {"zero", 'z', 0, G_OPTION_ARG_NONE, &command->zero,
         "Include counters that are zero in both directions", NULL},
        {"include-hidden", 'i', 0, G_OPTION_ARG_NONE, &command->hidden,
         "Include the devices that tunnel modules create in every namespace", NULL},
        {"drop-reason", 'r', 0, G_OPTION_ARG_NONE, &command->reasons,
         "Drops by reason, newest first (logs have no reasons)", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &command->json,
         "Print JSON; implies -z, -i and -r. With --live, one line per table", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &command->logs, NULL, NULL},
        {0},
    };
    cli_init_capture_arguments(&command->capture, FRONTEND_COUNTERS, entries);
    return cli_parse_command_line(
               &argc, &argv, cli_option_entries(&command->capture),
               "[LOG...] - count the packets of this host, or show a log's counters",
               "Counters start at zero and are shown at the end, on Ctrl-C or after --seconds N; "
               "with --live also in\nbetween. A flow counter belongs to one edge of a component, a "
               "drop counter to a whole component.\nPackets are counted as the edge sees them: one "
               "large send is one packet.",
               error) &&
           cli_number_parse(&rate, command->rate_word, &command->rate, error) &&
           cli_number_parse(&seconds, command->seconds_word, &command->seconds, error) &&
           cli_log_check_names(command->logs, "counters", error) && check(command, error);
}

static GArray *counters_of(const struct cli_windows_log *log)
{
    const GArray *read = etl_catalogue_counters(log->catalogue);
    GArray *counters = g_array_new(FALSE, FALSE, sizeof(struct cli_counter));
    for (guint i = 0; i < read->len; i++) {
        const struct etl_counter *counter = &g_array_index(read, struct etl_counter, i);
        const struct cli_counter shown = {.component = counter->component,
                                          .drops = counter->drops,
                                          .edge = counter->edge_name,
                                          .packets_in = counter->packets_in,
                                          .bytes_in = counter->bytes_in,
                                          .packets_out = counter->packets_out,
                                          .bytes_out = counter->bytes_out};
        g_array_append_val(counters, shown);
    }
    return counters;
}

static void print_text(const struct cli_counter_view *view, const struct cli_windows_log *log,
                       const GArray *counters)
{
    g_autofree char *text = cli_counters_format(view, log->stacks, counters, false);
    if (*text)
        fputs(text, stdout);
    else
        puts(counters->len ? "All counters are zero." : "The log holds no counters.");
    if (!counters->len && cli_log_explain_lack(log))
        fprintf(stderr, "%s\n", cli_log_explain_lack(log));
}

static bool show_log(const struct cli_counter_view *view, char **paths, GError **error)
{
    struct cli_windows_log log;
    if (!cli_log_open(&log, paths, error))
        return false;
    g_autoptr(GArray) counters = counters_of(&log);
    if (view->json)
        cli_counters_print_json(view, log.stacks, counters);
    else
        print_text(view, &log, counters);
    cli_output_warn(log.provider);
    cli_log_close(&log);
    return true;
}

static bool count(const struct cli_counters_command *command, const struct cli_counter_view *view,
                  GError **error)
{
    int usual_rate = isatty(STDOUT_FILENO) && !view->json ? TERMINAL_RATE : FILE_RATE;
    struct cli_live_counting counting = {
        .view = *view,
        .refresh = command->live,
        .rate = command->rate ? (int)command->rate : usual_rate,
        .seconds = (int)command->seconds,
    };
    return cli_store_capture_arguments(&command->capture, &counting.settings, error) &&
           cli_live_count(&counting, error);
}

bool cli_run_counters(int argc, char **argv, GError **error)
{
    struct cli_counters_command command = {0};
    struct cli_counter_view view;
    bool done = parse(&command, argc, argv, error);
    view = (struct cli_counter_view){.zero = command.zero,
                                     .hidden = command.hidden || command.json,
                                     .reasons = command.reasons || command.json,
                                     .json = command.json};
    done = done && choose_type(&command, &view, error) &&
           (command.logs ? show_log(&view, command.logs, error) : count(&command, &view, error));
    g_free(command.type);
    g_free(command.rate_word);
    g_free(command.seconds_word);
    g_strfreev(command.logs);
    cli_clear_option_arguments(&command.capture);
    return done;
}
