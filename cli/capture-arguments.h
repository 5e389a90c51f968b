/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that a command takes from frontend/capture-options.h, besides its own. */
#ifndef PKTMON_CLI_CAPTURE_ARGUMENTS_H
#define PKTMON_CLI_CAPTURE_ARGUMENTS_H

#include "frontend/capture-options.h"
#include "option-arguments.h"

/* command: FRONTEND_CAPTURE and so on. own: the command's own entries; the last one is empty. */
void cli_init_capture_arguments(struct cli_option_arguments *arguments, unsigned command,
                                const GOptionEntry *own);

/* Stores the values once the command line was parsed. The strings of settings are borrowed from
 * arguments. */
bool cli_store_capture_arguments(const struct cli_option_arguments *arguments,
                                 struct pktmon_session_options *settings, GError **error);

#endif
