/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pktmon etl2pcap: a Windows log as pcapng. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "convert.h"
#include "numbers.h"
#include "output.h"

static const struct number_option component = {"--component-id", 0, 1, UINT32_MAX};

struct arguments {
    char *out;
    gboolean drop_only, flow_only;
    char *component_word;
    gint64 component;
    char *metadata;
    struct output_limits limits;
    char **logs;
};

static bool parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->out,
         "File to write; - for the standard output", "FILE"},
        {"drop-only", 'd', 0, G_OPTION_ARG_NONE, &arguments->drop_only, "Only dropped packets",
         NULL},
        {"flow-only", 0, 0, G_OPTION_ARG_NONE, &arguments->flow_only,
         "Only packets that are not dropped", NULL},
        {"component-id", 'c', 0, G_OPTION_ARG_STRING, &arguments->component_word,
         "Only this component's packets and counters", "ID"},
        {"metadata", 0, 0, G_OPTION_ARG_STRING, &arguments->metadata,
         "Descriptions as \"frames\" (default to a pipe) or \"blocks\" (default to a file)",
         "KIND"},
        OUTPUT_LIMIT_ENTRIES(&arguments->limits),
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments->logs, NULL, NULL},
        {0},
    };
    if (!output_parse(&argc, &argv, entries, "LOG... - convert a Windows log (.etl) to pcapng",
                      "Several files of one multi-file capture become one output.", error))
        return false;
    if (!arguments->logs) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "Name the log to convert: pktmon etl2pcap PktMon.etl.");
        return false;
    }
    if (!number_parse(&component, arguments->component_word, &arguments->component, error))
        return false;
    if (arguments->drop_only && arguments->flow_only) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--drop-only and --flow-only leave nothing; give one of them.");
        return false;
    }
    return true;
}

static bool choose_carrier(const char *kind, int fd, enum pktmon_carrier *carrier, GError **error)
{
    *carrier = pktmon_etl_carrier(fd);
    if (!kind)
        return true;
    if (g_str_equal(kind, "frames"))
        *carrier = PKTMON_CARRIER_FRAMES;
    else if (g_str_equal(kind, "blocks"))
        *carrier = PKTMON_CARRIER_BLOCKS;
    else
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT,
                    "--metadata is frames or blocks, and \"%s\" is neither.", kind);
    return g_str_equal(kind, "frames") || g_str_equal(kind, "blocks");
}

static void report(void *user, const struct pktmon_provider *provider)
{
    const struct output *output = user;
    const struct pktmon_etl_report *counts = pktmon_etl_report(provider);
    output_progress_end();
    fprintf(stderr,
            "Packets total:       %" PRIu64 "\n"
            "Packet drop count:   %" PRIu64 "\n"
            "Packets formatted:   %" PRIu64 "\n"
            "Counter readings:    %" PRIu64 "\n"
            "Other events:        %" PRIu64 "\n",
            counts->packets_seen, counts->drops_seen, counts->packets, counts->counters,
            counts->notices);
    if (output->path)
        fprintf(stderr, "Formatted file:      %s\n", output->path);
    output_report(provider);
}

static bool convert(const struct arguments *arguments, struct output *output, GError **error)
{
    struct pktmon_etl_conversion conversion = {.fd = output->fd,
                                               .application = "pktmon " PKTMON_VERSION,
                                               .progress = output_progress,
                                               .user = output};
    pktmon_etl_options_init(&conversion.events);
    conversion.events.flow = !arguments->drop_only;
    conversion.events.drops = !arguments->flow_only;
    conversion.events.component = (uint32_t)arguments->component;
    return output_set_limits(&arguments->limits, &conversion.events.limits, error) &&
           choose_carrier(arguments->metadata, output->fd, &conversion.carrier, error) &&
           pktmon_etl_convert((const char *const *)arguments->logs, &conversion, report, error);
}

bool command_etl2pcap(int argc, char **argv, GError **error)
{
    struct arguments arguments = {0};
    struct output output;
    bool done = parse(&arguments, argc, argv, error) &&
                output_open(&output, arguments.out, arguments.logs, "pcapng", error);
    if (done) {
        done = convert(&arguments, &output, error);
        done = output_is_done(&output, done, error);
        output_close(&output, done);
    }
    g_free(arguments.out);
    g_free(arguments.metadata);
    g_free(arguments.component_word);
    g_strfreev(arguments.logs);
    return done;
}
