/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a session's events go: pcapng on a file descriptor, or a receiver in this process. False
 * means that it takes no more; the error tells why, unless the reader just left
 * (session_output_closed()).
 */
#ifndef PKTMON_SESSION_OUTPUT_H
#define PKTMON_SESSION_OUTPUT_H

#include "session.h"

struct session_output;

struct session_output_ops {
    /* Before anything is known of the capture. */
    bool (*open)(struct session_output *output, GError **error);
    /* time: no event is older. */
    bool (*begin)(struct session_output *output, uint64_t time, GError **error);
    bool (*write)(struct session_output *output, const struct pktmon_event *event, GError **error);
    bool (*repeat_descriptions)(struct session_output *output, uint64_t time, GError **error);
    /* Whether the last reading of the component's counters is told although it was told before. */
    bool (*wants_again)(const struct session_output *output, uint32_t component);
    /* All that has happened so far was written. */
    bool (*flush)(struct session_output *output, GError **error);
    bool (*end)(struct session_output *output, uint64_t time, GError **error);
    bool (*closed)(const struct session_output *output);
    void (*free)(struct session_output *output);
};

/* Each kind's own structure begins with this one. */
struct session_output {
    const struct session_output_ops *ops;
    /* Whether its reader may come later than its beginning, as that of a pipe or of ring files. */
    bool wants_repeated_descriptions;
};

struct pktmon_stream_options;

/* The descriptor is borrowed, as are registry and capture, which outlive the output. */
struct session_output *session_output_to_file(const struct pktmon_stream_options *options,
                                              const struct pktmon_registry *registry,
                                              const struct pktmon_capture *capture);
/* The receiver is borrowed. */
struct session_output *session_output_to_receiver(struct pktmon_receiver *receiver);

#endif
