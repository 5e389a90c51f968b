/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel programs (probes.bpf.c) and the reader share: ring records, map keys and values.
 * Host order throughout. Times are CLOCK_MONOTONIC nanoseconds. No kernel address leaves the
 * kernel: a drop's location is an index into the map of location texts.
 */
#ifndef PKTMON_RECORDS_H
#define PKTMON_RECORDS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RECORD_DEVICE_NAME_SIZE 16 /* IFNAMSIZ */
#define RECORD_DEVICE_KIND_SIZE 16
#define RECORD_DEVICE_MAC_SIZE  6
#define RECORD_LOCATION_SIZE    96
#define RECORD_ADDRESS_SIZE     16 /* IPv6 */
#define RECORD_COMM_SIZE        16 /* TASK_COMM_LEN */
#define RECORD_PROCESS_SLOTS    65536
#define RECORD_MAX_LOCATIONS    4096
#define RECORD_MAX_RINGS        16
#define RECORD_MAX_PACKET       (65535 + 256) /* a GSO packet and its link header */

/* Where in the stack a record was made. */
enum record_point {
    RECORD_POINT_RX_LOWER = 1,
    RECORD_POINT_RX_UPPER,
    RECORD_POINT_TX_UPPER,
    RECORD_POINT_TX_LOWER,
    RECORD_POINT_QDISC_IN,
    RECORD_POINT_QDISC_OUT,
    /* netfilter's hooks, in the order of enum nf_inet_hooks: before the first function of the hook,
     * and with RECORD_LEAVES after the last one. */
    RECORD_POINT_PREROUTING,
    RECORD_POINT_INPUT,
    RECORD_POINT_FORWARD,
    RECORD_POINT_OUTPUT,
    RECORD_POINT_POSTROUTING,
    RECORD_POINT_SOCKET,   /* a socket is about to take it */
    RECORD_POINT_CONSUMED, /* the kernel is done with it */
    RECORD_POINT_DROP,
    RECORD_POINT_TROUBLE, /* something that happened because of it; no packet bytes follow */
    RECORD_POINTS,
};

/* Entries of the tables that all namespaces share (docs/internals/tables.md). */
#define RECORD_MAX_EDGES      65536
#define RECORD_MAX_DROPS      16384
#define RECORD_MAX_DEVICES    32768
#define RECORD_MAX_NAMESPACES 16384
#define RECORD_MAX_UNWANTED   65536
#define RECORD_MAX_SHARES     (RECORD_MAX_NAMESPACES + 4096)

/* Of so many entries, how many one namespace may have, one user of the host who is not root in all
 * his namespaces, and all such users together. */
#define RECORD_NETNS_LIMIT(entries) ((entries) / 4)
#define RECORD_USER_LIMIT(entries)  ((entries) / 8)
#define RECORD_USERS_LIMIT(entries) ((entries) / 2)

/* What there are shares of. */
enum record_share {
    RECORD_SHARE_EDGES,
    RECORD_SHARE_DROPS,
    RECORD_SHARE_DEVICES,
    RECORD_SHARE_NAMESPACES,
    RECORD_SHARE_KINDS, /* a power of two */
};

enum record_holder {
    RECORD_HOLDER_NETNS = 1, /* id: cookie */
    RECORD_HOLDER_USER,      /* id: uid on the host */
    RECORD_HOLDER_USERS,     /* all but root; id: 0 */
};

#define RECORD_NO_USER 0xFFFFFFFFU /* it is not known whose the namespace is */

struct share_key {
    __u64 id;
    __u32 holder; /* enum record_holder */
    __u32 pad;
};

struct share {
    __u64 taken[RECORD_SHARE_KINDS];   /* entries made, in all */
    __u64 refused[RECORD_SHARE_KINDS]; /* how often there was none left */
    __u32 user;                        /* uid on the host, of a namespace */
    __u32 pad;
};

/* Entries that were deleted, in all. */
struct share_returns {
    __u64 entries[RECORD_SHARE_KINDS];
};

/* Index into counters. */
enum record_way {
    RECORD_RX = 0,
    RECORD_TX = 1,
    RECORD_WAYS = 2,
};

enum record_flag {
    RECORD_L3 = 1 << 0,      /* data begins at the network header */
    RECORD_VLAN = 1 << 1,    /* the kernel holds a VLAN tag outside the frame */
    RECORD_LEAVES = 1 << 2,  /* of a hook: the packet comes out */
    RECORD_CONTENT = 1 << 3, /* joined to its group by content, not by buffer */
    /* Of a drop: */
    RECORD_OTHERS = 1 << 4,    /* other copies of the packet live, or came to a good end */
    RECORD_DELIVERED = 1 << 5, /* a socket had taken this one */
    RECORD_SIDE = 1 << 6,      /* a copy that a raw or packet socket got beside the packet's way */
    RECORD_SHARED = 1 << 7, /* other buffers share its bytes; only where deliveries are not seen */
};

