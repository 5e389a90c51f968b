/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that a command takes from the tables of frontend/, besides its own. */
#ifndef PKTMON_CLI_OPTION_ARGUMENTS_H
#define PKTMON_CLI_OPTION_ARGUMENTS_H

#include "frontend/option.h"

/* GOption writes through the member for the option's kind. */
struct cli_option_value {
    const struct frontend_option *option;
    char *text;
    char **list;
    gboolean flag;
};

struct cli_option_arguments {
    GArray
        *entries; /* of GOptionEntry: the command's own, then the table's; ends with an empty one */
    GPtrArray *values; /* of struct cli_option_value, where GOption stores the values; owned */
    GPtrArray *texts;  /* of the entries; owned */
};

/* own: the command's own entries; the last one is empty. */
void cli_init_option_arguments(struct cli_option_arguments *arguments, const GOptionEntry *own);
void cli_clear_option_arguments(struct cli_option_arguments *arguments);

void cli_add_option_argument(struct cli_option_arguments *arguments,
                             const struct frontend_option *option);

const GOptionEntry *cli_option_entries(const struct cli_option_arguments *arguments);

/* Once the command line was parsed: the value as it was typed, of an option that is not a list;
 * NULL: not given. Borrowed. */
const char *cli_option_text(const struct cli_option_value *value);

/* Whether any of these options was given. */
bool cli_has_option_arguments(const struct cli_option_arguments *arguments);

#endif
