/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing of a command's options, with hints for options of other programs. */
#ifndef PKTMON_CLI_COMMAND_LINE_H
#define PKTMON_CLI_COMMAND_LINE_H

#include <glib.h>
#include <stdbool.h>

/* Parses with GOption and leaves the other words in argv. False: PKTMON_ERROR_ARGUMENT. */
bool cli_parse_command_line(int *argc, char ***argv, const GOptionEntry *entries, const char *words,
                            const char *summary, GError **error);

#endif
