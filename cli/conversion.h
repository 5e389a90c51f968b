/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversion of one capture: what the pcapng reader reads becomes frames of the other view, or
 * lines. Journeys are first unfolded to their observations, and those are assembled anew where
 * packets are wanted: so it does not matter how they were in the files.
 */
#ifndef PKTMON_CLI_CONVERSION_H
#define PKTMON_CLI_CONVERSION_H

#include <glib.h>
#include <stdbool.h>

#include "pcapng/pcapng-reader.h"
#include "pktmon/journey.h"

enum cli_conversion_format {
    CLI_CONVERSION_PCAPNG,
    CLI_CONVERSION_JSON,
    CLI_CONVERSION_CSV_HOPS,
    CLI_CONVERSION_CSV_PACKETS,
    CLI_CONVERSION_TEXT,
};

struct cli_conversion_options {
    enum pktmon_view view;
    enum cli_conversion_format format;
    enum pktmon_carrier carrier; /* of pcapng */
    int fd;                      /* borrowed */
    bool has_head;               /* of CSV: the names of the columns come first */
    bool is_watched;             /* lines are shown as they come, and no counters */
};

struct cli_conversion_counts {
    uint64_t frames;    /* or lines, of packets */
    uint64_t missing;   /* observations of which the files have the number only */
    uint64_t late;      /* records that come after later ones */
    uint64_t shortened; /* frames with a hop that was too large to be kept whole */
};

struct cli_conversion;

struct cli_conversion *cli_conversion_new(const struct cli_conversion_options *options,
                                          const struct pcapng_capture *capture);
void cli_conversion_free(struct cli_conversion *conversion);

/* False with error: the output cannot be written. False without error: its reader has gone. */
bool cli_conversion_take(struct cli_conversion *conversion, const struct pcapng_item *item,
                         GError **error);
/* Nothing more comes. */
bool cli_conversion_finish(struct cli_conversion *conversion, GError **error);

struct cli_conversion_counts cli_conversion_counts(const struct cli_conversion *conversion);

#endif
