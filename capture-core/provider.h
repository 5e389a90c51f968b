/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every source of events is. A provider is the only code that knows its operating system or
 * its file format. It describes components in the registry it was given and delivers events to
 * the sink it was given, in the order of time, always from within read() or stop().
 */
#ifndef PKTMON_PROVIDER_H
#define PKTMON_PROVIDER_H

#include <glib.h>
#include <stdatomic.h>

#include "component.h"
#include "event.h"
#include "public.h"

#define PKTMON_ERROR (pktmon_error_quark())
PKTMON_PUBLIC GQuark pktmon_error_quark(void);

/* Every GError's message is one sentence for the user that says what to do. */
enum pktmon_error {
    PKTMON_ERROR_FAILED,
    PKTMON_ERROR_ARGUMENT,    /* the user asked for something that does not exist */
    PKTMON_ERROR_PERMISSION,  /* this user may not */
    PKTMON_ERROR_UNSUPPORTED, /* this system cannot */
    PKTMON_ERROR_INPUT,       /* the file is not what it should be */
};

/* What the capture is and what it could not see; the provider fills all but id. */
struct pktmon_capture {
    uint64_t id;
    char *os;           /* "Linux" */
    char *host;         /* host name */
    char *release;      /* kernel release, or Windows build */
    char *provider;     /* "ebpf", "pcap", "etl" */
    GPtrArray *missing; /* of char *: what it could not see and why */
};

PKTMON_PUBLIC struct pktmon_capture *pktmon_capture_new(void);
PKTMON_PUBLIC void pktmon_capture_free(struct pktmon_capture *capture);

enum pktmon_points {
    PKTMON_POINTS_DEVICES, /* driver edges of each device, drops, delivery */
    PKTMON_POINTS_STACK,   /* adds the upper edges */
};

struct pktmon_expression;

#define PKTMON_PROVIDER_FILTERS 63 /* at most */

/* What packets are wanted for; of several filters each is told whether it matched. */
struct pktmon_provider_filter {
    const struct pktmon_expression *expression; /* borrowed; NULL: all packets */
    bool inner;                                 /* also by the packet inside a tunnel */
    bool unused;                                /* it matches nothing; its bit is kept free */
};

/* What a live provider is asked for. */
struct pktmon_provider_options {
    enum pktmon_points points;
    bool flow;            /* deliver packets that pass */
    bool drops;           /* deliver packets that are dropped */
    uint32_t pkt_size;    /* bytes kept of each packet; 0 = whole */
    uint32_t repeat_size; /* of its later appearances so many are enough; 0 = as many */
    uint32_t buffer_size; /* MiB of ring buffer in all */
    uint32_t sample;      /* leave packets out, as pktmon_is_sampled() says; 0 or 1 = none */
    uint32_t max_cpu;     /* percent of one CPU; beyond it, leave packets out; 0 = no ceiling */
    /* Whether packets of this namespace are wanted (its name as shown; NULL = the own one), so that
     * the provider can leave out others early, as far as it can; NULL: all are. */
    bool (*wants_netns)(const void *context, const char *netns);
    /* What else a namespace is called than its name as shown, each time it gets such a name. True:
     * which makes it a wanted one. NULL: nobody asks. */
    bool (*take_alias)(const void *context, const char *netns, const char *alias);
    /* As wants_netns() of a component, as it is described now. */
    bool (*wants_component)(const void *context, const struct pktmon_component *component);
    const void *context;
    /* Packets that none of these matched need not be delivered. */
    const struct pktmon_provider_filter *filters;
    size_t filter_count; /* 0 = all packets are wanted */
    uint16_t vxlan_port; /* of tunnels, host order */
    bool hook_queues;    /* netfilter's hooks also where an NFQUEUE is bound (Linux) */
    /* What is captured goes out by these descriptors of this process: packets of the connections
     * that carry it are left out, as far as the provider can tell them. Borrowed. */
    const int *outputs;
    size_t output_count;
    bool keep_own; /* these packets too */
    /* Becomes true when nobody wants to wait for the start any more; NULL: never. Borrowed. */
    const atomic_bool *stopped;
    const char *without_ebpf; /* why eBPF cannot be used; NULL: it was not asked for. Borrowed. */
};

/* Whether a sample of one packet in so many has the group: the same for each of its appearances, in
 * every session. */
bool pktmon_is_sampled(uint64_t group, uint32_t sample);

struct pktmon_provider;

struct pktmon_provider_ops {
    const char *name;
    /* Describes in the registry what exists now. Starts no capture. */
    bool (*enumerate)(struct pktmon_provider *provider, GError **error);
    bool (*start)(struct pktmon_provider *provider, GError **error);
    /* Delivers what is due, waiting for it at most timeout_ms. 1: call again; 0: the source has
     * ended; -1: error. */
    int (*read)(struct pktmon_provider *provider, int timeout_ms, GError **error);
    /* Takes a reading of every counter now; the events come, in their turn, from read(). */
    bool (*read_counters)(struct pktmon_provider *provider, GError **error);
    /* Asks for other filters and sizes (filters, pkt_size, flow, drops, max_cpu, wants_netns of the
     * options) while the capture goes on; nothing is missed meanwhile, and bits of filters that
     * stay mean the same before and after. Returns at once; read() carries it out and says so in
     * changes. NULL: it cannot, or not yet: one change at a time. */
    bool (*change)(struct pktmon_provider *provider, const struct pktmon_provider_options *options,
                   GError **error);
    /* The same where nothing has changed but which namespaces wants_netns wants. NULL: it does not
     * need to know. */
    bool (*select)(struct pktmon_provider *provider, const struct pktmon_provider_options *options,
                   GError **error);
    /* Ends the capture: detaches, takes a last reading of the counters, and delivers all that is
     * still held. */
    bool (*stop)(struct pktmon_provider *provider, GError **error);
    void (*free)(struct pktmon_provider *provider);
};

/* Each provider's own structure begins with this one. */
struct pktmon_provider {
    const struct pktmon_provider_ops *ops;
    struct pktmon_registry *registry; /* borrowed */
    struct pktmon_capture *capture;   /* borrowed */
    struct pktmon_sink *sink;         /* borrowed */
    unsigned changes;                 /* how many change() were carried out or refused */
    GError *refused;                  /* why the last one was; NULL: it was not. The provider's. */
    bool judges;                      /* it judges packets by the filters, once it has started */
};

/* Linux, tp_btf tracepoints (linux/). Starts pktmon-agent; nothing else in this process needs a
 * privilege. NULL: error says what to do. */
PKTMON_PUBLIC struct pktmon_provider *
pktmon_ebpf_provider_new(const struct pktmon_provider_options *options,
                         struct pktmon_registry *registry, struct pktmon_capture *capture,
                         struct pktmon_sink *sink, GError **error);

/* Whether the kernel drops packets for a reason of this name, in any case. False: error, with the
 * name that may have been meant. */
PKTMON_PUBLIC bool pktmon_drop_reason_check(const char *name, GError **error);

/* Linux, devices of the own network namespace alone, by libpcap (libpcap/). Starts
 * pktmon-pcap-agent; as above. */
PKTMON_PUBLIC struct pktmon_provider *
pktmon_pcap_provider_new(const struct pktmon_provider_options *options,
                         struct pktmon_registry *registry, struct pktmon_capture *capture,
                         struct pktmon_sink *sink, GError **error);

#endif
