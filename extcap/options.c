/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <string.h>

#include "budget.h"
#include "log.h"
#include "provider.h"
#include "session.h"

static const struct option_choice types[] = {
    {"all", "All packets", PKTMON_CAPTURE_ALL},
    {"flow", "Packets that pass", PKTMON_CAPTURE_FLOW},
    {"drop", "Packets that are dropped", PKTMON_CAPTURE_DROP},
    {NULL},
};

static const struct option_choice points[] = {
    {"devices", "Devices: driver edges, drops, delivery", PKTMON_POINTS_DEVICES},
    {"stack", "Stack: also upper edges, queues, hooks", PKTMON_POINTS_STACK},
    {NULL},
};

static const struct option_choice providers[] = {
    {"auto", "Automatic"},
    {"ebpf", "eBPF"},
    {"pcap", "libpcap: devices only"},
    {NULL},
};

static const struct option_choice log_levels[] = {
    {"noisy", "Noisy", LOG_LEVEL_NOISY},       {"debug", "Debug", LOG_LEVEL_DEBUG},
    {"info", "Info", LOG_LEVEL_INFO},          {"message", "Message", LOG_LEVEL_MESSAGE},
    {"warning", "Warning", LOG_LEVEL_WARNING}, {"critical", "Critical", LOG_LEVEL_CRITICAL},
    {"error", "Error", LOG_LEVEL_ERROR},       {NULL},
};

static const struct option_choice carriers[] = {
    {"frames", "Frames", PKTMON_CARRIER_FRAMES},
    {"blocks", "Blocks", PKTMON_CARRIER_BLOCKS},
    {NULL},
};

#define GROUP_CAPTURE    "Capture"
#define GROUP_COMPONENTS "Components"
#define GROUP_LIMITS     "Limits"
#define GROUP_DEBUG      "Debug"
#define GROUP_LOG        "Log"

