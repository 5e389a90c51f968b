/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon etl2txt: a Windows log as text, one line for each event and one for each packet. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "command-line.h"
#include "etl-reader/convert.h"
#include "etl-reader/events/event-text.h"
#include "frontend/message.h"
#include "log-arguments.h"
#include "numbers.h"
#include "output-file.h"
#include "packet-lines.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define MAX_VERBOSE   3

/* Windows accepts higher levels than it has. */
static const struct cli_number_option verbose = {"--verbose", 0, 1, G_MAXINT64};
static const struct cli_number_option vxlan = {"--vxlan", 4789, 1, UINT16_MAX};

struct cli_etl2txt_command {
    char *out, *tmf_path;
    gboolean stats_only, timestamp_only, metadata, brief, hex, no_ethernet, local_time;
    char *verbose_word, *vxlan_word;
    gint64 verbose, vxlan_port;
    struct cli_option_arguments shared; /* with other commands */
    struct frontend_log_settings settings;
    char **logs;
};

/* Builds the text of a log. */
struct text {
    struct pktmon_sink sink;
    const struct cli_output *output;
    const struct cli_etl2txt_command *arguments;
    struct cli_packet_text_options options;
    struct provider *provider;
    uint64_t half_hour; /* for which offset_ns holds; since 1970, from 1 */
    int64_t offset_ns;  /* of the displayed time from UTC */
    struct cli_packet_lines *waiting;
    GString *lines; /* complete, not yet written */
    GString *line;  /* of the current event, unless it is left out */
    GString *message;
    FILE *file;
    bool started;    /* the log has been scanned */
    int write_error; /* errno of the first write that failed */
    uint64_t formatted;
    uint64_t seen; /* events that would be formatted without a filter */
};

static bool check(const struct cli_etl2txt_command *arguments, GError **error)
{
    return arguments->logs ||
           frontend_refuse(error, "Name the log to convert: pktmon etl2txt PktMon.etl.");
}

