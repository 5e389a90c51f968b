/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sink that hands each event to a callback. */
#ifndef PKTMON_CAPTURE_CALLBACK_SINK_H
#define PKTMON_CAPTURE_CALLBACK_SINK_H

#include "capture-sink.h"

/* All are called from within the capture's run, and may stop it. */
struct callback_sink_calls {
    /* What events and their components are described in. NULL: nobody asks. */
    void (*open)(void *context, const struct capture_view *view);
    void (*event)(void *context, const struct pktmon_event *event);
    /* Everything so far was handed over: called once when the capture has begun, then several times
     * a second, and after the last event. */
    void (*caught_up)(void *context);
    void *context;
};

/* calls are copied. */
struct capture_sink *callback_sink_new(const struct callback_sink_calls *calls);

#endif
