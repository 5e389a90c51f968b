/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a log through the provider and keeps what it delivers. */
#ifndef ETL_READING_H
#define ETL_READING_H

#include <glib.h>

#include "convert.h"
#include "etl.h"

struct seen {
    struct pktmon_event event; /* its strings and data are copies, owned by the reading */
};

struct reading {
    struct pktmon_sink sink;
    GPtrArray *events; /* of struct seen */
    GStringChunk *strings;
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    struct pktmon_provider *provider; /* NULL: the log was refused, and error says why */
    GError *error;
};

/* Reads all of it; the log is NULL-terminated paths. */
void reading_open(struct reading *reading, const char *const *paths,
                  const struct pktmon_etl_options *options);
/* The same for one log in memory. */
void reading_of_bytes(struct reading *reading, const GByteArray *log,
                      const struct pktmon_etl_options *options);
void reading_close(struct reading *reading);

/* Events of that record, counted. */
guint reading_count(const struct reading *reading, enum pktmon_record record);
/* The n-th of that record, from 0; fails the test where there is none. */
const struct pktmon_event *reading_get(const struct reading *reading, enum pktmon_record record,
                                       guint n);
/* A number among the packet's out-of-band data; G_MAXUINT64: not there. */
uint64_t reading_nbl(const struct pktmon_event *event, enum pktmon_field field);

#endif
