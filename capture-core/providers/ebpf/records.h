/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel programs (probes.bpf.c) and the reader share: ring records, map keys and map
 * values. All fields are in host byte order, unless noted. Times are CLOCK_MONOTONIC, nanoseconds.
 * No kernel address leaves the kernel: the location of a drop is an index into the map of location
 * texts.
 */
#ifndef PKTMON_EBPF_RECORDS_H
#define PKTMON_EBPF_RECORDS_H

#ifdef __bpf__ /* compiled without the C library's headers */
typedef __u16 uint16_t;
typedef __u32 uint32_t;
#else
#include <linux/types.h>
#endif

#include "capture-points.h"
#include "pktmon/live-options.h"

#define RECORD_DEVICE_NAME_SIZE 16 /* IFNAMSIZ */
#define RECORD_DEVICE_KIND_SIZE 16
#define RECORD_DEVICE_MAC_SIZE  6
#define RECORD_LOCATION_SIZE    96
#define RECORD_ADDRESS_SIZE     16 /* IPv6 */
#define RECORD_COMM_SIZE        16 /* TASK_COMM_LEN */
#define RECORD_PROCESS_SLOTS    65536
#define RECORD_MAX_LOCATIONS    4096
/* Of these, how many the functions in stacks may take. The others are reserved for drop
 * locations. */
#define RECORD_MAX_STACK_LOCATIONS (RECORD_MAX_LOCATIONS / 4 * 3)
#define RECORD_MAX_STACKS          4096
#define RECORD_STACK_REFUSED       0xFFFF /* instead of a stack number: no stack number was left */
#define RECORD_STACK_FRAMES        12
#define RECORD_MAX_RINGS           16
#define RECORD_MAX_PACKET          (65535 + 256) /* a GSO packet and its link header */

/* Sizes of the maps that all namespaces share (docs/internals/tables.md). */
#define RECORD_MAX_EDGES      65536
#define RECORD_MAX_DROPS      16384
#define RECORD_MAX_DEVICES    32768
#define RECORD_MAX_NAMESPACES 16384
#define RECORD_MAX_UNWANTED   65536
#define RECORD_MAX_SHARES     (RECORD_MAX_NAMESPACES + 4096)

/* The share of a map of that many entries: of one namespace, of one non-root user in all namespaces
 * of that user, and of all non-root users together. */
#define RECORD_NETNS_LIMIT(entries) ((entries) / 4)
#define RECORD_USER_LIMIT(entries)  ((entries) / 8)
#define RECORD_USERS_LIMIT(entries) ((entries) / 2)

/* Resources that have shares. */
enum record_share {
    RECORD_SHARE_EDGES,
    RECORD_SHARE_DROPS,
    RECORD_SHARE_DEVICES,
    RECORD_SHARE_NAMESPACES,
    /* Never returned: call stacks and their functions. */
    RECORD_SHARE_STACKS,
    RECORD_SHARE_LOCATIONS,
    RECORD_SHARE_KINDS = 8, /* a power of two, for masking */
};

enum record_holder {
    RECORD_HOLDER_NETNS = 1, /* id: net cookie */
    RECORD_HOLDER_USER,      /* id: uid in the initial user namespace */
    RECORD_HOLDER_USERS,     /* all but root; id: 0 */
};

#define RECORD_NO_USER 0xFFFFFFFFU /* the owner of the namespace is not known */

struct share_key {
    __u64 id;
    __u32 holder; /* enum record_holder */
    __u32 pad;
};

struct share {
    __u64 taken[RECORD_SHARE_KINDS];   /* entries taken, total */
    __u64 refused[RECORD_SHARE_KINDS]; /* requests refused, total */
    __u32 user; /* of a namespace: uid of its owner in the initial user namespace */
    __u32 pad;
};

/* Entries deleted, total. Written by the agent alone. */
struct share_returns {
    __u64 entries[RECORD_SHARE_KINDS];
};

/* Index into counters. */
enum record_direction {
    RECORD_RX = 0,
    RECORD_TX = 1,
    RECORD_DIRECTIONS = 2,
};

