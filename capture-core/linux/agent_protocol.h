/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pktmon-agent (privileged) and the reader (not) say to each other over a socket of type
 * SOCK_SEQPACKET, which the agent finds as descriptor AGENT_SOCKET. One message is one datagram
 * of exactly the structure's size. Host order: both ends are one machine and one build.
 *
 * The agent ends when the other end is closed, and the capture with it.
 */
#ifndef PKTMON_AGENT_PROTOCOL_H
#define PKTMON_AGENT_PROTOCOL_H

#include <linux/filter.h>
#include <stdint.h>

#include "records.h"

#define AGENT_SOCKET      3
#define AGENT_PROTOCOL    3
#define AGENT_NAME_SIZE   80
#define AGENT_DRIVER_SIZE 32
#define AGENT_TEXT_SIZE   480
#define AGENT_ALIAS_SIZE  256
#define AGENT_MAX_BUFFER  4096 /* MiB */

enum agent_request_type {
    AGENT_LIST = 1,   /* describe namespaces and devices, then say AGENT_LISTED */
    AGENT_START = 2,  /* load and attach, then say AGENT_STARTED; once */
    AGENT_STOP = 3,   /* detach, then say AGENT_STOPPED */
    AGENT_MISSES = 4, /* say AGENT_MISSED */
    AGENT_FILTER =
        5, /* part of a filter of the AGENT_START or AGENT_CHANGE that follows; no answer */
    AGENT_CHANGE = 6, /* as AGENT_START, with other filters and sizes, while it captures; then say
                         AGENT_CHANGED */
    AGENT_FORGET =
        7, /* delete entries of the tables, then say AGENT_FORGOTTEN; while it captures */
    AGENT_SELECT = 8, /* of namespaces, whether something may be attached there; no answer */
    AGENT_SETTLE = 9, /* once all that was asked so far is done, say AGENT_CHANGED */
};

/* What a filter was compiled for. */
enum agent_filter_form {
    AGENT_FILTER_FRAME,  /* Ethernet frames */
    AGENT_FILTER_PACKET, /* what begins at the IP header */
    AGENT_FILTER_FORMS,
};

#define AGENT_FILTER_PART 64 /* instructions in one message */

/* The next instructions of a filter's form, in classic BPF. */
struct agent_filter_part {
    uint32_t filter; /* less than RECORD_MAX_FILTERS */
    uint32_t form;   /* enum agent_filter_form */
    uint32_t count;
    struct sock_filter code[AGENT_FILTER_PART];
};

struct agent_start {
    uint64_t unsampled_share; /* of the packets, to be left out: parts of 2^32 */
    uint64_t inner_filters;   /* those that also see the packet inside a tunnel, as bits */
    uint64_t always_filters;  /* those that match everything, and were not sent */
    uint32_t filters;         /* how many there are; 0 = all packets are wanted */
    uint32_t pkt_size;        /* bytes kept of each packet; 0 = whole */
    uint32_t repeat_size;     /* of its later appearances; 0 = as many */
    uint32_t buffer_size;     /* MiB of ring buffer in all */
    uint16_t vxlan_port;      /* host order */
    uint8_t upper_edges;      /* all points of the stack, not the driver edges alone */
    uint8_t record_flow;      /* passing packets; they are followed in any case */
    uint8_t record_drops;
    uint8_t leaves_out_netns; /* heed AGENT_MAP_UNWANTED_NETNS, and attach nothing in a namespace
                                 but after AGENT_SELECT */
    uint8_t hook_queues;      /* attach to netfilter's hooks where an NFQUEUE is bound, too */
    uint8_t leaves_out_own;   /* the packets of the capture's own output */
    uint32_t outputs;
    int32_t output[RECORD_OUTPUTS]; /* the reader's descriptors that it goes out by */
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
    AGENT_ENTRY_NETNS, /* all else that is known of the namespace; its entries first */
    AGENT_ENTRY_KINDS,
};

/* What an entry is found by. */
struct agent_entry {
    uint32_t kind; /* enum agent_entry_kind */
    uint32_t pad;
    union {
        uint64_t netns; /* cookie; the others begin with it */
        struct device_key device;
        struct drop_key drop;
    };
};

