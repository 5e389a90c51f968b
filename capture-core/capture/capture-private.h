/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a capture share. */
#ifndef PKTMON_CAPTURE_CAPTURE_PRIVATE_H
#define PKTMON_CAPTURE_CAPTURE_PRIVATE_H

#include <stdatomic.h>

#include "change-queue.h"
#include "capture-sink.h"
#include "filter/filter-set.h"
#include "kept-packets.h"
#include "model/clock.h"
#include "outputs.h"
#include "pcapng/account.h"
#include "pktmon/session.h"
#include "provider-maker.h"
#include "providers/ladder.h"
#include "selection.h"

struct capture {
    struct pktmon_sink events;             /* first: the provider hands it back to us */
    struct pktmon_session_options options; /* without its strings */
    struct provider_ladder ladder;
    capture_provider_maker *maker;
    void *maker_context;
    struct capture_selection *selection;
    struct filter_set *filters;
    struct outputs outputs;
    struct kept_packets *kept; /* NULL: the capture keeps all observations, so far */
    struct pcapng_account *account;
    struct pktmon_registry *registry;
    struct pktmon_capture_info *info;
    struct provider *provider;
    struct capture_sink *sink; /* NULL until it runs */
    atomic_bool stopped;
    struct additions *additions;
    bool adding;      /* the next of them was requested of the provider */
    unsigned changes; /* of the provider, before */

    bool opened;              /* the sink, also if that failed */
    bool failed;              /* the sink takes no more */
    GError *error;            /* why; NULL where the reader closed the pipe */
    bool final;               /* the events from now on are the last ones */
    uint64_t newest;          /* time of the newest event written */
    int64_t offset;           /* real-time minus monotonic, for the whole capture */
    int64_t reported_offset;  /* the same, as last reported */
    uint64_t clock_step_time; /* of a step to be reported; 0 = none */
    int64_t clock_step;       /* ns */
    struct clock_timer clock_timer, counters_timer, descriptions_timer;
};

/* capture-changes.c */

/* Fills in all filters for a provider, also those not in force yet; returns their number. */
size_t capture_fill_filters(const struct capture *capture, struct provider_filter *filters);
/* Continues with the requests to the running capture. Returns how many filters were in force
 * before: those with a greater index are new. */
size_t capture_advance_additions(struct capture *capture);

#endif
