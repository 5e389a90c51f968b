/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that a command takes from frontend/log-options.h, besides its own. */
#ifndef PKTMON_CLI_LOG_ARGUMENTS_H
#define PKTMON_CLI_LOG_ARGUMENTS_H

#include "frontend/log-options.h"
#include "option-arguments.h"

/* command: FRONTEND_ETL2PCAP and so on. own: the command's own entries; the last one is empty. */
void cli_init_log_arguments(struct cli_option_arguments *arguments, unsigned command,
                            const GOptionEntry *own);

/* Stores the values once the command line was parsed. */
bool cli_store_log_arguments(const struct cli_option_arguments *arguments,
                             struct frontend_log_settings *settings, GError **error);

#endif
