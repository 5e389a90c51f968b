/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a capture ends by itself: the first condition that is met ends it. */
#ifndef PKTMON_CLI_STOP_CONDITIONS_H
#define PKTMON_CLI_STOP_CONDITIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"

/* 0 or NULL: no such condition. */
struct stop_conditions {
    uint64_t packets;
    uint64_t seconds;       /* since it began */
    uint64_t kilobytes;     /* of 1000 bytes, written in all */
    char *reason;           /* the first drop with it; owned */
    uint64_t seconds_after; /* so long does it go on after that drop */
};

/* The values of -a, NULL-terminated or NULL. */
bool stop_conditions_parse(struct stop_conditions *conditions, char **words, GError **error);
void stop_conditions_clear(struct stop_conditions *conditions);

/* What has come of them in a capture. */
struct stop_watch {
    const struct stop_conditions *conditions;
    uint64_t packets;
    gint64 end;         /* us, monotonic: the capture ends then */
    uint64_t last_time; /* of packets that belong to the capture, as of struct pktmon_event */
    bool full;          /* no packet more belongs to it */
};

/* The capture begins now. */
struct stop_watch stop_watch_begin(const struct stop_conditions *conditions);
/* Whether the packet belongs to the capture still. Called for each in turn, it is counted, and
 * may be the last one. */
bool stop_watch_admits(struct stop_watch *watch, const struct pktmon_event *event);
/* Whether the capture has to end. bytes: written so far. */
bool stop_watch_ends(struct stop_watch *watch, uint64_t bytes);

#endif
