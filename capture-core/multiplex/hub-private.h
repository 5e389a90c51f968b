/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a hub share. Each file calls only those below it: hub-subscribers, hub,
 * hub-changes, hub-requests. */
#ifndef PKTMON_MULTIPLEX_HUB_PRIVATE_H
#define PKTMON_MULTIPLEX_HUB_PRIVATE_H

#include <stdatomic.h>

#include "model/clock.h"
#include "filter-bits.h"
#include "capture/outputs.h"
#include "providers/provider.h"
#include "subscriber.h"

/* The readings that a mark stands behind may be timed as much later by the provider's clock. */
#define HUB_MARK_MARGIN_NS (1 * PKTMON_NS_PER_MS)

enum hub_request_kind {
    HUB_ENUMERATE,
    HUB_START,
    HUB_CHANGE,
    HUB_LEAVE,
    HUB_QUIT,
};

/* Those that are waited for are their caller's; the others are freed by the hub's thread. */
struct hub_request {
    enum hub_request_kind kind;
    struct subscriber *subscriber;
    struct pktmon_registry *registry;
    struct pktmon_capture_info *capture;
    GArray *filters; /* to change to; owned */
    bool last;       /* nobody else is here */
    bool waited_for;
    bool done; /* under the hub's mutex */
    bool refused;
    GError *error;
};

/* What was requested of the provider, which may borrow from it. */
struct hub_order {
    struct provider_options options;
    struct provider_filter filters[PROVIDER_MAX_FILTERS];
    int outputs[OUTPUTS_MAX];
    GArray *references; /* of the filters' expressions */
    char *without_ebpf; /* of the options */
};

struct hub {
    struct pktmon_sink sink; /* first: the provider hands it back to us */

    /* Under the mutex of all hubs. */
    int subscriber_count;
    unsigned reserved; /* bits of filters that subscribers may request */
    bool listed;       /* it can be found */

    atomic_bool failed; /* its provider; nobody joins it any more */

    provider_factory *factory;
    struct pktmon_live_options live; /* those of its subscribers fit */
    GThread *thread;
    GMutex mutex;
    GCond turned;    /* a request has come, or is done */
    GQueue requests; /* of struct hub_request; under the mutex */

    /* The hub's thread only. */
    struct provider *provider;        /* NULL: none yet, or no more */
    struct pktmon_live_options first; /* of the subscriber that it was made for */
    struct pktmon_registry *registry;
    struct pktmon_capture_info *capture;
    bool running;
    GPtrArray *subscribers; /* those that are not asleep */
    GQueue waiting;         /* of struct hub_request: starts and changes whose turn has not come */
    GPtrArray *marked; /* of struct hub_request: the same, carried out, but not by events yet */
    struct filter_bits bits, bits_before;
    struct hub_order *order, *requested; /* in force; requested, or NULL */
    struct hub_request *changing;        /* for whom; NULL: for one that left */
    const struct subscriber *other; /* of those that are asleep, the one that is to be served */
    struct hub_order *declined;     /* what was refused when one left, and is not requested again */
    GPtrArray *overdue;             /* of struct hub_order: what was requested, without a reply */
    uint64_t less_due;              /* ns, monotonic: when less is requested; 0: nobody has left */
    bool selects_less;              /* one has left that may have wanted namespaces of its own */
    unsigned changes;               /* of the provider, that are known */
    uint64_t change_due;            /* ns, monotonic: when it has taken too long */
    int64_t offset;                 /* of events' times: real-time minus monotonic */
    struct baseline *readings;      /* the newest ones */
    uint64_t newest;                /* time of the newest event, ns */
    uint64_t mark;                  /* the last one, ns of events; 0: it was passed */
    bool reads_again;               /* a reading behind the mark is to be taken */
    struct clock_timer second;
};

/* hub-requests.c: the queue of requests, and marks in the order of events. */

void hub_post(struct hub *hub, struct hub_request *request);
bool hub_post_and_wait(struct hub *hub, struct hub_request *request, GError **error);
/* The next one, which is to be replied to or freed; NULL: there is none, and wait is false. */
struct hub_request *hub_next_request(struct hub *hub, bool wait);
/* The request is done; takes ownership of error. */
void hub_reply(struct hub *hub, struct hub_request *request, GError *error);
void hub_request_free(struct hub_request *request);

/* The time of events, now. */
uint64_t hub_now(const struct hub *hub);
/* Takes a reading of the counters. */
void hub_read_counters(struct hub *hub);
/* The same, with a mark behind it. */
void hub_mark(struct hub *hub, struct subscriber *subscriber);

/* hub-changes.c: what is requested of the provider. */

/* What all that are awake need, and one more, which may be NULL. */
struct hub_order *hub_order_new(const struct hub *hub, const struct subscriber *other);
/* Whether the provider was made as the subscriber alone would have it. */
bool hub_order_fits(const struct hub *hub, const struct subscriber *subscriber);
void hub_order_free(struct hub_order *order);
/* Gives a subscriber its bits. False: there are not enough. */
bool hub_assign(struct hub *hub, struct subscriber *subscriber, const GArray *filters);
/* What a subscriber requested is in force from here on. */
void hub_take_over(struct hub *hub, struct hub_request *request);
/* One has left, or needs less than before. */
void hub_request_less(struct hub *hub);
/* Continues with the changes, one at a time. */
void hub_advance_changes(struct hub *hub);

/* hub.c: the hub's thread, and what it does with events. */

void *hub_main(void *data);
void hub_take_event(struct pktmon_sink *sink, const struct pktmon_event *event);

#endif
