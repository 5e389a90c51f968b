/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that are whole numbers. */
#ifndef PKTMON_CLI_NUMBERS_H
#define PKTMON_CLI_NUMBERS_H

#include <glib.h>
#include <stdbool.h>

struct number_option {
    const char *option; /* as the user knows it, "-c" */
    gint64 usual;       /* where it is not given, which no range needs to hold */
    gint64 minimum, maximum;
};

/* text: what was given, NULL = nothing. */
bool number_parse(const struct number_option *option, const char *text, gint64 *value,
                  GError **error);

#endif
