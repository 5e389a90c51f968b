/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon capture: the live stack to a file, to ring files, or to a pipe. */
#include "command.h"
#include "live.h"
#include "numbers.h"
#include "output.h"

/* The options that are numbers. */
enum number {
    COUNT,
    PKT_SIZE,
    REPEAT_SIZE,
    COUNTERS_INTERVAL,
    BUFFER_SIZE,
    VXLAN_PORT,
    SAMPLE,
    MAX_CPU,
    NUMBERS,
};

static const struct number_option numbers[NUMBERS] = {
    [COUNT] = {"-c", 0, 1, G_MAXINT64},
    [PKT_SIZE] = {"--pkt-size", 0, 0, PKTMON_MAX_BLOCK_SIZE},
    [REPEAT_SIZE] = {"--repeat-size", -1, 0, PKTMON_MAX_BLOCK_SIZE},
    [COUNTERS_INTERVAL] = {"--counters-interval", 1000, 0, 3600000},
    [BUFFER_SIZE] = {"--buffer-size", 64, 1, 4096},
    [VXLAN_PORT] = {"--vxlan-port", 0, 1, G_MAXUINT16},
    [SAMPLE] = {"--sample", 0, 1, G_MAXUINT32},
    [MAX_CPU] = {"--max-cpu", 0, 1, 10000},
};

static const char *const type_words[] = {[PKTMON_CAPTURE_ALL] = "all",
                                         [PKTMON_CAPTURE_FLOW] = "flow",
                                         [PKTMON_CAPTURE_DROP] = "drop",
                                         NULL};
static const char *const points_words[] = {
    [PKTMON_POINTS_DEVICES] = "devices", [PKTMON_POINTS_STACK] = "stack", NULL};

struct arguments {
    char *file, **ring, **stop;
    char *capture_filter, **filters;
    char *type, *points, *components, *netns, *provider;
    gboolean inner, counters_only, hook_queues, keep_own;
    char *words[NUMBERS]; /* as given; NULL = not given */
    gint64 numbers[NUMBERS];
};

G_GNUC_PRINTF(2, 3)
static bool refuse(GError **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_propagate_error(error,
                      g_error_new_valist(PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, format, values));
    va_end(values);
    return false;
}

