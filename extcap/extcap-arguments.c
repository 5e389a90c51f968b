/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "extcap-arguments.h"

#include <string.h>

#include "frontend/log-file.h"
#include "frontend/message.h"
#include "pktmon/errors.h"

static const struct frontend_choice log_levels[] = {
    {"noisy", "Noisy", FRONTEND_LOG_NOISY},       {"debug", "Debug", FRONTEND_LOG_DEBUG},
    {"info", "Info", FRONTEND_LOG_INFO},          {"message", "Message", FRONTEND_LOG_MESSAGE},
    {"warning", "Warning", FRONTEND_LOG_WARNING}, {"critical", "Critical", FRONTEND_LOG_CRITICAL},
    {"error", "Error", FRONTEND_LOG_ERROR},       {NULL},
};

#define GROUP_DEBUG "Debug"
#define GROUP_LOG   "Log"

const struct frontend_option extcap_options[EXTCAP_OPTION_COUNT] = {
    [EXTCAP_OPTION_LOG_LEVEL] = {"log-level", FRONTEND_OPTION_CHOICE, FRONTEND_DUMP, 0, NULL,
                                 GROUP_DEBUG, "Log level", "Lowest level of messages to log",
                                 .default_value = "info", .choices = log_levels},
    [EXTCAP_OPTION_LOG_FILE] = {"log-file", FRONTEND_OPTION_FILE, FRONTEND_DUMP, 0, NULL,
                                GROUP_DEBUG, "Log file", "File for log messages; empty for no log"},
    [EXTCAP_OPTION_FILE] =
        {"file", FRONTEND_OPTION_INPUT, FRONTEND_DUMP_LOG, 0, NULL, GROUP_LOG, "Windows log",
         "Windows log (.etl) to open, as written by \"pktmon stop\" or netsh trace"},
    [EXTCAP_OPTION_INTERFACES] = {"extcap-interfaces", FRONTEND_OPTION_FLAG, FRONTEND_DUMP},
    [EXTCAP_OPTION_VERSION_OF_WIRESHARK] = {"extcap-version", FRONTEND_OPTION_TEXT, FRONTEND_DUMP},
    [EXTCAP_OPTION_INTERFACE] = {"extcap-interface", FRONTEND_OPTION_TEXT, FRONTEND_DUMP},
    [EXTCAP_OPTION_DLTS] = {"extcap-dlts", FRONTEND_OPTION_FLAG, FRONTEND_DUMP},
    [EXTCAP_OPTION_CONFIG] = {"extcap-config", FRONTEND_OPTION_FLAG, FRONTEND_DUMP},
    [EXTCAP_OPTION_CAPTURE_FILTER] = {"extcap-capture-filter", FRONTEND_OPTION_TEXT, FRONTEND_DUMP,
                                      .help = "Only packets that match, in pcap-filter(7) syntax"},
    [EXTCAP_OPTION_CAPTURE] = {"capture", FRONTEND_OPTION_FLAG, FRONTEND_DUMP,
                               .help = "Capture until stopped"},
    [EXTCAP_OPTION_FIFO] = {"fifo", FRONTEND_OPTION_FILE, FRONTEND_DUMP,
                            .help = "File or named pipe to write to; - for standard output"},
    [EXTCAP_OPTION_HELP] = {"help", FRONTEND_OPTION_FLAG, FRONTEND_DUMP, .help = "Show this help"},
    [EXTCAP_OPTION_VERSION] = {"version", FRONTEND_OPTION_FLAG, FRONTEND_DUMP,
                               .help = "Show the version"},
};

void extcap_visit_options(extcap_option_visitor *visit, const void *context)
{
    const struct frontend_capture_option *of_capture = frontend_capture_options;
    const struct frontend_log_option *of_log = frontend_log_options;
    int number = 0, id = 0;

    for (; of_capture->option.name; of_capture++) {
        if (of_capture->option.users & FRONTEND_DUMP)
            visit(number++, &of_capture->option, context);
    }
    for (; id < EXTCAP_OPTION_DIALOG_COUNT; id++)
        visit(number++, &extcap_options[id], context);
    for (; of_log->option.name; of_log++) {
        if (of_log->option.users & FRONTEND_DUMP)
            visit(number++, &of_log->option, context);
    }
    for (; id < EXTCAP_OPTION_COUNT; id++)
        visit(number++, &extcap_options[id], context);
}

/* An empty value in the dialog means the default. */
static bool set_own_value(struct extcap_arguments *arguments, enum extcap_option_id id,
                          const char *text, GError **error)
{
    const struct frontend_option *option = &extcap_options[id];

    arguments->given[id] = text && *text;
    arguments->number[id] = 0;
    if (!arguments->given[id])
        text = option->default_value;
    if (text && !frontend_option_parse(option, text, &arguments->number[id], error))
        return false;
    arguments->text[id] = text;
    return true;
}

