/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the eBPF provider, for each other. */
#ifndef PKTMON_EBPF_PROVIDER_H
#define PKTMON_EBPF_PROVIDER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent_client.h"
#include "aliases.h"
#include "copies.h"
#include "drops.h"
#include "own.h"
#include "owners.h"
#include "provider.h"
#include "rings.h"
#include "selection.h"
#include "shares.h"
#include "shed.h"
#include "topology.h"
#include "trouble.h"
#include "xdp.h"

struct ebpf_provider {
    struct pktmon_provider base;
    struct pktmon_provider_options options;   /* filters: only until they are sent */
    struct pktmon_provider_options unchanged; /* as before AGENT_CHANGE, until it is answered */
    struct agent_client agent;
    struct topology *topology;
    struct aliases *aliases;
    struct selection selection;
    struct drop_names *names;
    struct owners *owners;
    struct trouble_names *troubles;
    struct rings *rings; /* NULL until started */
    struct copies *copies;
    struct retirement *retirement;
    int maps[AGENT_MAPS];
    bool listed;             /* the agent has answered the last AGENT_LIST */
    bool stopped;            /* the agent has detached */
    bool changing;           /* the agent has not answered the last AGENT_CHANGE */
    bool counting;           /* the agent has not answered the last AGENT_MISSES */
    bool busy;               /* the last look at the rings found something */
    int64_t offset;          /* real-time minus monotonic, for the whole capture */
    uint64_t newest;         /* monotonic time of the newest event delivered */
    uint64_t misses;         /* told of already */
    uint64_t untraced;       /* the same */
    uint64_t next_list;      /* not before this time the agent is asked to look again, ns */
    uint64_t uncounted;      /* the same */
    GHashTable *shares_told; /* shares.h */
    GHashTable *losses;      /* component -> uint64_t, told of already */
    struct shed shed;
    struct own own;
    GHashTable *xdp; /* struct xdp_reading by its device */
    GQueue pending;  /* events that wait (delivery.c) */
    uint8_t *frame;  /* FRAME_SIZE */
};

/* --- delivery.c --- */

/* Hands the event, whose time is monotonic, to the sink. */
void ebpf_deliver(struct ebpf_provider *provider, struct pktmon_event *event);
/* An event of now that waits for its place among the records; the caller fills the rest. */
struct pktmon_event *ebpf_push(struct ebpf_provider *provider, enum pktmon_record record,
                               uint32_t component);
/* The same of something to be reported; what it returns waits with it. */
struct pktmon_notice *ebpf_push_notice(struct ebpf_provider *provider, enum pktmon_notice_id id,
                                       enum pktmon_level level, uint32_t component,
                                       const char *format, ...) G_GNUC_PRINTF(5, 6);
/* The counters as of now; what they point to is copied, but for names. */
void ebpf_push_counters(struct ebpf_provider *provider, uint32_t component,
                        const struct pktmon_counters *counters);
/* Those that are not after the time, ns. */
void ebpf_deliver_pending(struct ebpf_provider *provider, uint64_t time);
void ebpf_clear_pending(struct ebpf_provider *provider);

/* --- conversation.c --- */

/* Listens to what the agent says by itself. 1: a message was taken; 0: none came in time; -1:
 * error. */
int ebpf_listen(struct ebpf_provider *provider, int timeout_ms, GError **error);
/* Sends the request, and listens as long as there is no room for it. */
bool ebpf_send(struct ebpf_provider *provider, const struct agent_request *request, GError **error);
bool ebpf_ask_for_list(struct ebpf_provider *provider, int timeout_ms, GError **error);
/* The same while it captures. Whoever makes thousands of namespaces makes it take longer: then its
 * answer comes by itself. */
void ebpf_look_for_names(struct ebpf_provider *provider, int timeout_ms);
bool ebpf_ask_for_start(struct ebpf_provider *provider, GError **error);
bool ebpf_await_start(struct ebpf_provider *provider, int timeout_ms, GError **error);
/* The answer comes by itself. */
bool ebpf_ask_for_change(struct ebpf_provider *provider, GError **error);
/* As a change that changes nothing else than what was selected; the answer is that of a change. */
bool ebpf_ask_to_settle(struct ebpf_provider *provider, GError **error);
bool ebpf_ask_for_stop(struct ebpf_provider *provider, int timeout_ms, GError **error);

/* --- records.c --- */

/* Delivers the records that are due, and what waited for its place among them. */
void ebpf_take_records(struct ebpf_provider *provider);
/* The device's component, described from what the kernel program noted where it is new. */
uint32_t ebpf_device_component(struct ebpf_provider *provider, uint64_t net_cookie,
                               uint32_t ifindex);

/* As drop_component(), of a device that may be new. */
uint32_t ebpf_drop_component(struct ebpf_provider *provider, const struct drop_key *key,
                             const char *reason, const char *location);
/* The component that an edge belongs to: the device, or with ifindex 0 the namespace's netfilter or
 * sockets. */
uint32_t ebpf_edge_component(struct ebpf_provider *provider, const struct device_key *key);

/* --- counters.c --- */

/* Takes a reading of all counters, and of what was lost; the events wait for their place. */
void ebpf_read_counters(struct ebpf_provider *provider);
/* Adds what an entry holds to the component that it belongs to (sums.h). */
void ebpf_add_edge(struct ebpf_provider *provider, GHashTable *sums, const struct device_key *key,
                   const struct edge_counters *counters);
void ebpf_add_drops(struct ebpf_provider *provider, GHashTable *sums, const struct drop_key *key,
                    const struct drop_counters *counters);
/* Of a component whose entries are all deleted: what was kept of it, and no more is. device: NULL:
 * it is none. */
void ebpf_push_last_counters(struct ebpf_provider *provider, uint32_t component,
                             const struct device_key *device);
/* NULL: it has none. */
const char *ebpf_edge_name(uint16_t edge);

#endif
