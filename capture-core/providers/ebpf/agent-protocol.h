/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol between pktmon-agent (privileged) and the reader (unprivileged), over a socket of
 * type SOCK_SEQPACKET, which is the agent's descriptor HELPER_SOCKET (netdev/helper.h). One message
 * is one datagram of exactly the structure's size, in host order: both ends run on one machine and
 * come from one build.
 *
 * When the reader closes its end, the agent exits and the capture ends.
 */
#ifndef PKTMON_EBPF_AGENT_PROTOCOL_H
#define PKTMON_EBPF_AGENT_PROTOCOL_H

#include <linux/filter.h>
#include <stdint.h>

#include "pktmon/live-options.h"
#include "providers/netdev/device.h"
#include "records.h"

#define AGENT_PROTOCOL  5
#define AGENT_TEXT_SIZE 480

enum agent_request_type {
    AGENT_LIST = 1,   /* describe namespaces and devices; answered with AGENT_LISTED */
    AGENT_START = 2,  /* load and attach, once; answered with AGENT_STARTED */
    AGENT_STOP = 3,   /* detach; answered with AGENT_STOPPED */
    AGENT_MISSES = 4, /* answered with AGENT_MISSED */
    AGENT_FILTER = 5, /* part of a filter for the next AGENT_START or AGENT_CHANGE; no answer */
    AGENT_CHANGE = 6, /* as AGENT_START, with other filters and sizes, while capturing; answered
                         with AGENT_CHANGED */
    AGENT_FORGET = 7, /* delete entries of tables, while capturing; answered with AGENT_FORGOTTEN */
    AGENT_SELECT = 8, /* whether to attach in these namespaces; no answer */
    AGENT_SETTLE = 9, /* answered with AGENT_CHANGED once all earlier requests are done */
};

/* The kind of packet data that a filter was compiled for. */
enum agent_filter_form {
    AGENT_FILTER_FRAME,  /* Ethernet frames */
    AGENT_FILTER_PACKET, /* data from the IP header on */
    AGENT_FILTER_FORMS,
};

#define AGENT_FILTER_PART 64 /* instructions in one message */

/* The next instructions of one form of a filter, in classic BPF. */
struct agent_filter_part {
    uint32_t filter; /* less than RECORD_MAX_FILTERS */
    uint32_t form;   /* enum agent_filter_form */
    uint32_t count;
    struct sock_filter code[AGENT_FILTER_PART];
};

struct agent_start {
    struct pktmon_live_options live;
    uint64_t unsampled_share; /* share of the packets to be left out, parts of 2^32 */
    uint64_t inner_filters;   /* bits of filters that also see the packet inside a tunnel */
    uint64_t always_filters;  /* bits of filters that match everything, and are not sent */
    uint32_t filters;         /* their number; 0 = all packets are wanted */
    uint32_t pkt_size;        /* bytes kept of each packet; 0 = whole */
    uint32_t repeat_size;     /* snap length of repeat appearances; 0 = same as pkt_size */
    uint8_t record_flow;      /* record passing packets; they are tracked in any case */
    uint8_t record_drops;
    uint8_t leaves_out_netns; /* skip the namespaces in AGENT_MAP_UNWANTED_NETNS, and attach in one
                                 only after AGENT_SELECT */
    uint8_t leaves_out_own;   /* skip packets of the capture's own output */
    uint32_t outputs;
    int32_t output[RECORD_OUTPUTS]; /* the reader's descriptors that carry the output */
};

#define AGENT_SELECTION_PART 60 /* namespaces in one message */

struct agent_selection {
    uint32_t wanted;
    uint32_t count;
    uint64_t cookies[AGENT_SELECTION_PART];
};

enum agent_entry_kind {
    AGENT_ENTRY_EDGE,
    AGENT_ENTRY_DROP,
    AGENT_ENTRY_DEVICE,
    AGENT_ENTRY_NETNS, /* everything else about the namespace; to be deleted after its entries */
    AGENT_ENTRY_KINDS,
};

/* The key of an entry. */
struct agent_entry {
    uint32_t kind; /* enum agent_entry_kind */
    uint32_t pad;
    union {
        uint64_t netns; /* the cookie, with which the other keys begin */
        struct device_key device;
        struct drop_key drop;
    };
};

#define AGENT_FORGET_MOST 4 /* entries in one message */
#define AGENT_LAST_VALUES 6 /* counters of an entry */

