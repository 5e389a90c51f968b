/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands of pktmon, one file each. main.c finds them in a table.
 */
#ifndef PKTMON_COMMAND_H
#define PKTMON_COMMAND_H

#include <glib.h>
#include <stdbool.h>

/* argv[0] is the subcommand. False: error, for the user. */
typedef bool command_run(int argc, char **argv, GError **error);

command_run command_etl2pcap;
command_run command_etl2txt;
command_run command_list;
command_run command_capture;
command_run command_counters;
command_run command_elsewhere;

#endif