enum record_flag {
    RECORD_L3 = 1 << 0,      /* data begins at the network header */
    RECORD_VLAN = 1 << 1,    /* the VLAN tag is in the skb's metadata, not in the frame */
    RECORD_LEAVES = 1 << 2,  /* of a hook: the packet leaves it; of a drop: it had left the hook */
    RECORD_CONTENT = 1 << 3, /* matched to its group by content, not by skb */
    /* Of a drop: */
    RECORD_OTHERS = 1 << 4,    /* another copy is alive, ended well, or was reported as dropped */
    RECORD_DELIVERED = 1 << 5, /* a socket had received this copy */
    RECORD_SIDE = 1 << 6, /* a copy for a raw or packet socket, beside the path of the packet */
    RECORD_DELIVERY_UNKNOWN = 1 << 7, /* delivery is not observed: a socket may have received it */
};

/* Reasons of drops to which the kernel assigns none. Above all values of enum skb_drop_reason. */
enum record_reason {
    RECORD_REASON_FIRST = 0xFFFE0000,
    RECORD_REASON_LISTEN_OVERFLOW = RECORD_REASON_FIRST, /* the listener's accept queue was full */
    RECORD_REASON_LISTEN_DROP, /* the listener refused the SYN for another reason */
    RECORD_REASON_WIREGUARD,   /* source address not allowed for the peer, or decryption failed */
    RECORD_REASON_RECEIVED,    /* no drop: the kernel itself was the receiver */
    RECORD_REASON_END,
};

/* What RECORD_POINT_NOTICE reports. The field location has the detail given here. */
enum record_notice {
    RECORD_NOTICE_RETRANSMISSION = 1,
    RECORD_NOTICE_RESET,        /* RST in reply to the packet; enum sk_rst_reason */
    RECORD_NOTICE_BREAK,        /* RST without a packet (abort); enum sk_rst_reason */
    RECORD_NOTICE_FULL_SOCKET,  /* no detail */
    RECORD_NOTICE_UDP_REFUSED,  /* errno */
    RECORD_NOTICE_ICMP,         /* type << 8 | code */
    RECORD_NOTICE_XDP,          /* enum xdp_action */
    RECORD_NOTICE_NEIGHBOUR,    /* the address of the neighbour follows the record */
    RECORD_NOTICE_XDP_REDIRECT, /* errno */
    RECORD_NOTICE_XDP_SEND,     /* errno; 0: none was given */
    RECORD_NOTICE_XDP_CPU,      /* no detail */
    RECORD_NOTICE_SYN_ACK,      /* retransmitted; the address of the client follows the record */
    RECORD_NOTICES,
};

/* Flags that decide whether a drop only ends one copy of a packet. */
#define RECORD_OUTCOME_FLAGS                                                                       \
    (RECORD_OTHERS | RECORD_DELIVERED | RECORD_SIDE | RECORD_DELIVERY_UNKNOWN)

/* One packet at one point. caplen bytes of the packet follow. */
struct packet_record {
    __u64 time;
    __u64 group;
    __u64 net_cookie; /* cookie of the namespace; 0 = not known */
    __u64 socket;     /* cookie of the sending or receiving socket; 0 = none */
    __u64 filters; /* bitmask of filters that have matched the packet so far; 0 without filters */
    __u32 ifindex; /* 0 = no device */
    __u32 appearance;
    __u32 origlen; /* without the tag that RECORD_VLAN announces */
    __u32 caplen;
    __u32 lost;     /* records lost on this edge and CPU since the previous record */
    __u32 reason;   /* of a drop: enum skb_drop_reason; of a notice: enum record_notice */
    __u32 location; /* of a drop: index of the location text, 0 = not known; of a notice: detail */
    __u16 cpu;
    __u8 repeats; /* an earlier record of the group has all of its bytes (bpf/track/recorded.h) */
    __u8 pad;
    __u16 protocol; /* Ethertype */
    __u16 vlan_proto;
    __u16 vlan_tci;
    __u16 gso_size;
    __u16 gso_segs;
    __u16 copy;     /* from 1; 1 = the original */
    __u16 copy_of;  /* copy number of the parent; 0 = none */
    __u16 number;   /* of a segment or fragment within the group, from 1; 0 = not a piece */
    __u8 point;     /* enum record_point */
    __u8 direction; /* enum record_direction */
    __u8 flags;     /* enum record_flag */
    __u8 hook; /* of a drop: point of the hook that dropped it, or with RECORD_LEAVES of the last
                  hook that it had left; 0 = none */
    __u8 undecided;  /* the filters have to run in user space, on the whole packet */
    __u8 incomplete; /* an earlier record of the group was lost */
    __u16 stack;     /* of a drop: stack number; 0 = not known or not requested */
};

