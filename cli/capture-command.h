/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of the commands that capture: pktmon capture and pktmon watch. */
#ifndef PKTMON_CLI_CAPTURE_COMMAND_H
#define PKTMON_CLI_CAPTURE_COMMAND_H

#include "live.h"
#include "option-arguments.h"

struct cli_capture_command {
    char *file, **ring, **stop, *count;
    gboolean prints, json;
    struct cli_option_arguments capture;
};

/* What differs between the commands. */
struct cli_capture_words {
    const char *write_help, *parameters, *summary;
    bool always_prints;
};

bool cli_capture_command_parse(struct cli_capture_command *command,
                               const struct cli_capture_words *words, int *argc, char ***argv,
                               GError **error);
/* Captures, once the command line was parsed. */
bool cli_capture_command_run(const struct cli_capture_command *command, GError **error);
void cli_capture_command_clear(struct cli_capture_command *command);

#endif
