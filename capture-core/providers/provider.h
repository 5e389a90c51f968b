/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface of every provider of events. A provider is the only code that knows its operating
 * system or its file format. It describes components in the registry it was given and delivers
 * events to the sink it was given, in the order of time, always from within read() or stop().
 */
#ifndef PKTMON_PROVIDERS_PROVIDER_H
#define PKTMON_PROVIDERS_PROVIDER_H

#include <glib.h>
#include <stdatomic.h>

#include "pktmon/capture-info.h"
#include "pktmon/component.h"
#include "pktmon/errors.h"
#include "pktmon/event.h"
#include "pktmon/live-options.h"

struct filter_expression;

#define PROVIDER_MAX_FILTERS 63 /* at most */

/* A filter; an event says for each filter whether it matched. */
struct provider_filter {
    const struct filter_expression *expression; /* borrowed; NULL: all packets */
    bool inner;                                 /* also matches the packet inside a tunnel */
    bool unused;                                /* it matches nothing; its bit is kept free */
};

/* Options of a live provider. */
struct provider_options {
    PKTMON_LIVE_OPTION_MEMBERS;
    bool flow;            /* deliver packets that pass */
    bool drops;           /* deliver packets that are dropped */
    uint32_t pkt_size;    /* bytes kept of each packet; 0 = whole */
    uint32_t repeat_size; /* of packets that repeat an earlier event; 0 = same as pkt_size */
    /* Whether packets of this namespace are wanted (its name as shown; NULL = the own one), so that
     * the provider can leave out others early, as far as it can; NULL: all are. */
    bool (*wants_netns)(const void *context, const char *netns);
    /* What else a namespace is called than its name as shown, each time it gets such a name. True:
     * which makes it a wanted one. NULL: nobody asks. */
    bool (*take_alias)(const void *context, const char *netns, const char *alias);
    /* As wants_netns() of a component, as it is described now. */
    bool (*wants_component)(const void *context, const struct pktmon_component *component);
    const void *context;
    /* Packets that match none of these need not be delivered. */
    const struct provider_filter *filters;
    size_t filter_count; /* 0 = all packets are wanted */
    /* What is captured goes out by these descriptors of this process: packets of the connections
     * that carry it are left out, as far as the provider can tell them, unless keep_own. Borrowed.
     */
    const int *outputs;
    size_t output_count;
    /* Becomes true when the start need not be waited for any more; NULL: never. Borrowed. */
    const atomic_bool *stopped;
    const char *without_ebpf; /* why eBPF cannot be used; NULL: it was not tried. Borrowed. */
};

struct provider;

struct provider_ops {
    const char *name;
    /* Describes in the registry what exists now. Starts no capture. */
    bool (*enumerate)(struct provider *provider, GError **error);
    bool (*start)(struct provider *provider, GError **error);
    /* Delivers events that are due, and waits for them at most timeout_ms. 1: call again; 0: no
     * more events come; -1: error. */
    int (*read)(struct provider *provider, int timeout_ms, GError **error);
    /* Takes a reading of every counter now; the events come, in their turn, from read(). */
    bool (*read_counters)(struct provider *provider, GError **error);
    /* Asks for other filters and sizes (filters, pkt_size, flow, drops, wants_netns of the options,
     * and live options that are not COMMON or FIRST) while the capture goes on; nothing is missed
     * meanwhile, and bits of filters that stay mean the same before and after. Returns at once;
     * read() carries it out and says so in changes. NULL: it cannot, or not yet: one change at a
     * time. */
    bool (*change)(struct provider *provider, const struct provider_options *options,
                   GError **error);
    /* The same where nothing has changed but which namespaces wants_netns wants. NULL: it does not
     * need to know. */
    bool (*select)(struct provider *provider, const struct provider_options *options,
                   GError **error);
    /* Ends the capture: detaches, takes a last reading of the counters, and delivers all events
     * that are still held. */
    bool (*stop)(struct provider *provider, GError **error);
    void (*free)(struct provider *provider);
};

/* libpcap's observations of a packet are less than this time apart, ns. */
#define PROVIDER_PCAP_JOIN_NS 10000001ULL

/* Each provider's own structure begins with this one. */
struct provider {
    const struct provider_ops *ops;
    struct pktmon_registry *registry;    /* borrowed */
    struct pktmon_capture_info *capture; /* borrowed */
    struct pktmon_sink *sink;            /* borrowed */
    unsigned changes;                    /* how many change() were carried out or refused */
    GError *refused; /* why the last one was refused; NULL: it was not. Owned by the provider */
    uint64_t began;  /* when everything was in place, ns since 1970; 0: no later than open() */
    uint64_t until;  /* no event that comes later is older, ns since 1970; 0: not known */
    uint64_t join;   /* it joins no observation to a packet that was not observed for so long, ns;
                        0: it may at any time */
    bool judges;     /* it judges packets by the filters, once it has started */
};

/* Makes a provider, as ebpf_provider_new() does. */
typedef struct provider *provider_factory(const struct provider_options *options,
                                          struct pktmon_registry *registry,
                                          struct pktmon_capture_info *capture,
                                          struct pktmon_sink *sink, GError **error);

/* Linux, tp_btf tracepoints (providers/ebpf). Starts pktmon-agent; nothing else in this process
 * needs a privilege. NULL: error says what to do. */
struct provider *ebpf_provider_new(const struct provider_options *options,
                                   struct pktmon_registry *registry,
                                   struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                   GError **error);

/* Linux, devices of the own network namespace alone, by libpcap (providers/pcap). Starts
 * pktmon-pcap-agent; as above. */
struct provider *pcap_provider_new(const struct provider_options *options,
                                   struct pktmon_registry *registry,
                                   struct pktmon_capture_info *capture, struct pktmon_sink *sink,
                                   GError **error);

#endif