struct agent_forget {
    uint32_t count;
    uint32_t pad;
    struct agent_entry entries[AGENT_FORGET_MOST];
};

struct agent_forgotten {
    struct agent_entry entry;
    uint64_t existed; /* the entry existed: last has the sums over all CPUs, or the newest of their
                         times */
    uint64_t last[AGENT_LAST_VALUES];
};

struct agent_request {
    uint32_t protocol; /* AGENT_PROTOCOL */
    uint32_t type;
    union {
        struct agent_start start;
        struct agent_filter_part part;    /* of AGENT_FILTER */
        struct agent_selection selection; /* of AGENT_SELECT */
        struct agent_forget forget;       /* of AGENT_FORGET */
    };
};

enum agent_message_type {
    AGENT_ERROR = 1, /* text: one sentence; the last message */
    AGENT_MISSING,   /* text: what the capture cannot see, and why */
    AGENT_NETNS,
    AGENT_DEVICE,
    AGENT_DEVICE_GONE,
    AGENT_LISTED,
    AGENT_STARTED, /* with the descriptors of enum agent_map, then those of the rings */
    AGENT_STOPPED, /* with misses */
    AGENT_MISSED,
    AGENT_XDP, /* one for each device, before AGENT_STARTED, AGENT_STOPPED and AGENT_MISSED */
    AGENT_CHANGED,
    AGENT_NETNS_ALIAS, /* follows AGENT_NETNS of the same namespace */
    AGENT_NETNS_GONE,  /* the kernel has destroyed it, or soon will */
    AGENT_FORGOTTEN,
    AGENT_IMPOSSIBLE, /* as AGENT_ERROR: eBPF is not possible or not permitted here */
    AGENT_NOTICE,     /* text: one sentence about what the agent does */
    AGENT_HIDDEN,     /* text: as AGENT_MISSING, if all namespaces are wanted */
};

/* The order of the descriptors that come with AGENT_STARTED. */
enum agent_map {
    AGENT_MAP_COUNTERS,
    AGENT_MAP_DROPS,
    AGENT_MAP_DEVICES,
    AGENT_MAP_UNACCOUNTED,
    AGENT_MAP_LOCATION_TEXTS,
    AGENT_MAP_STACKS,
    AGENT_MAP_UNWANTED_NETNS,
    AGENT_MAP_OWNERS,
    AGENT_MAP_PROCESS_CHANGES,
    AGENT_MAP_GROUP_COUNTS,
    AGENT_MAP_CONTROL,
    AGENT_MAP_SHARES,
    AGENT_MAP_OWN_FLOWS,
    AGENT_MAP_OWN_COUNTS,
    AGENT_MAPS,
};

/* The kernel programs describe devices with fields of the same size. */
_Static_assert(NETDEV_NAME_SIZE == RECORD_DEVICE_NAME_SIZE, "a device's name");
_Static_assert(NETDEV_KIND_SIZE == RECORD_DEVICE_KIND_SIZE, "a device's kind");
_Static_assert(NETDEV_MAC_SIZE == RECORD_DEVICE_MAC_SIZE, "a device's link-layer address");

/* Drops by XDP programs, as counted by the driver since the device was created. */
struct agent_xdp {
    uint64_t net_cookie;
    uint64_t drops;
    uint32_t ifindex;
};

struct agent_message {
    uint32_t type;
    union {
        char text[AGENT_TEXT_SIZE];
        struct netdev_netns netns; /* AGENT_NETNS_GONE: cookie only */
        struct netdev_netns_alias alias;
        struct netdev_device device; /* AGENT_DEVICE_GONE: net_cookie and ifindex only */
        struct {
            uint64_t began; /* CLOCK_MONOTONIC, ns: no record is older */
            uint32_t rings;
            uint32_t ring_size; /* bytes of each */
            uint32_t filtered;  /* the kernel judges by the filters */
        } started;
        struct {
            int32_t refusal; /* errno; 0 = success */
            uint32_t filtered;
            char reason[AGENT_TEXT_SIZE / 2]; /* of the refusal */
        } changed;
        struct agent_xdp xdp;
        struct {
            uint32_t count;
            struct agent_forgotten entries[AGENT_FORGET_MOST];
        } forgotten;
        uint64_t misses; /* program runs that the kernel skipped (recursion) */
    };
};

#endif
