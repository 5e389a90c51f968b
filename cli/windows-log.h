/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scanned Windows log, for the commands that show its components and counters. */
#ifndef PKTMON_CLI_WINDOWS_LOG_H
#define PKTMON_CLI_WINDOWS_LOG_H

#include <glib.h>
#include <stdbool.h>

#include "etl-reader/etl.h"
#include "stacks.h"

struct cli_windows_log {
    struct pktmon_registry *registry;
    struct pktmon_capture_info *capture;
    struct provider *provider;
    const struct etl_catalogue *catalogue;
    struct cli_stacks *stacks; /* by adapter */
};

/* Scans the log. False: error, and nothing to close. */
bool cli_log_open(struct cli_windows_log *log, char **paths, GError **error);
/* False: one of them is not a file, and may be meant as a component or namespace. */
bool cli_log_check_names(char **paths, const char *command, GError **error);
/* Why the log has no components of Packet Monitor, as a sentence; NULL: it has some. */
const char *cli_log_explain_lack(const struct cli_windows_log *log);
void cli_log_close(struct cli_windows_log *log);

#endif
