/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One capture's part of a shared provider: what it requested, and the queue of events between the
 * provider's thread (the hub's), which never waits for it, and the capture's own. When the queue is
 * full, packets are lost, counted and reported.
 */
#ifndef PKTMON_MULTIPLEX_SUBSCRIBER_H
#define PKTMON_MULTIPLEX_SUBSCRIBER_H

#include <glib.h>

#include "pcapng/account.h"
#include "baseline.h"
#include "pktmon/component.h"
#include "model/event-copy.h"
#include "filter-bits.h"
#include "filter/followed.h"
#include "providers/provider.h"

enum subscriber_state {
    SUBSCRIBER_ASLEEP, /* nothing is delivered */
    SUBSCRIBER_COMING, /* events behind its mark are for it */
    SUBSCRIBER_ACTIVE,
    SUBSCRIBER_GOING, /* events before its mark are for it */
};

/* How many packets one subscriber has missed, in all. */
struct subscriber_missed {
    uint64_t before; /* the provider could not store them */
    uint64_t here;   /* the queue was full */
};

/* What stands in the queue. */
struct queue_entry {
    struct event_copy *copy; /* NULL: none */
    /* For the subscriber, in place of what the copy has. */
    bool judged, incomplete;
    uint64_t filters, lost;
    struct subscriber_missed missed;      /* until this event */
    struct pktmon_registry *descriptions; /* of components, before this event; NULL: none */
    bool changed;                         /* what was requested is in force from here on */
};

struct subscriber {
    /* The session's thread writes them while the hub's does not look at it. */
    struct provider_options options; /* of its filters, see below */
    char *without_ebpf;              /* of the options */
    GArray *filters;   /* of struct provider_filter, with references of their expressions */
    size_t limit;      /* bytes of the queue */
    uint64_t join;     /* of the hub's provider; written before the start is replied to */
    unsigned reserved; /* bits of the hub; under the mutex of all hubs */

    /* The queue. */
    GMutex mutex;
    GCond filled;
    GQueue batches; /* of GArray of struct queue_entry */
    uint64_t until; /* no event behind them is older; 0: not known */
    bool ended;     /* nothing more will come */
    bool leaving;   /* the session's thread wants to leave: the end is when it has left */
    bool left;      /* the hub knows it no more */
    GError *error;  /* why, where the provider failed */
    gsize held;     /* bytes in the queue and in filling; atomic, without the mutex */

    /* The hub's thread only. */
    enum subscriber_state state;
    uint64_t mark;                    /* ns, of events */
    bool alone;                       /* nobody is disturbed if it is waited for */
    struct bit_list bits, next_bits;  /* in force; requested */
    bool judges_itself;               /* it applies its filters itself, and gets all packets */
    bool next_judges_itself;          /* the same, requested */
    GArray *filling;                  /* the batch that is not handed over yet */
    struct pktmon_registry *describe; /* what the next entry takes along; NULL: nothing */
    GHashTable *wants;                /* component id -> whether its events are wanted */
    struct baseline *baseline;        /* where the counters began; NULL: at zero */
    struct pcapng_account *kept;      /* losses that wait for a packet to be reported with */
    GHashTable *left_out;             /* counter_key() -> uint64_t: what the full queue cost */
    GHashTable *unreported;         /* component id -> uint64_t: the same, since the last notice */
    uint64_t lost_from, lost_until; /* times of the first and the last of these; 0: none */
    struct filter_followed *holes;  /* groups of which a packet was lost here */
    struct subscriber_missed missed;
};

/* Copies what it keeps. limit: bytes, of which more may be in use by one event. */
struct subscriber *subscriber_new(const struct provider_options *options, size_t limit);
void subscriber_free(struct subscriber *subscriber);

/* Copies of filters, with references of their expressions. */
GArray *filters_copy(const struct provider_filter *filters, size_t count);

/* For the hub's thread --------------------------------------------------------------------------
 */

/* An event for the subscriber, if it is. copy: of the event, made by the first who needs it.
 * registry has the component. */
void subscriber_take(struct subscriber *subscriber, const struct pktmon_event *event,
                     const struct pktmon_registry *registry, struct event_copy **copy);
/* Reports what the full queue has cost since the last time, as notices. time: of events, ns. */
void subscriber_report_losses(struct subscriber *subscriber, uint64_t time,
                              const struct pktmon_registry *registry);
/* What it requested is in force from here on. */
void subscriber_finish_change(struct subscriber *subscriber);
/* Forgets which components it wants. */
void subscriber_forget_wants(struct subscriber *subscriber);
/* Hands over what has come. until: no event that comes later is older; 0: not known. */
void subscriber_flush(struct subscriber *subscriber, uint64_t until);
/* Nothing more will come. Takes ownership of error, which may be NULL. left: it has requested to
 * leave, and may be gone when this returns. */
void subscriber_end(struct subscriber *subscriber, bool left, GError *error);

/* For the capture's thread ----------------------------------------------------------------------
 */

/* The next batch, which is the caller's; NULL: none came in time, or (*ended) there is none to
 * come. timeout_ms: -1 waits until there is one. until: becomes what is known of the events behind
 * the batch, if there is no other batch. */
GArray *subscriber_next(struct subscriber *subscriber, int timeout_ms, bool *ended,
                        uint64_t *until);
/* From now on, the end is when the hub has let go of it. */
void subscriber_leave(struct subscriber *subscriber);
/* The entry is done with. */
void subscriber_release_entry(struct subscriber *subscriber, struct queue_entry *entry);

#endif
