/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log as pcapng: what the command line, the extcap interface and the wiretap plugin share.
 */
#ifndef PKTMON_ETL_CONVERT_H
#define PKTMON_ETL_CONVERT_H

#include <glib.h>
#include <stdbool.h>

#include "etl.h"
#include "stream.h"

/* False: stop. Called now and then, with bytes of the log. */
typedef bool pktmon_etl_progress(void *user, uint64_t done, uint64_t all);

struct pktmon_etl_conversion {
    struct pktmon_etl_options events;
    int fd; /* borrowed; a pipe or a file */
    enum pktmon_carrier carrier;
    const char *application;       /* shb_userappl */
    pktmon_etl_progress *progress; /* may be NULL */
    void *user;
};

/* Descriptions as blocks to a regular file, as frames to anything else. */
enum pktmon_carrier pktmon_etl_carrier(int fd);

/* The same in steps, for who reads what is written meanwhile. Begins the output with what is known
 * at once: cheap, whatever the log. paths and conversion are borrowed, and live as long. NULL:
 * error. */
struct pktmon_etl_converter;
struct pktmon_etl_converter *
pktmon_etl_converter_new(const char *const *paths, const struct pktmon_etl_conversion *conversion,
                         GError **error);
/* Converts some more; the first step scans the log. All that it made is written when it returns, if
 * flush. 1: there is more, 0: that was all, -1: error. */
int pktmon_etl_converter_step(struct pktmon_etl_converter *converter, bool flush, GError **error);
void pktmon_etl_converter_free(struct pktmon_etl_converter *converter);

/* Writes the whole log. finished, where not NULL, is called with conversion->user and the provider
 * after the last event, for what there is to report. A reader that closed the pipe is no error.
 * False: error, or progress said to stop. */
typedef void pktmon_etl_finished(void *user, const struct pktmon_provider *provider);
bool pktmon_etl_convert(const char *const *paths, const struct pktmon_etl_conversion *conversion,
                        pktmon_etl_finished *finished, GError **error);

/* What is missing from the output, and why: one sentence each, for the user; empty where nothing
 * is. The caller frees the array. */
GPtrArray *pktmon_etl_warnings(const struct pktmon_provider *provider);

#endif
