/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon counters: of this host while it counts, or of a log as of when its capture stopped. */
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "counter-view.h"
#include "live.h"
#include "log.h"
#include "numbers.h"
#include "output.h"

#define MAX_RATE 30 /* as Windows' pktmon */

/* Without --refresh-rate: a person sees no more, and a file need not grow faster. */
#define TERMINAL_RATE 10
#define FILE_RATE     1

#define MAX_SECONDS 1000000000 /* 32 years */

static const struct number_option rate = {"--refresh-rate", 0, 1, MAX_RATE};
static const struct number_option seconds = {"--seconds", 0, 0, MAX_SECONDS};

struct arguments {
    char *type, *components, *netns;
    gboolean zero, hidden, reasons, json, live, hook_queues;
    char *rate_word, *seconds_word;
    gint64 rate, seconds;
    char **logs;
};

static bool refuse(GError **error, const char *sentence)
{
    g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, sentence);
    return false;
}

static bool check(const struct arguments *arguments, GError **error)
{
    if (arguments->logs && (arguments->live || arguments->rate || arguments->seconds ||
                            arguments->components || arguments->netns || arguments->hook_queues))
        return refuse(error, "A log holds the counters of the end of its capture alone: leave out "
                             "the options that are about counting now.");
    return true;
}

static bool choose_type(const struct arguments *arguments, struct counter_view *view,
                        GError **error)
{
    const char *type = arguments->type ? arguments->type : "all";
    bool all = g_str_equal(type, "all");
    view->flow = all || g_str_equal(type, "flow");
    view->drops = all || g_str_equal(type, "drop");
    if (view->flow || view->drops)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                "--type is all, flow or drop, and \"%s\" is none of them.", type);
    return false;
}

static bool parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"live", 0, 0, G_OPTION_ARG_NONE, &arguments->live,
         "Show the counters while they count, on a terminal in place", NULL},
        {"refresh-rate", 0, 0, G_OPTION_ARG_STRING, &arguments->rate_word,
         "With --live: how often, 1 to 30 times a second (10 on a terminal, else 1)", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_STRING, &arguments->seconds_word,
         "End after so many seconds (with Ctrl-C)", "N"},
        {"type", 't', 0, G_OPTION_ARG_STRING, &arguments->type, "all (default), flow or drop",
         "TYPE"},
        {"zero", 'z', 0, G_OPTION_ARG_NONE, &arguments->zero,
         "Also counters that are zero in both directions", NULL},
        {"include-hidden", 'i', 0, G_OPTION_ARG_NONE, &arguments->hidden,
         "Also the devices that tunnel modules make in every namespace", NULL},
        {"drop-reason", 'r', 0, G_OPTION_ARG_NONE, &arguments->reasons,
         "Drops by reason, the newest first (a log does not hold them)", NULL},
        LIVE_OPTION_COMPONENTS(&arguments->components),
        LIVE_OPTION_NETNS(&arguments->netns),
        LIVE_OPTION_HOOK_QUEUES(&arguments->hook_queues),
        {"json", 0, 0, G_OPTION_ARG_NONE, &arguments->json,
         "As JSON; implies -z, -i and -r. With --live one line for each table", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    return output_parse(
               &argc, &argv, entries,
               "[LOG...] - count what passes this host, or show a log's counters",
               "Counters begin at zero when the command starts, and are shown when it ends: with "
               "Ctrl-C, or after\n--seconds N; with --live also in between. A flow counter belongs "
               "to one edge of a component,\na drop counter to a whole component. Packets are "
               "counted as the edge sees them: one large\nsend is one packet.",
               error) &&
           number_parse(&rate, arguments->rate_word, &arguments->rate, error) &&
           number_parse(&seconds, arguments->seconds_word, &arguments->seconds, error) &&
           log_names_check(arguments->logs, "counters", error) && check(arguments, error);
}

static counter_list *counters_of(const struct log *log)
{
    const GArray *read = etl_catalogue_counters(log->catalogue);
    counter_list *counters = g_array_new(FALSE, FALSE, sizeof(struct counter));
    for (guint i = 0; i < read->len; i++) {
        const struct etl_counter *counter = &g_array_index(read, struct etl_counter, i);
        const struct counter shown = {.component = counter->component,
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

static void print_text(const struct counter_view *view, const struct log *log,
                       const counter_list *counters)
{
    g_autofree char *text = counter_view_text(view, log->stacks, counters, false);
    if (*text)
        fputs(text, stdout);
    else
        puts(counters->len ? "All counters are zero." : "The log holds no counters.");
}

static bool show_log(const struct counter_view *view, char **paths, GError **error)
{
    struct log log;
    if (!log_open(&log, paths, error))
        return false;
    g_autoptr(GArray) counters = counters_of(&log);
    if (view->json)
        counter_view_print_json(view, log.stacks, counters);
    else
        print_text(view, &log, counters);
    log_close(&log);
    return true;
}

static bool count(const struct arguments *arguments, const struct counter_view *view,
                  GError **error)
{
    int usual_rate = isatty(STDOUT_FILENO) && !view->json ? TERMINAL_RATE : FILE_RATE;
    const struct live_counting counting = {
        .view = *view,
        .refresh = arguments->live,
        .rate = arguments->rate ? (int)arguments->rate : usual_rate,
        .seconds = (int)arguments->seconds,
        .components = arguments->components,
        .netns = arguments->netns,
        .hook_queues = arguments->hook_queues,
    };
    return live_count(&counting, error);
}

bool command_counters(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    struct counter_view view;
    bool done = parse(&arguments, argc, argv, error);
    view = (struct counter_view){.zero = arguments.zero,
                                 .hidden = arguments.hidden || arguments.json,
                                 .reasons = arguments.reasons || arguments.json,
                                 .json = arguments.json};
    done =
        done && choose_type(&arguments, &view, error) &&
        (arguments.logs ? show_log(&view, arguments.logs, error) : count(&arguments, &view, error));
    g_free(arguments.type);
    g_free(arguments.rate_word);
    g_free(arguments.seconds_word);
    g_free(arguments.components);
    g_free(arguments.netns);
    g_strfreev(arguments.logs);
    return done;
}
