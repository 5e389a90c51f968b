/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words like "filesize:1000", as dumpcap takes them: the name of a limit and a number. */
#ifndef PKTMON_CLI_LIMITS_H
#define PKTMON_CLI_LIMITS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct limit {
    const char *name;
    const char *unit; /* stands for the number: "KB" */
    uint64_t *value;
};

/* option: as the user knows it, "-b". limits: the last one has no name. */
bool limit_parse(const char *option, const char *word, const struct limit *limits, GError **error);
/* A number alone, which may be small. */
bool limit_parse_number(const char *option, const char *name, const char *text, const char *unit,
                        uint64_t minimum, uint64_t *value, GError **error);

#endif