/* What happened at RECORD_POINT_TROUBLE; location has the detail. */
enum record_trouble {
    RECORD_TROUBLE_RETRANSMISSION = 1,
    RECORD_TROUBLE_RESET,       /* in answer to the packet; enum sk_rst_reason of the kernel */
    RECORD_TROUBLE_BREAK,       /* a reset without one; the same */
    RECORD_TROUBLE_FULL_SOCKET, /* -- */
    RECORD_TROUBLE_UDP_REFUSED, /* errno */
    RECORD_TROUBLE_ICMP,        /* type << 8 | code */
    RECORD_TROUBLE_XDP,         /* enum xdp_action */
    RECORD_TROUBLE_NEIGHBOUR,   /* the neighbour's address follows the record */
    RECORD_TROUBLES,
};

/* What decides whether a drop is only the end of a copy. */
#define RECORD_JUDGEMENT (RECORD_OTHERS | RECORD_DELIVERED | RECORD_SIDE | RECORD_SHARED)

/* One packet at one point; caplen bytes of it follow. */
struct packet_record {
    __u64 time;
    __u64 group;
    __u64 net_cookie; /* of the namespace; 0 = not known */
    __u64 socket;     /* cookie of the socket that sends or receives it; 0 = none */
    __u64 filters;    /* those that matched the packet so far, as bits; 0 where there are none */
    __u32 ifindex;    /* 0 = no device */
    __u32 appearance;
    __u32 origlen; /* without the tag that RECORD_VLAN speaks of */
    __u32 caplen;
    __u32 lost;   /* of this edge on this CPU since the record before */
    __u32 reason; /* enum skb_drop_reason of the running kernel, of a drop; enum record_trouble */
    __u32
        location; /* index into the location texts, of a drop; 0 = not known; of trouble: detail */
    __u32 cpu;
    __u16 protocol; /* Ethertype */
    __u16 vlan_proto;
    __u16 vlan_tci;
    __u16 gso_size;
    __u16 gso_segs;
    __u16 copy;      /* 1 = the packet itself */
    __u16 copy_of;   /* 0 = none */
    __u16 number;    /* of a segment or fragment within the group, from 1; 0 = none of these */
    __u8 point;      /* enum record_point */
    __u8 way;        /* enum record_way */
    __u8 flags;      /* enum record_flag */
    __u8 hook;       /* of a drop: the point of the hook that it happened in; 0 = in none */
    __u8 undecided;  /* filters are to be asked in user space, of all of the packet */
    __u8 incomplete; /* an earlier record of the group found no room */
    __u8 pad[2];
};

/* A device is known by its namespace's cookie, which the kernel never gives twice (struct net,
 * 5.12), and its index there. */
struct device_key {
    __u64 net_cookie;
    __u32 ifindex;
    __u32 edge; /* enum pktmon_edge; 0 in the map of devices. ifindex 0: a netfilter hook's */
};

/* What a device looked like when its first packet passed. */
struct device_value {
    __u32 netns_inode;
    __u32 mtu;
    __u16 type; /* ARPHRD_ */
    __u8 mac_length;
    __u8 mac[RECORD_DEVICE_MAC_SIZE];
    char name[RECORD_DEVICE_NAME_SIZE];
    char kind[RECORD_DEVICE_KIND_SIZE]; /* rtnl_link_ops.kind; empty for hardware */
    __u8 pad[3];
};

struct edge_counters {
    __u64 packets[RECORD_WAYS];
    __u64 bytes[RECORD_WAYS];
    __u64 lost;        /* records that found no room, in all */
    __u64 lost_untold; /* of these, not yet told in a record's lost */
};

/* Drops are counted by all that decides which component they belong to. */
struct drop_key {
    __u64 net_cookie;
    __u32 ifindex;
    __u32 reason;
    __u32 location;
    __u16 protocol; /* record_drop_protocol() */
    __u8 way;
    __u8 flags;      /* of RECORD_JUDGEMENT */
    __u8 hook;       /* as in the record */
    __u8 unfollowed; /* no filter matched it, so nothing is known of its copies */
    __u8 pad[6];
};

/* Whoever sends a frame chooses its Ethertype: all that matters to a counter is which layer would
 * have taken it. */
static inline __u16 record_drop_protocol(__u16 protocol)
{
    switch (protocol) {
    case 0x0800: /* IPv4 */
    case 0x0806: /* ARP */
    case 0x86DD: /* IPv6 */
        return protocol;
    }
    return 0;
}

struct drop_counters {
    __u64 packets;
    __u64 bytes;
    __u64 lost;   /* records that found no room, in all */
    __u64 newest; /* time of the last one on this CPU */
};

