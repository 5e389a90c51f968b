/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subcommands of pktmon, one file each. The table in pktmon.c finds them.
 */
#ifndef PKTMON_CLI_COMMAND_H
#define PKTMON_CLI_COMMAND_H

#include <glib.h>
#include <stdbool.h>

/* argv[0] is the subcommand. False: error, one sentence for the user. */
typedef bool cli_command_run(int argc, char **argv, GError **error);

cli_command_run cli_run_etl2pcap;
cli_command_run cli_run_etl2txt;
cli_command_run cli_run_hex2pkt;
cli_command_run cli_run_list;
cli_command_run cli_run_watch;
cli_command_run cli_run_capture;
cli_command_run cli_run_convert;
cli_command_run cli_run_counters;
cli_command_run cli_run_elsewhere;

#endif
