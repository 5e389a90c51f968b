/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon etl2txt: a Windows log as text, one line for each event and one for each packet. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "convert.h"
#include "event-text.h"
#include "numbers.h"
#include "output.h"
#include "packet-text.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define FLUSH_SIZE    (1 << 20)

static const struct number_option verbose = {"--verbose", 0, 1, 3};
static const struct number_option vxlan = {"--vxlan", 4789, 1, UINT16_MAX};

struct arguments {
    char *out, *tmf_path;
    gboolean stats_only, timestamp_only, metadata, brief, hex, no_ethernet, local_time, flow_only,
        drop_only;
    char *verbose_word, *vxlan_word;
    gint64 verbose, vxlan_port;
    struct output_limits limits;
    char **logs;
};

/* Where the text of a log is put together. */
struct text {
    struct pktmon_sink sink;
    const struct output *output;
    const struct arguments *arguments;
    struct packet_text_options packets;
    struct pktmon_provider *provider;
    int64_t offset_ns; /* of the shown time from UTC */
    GString *lines;    /* not yet written */
    GString *line;     /* of the event at hand; shown if it is not left out */
    GString *message;
    FILE *file;
    bool started;    /* the log was scanned */
    int write_error; /* errno of the first write that failed */
    uint64_t formatted;
};

static bool check(const struct arguments *arguments, GError **error)
{
    const char *wrong = NULL;
    if (!arguments->logs)
        wrong = "Name the log to convert: pktmon etl2txt PktMon.etl.";
    else if (arguments->flow_only && arguments->drop_only)
        wrong = "--drop-only and --flow-only leave nothing; give one of them.";
    if (wrong)
        g_set_error_literal(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, wrong);
    return !wrong;
}

static bool parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->out,
         "File to write; - for the standard output", "FILE"},
        {"stats-only", 's', 0, G_OPTION_ARG_NONE, &arguments->stats_only,
         "Only how many events there are", NULL},
        {"timestamp-only", 't', 0, G_OPTION_ARG_NONE, &arguments->timestamp_only,
         "Only the time before each event", NULL},
        {"metadata", 'm', 0, G_OPTION_ARG_NONE, &arguments->metadata,
         "Level and keywords of each event", NULL},
        {"tmfpath", 'p', 0, G_OPTION_ARG_STRING, &arguments->tmf_path,
         "Accepted for scripts; WPP messages are shown as bytes", "PATH"},
        {"brief", 'b', 0, G_OPTION_ARG_NONE, &arguments->brief, "Less of each packet", NULL},
        {"verbose", 'v', 0, G_OPTION_ARG_STRING, &arguments->verbose_word,
         "More of each packet, 1 to 3", "LEVEL"},
        {"hex", 'x', 0, G_OPTION_ARG_NONE, &arguments->hex, "The packets' bytes too", NULL},
        {"no-ethernet", 'e', 0, G_OPTION_ARG_NONE, &arguments->no_ethernet,
         "Packets without their link header", NULL},
        {"vxlan", 'l', 0, G_OPTION_ARG_STRING, &arguments->vxlan_word, "UDP port of VXLAN (4789)",
         "PORT"},
        {"drop-only", 'd', 0, G_OPTION_ARG_NONE, &arguments->drop_only, "Only dropped packets",
         NULL},
        {"flow-only", 0, 0, G_OPTION_ARG_NONE, &arguments->flow_only,
         "Only packets that are not dropped", NULL},
        {"local-time", 0, 0, G_OPTION_ARG_NONE, &arguments->local_time,
         "Times in the time zone of the machine that logged, instead of UTC", NULL},
        OUTPUT_LIMIT_ENTRIES(&arguments->limits),
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    return output_parse(&argc, &argv, entries, "LOG... - convert a Windows log (.etl) to text",
                        NULL, error) &&
           number_parse(&verbose, arguments->verbose_word, &arguments->verbose, error) &&
           number_parse(&vxlan, arguments->vxlan_word, &arguments->vxlan_port, error) &&
           check(arguments, error);
}

/* "2024-06-10 20:18:35.489172100" */
static void put_time(GString *line, uint64_t time, int64_t offset_ns)
{
    uint64_t shown = offset_ns < 0 && time < (uint64_t)-offset_ns ? 0 : time + (uint64_t)offset_ns;
    g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc((gint64)(shown / NS_PER_SECOND));
    g_autofree char *seconds = date ? g_date_time_format(date, "%Y-%m-%d %H:%M:%S") : NULL;
    g_string_append_printf(line, "%s.%09" PRIu64, seconds ? seconds : "", shown % NS_PER_SECOND);
}

/* "[CPU]PID.TID::time [provider] message" */
static void put_event(struct text *text, const struct etl_record *record)
{
    const struct etl_schemas *schemas = etl_catalogue_schemas(pktmon_etl_catalogue(text->provider));
    g_autofree char *provider = etl_event_provider(schemas, record);
    GString *line = text->line;
    g_string_truncate(line, 0);
    if (!text->arguments->timestamp_only)
        g_string_append_printf(line, "[%02u]%04X.%04X::", record->cpu, record->process,
                               record->thread);
    put_time(line, record->time, text->offset_ns);
    if (!text->arguments->timestamp_only)
        g_string_append_printf(line, " [%s]", provider);
    if (text->arguments->metadata)
        g_string_append_printf(line, " [Level %u, Keywords 0x%" PRIx64 "]", record->level,
                               record->keyword);
    etl_event_text(schemas, record, text->message);
    g_string_append_printf(line, " %s\n", text->message->str);
}

static void flush(struct text *text)
{
    size_t length = text->lines->len;
    if (fwrite(text->lines->str, 1, length, text->file) < length && !text->write_error)
        text->write_error = errno;
    g_string_truncate(text->lines, 0);
}

