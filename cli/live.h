/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the commands that captures on this host. In a build without live capture each
 * function returns an error that says so (without-live.c).
 */
#ifndef PKTMON_CLI_LIVE_H
#define PKTMON_CLI_LIVE_H

#include "counter-view.h"
#include "host.h"
#include "ring-files.h"
#include "frontend/capture-options.h"
#include "stop-conditions.h"

/* Fills the registry with the components of this host. *chosen: ids of those that the settings
 * select, owned by the caller; NULL = all. */
bool cli_live_list(struct pktmon_registry *registry, const struct pktmon_session_options *settings,
                   GHashTable **chosen, GError **error);

/* Whether the kernel has a drop reason of this name. */
bool cli_live_check_reason(const char *reason, GError **error);

struct cli_live_counting {
    struct cli_counter_view view;
    bool refresh; /* show the counters while counting, not only at the end */
    int rate;     /* updates per second */
    int seconds;  /* 0 = until a signal */
    struct pktmon_session_options settings; /* components, netns and hook_queues of them */
};

/* Counts, and shows the counters. */
bool cli_live_count(const struct cli_live_counting *counting, GError **error);

struct cli_live_capturing {
    struct pktmon_session_options settings;
    const char *path; /* as in struct cli_ring_files */
    struct cli_file_limits files;
    struct cli_stop_conditions stop;
    bool prints, json; /* show the packets on standard output; as JSON */
};

/* Captures until a signal or a stop condition. */
bool cli_live_capture(const struct cli_live_capturing *capturing, GError **error);

/* Prints on standard error what the capture cannot see. */
void cli_live_print_missing(const struct pktmon_capture_info *capture);

#endif
