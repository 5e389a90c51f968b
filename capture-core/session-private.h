/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a session share. */
#ifndef PKTMON_SESSION_PRIVATE_H
#define PKTMON_SESSION_PRIVATE_H

#include <stdatomic.h>

#include "account.h"
#include "clock.h"
#include "filter.h"
#include "outputs.h"
#include "packet-filters.h"
#include "session-live.h"
#include "session-output.h"

struct pktmon_session {
    struct pktmon_sink sink;               /* first: the provider hands it back to us */
    struct pktmon_session_options options; /* its strings are not kept */
    pktmon_source *source;
    pktmon_source *fallback; /* NULL: none */
    bool shared;             /* the source is, with other sessions */
    size_t queue_size;       /* bytes of events that wait for this session, where it is shared */
    struct pktmon_constraints *constraints;
    struct pktmon_packet_filters *filters;
    struct outputs outputs;
    struct pktmon_account *account;
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    struct pktmon_provider *provider;
    struct session_output *output; /* NULL until it runs */
    atomic_bool stopped;
    struct additions *additions;
    bool adding;      /* the next of them is what the provider was asked for */
    unsigned changes; /* of the provider, before */

    bool opened;              /* the output, also if that failed */
    bool failed;              /* the output takes no more */
    GError *error;            /* why; NULL where the reader closed the pipe */
    bool final;               /* the events from now on are the last ones */
    uint64_t newest;          /* time of the newest event written */
    int64_t offset;           /* real-time minus monotonic, for the whole capture */
    int64_t reported_offset;  /* the same, as the user last heard of it */
    uint64_t clock_step_time; /* of a step to be told; 0 = none */
    int64_t clock_step;       /* ns */
    struct pktmon_timer clock_timer, counters_timer, descriptions_timer;
};

/* Writes the descriptions of filters from the one with this index on. */
void session_write_filters(struct pktmon_session *session, size_t first, uint64_t time);

/* session-live.c */

/* All filters, also those that do not hold yet, as a provider is told of them; returns how many. */
size_t session_tell_filters(const struct pktmon_session *session,
                            struct pktmon_provider_filter *filters);
/* Carries on with what the session was asked for while it runs. */
void session_advance_additions(struct pktmon_session *session);

#endif
