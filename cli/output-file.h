/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the commands that convert a log: output file, progress and report.
 */
#ifndef PKTMON_CLI_OUTPUT_FILE_H
#define PKTMON_CLI_OUTPUT_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "providers/provider.h"

struct cli_output {
    int fd;
    char *path;      /* as it was named; NULL: the standard output */
    char *temporary; /* written first, renamed on success; NULL: the output is written directly */
    char *target;    /* with links resolved; the temporary file is renamed to it */
    bool is_made;    /* the target was created, and is empty */
};

/* A file is written beside its place and renamed on success: until then an existing file stays as
 * it is. From now on SIGINT, SIGTERM and SIGHUP stop the conversion to a file and leave no partial
 * file; a second signal, or SIGQUIT, removes the file and ends the program. With a pipe or a device
 * they end the program at once: there is nothing to remove.
 *
 * Without --out ("-" means standard output) the output is standard output if that is a pipe or a
 * file, else a file in the current folder, named like the log with another extension. It is never
 * one of the inputs. */
bool cli_output_open(struct cli_output *output, const char *out, char **inputs,
                     const char *extension, GError **error);
/* Whether it was written, or its reader has gone, which is no failure: error is cleared. */
bool cli_output_accept(const struct cli_output *output, bool done, GError **error);
/* Closes it; an unfinished file is removed. True: the file is complete and in its place. */
bool cli_output_close(struct cli_output *output, bool finished, GError **error);

/* False: stop, because the user asked for it or the reader of the output has gone. */
bool cli_output_is_wanted(const struct cli_output *output);
/* Updates a line in place on a terminal; prints nothing elsewhere. Returns the same. user:
 * the output. */
bool cli_output_show_progress(void *user, uint64_t done, uint64_t all);
void cli_output_end_progress(void);

/* Prints a warning on standard error for each thing that is missing. */
void cli_output_warn(const struct provider *provider);
/* Whether a warning was about a damaged or truncated log, or cli_output_note_damage() was called.
 */
bool cli_output_is_of_damaged_log(void);
void cli_output_note_damage(void);
/* Prints on standard error how many events of each kind the log has, and what is missing. */
void cli_output_report(const struct provider *provider);

#endif
