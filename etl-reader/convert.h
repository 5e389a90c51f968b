/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Converts a log to pcapng, for the command line, the extcap interface and the wiretap plugin.
 */
#ifndef PKTMON_ETL_READER_CONVERT_H
#define PKTMON_ETL_READER_CONVERT_H

#include <glib.h>
#include <stdbool.h>

#include "etl.h"
#include "pcapng/pcapng-writer.h"
#include "pktmon/journey.h"

/* Called now and then, with bytes of the log. False: stop. */
typedef bool etl_progress(void *user, uint64_t done, uint64_t all);

struct etl_conversion {
    struct etl_options events;
    enum pktmon_view view; /* 0 = packets */
    bool dropped_only;     /* in the packets view: only packets that were dropped, each whole */
    int fd;                /* borrowed; a pipe or a file */
    enum pktmon_carrier carrier;
    bool carrier_given;      /* chosen by the user: what it cannot carry is left out */
    bool pcap;               /* classic pcap: packets only, of one link type */
    const char *application; /* shb_userappl */
    etl_progress *progress;  /* may be NULL */
    void *user;
};

/* A conversion in steps, for a reader of the unfinished output. Scans the log, and begins the
 * output with all its interfaces. paths and conversion are borrowed, and must outlive it. NULL:
 * error. */
struct etl_converter;
struct etl_converter *etl_converter_new(const char *const *paths,
                                        const struct etl_conversion *conversion, GError **error);
/* Converts the next part. flush: also write all of it out. 1: more follows, 0: finished, -1: error.
 */
int etl_converter_step(struct etl_converter *converter, bool flush, GError **error);
void etl_converter_free(struct etl_converter *converter);

/* Converts the whole log. finished, if not NULL, is called after the last event with
 * conversion->user and the provider, whose report is then complete. A pipe closed by its reader is
 * no error. False: error, or progress returned false. */
typedef void etl_finished(void *user, const struct provider *provider);
bool etl_convert(const char *const *paths, const struct etl_conversion *conversion,
                 etl_finished *finished, GError **error);

/* What is missing from the output and why, one sentence each, for the user; empty: nothing is
 * missing. The caller frees the array. */
GPtrArray *etl_warnings(const struct provider *provider);

#endif
