/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log whose components and counters are known, for the commands that show them. */
#ifndef PKTMON_CLI_LOG_H
#define PKTMON_CLI_LOG_H

#include <glib.h>
#include <stdbool.h>

#include "etl.h"
#include "stacks.h"

struct log {
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    struct pktmon_provider *provider;
    const struct etl_catalogue *catalogue;
    struct stacks *stacks; /* by adapter */
};

/* Scans the log. False: error, and nothing to close. */
bool log_open(struct log *log, char **paths, GError **error);
/* False: one of them is no file, and may be meant as something else by who gave it to this command.
 */
bool log_names_check(char **paths, const char *command, GError **error);
void log_close(struct log *log);

#endif