static void set_defaults(struct extcap_arguments *arguments)
{
    *arguments = (struct extcap_arguments){0};
    frontend_init_capture_settings(&arguments->capture);
    for (enum extcap_option_id id = 0; id < EXTCAP_OPTION_COUNT; id++)
        set_own_value(arguments, id, NULL, NULL);
}

/* An option found by its name: one of the shared tables, or one of our own. */
struct extcap_named_option {
    const struct frontend_option *option; /* NULL: no option has this name */
    const struct frontend_capture_option *of_capture;
    const struct frontend_log_option *of_log;
};

static struct extcap_named_option find_option(const char *name)
{
    const struct frontend_capture_option *of_capture = frontend_find_capture_option(name);
    const struct frontend_log_option *of_log = frontend_find_log_option(name);

    if (of_capture && of_capture->option.users & FRONTEND_DUMP)
        return (struct extcap_named_option){&of_capture->option, .of_capture = of_capture};
    if (of_log && of_log->option.users & FRONTEND_DUMP)
        return (struct extcap_named_option){&of_log->option, .of_log = of_log};
    for (int id = 0; id < EXTCAP_OPTION_COUNT; id++) {
        if (g_str_equal(extcap_options[id].name, name))
            return (struct extcap_named_option){&extcap_options[id]};
    }
    return (struct extcap_named_option){NULL};
}

static bool set_value(struct extcap_arguments *arguments, const struct extcap_named_option *named,
                      const char *text, GError **error)
{
    if (named->of_capture)
        return frontend_store_capture_option(&arguments->capture, named->of_capture, text, error);
    if (named->of_log)
        return frontend_store_log_option(&arguments->log, named->of_log, text, error);
    return set_own_value(arguments, (enum extcap_option_id)(named->option - extcap_options), text,
                         error);
}

/* Position on the command line. */
struct extcap_cursor {
    int left;
    char **next;
};

static const char *peek(const struct extcap_cursor *cursor)
{
    return cursor->left > 0 ? *cursor->next : NULL;
}

static const char *take(struct extcap_cursor *cursor)
{
    const char *word = peek(cursor);

    if (word) {
        cursor->left--;
        cursor->next++;
    }
    return word;
}

/* A newer Wireshark may pass options that we do not know, with or without a value. */
static void ignore_flag(struct extcap_cursor *cursor, bool has_value)
{
    const char *next = peek(cursor);

    if (!has_value && next && *next != '-')
        take(cursor);
}

/* Wireshark passes a flag alone; users may add true or false. */
static const char *take_flag_value(struct extcap_cursor *cursor)
{
    const char *next = peek(cursor);
    bool is_value = next && (g_str_equal(next, "true") || g_str_equal(next, "false"));

    return is_value ? take(cursor) : "true";
}

static bool parse_option(struct extcap_arguments *arguments,
                         const struct extcap_named_option *named, const char *value,
                         struct extcap_cursor *cursor, GError **error)
{
    if (!value) {
        value =
            named->option->kind == FRONTEND_OPTION_FLAG ? take_flag_value(cursor) : take(cursor);
    }
    if (!value)
        return frontend_refuse(error, "--%s needs a value.", named->option->name);
    return set_value(arguments, named, value, error);
}

static bool parse_word(struct extcap_arguments *arguments, const char *word,
                       struct extcap_cursor *cursor, GError **error)
{
    if (!g_str_has_prefix(word, "--"))
        return frontend_refuse(error, "\"%s\" is not an option: see pktmondump --help.", word);
    const char *equals = strchr(word, '=');
    const char *value = equals ? equals + 1 : NULL;
    g_autofree char *name =
        g_strndup(word + 2, equals ? (gsize)(equals - word) - 2 : strlen(word) - 2);
    const struct extcap_named_option named = find_option(name);

    if (named.option)
        return parse_option(arguments, &named, value, cursor, error);
    if (g_str_has_prefix(name, "extcap-")) {
        ignore_flag(cursor, value);
        return true;
    }
    return frontend_refuse(error, "There is no option --%s: see pktmondump --help.", name);
}

bool extcap_parse_options(struct extcap_arguments *arguments, int argc, char **argv, GError **error)
{
    struct extcap_cursor cursor = {.left = argc - 1, .next = argv + 1};
    const char *word;
    bool ok = true;

    set_defaults(arguments);
    /* The first error is reported, but the other options may name the output. */
    while ((word = take(&cursor)))
        ok = parse_word(arguments, word, &cursor, ok ? error : NULL) && ok;
    return ok;
}