/* The call stack of a drop, innermost function first: indexes of location texts; 0 = end. */
struct record_stack {
    __u32 frames[RECORD_STACK_FRAMES];
};

/* A device is identified by its ifindex and the cookie of its namespace. The kernel never reuses a
 * cookie (struct net, since 5.12). */
struct device_key {
    __u64 net_cookie;
    __u32 ifindex;
    __u32 edge; /* enum pktmon_edge; 0 in the map of devices. Hooks have no ifindex */
};

/* Properties of a device when its first packet was observed. */
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
    __u64 packets[RECORD_DIRECTIONS];
    __u64 bytes[RECORD_DIRECTIONS];
    __u64 lost;            /* records lost for lack of room in the ring, total */
    __u64 lost_unreported; /* of these, not yet reported in the lost field of a record */
};

/* The key of a drop counter has everything that decides which component the drop belongs to. */
struct drop_key {
    __u64 net_cookie;
    __u32 ifindex;
    __u32 reason;
    __u32 location;
    __u16 protocol; /* see record_drop_protocol() */
    __u8 direction;
    __u8 flags;     /* RECORD_OUTCOME_FLAGS and RECORD_LEAVES */
    __u8 hook;      /* as in struct packet_record */
    __u8 untracked; /* no filter matched: its copies are not tracked */
    __u8 in_xdp;    /* dropped in XDP, before there was an skb */
    __u8 pad;
    __u16 stack; /* as in struct packet_record */
    __u8 pad_end[2];
};

/* The sender of a frame chooses its Ethertype. A counter needs only to know which layer would have
 * received the frame; all other values share one key. */
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
    __u64 lost;   /* records lost for lack of room in the ring, total */
    __u64 newest; /* time of the last drop on this CPU */
};

/* Counts that have no counter of their own. Index 0 of a per-CPU array. */
struct unaccounted {
    struct edge_counters edges; /* edges without a counter of their own */
    struct drop_counters drops; /* drops without a counter of their own */
    __u64 events;               /* lost records that belong to no counter */
    __u64 lost;                 /* all others */
    __u64 unseen;               /* packets sent past the tracepoint programs */
    __u64 untraced;             /* packets that passed while no tracepoint program could run
                                   (bpf/track/untraced.h) */
};

/* Groups (tracked packets) by outcome. Index 0 of a per-CPU array. */
struct group_counts {
    __u64 begun;      /* groups started, total */
    __u64 shed;       /* of these, shed from their first observation on */
    __u64 incomplete; /* of these, with at least one record lost */
};

/* A connection that carries the capture's own output, in one namespace. Both directions have one
 * key. */
struct own_flow {
    __u64 net_cookie;
    struct {
        __u32 address[4]; /* network byte order; IPv4 uses the first word only */
        __u16 port;       /* host byte order */
        __u16 pad;
    } ends[2];
    __u8 version;  /* IP version */
    __u8 protocol; /* IPPROTO_ */
    __u8 pad[6];
};

struct own_flow_value {
    __u64 time;   /* of the last packet */
    __u64 socket; /* cookie of the socket that carries the output */
    __u8 from;    /* index of the end that has this socket */
    __u8 sent;    /* that socket is in this namespace */
    __u8 pad[6];
};

