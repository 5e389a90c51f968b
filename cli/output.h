/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands that convert a log share: where the output goes, progress, and the report.
 */
#ifndef PKTMON_CLI_OUTPUT_H
#define PKTMON_CLI_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "provider.h"

struct output {
    int fd;
    char *path; /* NULL: the standard output */
};

/* Without --out ("-" means the standard output): the standard output where that is a pipe or a
 * file, else a file in the current folder, named as the log with another extension. Never one of
 * the inputs. */
bool output_open(struct output *output, const char *out, char **inputs, const char *extension,
                 GError **error);
/* Closes it; what was not finished is removed. */
void output_close(struct output *output, bool finished);

/* One line on a terminal, rewritten in place; nothing elsewhere. Always true. */
/* False: the reader of the output has gone. user: the output. */
bool output_progress(void *user, uint64_t done, uint64_t all);
void output_progress_end(void);

/* How many events of which kind the log held, and what is missing, on the standard error. */
void output_report(const struct pktmon_provider *provider);

/* Parses with GOption and leaves the rest of the words in argv. False: error, as
 * PKTMON_ERROR_ARGUMENT. */
bool output_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *words,
                  const char *summary, GError **error);

#endif
