/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status line of a capture on standard error; on a terminal it is updated in place. */
#ifndef PKTMON_CLI_CAPTURE_STATUS_H
#define PKTMON_CLI_CAPTURE_STATUS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/event.h"

struct cli_capture_status {
    bool counters_only;
    uint64_t packets, bytes, drops, readings;
    uint64_t lost_by_packets, lost_by_counters; /* as reported by each */
    uint64_t left_out;                          /* packets of the capture's own output */
    GHashTable *reasons;                        /* interned name -> struct reason, owned */
    GHashTable *losses;                         /* edge of a component -> total lost there */
    GArray *waiting;                            /* of struct taken: not yet in the file */
    bool in_place;
    bool open;    /* the line is on the terminal */
    gint64 shown; /* us, monotonic: last shown */
};

void cli_status_init(struct cli_capture_status *status, bool counters_only);
void cli_status_clear(struct cli_capture_status *status);

/* Adds an event after which the file will end at this byte. It counts once it is written. is_new:
 * if it is of a packet, it is one more packet (packet-groups.h). */
void cli_status_add_event(struct cli_capture_status *status, const struct pktmon_event *event,
                          bool is_new, uint64_t end);
/* This many bytes of the file are written: events up to there count. */
void cli_status_mark_written(struct cli_capture_status *status, uint64_t bytes);
/* Writing failed: events added since are not in the file. */
void cli_status_mark_failed(struct cli_capture_status *status);

/* Updates the line on a terminal, if that is due. */
void cli_status_refresh(struct cli_capture_status *status);
/* Prints a final line, on a terminal or not. rest: appended to it; NULL: nothing. */
void cli_status_print(struct cli_capture_status *status, const char *rest);

#endif