const struct option options[OPTION_COUNT] = {
    [OPTION_TYPE] = {"type", GROUP_CAPTURE, OPTION_KIND_CHOICE, "Packets",
                     "Which packets: all, those that pass, or those that are dropped",
                     .default_value = "all", .choices = types, .use = OPTION_OF_ALL},
    [OPTION_POINTS] = {"points", GROUP_CAPTURE, OPTION_KIND_CHOICE, "Capture points",
                       "Where packets are seen: throughout the stack, or at the devices only",
                       .default_value = "stack", .choices = points},
    [OPTION_COUNTERS_ONLY] = {"counters-only", GROUP_CAPTURE, OPTION_KIND_FLAG, "Counters only",
                              "Capture counters and no packets", .default_value = "false"},
    [OPTION_INNER] = {"inner", GROUP_CAPTURE, OPTION_KIND_FLAG, "Filter inside of tunnels",
                      "The capture filter also matches the packet inside VXLAN, GRE, IP-in-IP and "
                      "Geneve",
                      .default_value = "false"},
    [OPTION_VXLAN_PORT] = {"vxlan-port", GROUP_CAPTURE, OPTION_KIND_NUMBER, "VXLAN port",
                           "UDP port of the VXLAN tunnels that the filter looks into",
                           .placeholder = "4789", .minimum = 1, .maximum = 65535},
    [OPTION_COMPONENTS] = {"components", GROUP_COMPONENTS, OPTION_KIND_TEXT, "Components",
                           "Ids or names of components, separated by commas; empty for all",
                           .placeholder = "all"},
    [OPTION_NETNS] =
        {"netns", GROUP_COMPONENTS, OPTION_KIND_TEXT, "Network namespaces",
         "all, current, or names, paths, and ids of processes or containers, separated "
         "by commas",
         .default_value = "all"},
    [OPTION_HOOK_QUEUES] =
        {"hook-queues", GROUP_COMPONENTS, OPTION_KIND_FLAG, "Hooks where packets are queued",
         "Attach also to netfilter's hooks where a program has bound an NFQUEUE: "
         "packets that wait in it are queued again when the capture begins, and "
         "lost if the capture is killed",
         .default_value = "false"},
    [OPTION_PKT_SIZE] = {"pkt-size", GROUP_LIMITS, OPTION_KIND_NUMBER, "Bytes of each packet",
                         "Bytes kept of each packet, 0 for whole packets", .default_value = "0",
                         .maximum = PKTMON_MAX_BLOCK_SIZE},
    [OPTION_REPEAT_SIZE] = {"repeat-size", GROUP_LIMITS, OPTION_KIND_NUMBER,
                            "Bytes of later appearances",
                            "Bytes kept of the second and later appearances of a packet, 0 for "
                            "whole packets; empty for as many as of the first",
                            .placeholder = "as the first", .maximum = PKTMON_MAX_BLOCK_SIZE},
    [OPTION_COUNTERS_INTERVAL] = {"counters-interval", GROUP_LIMITS, OPTION_KIND_NUMBER,
                                  "Counters every (ms)",
                                  "Milliseconds between readings of the counters, 0 for one "
                                  "reading at the end",
                                  .default_value = "1000", .maximum = 3600000},
    [OPTION_BUFFER_SIZE] = {"buffer-size", GROUP_LIMITS, OPTION_KIND_NUMBER, "Buffer (MiB)",
                            "MiB of memory for packets on their way from the kernel",
                            .default_value = "64", .minimum = 1, .maximum = 4096},
    [OPTION_SAMPLE] = {"sample", GROUP_LIMITS, OPTION_KIND_NUMBER, "One packet in",
                       "Keep one packet in this number, with all its appearances; 1 for all",
                       .default_value = "1", .minimum = 1, .maximum = UINT32_MAX},
    [OPTION_MAX_CPU] = {"max-cpu", GROUP_LIMITS, OPTION_KIND_NUMBER, "CPU at most (%)",
                        "Percent of one CPU that the capture may take: beyond it packets are left "
                        "out, each with all its appearances; 0 for no limit",
                        .default_value = "0", .maximum = 10000},
    [OPTION_KEEP_OWN] = {"keep-own", GROUP_LIMITS, OPTION_KIND_FLAG,
                         "Keep the capture's own output",
                         "Also packets of the connection that the capture itself is sent through, "
                         "which would make more of them without end",
                         .default_value = "false"},
    [OPTION_PROVIDER] = {"provider", GROUP_DEBUG, OPTION_KIND_CHOICE, "Source",
                         "How the packets are captured", .default_value = "auto",
                         .choices = providers},
    [OPTION_LOG_LEVEL] = {"log-level", GROUP_DEBUG, OPTION_KIND_CHOICE, "Log level",
                          "Least important kind of message to log", .default_value = "info",
                          .choices = log_levels, .use = OPTION_OF_ALL},
    [OPTION_LOG_FILE] = {"log-file", GROUP_DEBUG, OPTION_KIND_FILE, "Log file",
                         "File to log to; empty for no log", .use = OPTION_OF_ALL},
    [OPTION_FILE] = {"file", GROUP_LOG, OPTION_KIND_INPUT, "Windows log",
                     "Log (.etl) to open, as \"pktmon stop\" or netsh trace wrote it",
                     .use = OPTION_OF_LOG},
    [OPTION_MAX_MEMORY] = {"max-memory", GROUP_LIMITS, OPTION_KIND_NUMBER, "Memory (MiB)",
                           "Most MiB of memory for buffers and descriptions of the log; empty for "
                           "as much as a log of its size needs",
                           .placeholder = "by the log's size", .minimum = ETL_LIMIT_MEMORY_MIN,
                           .maximum = ETL_LIMIT_MEMORY_MAX, .use = OPTION_OF_LOG},
    [OPTION_MAX_TEXT] = {"max-text", GROUP_LIMITS, OPTION_KIND_NUMBER, "Text of an event (KiB)",
                         "Most KiB of one event's message", .placeholder = "32", .minimum = 1,
                         .maximum = ETL_LIMIT_TEXT_MAX, .use = OPTION_OF_LOG},
    [OPTION_MAX_OUTPUT] = {"max-output", GROUP_LIMITS, OPTION_KIND_NUMBER, "Output (MiB)",
                           "Most MiB that the log may become; empty for as much as a log of its "
                           "size needs",
                           .placeholder = "by the log's size", .minimum = 1,
                           .maximum = ETL_LIMIT_OUTPUT_MAX, .use = OPTION_OF_LOG},
    [OPTION_METADATA] = {"metadata", NULL, OPTION_KIND_CHOICE, NULL,
                         "How components are described: in frames (default to a pipe) or in "
                         "pcapng Custom Blocks (default to a file)",
                         .choices = carriers},
    [OPTION_INTERFACES] = {"extcap-interfaces", NULL, OPTION_KIND_FLAG},
    [OPTION_VERSION_OF_WIRESHARK] = {"extcap-version", NULL, OPTION_KIND_TEXT},
    [OPTION_INTERFACE] = {"extcap-interface", NULL, OPTION_KIND_TEXT},
    [OPTION_DLTS] = {"extcap-dlts", NULL, OPTION_KIND_FLAG},
    [OPTION_CONFIG] = {"extcap-config", NULL, OPTION_KIND_FLAG},
    [OPTION_CAPTURE_FILTER] = {"extcap-capture-filter", NULL, OPTION_KIND_TEXT, NULL,
                               "Capture only what matches, in the syntax of pcap-filter(7)"},
    [OPTION_CAPTURE] = {"capture", NULL, OPTION_KIND_FLAG, NULL, "Capture until stopped"},
    [OPTION_FIFO] = {"fifo", NULL, OPTION_KIND_FILE, NULL,
                     "File or named pipe to write to, - for the standard output"},
    [OPTION_HELP] = {"help", NULL, OPTION_KIND_FLAG, NULL, "Show this help"},
    [OPTION_VERSION] = {"version", NULL, OPTION_KIND_FLAG, NULL, "Show the version"},
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

static char *choice_names(const struct option *option)
{
    GString *names = g_string_new(NULL);

    for (const struct option_choice *choice = option->choices; choice->value; choice++) {
        if (choice->display) {
            g_string_append_printf(names, "%s%s", names->len ? ", " : "", choice->value);
        }
    }
    return g_string_free(names, FALSE);
}

static bool parse_choice(const struct option *option, const char *text, uint32_t *number,
                         GError **error)
{
    for (const struct option_choice *choice = option->choices; choice->value; choice++) {
        if (g_str_equal(choice->value, text) && choice->display) {
            *number = choice->number;
            return true;
        }
    }
    g_autofree char *names = choice_names(option);
    return refuse(error, "--%s has no \"%s\" in this version: use one of %s.", option->name, text,
                  names);
}

static bool parse_number(const struct option *option, const char *text, uint32_t *number,
                         GError **error)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, option->minimum, option->maximum, &value, NULL)) {
        return refuse(error, "--%s needs a whole number from %u to %u, and \"%s\" is not one.",
                      option->name, option->minimum, option->maximum, text);
    }
    *number = (uint32_t)value;
    return true;
}

