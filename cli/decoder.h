/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that tcpdump runs in. The packets of a log are untrusted, so this process is not
 * root, reads only programs and libraries, writes no file, opens no socket, starts no process, and
 * has limits of memory and CPU time. It is this program, executed again: if the user is root, only
 * that gives it the capability to change its user.
 */
#ifndef PKTMON_CLI_DECODER_H
#define PKTMON_CLI_DECODER_H

#include <signal.h>
#include <stdbool.h>

/* The first arguments of its command lines. Not for users. */
#define CLI_DECODER_WORD     "--decoder"
#define CLI_DECODER_END_WORD "--end-decoder"

/* Exit status if the process cannot be confined; the program is not run. */
#define CLI_DECODER_UNCONFINED 125
/* Exit status if the confined program cannot be run, as of the shell and the dynamic linker. */
#define CLI_DECODER_NO_PROGRAM 127
/* Signal that ends the process at a call that is not needed to read one pipe and write another,
 * such as one that opens a socket or starts a process. */
#define CLI_DECODER_FORBIDDEN SIGSYS

/* Executes the program arguments[0]; returns an exit status only on failure. */
int cli_decoder_run(char **arguments);

/* Ends that process. Returns an exit status. */
int cli_decoder_end(const char *pid);

#endif