#define RECORD_OWN_FLOWS 1024

/* Packets of the capture's own output, which are not recorded. Index 0 of a per-CPU array. */
struct own_counts {
    __u64 packets;
    __u64 bytes;
};

#define RECORD_OUTPUTS 8

/* The agent's description of the output. Index 0 of an array. */
struct own_control {
    __u32 walk; /* number of the current or last walk, from 1 (bpf/programs/own-output-walk.h) */
    __u32 finished; /* number of the last complete walk */
    __u32 reader;   /* pid of the process that writes the output, in the agent's pid namespace */
    __u32 outputs;  /* descriptors in output[] */
    __s32 output[RECORD_OUTPUTS];
};

/* What a walk has found. Index 0 of an array. */
struct own_found {
    __u32 has_changed; /* this pass found something new: another pass is needed */
    __u32 outputs;     /* pipes and the like whose other end belongs to another process */
    __u32 processes;   /* processes that the output passes through */
    __u32 sockets;     /* network sockets of these processes */
    __u32 excess;      /* number of connections, if a process has too many; 0: no such process */
    char comm[RECORD_COMM_SIZE]; /* name of that process */
};

/* What the reader may change while the programs run. Index 0 of an array. */
struct probes_control {
    __u64 shed_share; /* share of groups to shed, in units of 2^-32 */
};

/* The process that owns a socket; the key is the cookie of the socket. Valid for packets not older
 * than "since", if the process has not changed after "since": the time of its last change is at
 * index tgid % RECORD_PROCESS_SLOTS of process_changes. Two processes in one slot do no harm, they
 * only make the owner uncertain. */
struct owner_value {
    __u64 since;
    __u64 cgroup; /* cgroup v2 id: inode number of its directory */
    __u32 tgid;
    __u8 shared; /* more than one process uses the socket: the owner is not known */
    __u8 pad[3];
    char comm[RECORD_COMM_SIZE];
};

/* At most so many filters run in the kernel. The bit above them: a filter is undecided. */
#define RECORD_MAX_FILTERS 63
#define RECORD_NEEDS_MORE  (1ULL << RECORD_MAX_FILTERS)

/* Fixed when the programs are loaded. */
struct probes_config {
    __u32 generation;      /* of these programs, from 1 */
    __u64 salt;            /* of content hashes; random, the same for all generations */
    __u64 unsampled_share; /* share of groups not sampled, in units of 2^-32 */
    __u64 inner_filters;   /* bitmask of filters that also see the inner packet of a tunnel */
    __u32 ring_mask;       /* number of rings - 1 */
    __u32 flow_limit;      /* bytes of a ring for passing packets; the rest is reserved for drops */
    __u32 pkt_size;        /* snap length, bytes */
    __u32 repeat_size;     /* snap length of repeats (struct packet_record), bytes */
    __u32 cpus;            /* possible CPUs, offline ones included */
    __u8 record_flow;      /* write records of passing packets */
    __u8 upper_edges;      /* all points are attached, not only the driver edges */
    __u8 record_drops;     /* write records of drops */
    __u8 track;            /* number groups and appearances */
    __u8 leaves_out_netns; /* write no records of the namespaces in unwanted_netns */
    __u8 reads_fragments;  /* the kernel has bpf_dynptr_from_skb() */
    __u8 has_rdonly_cast;  /* the kernel has bpf_rdonly_cast() */
    /* Tracepoint arguments that exist since 6.10: */
    __u8 resets_have_reason;
    __u8 udp_failures_have_packet;
    __u8 ends_have_location; /* consume_skb, since 6.12 */
    /* Indexes into the per-CPU MIB of the kernel (LINUX_MIB_...); 0: not known */
    __u16 listen_drops;
    __u16 listen_overflows;
    __u8 filtered;       /* track only packets that a filter has matched */
    __u8 leaves_out_own; /* write no records of the capture's own output */
    struct pktmon_live_options live;
};

#endif