#define AGENT_FORGET_MOST 4 /* entries in one message */
#define AGENT_LAST_VALUES 6 /* numbers of an entry */

struct agent_forget {
    uint32_t count;
    uint32_t pad;
    struct agent_entry entries[AGENT_FORGET_MOST];
};

struct agent_forgotten {
    struct agent_entry entry;
    uint64_t existed; /* it was there, and last is what all CPUs counted in it, or the
                         newest time of theirs */
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
    AGENT_ERROR = 1, /* text: one sentence; nothing more will come */
    AGENT_MISSING,   /* text: what the capture cannot see, and why */
    AGENT_NETNS,
    AGENT_DEVICE,
    AGENT_DEVICE_GONE,
    AGENT_LISTED,
    AGENT_STARTED, /* with the descriptors of enum agent_map, then those of the rings */
    AGENT_STOPPED, /* with misses */
    AGENT_MISSED,
    AGENT_XDP, /* before AGENT_STARTED, AGENT_STOPPED and AGENT_MISSED, of each device */
    AGENT_CHANGED,
    AGENT_NETNS_ALIAS, /* after AGENT_NETNS of the same one */
    AGENT_NETNS_GONE,  /* the kernel has ended it, or soon will */
    AGENT_FORGOTTEN,
    AGENT_IMPOSSIBLE, /* as AGENT_ERROR: eBPF is not possible or not permitted here */
    AGENT_NOTICE,     /* text: one sentence about what the agent does */
};

/* The order of the descriptors that come with AGENT_STARTED. */
enum agent_map {
    AGENT_MAP_COUNTERS,
    AGENT_MAP_DROPS,
    AGENT_MAP_DEVICES,
    AGENT_MAP_UNACCOUNTED,
    AGENT_MAP_LOCATION_TEXTS,
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

struct agent_netns {
    uint64_t cookie;
    uint32_t inode;
    char name[AGENT_NAME_SIZE]; /* as `ip netns`, else a container's short id, else empty */
};

/* What else a namespace is called: another name, a path that leads to it, a container's whole id.
 */
struct agent_netns_alias {
    uint64_t cookie;
    char name[AGENT_ALIAS_SIZE];
};

struct agent_device {
    uint64_t net_cookie;
    uint32_t ifindex;
    uint32_t master; /* ifindex of the bridge, bond ...; 0 = none */
    uint32_t link;   /* ifindex of the device below, or of the peer; 0 = none */
    uint32_t mtu;
    uint32_t speed;         /* Mbit/s; 0 = not known */
    uint16_t type;          /* ARPHRD_ */
    uint8_t link_elsewhere; /* link is in another namespace */
    uint8_t mac_length;
    uint8_t mac[RECORD_DEVICE_MAC_SIZE];
    char name[RECORD_DEVICE_NAME_SIZE];
    char kind[RECORD_DEVICE_KIND_SIZE];        /* rtnetlink's IFLA_INFO_KIND; empty for hardware */
    char master_kind[RECORD_DEVICE_KIND_SIZE]; /* IFLA_INFO_SLAVE_KIND */
    char driver[AGENT_DRIVER_SIZE];            /* as ethtool -i */
};

/* What XDP programs dropped, as the driver counts it since the device is there. */
struct agent_xdp {
    uint64_t net_cookie;
    uint64_t drops;
    uint32_t ifindex;
};

struct agent_message {
    uint32_t type;
    union {
        char text[AGENT_TEXT_SIZE];
        struct agent_netns netns; /* of AGENT_NETNS_GONE: cookie only */
        struct agent_netns_alias alias;
        struct agent_device device; /* of AGENT_DEVICE_GONE: net_cookie and ifindex only */
        struct {
            uint32_t rings;
            uint32_t ring_size; /* bytes of each */
            uint32_t filtered;  /* the kernel judges by the filters */
        } started;
        struct {
            int32_t refusal; /* errno; 0 = it was done */
            uint32_t filtered;
        } changed;
        struct agent_xdp xdp;
        struct {
            uint32_t count;
            struct agent_forgotten entries[AGENT_FORGET_MOST];
        } forgotten;
        uint64_t misses; /* runs of the programs that the kernel left out (recursion) */
    };
};

#endif
