/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a capture has so far, in one line on the standard error: on a terminal in place. */
#ifndef PKTMON_CLI_CAPTURE_STATUS_H
#define PKTMON_CLI_CAPTURE_STATUS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct capture_status {
    bool counters_only;
    uint64_t packets, bytes, drops, readings;
    uint64_t lost_by_packets, lost_by_counters; /* as told by the ones and by the others */
    uint64_t left_out;                          /* of the capture's own output */
    GHashTable *reasons;                        /* interned name -> struct reason, owned */
    GHashTable *losses;                         /* edge of a component -> lost there in all */
    GArray *waiting;                            /* of struct taken: not in the file yet */
    bool in_place;
    bool open;    /* the line stands there */
    gint64 shown; /* us, monotonic: when it was shown last */
};

void capture_status_init(struct capture_status *status, bool counters_only);
void capture_status_clear(struct capture_status *status);

/* An event of the capture, with which the file ends at this byte. It counts when it is there. */
void capture_status_take(struct capture_status *status, const struct pktmon_event *event,
                         uint64_t end);
/* So many bytes of the file are written: what ends with them counts. */
void capture_status_written(struct capture_status *status, uint64_t bytes);
/* What was taken since then is not in the file. */
void capture_status_failed(struct capture_status *status);

/* Shows it on a terminal, if that is due. */
void capture_status_refresh(struct capture_status *status);
/* A line that stays, on whatever the standard error is. rest: is added to it; NULL: nothing. */
void capture_status_print(struct capture_status *status, const char *rest);

#endif