/* What could not be counted where it belongs; index 0 of a per-CPU array. */
struct unaccounted {
    struct edge_counters edges; /* of edges that have no counter of their own */
    struct drop_counters drops; /* the same of drops */
    __u64 events;               /* records that found no room, of what has no counter at all */
    __u64 untraced;             /* packets that were sent, but passed no tracepoint program */
};

/* Packets whose way began to be recorded, or was left out; index 0 of a per-CPU array. */
struct group_counts {
    __u64 begun; /* in all */
    __u64 shed;  /* of these, left out from the beginning */
    __u64 lossy; /* of these, lost at least one record */
};

/* Where the capture's own output goes, in one namespace; both directions have one key. */
struct own_flow {
    __u64 net_cookie;
    struct {
        __u32 address[4]; /* network order; of IPv4 the first one alone */
        __u16 port;       /* host order */
        __u16 pad;
    } ends[2];
    __u8 version;  /* of IP */
    __u8 protocol; /* IPPROTO_ */
    __u8 pad[6];
};

struct own_flow_value {
    __u64 time;   /* when it was last seen, ns */
    __u64 socket; /* cookie of the one that the output goes through */
    __u8 from;    /* the end where that is */
    __u8 sent;    /* that is in this namespace */
    __u8 pad[6];
};

#define RECORD_OWN_FLOWS 1024

/* Packets of the capture's own output that were left out; index 0 of a per-CPU array. */
struct own_counts {
    __u64 packets;
    __u64 bytes;
};

#define RECORD_OUTPUTS 8

/* What the agent tells of the output; index 0 of an array. */
struct own_control {
    __u32 walk;     /* the one under way (bpf/own_chain.h), or the last one; from 1 */
    __u32 finished; /* the last one that was carried through */
    __u32 reader;   /* the process that writes the output, as the agent's namespace counts */
    __u32 outputs;  /* descriptors of that */
    __s32 output[RECORD_OUTPUTS];
};

/* What a walk has found; index 0 of an array. */
struct own_found {
    __u32 news;                  /* of this pass: something that was not known */
    __u32 outputs;               /* pipes and the like, that another process has to read */
    __u32 processes;             /* that the output goes through */
    __u32 sockets;               /* of these */
    __u32 crowd;                 /* connections of a process that has too many; 0: none */
    char comm[RECORD_COMM_SIZE]; /* of that */
};

/* What the reader may change while the programs run; index 0 of an array. */
struct probes_control {
    __u64 shed_share; /* of the groups, to be left out: parts of 2^32 */
};

/* The process that a socket belongs to; the key is the socket's cookie. Believe it only of a packet
 * that is not older than since, and if its process has not changed since then either: the time of
 * that is at tgid % RECORD_PROCESS_SLOTS of the map of changes (another process with the same slot
 * does no harm: it only makes the owner uncertain). */
struct owner_value {
    __u64 since;
    __u64 cgroup; /* id in the version 2 hierarchy: the inode number of its directory */
    __u32 tgid;
    __u8 several; /* more than one process uses it: it is nobody's */
    __u8 pad[3];
    char comm[RECORD_COMM_SIZE];
};

/* Filters of one capture in the kernel, at most; the bit behind them says that one was undecided.
 */
#define RECORD_MAX_FILTERS 63
#define RECORD_NEEDS_MORE  (1ULL << RECORD_MAX_FILTERS)

/* Fixed when the programs are loaded. */
struct probes_config {
    __u32 generation; /* of these programs, from 1 */
    __u64 salt;       /* of hashes of what packets hold; random, the same for all generations */
    __u64 unsampled_share; /* of the groups, to be left out: parts of 2^32 */
    __u64 inner_filters;   /* those that also see the packet inside a tunnel, as bits */
    __u32 ring_mask;       /* rings - 1 */
    __u32 flow_limit;  /* bytes of a ring that passing packets may fill; the rest is for drops */
    __u32 pkt_size;    /* bytes kept of each packet */
    __u32 repeat_size; /* of its second and later appearances, at most */
    __u32 cpus;        /* of this machine, offline ones included */
    __u8 record_flow;  /* write records of passing packets */
    __u8 upper_edges;  /* all points are attached, not the driver edges alone */
    __u8 record_drops; /* write records of drops */
    __u8 track;        /* number groups and appearances */
    __u8 leaves_out_netns; /* write no records of the namespaces in the map of unwanted ones */
    __u8 reads_fragments;  /* the kernel has bpf_dynptr_from_skb() */
    /* Arguments that tracepoints have since 6.10: */
    __u8 resets_have_reason;
    __u8 udp_failures_have_packet;
    __u8 filtered;       /* only packets that a filter matched are followed */
    __u8 leaves_out_own; /* write no records of the capture's own output */
    __u16 vxlan_port;
};

#endif
