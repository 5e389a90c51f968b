/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets as lines of comma-separated values (RFC 4180, with line feeds alone), which
 * docs/convert.md lists: one for each hop, or one for each packet. A column that has nothing to say
 * is empty.
 */
#ifndef PKTMON_CLI_JOURNEY_CSV_H
#define PKTMON_CLI_JOURNEY_CSV_H

#include <glib.h>

#include "pktmon/component.h"
#include "pktmon/journey.h"

enum cli_csv_rows { CLI_CSV_HOPS, CLI_CSV_PACKETS };

struct cli_csv_options {
    enum cli_csv_rows rows;
    /* Names of components, for events that do not name theirs. Borrowed. */
    const struct pktmon_registry *registry;
    uint64_t capture_id; /* 0: not known */
};

/* Appends the names of the columns. */
void cli_csv_append_head(GString *csv, enum cli_csv_rows rows);

/* Appends the lines of a packet with its journey (PKTMON_RECORD_JOURNEY), or of an appearance
 * (PACKET), which is a hop; nothing of other records. */
void cli_csv_append_event(GString *csv, const struct cli_csv_options *options,
                          const struct pktmon_event *event);

#endif
