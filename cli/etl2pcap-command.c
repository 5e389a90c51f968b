/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon etl2pcap: a Windows log as pcapng. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "command-line.h"
#include "etl-reader/convert.h"
#include "etl-reader/events/link.h"
#include "log-arguments.h"
#include "numbers.h"
#include "output-file.h"
#include "model/plural.h"

static const struct cli_number_option component = {"--component-id", 0, 1, UINT32_MAX};

/* Link types of a pcap file. */
static const struct {
    const char *word;
    uint16_t number;
} link_types[] = {
    {"ethernet", ETL_LINKTYPE_ETHERNET},
    {"ip", ETL_LINKTYPE_RAW},
    {"wifi", ETL_LINKTYPE_IEEE802_11},
};

struct cli_etl2pcap_command {
    char *out;
    gboolean pcap;
    char *link_type_word;
    uint16_t link_type; /* 0 = the most frequent one */
    char *component_word;
    gint64 component;
    struct cli_option_arguments shared; /* with other commands */
    struct frontend_log_settings settings;
    char **logs;
};

static bool parse_link_type(struct cli_etl2pcap_command *arguments, GError **error)
{
    const char *word = arguments->link_type_word;
    for (size_t i = 0; word && i < G_N_ELEMENTS(link_types); i++) {
        if (g_ascii_strcasecmp(word, link_types[i].word) == 0)
            arguments->link_type = link_types[i].number;
    }
    if (word && !arguments->link_type)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--link-type is ethernet, ip or wifi, and \"%s\" is none of them.", word);
    else if (word && !arguments->pcap)
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--link-type applies to a pcap file: add --pcap; pcapng holds all link types.");
    else
        return true;
    return false;
}

static bool parse(struct cli_etl2pcap_command *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->out,
         "File to write; - for standard output", "FILE"},
        {"component-id", 'c', 0, G_OPTION_ARG_STRING, &arguments->component_word,
         "Only this component's packets and counters", "ID"},
        {"pcap", 0, 0, G_OPTION_ARG_NONE, &arguments->pcap,
         "Write classic pcap: only the packets of one link type", NULL},
        {"link-type", 0, 0, G_OPTION_ARG_STRING, &arguments->link_type_word,
         "With --pcap: ethernet, ip or wifi (default: the most frequent one)", "TYPE"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    cli_init_log_arguments(&arguments->shared, FRONTEND_ETL2PCAP, entries);
    if (!cli_parse_command_line(
            &argc, &argv, cli_option_entries(&arguments->shared),
            "LOG... - convert a Windows log (.etl) to pcapng",
            "Several files of one multi-file capture are merged into one output.", error))
        return false;
    if (!arguments->logs) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "Name the log to convert: pktmon etl2pcap PktMon.etl.");
        return false;
    }
    if (!cli_number_parse(&component, arguments->component_word, &arguments->component, error) ||
        !cli_store_log_arguments(&arguments->shared, &arguments->settings, error))
        return false;
    if (arguments->pcap && arguments->settings.has_metadata) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "A pcap file holds no descriptions: leave out --metadata, or --pcap.");
        return false;
    }
    return parse_link_type(arguments, error);
}

static void report_no_packets(const struct etl_report *counts)
{
    if (counts->packets_seen == 0)
        fprintf(stderr, "Warning: The log has no packets: the output has none either.\n");
}

/* What a pcap file cannot hold. */
static void report_misfits(const struct etl_report *counts)
{
    fprintf(
        stderr,
        "A pcap file holds packets only: descriptions, counters and events are in pcapng only.\n");
    if (counts->misfits > 0)
        fprintf(stderr,
                "Warning: %" PRIu64 " %s left out, because a pcap file has one link type: "
                "--link-type chooses another one, and pcapng holds all.\n",
                counts->misfits, PLURAL(counts->misfits, "packet was", "packets were"));
}

struct job {
    const struct cli_etl2pcap_command *arguments;
    struct cli_output *output;
};

static bool progress(void *user, uint64_t done, uint64_t all)
{
    return cli_output_show_progress(((struct job *)user)->output, done, all);
}

static void report(void *user, const struct provider *provider)
{
    const struct job *job = user;
    const struct cli_output *output = job->output;
    const struct etl_report *counts = etl_provider_report(provider);
    cli_output_end_progress();
    fprintf(stderr,
            "Packets total:          %" PRIu64 "\n"
            "Packet drop count:      %" PRIu64 "\n"
            "Packets formatted:      %" PRIu64 "\n"
            "Counter readings:       %" PRIu64 "\n"
            "Other events formatted: %" PRIu64 "\n",
            counts->packets_seen, counts->drops_seen, counts->packets, counts->counters,
            counts->notices);
    if (counts->journeys > 0)
        fprintf(stderr, "Frames of packets:      %" PRIu64 "\n", counts->journeys);
    if (output->path)
        fprintf(stderr, "Formatted file:         %s\n", output->path);
    report_no_packets(counts);
    if (job->arguments->pcap)
        report_misfits(counts);
    cli_output_report(provider);
}

static bool convert(const struct cli_etl2pcap_command *arguments, struct cli_output *output,
                    GError **error)
{
    struct job job = {arguments, output};
    struct etl_conversion conversion = {.view = (enum pktmon_view)arguments->settings.view,
                                        .fd = output->fd,
                                        .carrier =
                                            frontend_log_carrier(&arguments->settings, output->fd),
                                        .carrier_given = arguments->settings.has_metadata,
                                        .pcap = arguments->pcap,
                                        .application = "pktmon " PKTMON_VERSION,
                                        .progress = progress,
                                        .user = &job};
    etl_options_init(&conversion.events);
    frontend_apply_log_settings(&arguments->settings, &conversion.events);
    conversion.events.link_type = arguments->link_type;
    conversion.events.component = (uint32_t)arguments->component;
    return etl_convert((const char *const *)arguments->logs, &conversion, report, error);
}

bool cli_run_etl2pcap(int argc, char **argv, GError **error)
{
    struct cli_etl2pcap_command arguments = {0};
    struct cli_output output;
    bool done = parse(&arguments, argc, argv, error) &&
                cli_output_open(&output, arguments.out, arguments.logs,
                                arguments.pcap ? "pcap" : "pcapng", error);
    if (done) {
        done = convert(&arguments, &output, error);
        done = cli_output_accept(&output, done, error);
        done = cli_output_close(&output, done, error);
    }
    g_free(arguments.out);
    g_free(arguments.component_word);
    g_free(arguments.link_type_word);
    g_strfreev(arguments.logs);
    cli_clear_option_arguments(&arguments.shared);
    return done;
}
