/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands do with the running system. Built without the live capture, all of it is one
 * error that says so.
 */
#ifndef PKTMON_CLI_LIVE_H
#define PKTMON_CLI_LIVE_H

#include "counter-view.h"
#include "host.h"
#include "ring-files.h"
#include "session.h"
#include "stop-conditions.h"

/* Options that several commands have alike: rows of GOptionEntry, with where the value goes. */
#define LIVE_OPTION_COMPONENTS(value)                                                              \
    {                                                                                              \
        "components", 0, 0, G_OPTION_ARG_STRING, value,                                            \
            "Only of these ids or names, separated by commas", "LIST"                              \
    }
#define LIVE_OPTION_NETNS(value)                                                                   \
    {                                                                                              \
        "netns", 0, 0, G_OPTION_ARG_STRING, value,                                                 \
            "Only of these network namespaces: all (default), current, names, paths, or ids of "   \
            "processes or containers",                                                             \
            "LIST"                                                                                 \
    }
#define LIVE_OPTION_HOOK_QUEUES(value)                                                             \
    {                                                                                              \
        "hook-queues", 0, 0, G_OPTION_ARG_NONE, value,                                             \
            "Also at netfilter's hooks where an NFQUEUE is bound, which may lose what waits in "   \
            "it",                                                                                  \
            NULL                                                                                   \
    }

/* Fills the registry with what this host has now. components, netns: as of a capture, NULL = all;
 * *chosen: the ids of those that are meant, the caller's, NULL = all. */
bool live_list(struct pktmon_registry *registry, const char *components, const char *netns,
               GHashTable **chosen, GError **error);

/* Whether packets of this host are dropped for a reason of this name. */
bool live_check_reason(const char *reason, GError **error);

struct live_counting {
    struct counter_view view;
    bool refresh;           /* show while counting, not only at the end */
    int rate;               /* times a second */
    int seconds;            /* 0 = until a signal */
    const char *components; /* as --components of a capture; NULL = all */
    const char *netns;
    bool hook_queues; /* as of struct pktmon_session_options */
};

/* Counts and shows. */
bool live_count(const struct live_counting *counting, GError **error);

struct live_capturing {
    struct pktmon_session_options session;
    const char *path; /* as of struct ring_files */
    struct file_limits files;
    struct stop_conditions stop;
};

/* Captures, until a signal or a condition ends it. */
bool live_capture(const struct live_capturing *capturing, GError **error);

/* What the capture cannot see, on the standard error. */
void live_print_missing(const struct pktmon_capture *capture);

#endif