static bool parse(struct arguments *arguments, int *argc, char ***argv, GError **error)
{
    char **values = arguments->words;
    const GOptionEntry entries[] = {
        {"write", 'w', 0, G_OPTION_ARG_FILENAME, &arguments->file,
         "pcapng file to write, - for the standard output (without -w nothing is written, and "
         "what is captured is only counted)",
         "FILE"},
        {"count", 'c', 0, G_OPTION_ARG_STRING, &values[COUNT],
         "Stop after so many packets; each appearance counts as one", "N"},
        {"autostop", 'a', 0, G_OPTION_ARG_STRING_ARRAY, &arguments->stop,
         "Stop after packets:N, duration:SECONDS, filesize:KB (of all files), or "
         "drop:REASON[,SECONDS]: the first drop with the reason, and so many seconds more",
         "CONDITION"},
        {"ring-buffer", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &arguments->ring,
         "Begin another file after filesize:KB or duration:SECONDS, and keep only the newest "
         "files:N",
         "LIMIT"},
        {"capture-filter", 'f', 0, G_OPTION_ARG_STRING, &arguments->capture_filter,
         "Only packets that match, in the syntax of pcap-filter(7)", "TEXT"},
        {"filter", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->filters,
         "Only packets that match this, another --filter or -f, in the syntax of Windows' "
         "\"pktmon filter add\"; up to 32",
         "TEXT"},
        {"inner", 0, 0, G_OPTION_ARG_NONE, &arguments->inner,
         "Filters also match the packet inside VXLAN, GRE, IP-in-IP and Geneve", NULL},
        {"vxlan-port", 0, 0, G_OPTION_ARG_STRING, &values[VXLAN_PORT],
         "With --inner: UDP port of VXLAN (4789)", "PORT"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &arguments->type,
         "all (default), flow (packets that pass), or drop", "TYPE"},
        {"points", 0, 0, G_OPTION_ARG_STRING, &arguments->points,
         "stack (default), or devices: only driver edges, drops and delivery", "POINTS"},
        LIVE_OPTION_COMPONENTS(&arguments->components),
        LIVE_OPTION_NETNS(&arguments->netns),
        LIVE_OPTION_HOOK_QUEUES(&arguments->hook_queues),
        {"pkt-size", 0, 0, G_OPTION_ARG_STRING, &values[PKT_SIZE],
         "Bytes kept of each packet, 0 for whole packets (default)", "BYTES"},
        {"repeat-size", 0, 0, G_OPTION_ARG_STRING, &values[REPEAT_SIZE],
         "Bytes kept of the second and later appearances of a packet (as of the first)", "BYTES"},
        {"counters-interval", 0, 0, G_OPTION_ARG_STRING, &values[COUNTERS_INTERVAL],
         "Milliseconds between readings of the counters (1000), 0 for one reading at the end",
         "MS"},
        {"counters-only", 0, 0, G_OPTION_ARG_NONE, &arguments->counters_only, "No packets", NULL},
        {"buffer-size", 0, 0, G_OPTION_ARG_STRING, &values[BUFFER_SIZE],
         "Memory for packets on their way from the kernel (64)", "MIB"},
        {"sample", 0, 0, G_OPTION_ARG_STRING, &values[SAMPLE],
         "Keep one packet in so many, with all its appearances (1)", "N"},
        {"max-cpu", 0, 0, G_OPTION_ARG_STRING, &values[MAX_CPU],
         "Percent of one CPU that the capture may take (no limit)", "PERCENT"},
        {"keep-own", 0, 0, G_OPTION_ARG_NONE, &arguments->keep_own,
         "Also packets of the connection that the capture itself is sent through, which would make "
         "more of them without end",
         NULL},
        {"provider", 0, 0, G_OPTION_ARG_STRING, &arguments->provider,
         "auto (default), ebpf, or pcap: only devices, of one namespace", "SOURCE"},
        {0},
    };
    return output_parse(
        argc, argv, entries, "- write what passes this host, and is dropped, to a file",
        "Ends with Ctrl-C, or with the first condition of -c and -a. On a terminal a status line "
        "shows the packets;\nelsewhere SIGUSR1 asks for that line. With -b the files are named "
        "FILE_00001_YYYYmmddHHMMSS.pcapng.",
        error);
}

static bool parse_numbers(struct arguments *arguments, GError **error)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        if (!number_parse(&numbers[i], arguments->words[i], &arguments->numbers[i], error))
            return false;
    }
    return true;
}

static bool check_reason(const struct arguments *arguments, const struct live_capturing *capturing,
                         GError **error)
{
    if (!capturing->stop.reason)
        return true;
    if (capturing->session.type == PKTMON_CAPTURE_FLOW)
        return refuse(error, "-a drop waits for a drop, which --type flow leaves out: choose "
                             "--type all or drop.");
    if (g_strcmp0(arguments->provider, "pcap") == 0)
        return refuse(error, "-a drop waits for a drop, which --provider pcap does not see: choose "
                             "--provider ebpf.");
    return live_check_reason(capturing->stop.reason, error);
}

/* left: words that are no options. */
static bool check(const struct arguments *arguments, const char *left,
                  const struct live_capturing *capturing, GError **error)
{
    const struct stop_conditions *stop = &capturing->stop;
    if (left)
        return refuse(error,
                      "\"%s\" is not an option: give a capture filter with -f, and the file with "
                      "-w.",
                      left);
    if (arguments->file && !*arguments->file)
        return refuse(error, "-w needs the name of a file, or - for the standard output.");
    if (arguments->ring && (!arguments->file || g_str_equal(arguments->file, "-")))
        return refuse(error, "-b makes several files: give their name with -w FILE.");
    if (!arguments->file && stop->kilobytes)
        return refuse(error, "-a filesize needs a file to measure: give one with -w FILE.");
    if (arguments->counters_only && (stop->packets || stop->reason))
        return refuse(error, "With --counters-only no packet comes to stop at: end with -a "
                             "duration:SECONDS, or Ctrl-C.");
    if (arguments->filters && g_strv_length(arguments->filters) > PKTMON_MAX_FILTERS)
        return refuse(error, "There may be %d filters: join some of them in one -f.",
                      PKTMON_MAX_FILTERS);
    return check_reason(arguments, capturing, error);
}

