/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of the eBPF provider, which its parts share: plain structures, so that this header
 * needs none of those parts.
 */
#ifndef PKTMON_EBPF_READER_EBPF_STATE_H
#define PKTMON_EBPF_READER_EBPF_STATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent-client.h"
#include "providers/provider.h"
#include "providers/ebpf/agent-protocol.h"

struct ebpf_copies;
struct ebpf_drop_names;
struct ebpf_notice_names;
struct ebpf_owners;
struct ebpf_provider;
struct ebpf_retirement;
struct ebpf_rings;
struct netdev_aliases;
struct netdev_topology;

/* Which namespaces are wanted (netns-selection.c). */
struct ebpf_selection {
    GHashTable *sent;      /* cookies of the namespaces that the agent knows to be wanted */
    GArray *chosen, *left; /* cookies still to be sent to the agent: wanted, and not */
};

/* Packets left out by whole groups (shedding.c). */
struct ebpf_shed {
    struct group_counts reported;
    uint64_t measured; /* monotonic, ns; 0 = not yet */
    uint64_t cpu;      /* of this process until then, ns */
    uint64_t share;    /* requested last, parts of 2^32 */
};

#define EBPF_OWN_REPORTED 16 /* connections that are named; of others only packets are counted */

/* What was left out because it carries the capture's own output (own-traffic.c). */
struct ebpf_own {
    struct own_flow reported[EBPF_OWN_REPORTED];
    unsigned int reported_count;
    uint64_t packets;     /* as reported last */
    uint64_t checked_at;  /* monotonic, ns */
    uint64_t reported_at; /* the same */
};

struct ebpf_provider {
    struct provider base;
    struct provider_options options;   /* filters: only until they are sent */
    struct provider_options unchanged; /* as before AGENT_CHANGE, until it is answered */
    struct ebpf_agent_client agent;
    struct netdev_topology *topology;
    struct netdev_aliases *aliases;
    struct ebpf_selection selection;
    struct ebpf_drop_names *names;
    struct ebpf_owners *owners;
    struct ebpf_notice_names *notices;
    struct ebpf_rings *rings; /* NULL until started */
    struct ebpf_copies *copies;
    struct ebpf_retirement *retirement;
    /* Receives the agent's answers to AGENT_FORGET. */
    void (*on_forgotten)(struct ebpf_provider *provider, const struct agent_forgotten *forgotten);
    int maps[AGENT_MAPS];
    bool listed;     /* the agent has answered the last AGENT_LIST */
    bool stopped;    /* the agent has detached */
    bool changing;   /* the agent has not answered the last AGENT_CHANGE */
    bool counting;   /* the agent has not answered the last AGENT_MISSES */
    bool busy;       /* the last read of the rings found something */
    int64_t offset;  /* real-time minus monotonic, for the whole capture */
    uint64_t newest; /* monotonic time of the newest event delivered */
    /* Totals that were reported already: */
    uint64_t misses, unseen, untraced, uncounted;
    GHashTable *losses;          /* component -> uint64_t */
    uint64_t lost;               /* records in all (record-losses.c), */
    uint64_t losses_read;        /* as read at this time; monotonic, ns */
    GHashTable *shares_reported; /* table-shares.c */
    bool callers_refused;        /* of a drop since ebpf_report_shares() */
    bool callers_reported;
    uint64_t next_list; /* before this time the agent is not requested to list again, ns */
    struct ebpf_shed shed;
    struct ebpf_own own;
    GHashTable *xdp; /* struct ebpf_xdp_reading by its device */
    GQueue pending;  /* events that wait (event-delivery.c) */
    char *hidden;    /* the agent's report of hidden namespaces, until it is passed on; or NULL */
    uint8_t *frame;  /* EBPF_FRAME_SIZE */
};

#endif
