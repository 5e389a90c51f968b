/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of pktmondump. One table says everything about each: how it is parsed and checked,
 * how it looks in Wireshark's dialog and in --help.
 */
#ifndef PKTMONDUMP_OPTIONS_H
#define PKTMONDUMP_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum option_id {
    OPTION_TYPE,
    OPTION_POINTS,
    OPTION_COUNTERS_ONLY,
    OPTION_INNER,
    OPTION_VXLAN_PORT,
    OPTION_COMPONENTS,
    OPTION_NETNS,
    OPTION_HOOK_QUEUES,
    OPTION_PKT_SIZE,
    OPTION_REPEAT_SIZE,
    OPTION_COUNTERS_INTERVAL,
    OPTION_BUFFER_SIZE,
    OPTION_SAMPLE,
    OPTION_MAX_CPU,
    OPTION_KEEP_OWN,
    OPTION_PROVIDER,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FILE,
    OPTION_FILE,
    OPTION_MAX_MEMORY,
    OPTION_MAX_TEXT,
    OPTION_MAX_OUTPUT,
    /* From here on not in the dialog. */
    OPTION_METADATA,
    OPTION_INTERFACES,
    OPTION_VERSION_OF_WIRESHARK,
    OPTION_INTERFACE,
    OPTION_DLTS,
    OPTION_CONFIG,
    OPTION_CAPTURE_FILTER,
    OPTION_CAPTURE,
    OPTION_FIFO,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT,
};

enum option_kind {
    OPTION_KIND_TEXT,
    OPTION_KIND_FILE,  /* a file to be written */
    OPTION_KIND_INPUT, /* a file to be read */
    OPTION_KIND_CHOICE,
    OPTION_KIND_NUMBER, /* unsigned 32 bits, decimal */
    OPTION_KIND_FLAG,   /* alone, or with true or false */
};

struct option_choice {
    const char *value;   /* NULL ends the list */
    const char *display; /* NULL: not in this version */
    uint32_t number;
};

/* Which interfaces have an option in their dialog. */
enum option_use {
    OPTION_OF_LIVE,
    OPTION_OF_LOG,
    OPTION_OF_ALL,
};

struct option {
    const char *name;  /* without "--" */
    const char *group; /* tab of the dialog; NULL: not in the dialog */
    enum option_kind kind;
    const char *display;
    const char *help;          /* one line: tooltip, and in --help; NULL: Wireshark's business */
    const char *default_value; /* NULL: none */
    const char *placeholder;   /* shown in the empty field of the dialog */
    const struct option_choice *choices;
    uint32_t minimum, maximum;
    enum option_use use;
};

extern const struct option options[OPTION_COUNT];

struct arguments {
    const char *text[OPTION_COUNT]; /* borrowed from argv; NULL: neither given nor default */
    uint32_t number[OPTION_COUNT];  /* of choices, numbers and flags */
    bool given[OPTION_COUNT];       /* with a value that is not empty */
};

/* Fills all of arguments, as far as they can be understood. */
bool options_parse(struct arguments *arguments, int argc, char **argv, GError **error);

#endif
