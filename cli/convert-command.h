/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PKTMON_CLI_CONVERT_COMMAND_H
#define PKTMON_CLI_CONVERT_COMMAND_H

#include <glib.h>
#include <stdbool.h>

/* Shows the packets of capture files on standard output, as lines of text or JSON. files: as
 * "pktmon convert" takes them, NULL-terminated. */
bool cli_show_files(char **files, bool json, GError **error);

#endif
