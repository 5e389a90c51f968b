/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a capture's events go: pcapng on a descriptor (file-sink.h), or callbacks in this process
 * (callback-sink.h). False means that the sink takes no more; the error says why, unless the reader
 * of a pipe just left.
 */
#ifndef PKTMON_CAPTURE_CAPTURE_SINK_H
#define PKTMON_CAPTURE_CAPTURE_SINK_H

#include "pktmon/capture-info.h"
#include "pktmon/component.h"
#include "pktmon/event.h"

struct capture_sink;

/* What a sink may know of its capture; borrowed, and valid as long as the sink. */
struct capture_view {
    const struct pktmon_registry *registry;
    const struct pktmon_capture_info *info;
    bool has_filters;
};

struct capture_beginning {
    uint64_t time; /* no event is older */
    uint64_t join; /* as of struct provider */
};

struct capture_sink_ops {
    /* While the provider starts: nothing is known of the capture yet. */
    bool (*open)(struct capture_sink *sink, const struct capture_view *view, GError **error);
    bool (*begin)(struct capture_sink *sink, const struct capture_beginning *beginning,
                  GError **error);
    bool (*write)(struct capture_sink *sink, const struct pktmon_event *event, GError **error);
    /* An event that came after a failure. NULL: it is ignored. */
    void (*miss)(struct capture_sink *sink, const struct pktmon_event *event);
    bool (*repeat_descriptions)(struct capture_sink *sink, uint64_t time, GError **error);
    /* Whether the last reading of the component's counters is written although nothing changed. */
    bool (*wants_again)(const struct capture_sink *sink, uint32_t component);
    /* All that has happened so far was written. until: no event that comes later is older, ns since
     * 1970; 0: not known. */
    bool (*flush)(struct capture_sink *sink, uint64_t until, GError **error);
    bool (*end)(struct capture_sink *sink, uint64_t time, GError **error);
    bool (*is_closed)(const struct capture_sink *sink);
    void (*free)(struct capture_sink *sink);
};

/* Each kind's own structure begins with this one. */
struct capture_sink {
    const struct capture_sink_ops *ops;
    /* Whether the reader may come later than the beginning, as that of a pipe or of ring files. */
    bool wants_repeated_descriptions;
};

#endif
