/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits in dumpcap's syntax, NAME:NUMBER, such as "filesize:1000". */
#ifndef PKTMON_CLI_LIMITS_H
#define PKTMON_CLI_LIMITS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct cli_limit {
    const char *name;
    const char *unit; /* placeholder of the number: "KB" */
    uint64_t *value;
};

/* option: as the user types it, "-b". The last of limits has no name. */
bool cli_limit_parse(const char *option, const char *word, const struct cli_limit *limits,
                     GError **error);
/* Only the number, from minimum. */
bool cli_limit_parse_number(const char *option, const char *name, const char *text,
                            const char *unit, uint64_t minimum, uint64_t *value, GError **error);

#endif