static bool parse_flag(const struct option *option, const char *text, uint32_t *number,
                       GError **error)
{
    *number = g_str_equal(text, "true");
    return *number || g_str_equal(text, "false") ||
           refuse(error, "--%s is true or false, and \"%s\" is neither.", option->name, text);
}

static bool parse_text(const struct option *option, const char *text, uint32_t *number,
                       GError **error)
{
    (void)option, (void)number;
    return g_utf8_validate(text, -1, NULL) ||
           refuse(error, "The value of --%s is not valid UTF-8: correct it.", option->name);
}

static bool parse_file(const struct option *option, const char *text, uint32_t *number,
                       GError **error)
{
    (void)option, (void)text, (void)number, (void)error;
    return true; /* a file may have any name */
}

typedef bool value_parser(const struct option *option, const char *text, uint32_t *number,
                          GError **error);

static value_parser *const value_parsers[] = {
    [OPTION_KIND_TEXT] = parse_text,     [OPTION_KIND_FILE] = parse_file,
    [OPTION_KIND_CHOICE] = parse_choice, [OPTION_KIND_NUMBER] = parse_number,
    [OPTION_KIND_FLAG] = parse_flag,     [OPTION_KIND_INPUT] = parse_file,
};

static bool set_value(struct arguments *arguments, enum option_id id, const char *text,
                      GError **error)
{
    const struct option *option = &options[id];

    if (!value_parsers[option->kind](option, text, &arguments->number[id], error)) {
        return false;
    }
    arguments->text[id] = text;
    return true;
}

