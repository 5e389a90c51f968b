/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stop conditions of a capture: the first one that is met ends it. */
#ifndef PKTMON_CLI_STOP_CONDITIONS_H
#define PKTMON_CLI_STOP_CONDITIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/event.h"

/* 0 or NULL: no condition. */
struct cli_stop_conditions {
    uint64_t packets;
    uint64_t seconds;       /* since the capture began */
    uint64_t kilobytes;     /* of 1000 bytes, written in total */
    char *reason;           /* of the first drop to stop at; owned */
    uint64_t seconds_after; /* the capture continues for this time after that drop */
};

/* The values of -a, NULL-terminated or NULL. */
bool cli_stop_conditions_parse(struct cli_stop_conditions *conditions, char **words,
                               GError **error);
void cli_stop_conditions_clear(struct cli_stop_conditions *conditions);

/* State of the conditions in a capture. */
struct cli_stop_watch {
    const struct cli_stop_conditions *conditions;
    uint64_t packets;
    gint64 end;         /* us, monotonic: the capture ends then */
    uint64_t last_time; /* of packets that belong to the capture, as in struct pktmon_event */
    bool full;          /* no further packet belongs to it */
};

/* The capture begins now. */
struct cli_stop_watch cli_stop_watch_begin(const struct cli_stop_conditions *conditions);
/* Takes the event of a packet, or of its journey. is_new: it is one more packet
 * (packet-groups.h). False: it does not belong to the capture any more. */
bool cli_stop_watch_admits(struct cli_stop_watch *watch, const struct pktmon_event *event,
                           bool is_new);
/* Whether the capture has to end. bytes: written so far. */
bool cli_stop_watch_ends(struct cli_stop_watch *watch, uint64_t bytes);

#endif
