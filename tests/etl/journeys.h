/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts a log, and reads the journeys of the output back. */
#ifndef ETL_JOURNEYS_H
#define ETL_JOURNEYS_H

#include <glib.h>

#include "etl-reader/convert.h"

/* What the frames of packets in a converted log are. */
struct log_journeys {
    /* "PATH: FATE, OBSERVATIONS, LINK TYPE", and ", open" or ", continued". */
    GPtrArray *lines;
    guint packets, observations, drops;
    struct etl_report report;
};

/* Everything, in the packets view. */
struct etl_conversion log_journeys_wanted(void);
/* Converts the log, and fails the test if that fails. */
struct log_journeys log_journeys_read(const char *log, const struct etl_conversion *wanted);
struct log_journeys log_journeys_of_bytes(const GByteArray *log,
                                          const struct etl_conversion *wanted);
void log_journeys_clear(struct log_journeys *journeys);

#endif