static void show_line(struct text *text)
{
    if (text->line->len == 0)
        return;
    g_string_append_len(text->lines, text->line->str, (gssize)text->line->len);
    pktmon_etl_spend(text->provider, text->line->len);
    g_string_truncate(text->line, 0);
    text->formatted++;
    if (text->lines->len >= FLUSH_SIZE)
        flush(text);
}

static void show_packet(struct text *text, const struct pktmon_packet *packet)
{
    size_t before = text->lines->len;
    packet_text(text->lines, &text->packets, packet->link_type, packet->data, packet->caplen,
                packet->origlen);
    pktmon_etl_spend(text->provider, text->lines->len - before);
}

/* Where packets are left out, an event's line waits until what the event becomes is delivered. */
static void observe(void *user, const struct etl_record *record)
{
    struct text *text = user;
    const struct arguments *arguments = text->arguments;
    if (arguments->stats_only)
        return;
    put_event(text, record);
    if ((!arguments->drop_only && !arguments->flow_only) ||
        etl_use_of(record) == ETL_USE_DESCRIPTION)
        show_line(text);
}

static void receive(struct pktmon_sink *sink, const struct pktmon_event *event)
{
    struct text *text = (struct text *)sink;
    show_line(text);
    if (event->record == PKTMON_RECORD_PACKET && !text->arguments->stats_only)
        show_packet(text, &event->packet);
}

static void put_statistics(FILE *file, const struct pktmon_provider *provider)
{
    const struct etl_log_stats *stats = etl_log_stats(pktmon_etl_log(provider));
    const struct pktmon_etl_report *report = pktmon_etl_report(provider);
    fprintf(file,
            "Files: %" PRIu64 "\nBytes: %" PRIu64 "\nBuffers: %" PRIu64 "\nEvents: %" PRIu64
            "\nPackets: %" PRIu64 "\nDropped packets: %" PRIu64 "\nCounter readings: %" PRIu64
            "\nOther events: %" PRIu64 "\nEvents lost: %" PRIu64 "\nBuffers lost: %" PRIu64 "\n",
            stats->files, stats->bytes, stats->buffers, stats->records[ETL_RECORD_EVENT],
            report->packets, report->drops, report->counters, report->notices, stats->events_lost,
            stats->buffers_lost);
}

/* A reader that closed the pipe has what it wanted. */
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
        etl_log_progress(pktmon_etl_log(text->provider), &done, &all);
    return output_progress((void *)text->output, done, all);
}

static bool run(struct text *text, struct pktmon_provider *provider, GError **error)
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
        put_statistics(text->file, provider);
    return provider->ops->stop(provider, error) && check_write(text->write_error, error);
}

static struct pktmon_provider *open_log(struct text *text, struct pktmon_registry *registry,
                                        struct pktmon_capture *capture, GError **error)
{
    struct pktmon_etl_options options;
    pktmon_etl_options_init(&options);
    options.flow = !text->arguments->drop_only;
    options.drops = !text->arguments->flow_only;
    options.bare = true;
    options.go_on = goes_on;
    options.user = text;
    if (!output_set_limits(&text->arguments->limits, &options.limits, error))
        return NULL;
    struct pktmon_provider *provider =
        pktmon_etl_provider_new((const char *const *)text->arguments->logs, &options, registry,
                                capture, &text->sink, error);
    if (!provider)
        return NULL;
    text->provider = provider;
    if (text->arguments->local_time)
        text->offset_ns = -(int64_t)etl_log_header(pktmon_etl_log(provider))->bias_minutes * 60 *
                          (int64_t)NS_PER_SECOND;
    pktmon_etl_observe(provider, observe, text);
    return provider;
}

static void report(const struct text *text, const struct output *output)
{
    output_progress_end();
    fprintf(stderr, "Events formatted: %" PRIu64 "\n", text->formatted);
    if (output->path)
        fprintf(stderr, "Formatted file: %s\n", output->path);
    output_report(text->provider);
}

static bool convert(const struct arguments *arguments, const struct output *output, FILE *file,
                    GError **error)
{
    struct text text = {
        .sink = {receive},
        .output = output,
        .arguments = arguments,
        .packets = {.brief = arguments->brief,
                    .verbose = (int)arguments->verbose,
                    .hex = arguments->hex,
                    .no_ethernet = arguments->no_ethernet,
                    .vxlan_port = (uint16_t)arguments->vxlan_port},
        .lines = g_string_new(NULL),
        .line = g_string_new(NULL),
        .message = g_string_new(NULL),
        .file = file,
    };
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_capture *capture = pktmon_capture_new();
    struct pktmon_provider *provider = open_log(&text, registry, capture, error);
    bool done = provider && run(&text, provider, error);
    if (done)
        report(&text, output);
    if (provider)
        provider->ops->free(provider);
    pktmon_capture_free(capture);
    pktmon_registry_free(registry);
    g_string_free(text.lines, TRUE);
    g_string_free(text.line, TRUE);
    g_string_free(text.message, TRUE);
    return done;
}

bool command_etl2txt(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    struct output output;
    bool done = parse(&arguments, argc, argv, error) &&
                output_open(&output, arguments.out, arguments.logs, "txt", error);
    if (done) {
        FILE *file = fdopen(dup(output.fd), "w");
        if (!file)
            check_write(errno, error);
        done = file && convert(&arguments, &output, file, error);
        int write_error = file && fclose(file) != 0 ? errno : 0;
        done = done && check_write(write_error, error);
        done = output_is_done(&output, done, error);
        output_close(&output, done);
    }
    g_free(arguments.out);
    g_free(arguments.tmf_path);
    g_free(arguments.verbose_word);
    g_free(arguments.vxlan_word);
    g_strfreev(arguments.logs);
    return done;
}
