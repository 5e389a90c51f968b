/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options with an integer value. */
#ifndef PKTMON_CLI_NUMBERS_H
#define PKTMON_CLI_NUMBERS_H

#include <glib.h>
#include <stdbool.h>

struct cli_number_option {
    const char *option; /* as the user types it, "-c" */
    gint64 usual;       /* if not given; may be outside of the range */
    gint64 minimum, maximum;
};

/* text: the given value; NULL = not given. */
bool cli_number_parse(const struct cli_number_option *option, const char *text, gint64 *value,
                      GError **error);

#endif