static bool set_defaults(struct arguments *arguments, GError **error)
{
    *arguments = (struct arguments){0};
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const char *text = options[id].default_value;
        if (text && !set_value(arguments, id, text, error)) {
            return false;
        }
    }
    return true;
}

/* OPTION_COUNT: there is none of this name. */
static enum option_id find_option(const char *name, size_t length)
{
    enum option_id id = 0;

    while (id < OPTION_COUNT &&
           (strlen(options[id].name) != length || strncmp(options[id].name, name, length) != 0)) {
        id++;
    }
    return id;
}

/* Where on the command line we are. */
struct cursor {
    int left;
    char **next;
};

static const char *peek(const struct cursor *cursor)
{
    return cursor->left > 0 ? *cursor->next : NULL;
}

static const char *take(struct cursor *cursor)
{
    const char *word = peek(cursor);

    if (word) {
        cursor->left--;
        cursor->next++;
    }
    return word;
}

/* A newer Wireshark may say more than we understand, with a value or without. */
static void ignore_flag(struct cursor *cursor, bool has_value)
{
    const char *next = peek(cursor);

    if (!has_value && next && *next != '-') {
        take(cursor);
    }
}

/* Wireshark gives a flag alone; people may say whether it is meant. */
static const char *take_flag_value(struct cursor *cursor)
{
    const char *next = peek(cursor);
    bool is_value = next && (g_str_equal(next, "true") || g_str_equal(next, "false"));

    return is_value ? take(cursor) : "true";
}

/* An empty value of an option of the dialog means its default. */
static bool parse_option(struct arguments *arguments, enum option_id id, const char *value,
                         struct cursor *cursor, GError **error)
{
    if (!value) {
        value = options[id].kind == OPTION_KIND_FLAG ? take_flag_value(cursor) : take(cursor);
    }
    if (!value) {
        return refuse(error, "--%s needs a value.", options[id].name);
    }
    arguments->given[id] = *value;
    if (!*value) {
        value = options[id].default_value;
    }
    if (!value) {
        arguments->text[id] = NULL;
        return true;
    }
    return set_value(arguments, id, value, error);
}

static bool parse_word(struct arguments *arguments, const char *word, struct cursor *cursor,
                       GError **error)
{
    if (!g_str_has_prefix(word, "--")) {
        return refuse(error, "\"%s\" is not an option: see pktmondump --help.", word);
    }
    const char *name = word + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    enum option_id id = find_option(name, length);

    if (id < OPTION_COUNT) {
        return parse_option(arguments, id, value, cursor, error);
    }
    if (g_str_has_prefix(name, "extcap-")) {
        ignore_flag(cursor, value);
        return true;
    }
    return refuse(error, "There is no option --%.*s: see pktmondump --help.", (int)length, name);
}

bool options_parse(struct arguments *arguments, int argc, char **argv, GError **error)
{
    struct cursor cursor = {.left = argc - 1, .next = argv + 1};
    const char *word;

    if (!set_defaults(arguments, error)) {
        return false;
    }
    /* The first error counts, but the rest says where the output goes. */
    bool good = true;
    while ((word = take(&cursor))) {
        good = parse_word(arguments, word, &cursor, good ? error : NULL) && good;
    }
    return good;
}
