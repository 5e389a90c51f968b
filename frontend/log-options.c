/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log-options.h"

#include "capture-options.h"
#include "message.h"
#include "output-descriptor.h"

#define MEMBER(name) .offset = offsetof(struct frontend_log_settings, name)
#define GIVEN(name)  .given_offset = offsetof(struct frontend_log_settings, name)

#define COMMANDS   (FRONTEND_ETL2PCAP | FRONTEND_ETL2TXT)
#define CONVERTERS (FRONTEND_DUMP_LOG | COMMANDS)

#define GROUP_LIMITS "Limits"

#define BY_SIZE "from the log's size"

static const struct frontend_choice carriers[] = {
    {"frames", "Frames", PKTMON_CARRIER_FRAMES},
    {"blocks", "Blocks", PKTMON_CARRIER_BLOCKS},
    {"each", "A frame for each record", PKTMON_CARRIER_EACH},
    {NULL},
};

const struct frontend_log_option frontend_log_options[] = {
    /* pktmondump has --view and --type, as for a live capture. */
    {{"view", FRONTEND_OPTION_CHOICE, FRONTEND_ETL2PCAP, 0, "VIEW",
      .help = "What a frame is: a packet, with its whole journey (packets), or one observation of "
              "it (appearances)",
      .default_value = FRONTEND_DEFAULT_VIEW, .choices = frontend_views},
     MEMBER(view)},
    {{"drop-only", FRONTEND_OPTION_FLAG, COMMANDS, 'd', .help = "Only dropped packets"},
     MEMBER(drop_only)},
    {{"flow-only", FRONTEND_OPTION_FLAG, COMMANDS, .help = "Only packets that are not dropped"},
     MEMBER(flow_only)},
    {{"max-memory", FRONTEND_OPTION_NUMBER, CONVERTERS, 0, "MIB", GROUP_LIMITS,
      "Memory limit (MiB)",
      "Memory limit for buffers and descriptions of the log, MiB; empty for a limit derived from "
      "the log's size",
      .placeholder = BY_SIZE, .minimum = ETL_LIMIT_MEMORY_MIN, .maximum = ETL_LIMIT_MEMORY_MAX},
     MEMBER(max_memory)},
    {{"max-text", FRONTEND_OPTION_NUMBER, CONVERTERS, 0, "KIB", GROUP_LIMITS, "Message limit (KiB)",
      "Longest message of an event, KiB", .placeholder = "32", .minimum = 1,
      .maximum = ETL_LIMIT_TEXT_MAX},
     MEMBER(max_text)},
    {{"max-output", FRONTEND_OPTION_NUMBER, CONVERTERS, 0, "MIB", GROUP_LIMITS,
      "Output limit (MiB)", "Output limit, MiB; empty for a limit derived from the log's size",
      .placeholder = BY_SIZE, .minimum = 1, .maximum = ETL_LIMIT_OUTPUT_MAX},
     MEMBER(max_output)},
    /* etl2txt has another option of this name, as on Windows. */
    {{"metadata", FRONTEND_OPTION_CHOICE, FRONTEND_DUMP | FRONTEND_ETL2PCAP, 0, "KIND",
      .help = "How components are described: frames (default for a pipe), blocks, which are "
              "pcapng Custom Blocks (default for a file), or each: frames, also one for each "
              "counter, which the packets view has together in one frame",
      .choices = carriers},
     MEMBER(metadata),
     GIVEN(has_metadata)},
    {{NULL}},
};

const struct frontend_log_option *frontend_find_log_option(const char *name)
{
    const struct frontend_log_option *row = frontend_log_options;
    while (row->option.name && !g_str_equal(row->option.name, name))
        row++;
    return row->option.name ? row : NULL;
}

bool frontend_store_log_option(struct frontend_log_settings *settings,
                               const struct frontend_log_option *option, const char *text,
                               GError **error)
{
    bool given = text && *text;
    uint32_t number = 0;
    if (given && !frontend_option_parse(&option->option, text, &number, error))
        return false;
    *(uint32_t *)((char *)settings + option->offset) = number;
    if (option->given_offset)
        *(bool *)((char *)settings + option->given_offset) = given;
    return true;
}

bool frontend_check_log_settings(const struct frontend_log_settings *settings, GError **error)
{
    return !settings->drop_only || !settings->flow_only ||
           frontend_refuse(error,
                           "--drop-only and --flow-only together leave nothing; give one of them.");
}

void frontend_apply_log_settings(const struct frontend_log_settings *settings,
                                 struct etl_options *options)
{
    options->flow = !settings->drop_only;
    options->drops = !settings->flow_only;
    etl_limits_set(&options->limits, settings->max_memory, settings->max_text,
                   settings->max_output);
}

enum pktmon_carrier frontend_log_carrier(const struct frontend_log_settings *settings, int fd)
{
    return settings->has_metadata ? (enum pktmon_carrier)settings->metadata
                                  : frontend_choose_carrier(fd);
}