/* chosen: has the default, and becomes the place of the word among the words. */
static bool choose(const char *option, const char *word, const char *const *words, guint *chosen,
                   GError **error)
{
    guint place = 0;
    if (!word)
        return true;
    while (words[place] && !g_str_equal(words[place], word))
        place++;
    *chosen = place;
    if (words[place])
        return true;
    g_autofree char *all = g_strjoinv(", ", (char **)words);
    return refuse(error, "%s is one of %s, and \"%s\" is none of them.", option, all, word);
}

static struct pktmon_session_options session_options(const struct arguments *arguments)
{
    const gint64 *values = arguments->numbers;
    return (struct pktmon_session_options){
        .type = PKTMON_CAPTURE_ALL,
        .points = PKTMON_POINTS_STACK,
        .components = arguments->components,
        .netns = arguments->netns,
        .pkt_size = (uint32_t)values[PKT_SIZE],
        .repeat_size = (uint32_t)MAX(values[REPEAT_SIZE], 0),
        .has_repeat_size = values[REPEAT_SIZE] >= 0,
        .counters_interval_ms = (uint32_t)values[COUNTERS_INTERVAL],
        .counters_only = arguments->counters_only,
        .capture_filter = arguments->capture_filter,
        .filters = (const char *const *)arguments->filters,
        .inner = arguments->inner,
        .vxlan_port = (uint16_t)values[VXLAN_PORT],
        .hook_queues = arguments->hook_queues,
        .sample = (uint32_t)values[SAMPLE],
        .max_cpu = (uint32_t)values[MAX_CPU],
        .buffer_size = (uint32_t)values[BUFFER_SIZE],
        .provider = arguments->provider,
        .keep_own = arguments->keep_own,
    };
}

/* -c is short for -a packets:N; the smaller one ends it. */
static void add_count(struct stop_conditions *stop, gint64 count)
{
    if (count > 0 && (!stop->packets || (uint64_t)count < stop->packets))
        stop->packets = (uint64_t)count;
}

static bool fill(struct arguments *arguments, struct live_capturing *capturing, GError **error)
{
    struct pktmon_session_options *session = &capturing->session;
    guint type = PKTMON_CAPTURE_ALL, points = PKTMON_POINTS_STACK;
    if (!parse_numbers(arguments, error))
        return false;
    *session = session_options(arguments);
    if (!choose("--type", arguments->type, type_words, &type, error) ||
        !choose("--points", arguments->points, points_words, &points, error) ||
        !stop_conditions_parse(&capturing->stop, arguments->stop, error) ||
        !file_limits_parse(&capturing->files, arguments->ring, error))
        return false;
    session->type = type;
    session->points = points;
    capturing->path = arguments->file;
    add_count(&capturing->stop, arguments->numbers[COUNT]);
    return true;
}

static void arguments_clear(struct arguments *arguments)
{
    g_free(arguments->file);
    g_strfreev(arguments->ring);
    g_strfreev(arguments->stop);
    g_free(arguments->capture_filter);
    g_strfreev(arguments->filters);
    for (size_t i = 0; i < NUMBERS; i++)
        g_free(arguments->words[i]);
    g_free(arguments->type);
    g_free(arguments->points);
    g_free(arguments->components);
    g_free(arguments->netns);
    g_free(arguments->provider);
}

bool command_capture(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    struct live_capturing capturing = {0};
    bool done = parse(&arguments, &argc, &argv, error) && fill(&arguments, &capturing, error) &&
                check(&arguments, argc > 1 ? argv[1] : NULL, &capturing, error) &&
                live_capture(&capturing, error);
    stop_conditions_clear(&capturing.stop);
    arguments_clear(&arguments);
    return done;
}
