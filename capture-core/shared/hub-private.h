/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a hub share. */
#ifndef PKTMON_SHARED_HUB_PRIVATE_H
#define PKTMON_SHARED_HUB_PRIVATE_H

#include "clock.h"
#include "hub.h"

#define CHANGE_TIMEOUT_NS (60000 * PKTMON_NS_PER_MS)

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
    struct pktmon_capture *capture;
    GArray *filters; /* to change to; owned */
    bool last;       /* nobody else is here */
    bool waited_for;
    bool done; /* under the hub's mutex */
    bool refused;
    GError *error;
};

/* What the provider was asked for, and may borrow from. */
struct hub_order {
    struct pktmon_provider_options options;
    struct pktmon_provider_filter filters[PKTMON_PROVIDER_FILTERS];
    GArray *references; /* of the filters' expressions */
    char *without_ebpf; /* of the options */
};

struct hub {
    struct pktmon_sink sink; /* first: the provider hands it back to us */

    /* Under the mutex of all hubs. */
    int members;
    unsigned reserved; /* bits of filters that members may ask for */
    bool listed;       /* it can be found */

    pktmon_source *source;
    enum pktmon_points points;
    uint16_t vxlan_port;
    bool hook_queues;
    GThread *thread;
    GMutex mutex;
    GCond turned;    /* a request has come, or is done */
    GQueue requests; /* of struct hub_request; under the mutex */

    /* The hub's thread only. */
    struct pktmon_provider *provider; /* NULL: none yet, or no more */
    struct pktmon_registry *registry;
    struct pktmon_capture *capture;
    bool running;
    GPtrArray *subscribers; /* those that are not asleep */
    GQueue waiting;         /* of struct hub_request: starts and changes whose turn has not come */
    GPtrArray *marked; /* of struct hub_request: the same, carried out, but not by events yet */
    struct filter_bits bits, bits_before;
    struct hub_order *order, *asked; /* in force; asked for, or NULL */
    struct hub_request *changing;    /* whom it was asked for; NULL: for one that left */
    const struct subscriber *other;  /* of those that are asleep, the one that is to be served */
    struct hub_order *declined; /* what was refused when one left, and is not asked for again */
    GPtrArray *overdue;         /* of struct hub_order: what was asked for, without an answer */
    uint64_t less_due;          /* ns, monotonic: when less is asked for; 0: nobody has left */
    bool selects_less;          /* one has left that may have wanted namespaces of its own */
    unsigned changes;           /* of the provider, that are known */
    uint64_t change_due;        /* ns, monotonic: when it has taken too long */
    int64_t offset;             /* of events' times: real-time minus monotonic */
    struct baseline *readings;  /* the newest ones */
    uint64_t newest;            /* time of the newest event, ns */
    uint64_t mark;              /* the last one, ns of events; 0: it was passed */
    bool reads_again;           /* a reading behind the mark is to be taken */
    struct pktmon_timer second;
};

/* The time of events, now. */
uint64_t hub_now(const struct hub *hub);
/* The request is done; takes ownership of error. */
void hub_answer(struct hub *hub, struct hub_request *request, GError *error);
/* Takes a reading of the counters, and a mark behind it. */
void hub_mark(struct hub *hub, struct subscriber *subscriber);
/* The subscriber has no bits any more, and is asleep. */
void hub_forget(struct hub *hub, struct subscriber *subscriber);

/* hub.c: its thread, and what it does with events. */
void *hub_main(void *data);
void hub_take_event(struct pktmon_sink *sink, const struct pktmon_event *event);

/* hub-members.c: requests. */

/* The next one, which is to be answered or freed; NULL: there is none, and wait is false. */
struct hub_request *hub_next_request(struct hub *hub, bool wait);
void hub_request_free(struct hub_request *request);
/* It is found no more. */
void hub_hide(struct hub *hub);

/* hub-changes.c: what the provider is asked for. */

/* What all that are awake need, and one more, which may be NULL. */
struct hub_order *hub_order_new(const struct hub *hub, const struct subscriber *other);
/* Whether the provider was made as the subscriber alone would have it. */
bool hub_order_fits(const struct hub *hub, const struct subscriber *subscriber);
void hub_order_free(struct hub_order *order);
/* Gives a subscriber its bits. False: there are not enough. */
bool hub_assign(struct hub *hub, struct subscriber *subscriber, const GArray *filters);
/* What a subscriber asked for holds from here on. */
void hub_take_over(struct hub *hub, struct hub_request *request);
/* One has left, or needs less than before. */
void hub_needs_less(struct hub *hub);
/* Carries on with what is asked of the provider, one at a time. */
void hub_advance_changes(struct hub *hub);

#endif