/* On Windows --verbose may stand without a level. */
static char **with_levels(int argc, char **argv)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (int i = 0; i < argc; i++) {
        bool is_verbose = g_str_equal(argv[i], "-v") || g_str_equal(argv[i], "--verbose");
        g_ptr_array_add(words, g_strdup(argv[i]));
        if (is_verbose && (i + 1 == argc || !g_ascii_isdigit(*argv[i + 1])))
            g_ptr_array_add(words, g_strdup("1"));
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

static bool parse(struct cli_etl2txt_command *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->out,
         "File to write; - for standard output", "FILE"},
        {"stats-only", 's', 0, G_OPTION_ARG_NONE, &arguments->stats_only, "Only count the events",
         NULL},
        {"stats", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &arguments->stats_only, NULL, NULL},
        {"timestamp-only", 't', 0, G_OPTION_ARG_NONE, &arguments->timestamp_only,
         "Print only the time before each event", NULL},
        {"timestamp", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &arguments->timestamp_only, NULL,
         NULL},
        {"metadata", 'm', 0, G_OPTION_ARG_NONE, &arguments->metadata,
         "Print the level and keywords of each event", NULL},
        {"tmfpath", 'p', 0, G_OPTION_ARG_STRING, &arguments->tmf_path,
         "Accepted for scripts; WPP messages are shown as bytes", "PATH"},
        {"brief", 'b', 0, G_OPTION_ARG_NONE, &arguments->brief, "Print less of each packet", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_STRING, &arguments->verbose_word,
         "Print more of each packet; level 1 to 3 (1 if left out)", "LEVEL"},
        {"hex", 'x', 0, G_OPTION_ARG_NONE, &arguments->hex, "Also print the bytes of packets",
         NULL},
        {"no-ethernet", 'e', 0, G_OPTION_ARG_NONE, &arguments->no_ethernet,
         "Do not print link headers", NULL},
        {"vxlan", 'l', 0, G_OPTION_ARG_STRING, &arguments->vxlan_word,
         "UDP port of VXLAN (default: 4789)", "PORT"},
        {"local-time", 0, 0, G_OPTION_ARG_NONE, &arguments->local_time,
         "Times in the time zone of the machine that logged, not UTC", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    /* GLib removes words from the array without freeing them. */
    g_auto(GStrv) given = with_levels(argc, argv);
    g_autofree char **words = g_memdup2(given, (g_strv_length(given) + 1) * sizeof(char *));
    char **left = words;
    argc = (int)g_strv_length(given);
    cli_init_log_arguments(&arguments->shared, FRONTEND_ETL2TXT, entries);
    return cli_parse_command_line(&argc, &left, cli_option_entries(&arguments->shared),
                                  "LOG... - convert a Windows log (.etl) to text", NULL, error) &&
           cli_number_parse(&verbose, arguments->verbose_word, &arguments->verbose, error) &&
           cli_number_parse(&vxlan, arguments->vxlan_word, &arguments->vxlan_port, error) &&
           cli_store_log_arguments(&arguments->shared, &arguments->settings, error) &&
           check(arguments, error);
}

/* Daylight saving begins and ends at a full hour, or a half. */
static int64_t offset_at(struct text *text, uint64_t time)
{
    const uint64_t half_hour = 1800 * NS_PER_SECOND;
    if (!text->arguments->local_time)
        return 0;
    if (text->half_hour != time / half_hour + 1) {
        const struct etl_time_zone *zone =
            &etl_log_header(etl_provider_log(text->provider))->time_zone;
        text->half_hour = time / half_hour + 1;
        text->offset_ns = etl_time_zone_offset(zone, time) * 60 * (int64_t)NS_PER_SECOND;
    }
    return text->offset_ns;
}

/* "2024-06-10 20:18:35.489172100" */
static void put_time(struct text *text, uint64_t time)
{
    int64_t offset_ns = offset_at(text, time);
    uint64_t shown = offset_ns < 0 && time < (uint64_t)-offset_ns ? 0 : time + (uint64_t)offset_ns;
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc((gint64)(shown / NS_PER_SECOND));
    const char *format = text->arguments->timestamp_only ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S";
    g_autofree char *seconds = date ? g_date_time_format(date, format) : NULL;
    g_string_append_printf(text->line, "%s.%09" PRIu64, seconds ? seconds : "",
                           shown % NS_PER_SECOND);
}

/* "[CPU]PID.TID::time [provider] message", or "time message". */
static void put_event(struct text *text, const struct etl_record *record)
{
    const struct etl_schemas *schemas =
        etl_catalogue_schemas(etl_provider_catalogue(text->provider));
    g_autofree char *provider = etl_event_provider(schemas, record);
    bool whole = !text->arguments->timestamp_only;
    GString *line = text->line;
    g_string_truncate(line, 0);
    if (whole)
        g_string_append_printf(line, "[%02u]%04X.%04X::", record->cpu, record->process,
                               record->thread);
    put_time(text, record->time);
    if (whole)
        g_string_append_printf(line, " [%s]", provider);
    if (text->arguments->metadata)
        g_string_append_printf(line, " Level: %u, Keyword: 0x%" PRIx64 ",", record->level,
                               record->keyword);
    etl_event_text(schemas, record, ETL_TEXT_WINDOWS, text->message);
    g_string_append_printf(line, " %s\n", text->message->str);
}

static void flush(struct text *text)
{
    etl_provider_spend(text->provider, cli_packet_lines_take(text->waiting, text->lines));
    size_t length = text->lines->len;
    if (fwrite(text->lines->str, 1, length, text->file) < length && !text->write_error)
        text->write_error = errno;
    g_string_truncate(text->lines, 0);
}

static void show_line(struct text *text)
{
    if (text->line->len == 0)
        return;
    cli_packet_lines_add_text(text->waiting, text->line->str, text->line->len);
    etl_provider_spend(text->provider, text->line->len);
    g_string_truncate(text->line, 0);
    text->formatted++;
    if (cli_packet_lines_are_many(text->waiting))
        flush(text);
}

/* If packets are filtered, an event's line waits until the event's packet is delivered. */
static void observe(void *user, const struct etl_record *record)
{
    struct text *text = user;
    const struct cli_etl2txt_command *arguments = text->arguments;
    text->seen++;
    if (arguments->stats_only)
        return;
    put_event(text, record);
    if ((!arguments->settings.drop_only && !arguments->settings.flow_only) ||
        etl_use_of(record) == ETL_USE_DESCRIPTION)
        show_line(text);
}

static void receive(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct text *text = (struct text *)sink;
    show_line(text);
    if (event->record == PKTMON_RECORD_PACKET && !text->arguments->stats_only)
        cli_packet_lines_add_packet(text->waiting, event->packet.dropped, event->packet.link_type,
                                    event->packet.data, event->packet.caplen,
                                    event->packet.origlen);
}

/* At the time of the first event: "Time zone: UTC-08:00, daylight saving". */
static void put_time_zone(FILE *file, const struct provider *provider)
{
    const struct etl_log *log = etl_provider_log(provider);
    const struct etl_time_zone *zone = &etl_log_header(log)->time_zone;
    int32_t offset = etl_time_zone_offset(zone, etl_log_start(log));
    fprintf(file, "Time zone: UTC%c%02d:%02d%s\n", offset < 0 ? '-' : '+', ABS(offset) / 60,
            ABS(offset) % 60,
            etl_time_zone_is_daylight(zone, etl_log_start(log)) ? ", daylight saving" : "");
}

static void put_statistics(FILE *file, const struct provider *provider, uint64_t events)
{
    const struct etl_log_stats *stats = etl_log_stats(etl_provider_log(provider));
    const struct etl_report *report = etl_provider_report(provider);
    fprintf(file,
            "Files: %" PRIu64 "\nBytes: %" PRIu64 "\nBuffers: %" PRIu64 "\nEvents: %" PRIu64
            "\nPackets: %" PRIu64 "\nDropped packets: %" PRIu64 "\nCounter readings: %" PRIu64
            "\nOther events: %" PRIu64 "\nEvents lost: %" PRIu64 "\nBuffers lost: %" PRIu64 "\n",
            stats->files, stats->bytes, stats->buffers, events, report->packets, report->drops,
            report->counters, report->notices, stats->events_lost, stats->buffers_lost);
    put_time_zone(file, provider);
}

/* A reader that closed the pipe has had enough. */
static bool check_write(int write_error, GError **error)
{
    if (write_error == 0 || write_error == EPIPE)
        return true;
    g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED,
                "The text cannot be written (%s); make room or choose another place with --out.",
                g_strerror(write_error));
    return false;
}

