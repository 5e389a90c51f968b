/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands that convert a log share: where the output goes, progress, and the report.
 */
#ifndef PKTMON_CLI_OUTPUT_H
#define PKTMON_CLI_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "budget.h"
#include "provider.h"

struct output {
    int fd;
    char *path; /* NULL: the standard output */
};

/* What --max-memory, --max-text and --max-output say. */
struct output_limits {
    gint64 memory, text, output;
};

#define OUTPUT_LIMIT_ENTRIES(limits)                                                               \
    {"max-memory",                                                                                 \
     0,                                                                                            \
     0,                                                                                            \
     G_OPTION_ARG_INT64,                                                                           \
     &(limits)->memory,                                                                            \
     "Most memory for buffers and descriptions of the log (by its size)",                          \
     "MIB"},                                                                                       \
        {"max-text",                                                                               \
         0,                                                                                        \
         0,                                                                                        \
         G_OPTION_ARG_INT64,                                                                       \
         &(limits)->text,                                                                          \
         "Most text of one event, 1 to 58 (32)",                                                   \
         "KIB"},                                                                                   \
    {                                                                                              \
        "max-output", 0, 0, G_OPTION_ARG_INT64, &(limits)->output,                                 \
            "Most output (by the size of the log)", "MIB"                                          \
    }

/* False: one of them cannot be. */
bool output_set_limits(const struct output_limits *given, struct pktmon_etl_limits *limits,
                       GError **error);

/* From now on SIGINT, SIGTERM and SIGHUP stop the conversion, so that no half file stays behind;
 * a second one ends the program. To a pipe they end it at once: there is nothing to remove.
 *
 * Without --out ("-" means the standard output): the standard output where that is a pipe or a
 * file, else a file in the current folder, named as the log with another extension. Never one of
 * the inputs. */
bool output_open(struct output *output, const char *out, char **inputs, const char *extension,
                 GError **error);
/* Whether it was written, or nobody wants it any more, which is no failure: error is cleared. */
bool output_is_done(const struct output *output, bool done, GError **error);
/* Closes it; what was not finished is removed. */
void output_close(struct output *output, bool finished);

/* One line on a terminal, rewritten in place; nothing elsewhere. False: stop, as the user wants or
 * because nobody reads the output any more. user: the output. */
bool output_progress(void *user, uint64_t done, uint64_t all);
void output_progress_end(void);

/* How many events of which kind the log held, and what is missing, on the standard error. */
void output_report(const struct pktmon_provider *provider);

/* Parses with GOption and leaves the rest of the words in argv. False: error, as
 * PKTMON_ERROR_ARGUMENT. */
bool output_parse(int *argc, char ***argv, const GOptionEntry *entries, const char *words,
                  const char *summary, GError **error);

#endif
