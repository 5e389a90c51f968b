/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An event that is kept beyond the call that handed it over, with all that it points to, for
 * several readers in several threads.
 */
#ifndef PKTMON_MODEL_EVENT_COPY_H
#define PKTMON_MODEL_EVENT_COPY_H

#include <glib.h>

#include "pktmon/event.h"

/* Its content does not change any more. */
struct event_copy {
    gatomicrefcount owners;
    size_t size;               /* bytes, of all of it */
    struct pktmon_event event; /* what it points to is the copy's */
};

/* One allocation for each. */
struct event_copy *event_copy_new(const struct pktmon_event *event);
struct event_copy *event_copy_ref(struct event_copy *copy);
void event_copy_unref(struct event_copy *copy);

#endif
