/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of pktmondump: options of the capture (frontend/capture-options.h) and of
 * Windows logs (frontend/log-options.h), and its own for debugging and for Wireshark.
 */
#ifndef PKTMON_EXTCAP_EXTCAP_ARGUMENTS_H
#define PKTMON_EXTCAP_EXTCAP_ARGUMENTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "frontend/capture-options.h"
#include "frontend/log-options.h"

/* In the order of the dialog, where they stand between the options of a capture and of a log. */
enum extcap_option_id {
    EXTCAP_OPTION_LOG_LEVEL,
    EXTCAP_OPTION_LOG_FILE,
    EXTCAP_OPTION_FILE,
    EXTCAP_OPTION_DIALOG_COUNT,
    /* Not in the dialog: */
    EXTCAP_OPTION_INTERFACES = EXTCAP_OPTION_DIALOG_COUNT,
    EXTCAP_OPTION_VERSION_OF_WIRESHARK,
    EXTCAP_OPTION_INTERFACE,
    EXTCAP_OPTION_DLTS,
    EXTCAP_OPTION_CONFIG,
    EXTCAP_OPTION_CAPTURE_FILTER,
    EXTCAP_OPTION_CAPTURE,
    EXTCAP_OPTION_FIFO,
    EXTCAP_OPTION_HELP,
    EXTCAP_OPTION_VERSION,
    EXTCAP_OPTION_COUNT,
};

extern const struct frontend_option extcap_options[EXTCAP_OPTION_COUNT];

struct extcap_arguments {
    struct pktmon_session_options capture; /* strings are borrowed from argv */
    struct frontend_log_settings log;
    const char *text[EXTCAP_OPTION_COUNT]; /* borrowed from argv; NULL: neither given nor default */
    uint32_t number[EXTCAP_OPTION_COUNT];  /* of choices, numbers and flags */
    bool given[EXTCAP_OPTION_COUNT];       /* with a value that is not empty */
};

/* Fills arguments as far as they can be parsed, even on an error. */
bool extcap_parse_options(struct extcap_arguments *arguments, int argc, char **argv,
                          GError **error);

/* Calls visit for each option of pktmondump in the order of the dialog and of --help. number: its
 * place in this order, from 0. */
typedef void extcap_option_visitor(int number, const struct frontend_option *option,
                                   const void *context);
void extcap_visit_options(extcap_option_visitor *visit, const void *context);

#endif