static bool goes_on(void *user)
{
    const struct text *text = user;
    uint64_t done = 0, all = 1;
    if (text->started)
        etl_log_progress(etl_provider_log(text->provider), &done, &all);
    return cli_output_show_progress((void *)text->output, done, all);
}

static bool run(struct text *text, struct provider *provider, GError **error)
{
    int more = 1;
    if (!provider->ops->start(provider, error))
        return false;
    text->started = true;
    while (more > 0 && !text->write_error)
        more = provider->ops->read(provider, 0, error);
    if (more < 0)
        return false;
    show_line(text);
    flush(text);
    if (text->arguments->stats_only)
        put_statistics(text->file, provider, text->seen);
    return provider->ops->stop(provider, error) && check_write(text->write_error, error);
}

static struct provider *open_log(struct text *text, struct pktmon_registry *registry,
                                 struct pktmon_capture_info *capture, GError **error)
{
    struct etl_options options;
    etl_options_init(&options);
    frontend_apply_log_settings(&text->arguments->settings, &options);
    options.bare = true;
    options.go_on = goes_on;
    options.user = text;
    struct provider *provider = etl_provider_new((const char *const *)text->arguments->logs,
                                                 &options, registry, capture, &text->sink, error);
    if (!provider)
        return NULL;
    text->provider = provider;
    etl_provider_observe(provider, observe, text);
    return provider;
}

static void report(const struct text *text, const struct cli_output *output)
{
    g_autofree char *warning = cli_packet_lines_explain(text->waiting);
    cli_output_end_progress();
    if (!text->arguments->stats_only)
        fprintf(stderr, "Events formatted: %" PRIu64 "\n", text->formatted);
    if (output->path)
        fprintf(stderr, "Formatted file: %s\n", output->path);
    cli_output_report(text->provider);
    if (warning)
        fprintf(stderr, "Warning: %s\n", warning);
}

static bool convert(const struct cli_etl2txt_command *arguments, const struct cli_output *output,
                    FILE *file, GError **error)
{
    struct text text = {
        .sink = {receive},
        .output = output,
        .arguments = arguments,
        .options = {.brief = arguments->brief,
                    .verbose = (int)MIN(arguments->verbose, MAX_VERBOSE),
                    .hex = arguments->hex,
                    .no_ethernet = arguments->no_ethernet,
                    .vxlan_port = (uint16_t)arguments->vxlan_port},
        .lines = g_string_new(NULL),
        .line = g_string_new(NULL),
        .message = g_string_new(NULL),
        .file = file,
    };
    text.waiting = cli_packet_lines_new(&text.options);
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture_info *capture = pktmon_capture_info_new();
    struct provider *provider = open_log(&text, registry, capture, error);
    bool done = provider && run(&text, provider, error);
    if (done)
        report(&text, output);
    if (provider)
        provider->ops->free(provider);
    pktmon_capture_info_free(capture);
    pktmon_registry_free(registry);
    cli_packet_lines_free(text.waiting);
    g_string_free(text.lines, TRUE);
    g_string_free(text.line, TRUE);
    g_string_free(text.message, TRUE);
    return done;
}

bool cli_run_etl2txt(int argc, char **argv, GError **error)
{
    struct cli_etl2txt_command arguments = {0};
    struct cli_output output;
    bool done = parse(&arguments, argc, argv, error) &&
                cli_output_open(&output, arguments.out, arguments.logs, "txt", error);
    if (done) {
        FILE *file = fdopen(dup(output.fd), "w");
        if (!file)
            check_write(errno, error);
        done = file && convert(&arguments, &output, file, error);
        int write_error = file && fclose(file) != 0 ? errno : 0;
        done = done && check_write(write_error, error);
        done = cli_output_accept(&output, done, error);
        done = cli_output_close(&output, done, error);
    }
    g_free(arguments.out);
    g_free(arguments.tmf_path);
    g_free(arguments.verbose_word);
    g_free(arguments.vxlan_word);
    g_strfreev(arguments.logs);
    cli_clear_option_arguments(&arguments.shared);
    return done;
}
