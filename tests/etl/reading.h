/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a log through the provider and keeps the events that it delivers. */
#ifndef ETL_READING_H
#define ETL_READING_H

#include <glib.h>

#include "etl-reader/convert.h"
#include "etl-reader/etl.h"

struct seen {
    struct pktmon_event event; /* its strings and data are copies, owned by the reading */
};

struct reading {
    struct pktmon_sink sink;
    GPtrArray *events; /* of struct seen */
    GStringChunk *strings;
    struct pktmon_registry *registry;
    struct pktmon_capture_info *capture;
    struct provider *provider; /* NULL: the log was refused, and error says why */
    GError *error;
};

/* Reads the whole log. log: NULL-terminated paths. */
void reading_open(struct reading *reading, const char *const *paths,
                  const struct etl_options *options);
/* The same for one log in memory. */
void reading_of_bytes(struct reading *reading, const GByteArray *log,
                      const struct etl_options *options);
void reading_close(struct reading *reading);

/* Number of events with this record type. */
guint reading_count(const struct reading *reading, enum pktmon_record record);
/* The n-th event with this record type, from 0; fails the test if there is none. */
const struct pktmon_event *reading_get(const struct reading *reading, enum pktmon_record record,
                                       guint n);
/* A number among the packet's out-of-band data; G_MAXUINT64: not present. */
uint64_t reading_nbl(const struct pktmon_event *event, enum pktmon_field field);

#endif
