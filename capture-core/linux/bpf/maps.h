/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the kernel programs, and their configuration. */
#ifndef PKTMON_MAPS_H
#define PKTMON_MAPS_H

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../records.h"
#include "generation.h"

/* Each program has scratch memory of its own: two programs may be under way on one CPU, at
 * different interrupt levels, but never the same one twice (the kernel counts a miss instead). */
#define NESTED_LEVELS 4

enum scratch_slot {
    SCRATCH_NETIF_RECEIVE_SKB_ENTRY,
    SCRATCH_NETIF_RECEIVE_SKB_LIST_ENTRY,
    SCRATCH_NETIF_RX_ENTRY,
    SCRATCH_NAPI_GRO_RECEIVE_ENTRY,
    SCRATCH_NAPI_GRO_FRAGS_ENTRY,
    SCRATCH_NETIF_RECEIVE_SKB,
    SCRATCH_NET_DEV_QUEUE,
    SCRATCH_NET_DEV_START_XMIT,
    SCRATCH_KFREE_SKB,
    SCRATCH_CONSUME_SKB,
    SCRATCH_TCX_INGRESS,
    SCRATCH_QDISC_ENQUEUE,
    SCRATCH_QDISC_DEQUEUE,
    /* netfilter and cgroup programs do run inside themselves: one for each level of that. */
    SCRATCH_NESTED,
    SCRATCH_SLOTS = SCRATCH_NESTED + NESTED_LEVELS,
};

/* A whole frame of the usual MTU goes to the ring in one piece. */
#define SCRATCH_SIZE 2048

/* What filters look at: struct filter_window (filter/translate.h). */
#define FILTER_WINDOW 1536

#define CONTENT_BYTES 128 /* of a frame that it is told from others by; a power of two */

/* What a packet holds, as far as it tells the packet from others (content.h). */
struct content {
    /* Stays the same on the way through veth, bridge, router and address translation, and another
     * packet in the same memory hardly has it. */
    __u64 signature;
    __u64 datagram; /* the same for all fragments; 0: neither a fragment nor likely to be cut */
    __u64 flow;     /* addresses and ports of TCP and UDP; 0: neither */
    __u32 sequence; /* TCP */
    __u32 payload;  /* TCP: bytes that this packet carries */
    __u32 network;  /* offset of the network header in the frame */
    __u8 fragment;  /* it is one */
    __u8 multicast; /* by its link header */
    __u8 protocol;  /* of the transport header; of a later fragment 0 */
    __u8 pad;
};

enum journey_flag {
    JOURNEY_ENDED = 1 << 0,     /* the buffer was freed */
    JOURNEY_GOOD = 1 << 1,      /* a socket took it, it left the host, or the kernel consumed it */
    JOURNEY_DELIVERED = 1 << 2, /* a socket took it */
    JOURNEY_SIDE = 1 << 3,    /* a copy that a raw or packet socket got, beside the packet's way */
    JOURNEY_FAMILY = 1 << 4,  /* other buffers carry the same packet, or parts of it */
    JOURNEY_IN_HOOK = 1 << 5, /* between the first and the last function of the hook at point */
    JOURNEY_LEAVES = 1 << 6,  /* last seen leaving the host: sent by a device of hardware */
    JOURNEY_SEGMENT = 1 << 7, /* made by segmentation */
    JOURNEY_LARGE = 1 << 8,   /* last seen carrying several segments (gso_size) */
    JOURNEY_UNDECIDED = 1 << 9, /* a filter needs bytes that the kernel did not look at */
    JOURNEY_LOSSY = 1 << 10,    /* a record of it found no room */
};

/* What is known of a buffer under way. */
struct journey {
    __u64 head;
    __u64 group;     /* 0: no filter matched it, and it is not followed */
    __u64 signature; /* struct content */
    __u64 time;      /* when it was last seen, ns */
    __u64 net_cookie;
    __u64 headers; /* hash of its headers where it entered a hook */
    __u64 filters; /* that matched the packet so far, as bits */
    __u32 ifindex; /* of the device where it was last seen */
    __u32 appearance;
    __u32 sequence; /* of the first byte, TCP; as the next two, where it was last seen large */
    __u16 segment_size;
    __u16 segments;
    __u16 mac_offset; /* of the frame in the head */
    __u16 copy;
    __u16 number; /* of a segment or fragment; 0 = none of these */
    __u16 flags;  /* enum journey_flag */
    __u16 cut;    /* of a large one: segments made of it so far */
    __u8 point;   /* enum record_point */
    __u8 way;
    __u8 network; /* offset of the network header in the frame, where it entered a hook */
    __u8 pad[3];
};

/* Which connection the packet is of; protocol 0: of none, or it was not looked at (own.h). */
struct own_sight {
    struct own_flow flow;
    __u8 from;  /* the end that sent it */
    __u8 flags; /* of TCP */
    __u8 pad[6];
};

/* A buffer as it stands now. */
struct sight {
    struct content content;
    __u64 head;
    __u64 skb;
    __u64 device;     /* address; 0 = none */
    __u32 mac_offset; /* of the frame in the head */
    int skb_iif;
    __u16 segment_size; /* of the segments that it carries; 0 = it is one packet */
    __u16 segments;
    __u64 filters; /* those that match what it holds now */
    __u32 silent;  /* no record is made of it */
    __u32 undecided;
    struct journey other; /* of a buffer that it may come from, as that stood for a moment */
    struct own_sight own;
};

/* What filters see of a packet: a frame as it is on the wire, or what begins at the IP header. */
struct filter_view {
    /* The first FILTER_WINDOW are used. The others let the verifier see that a place within these,
     * with as many bytes behind it, is memory. */
    __u8 bytes[2 * FILTER_WINDOW];
    __u32 present; /* bytes that are there */
    __u32 caplen;  /* bytes that can be had */
    __u32 wirelen; /* bytes of the packet */
    __u32 without_link;
};

/* In memory of its own rather than on the stack, which programs that call several functions fill.
 */
struct scratch {
    struct packet_record record;
    __u8 data[SCRATCH_SIZE];             /* of the packet, right behind its record */
    __u8 content[2 * CONTENT_BYTES + 8]; /* its first bytes; behind them zeros */
    struct sight sight;
    struct filter_view view;
    __u64 filters; /* that match the packet in view */
};

/*
 * Tables of buckets of a few entries each, of which the oldest goes first: some buffers end without
 * a word, and must not fill them. (An LRU hash does the same for 600 ns more a packet.) Sizes are
 * powers of two.
 */
#define BUCKETS 16384
#define WAYS    4

struct ways {
    __u64 keys[WAYS];  /* 0 = free */
    __u64 times[WAYS]; /* ns; only says which is older */
};

/* Journeys by the address of the socket buffer. */
struct journey_bucket {
    struct ways ways;
    struct journey journeys[WAYS];
};

/* The buffer last seen with a head, which is the memory that holds the packet's bytes: clones
 * share it. */
struct head_bucket {
    struct ways ways;
    __u64 buffers[WAYS];
    /* Of the packet, for a clone that is left when its buffer is another packet's. */
    __u64 groups[WAYS];
    __u64 signatures[WAYS];
    __u64 filters[WAYS];
    __u32 appearances[WAYS];
};

/* The buffer last seen with some content, for packets that go on in another buffer. */
struct content_bucket {
    struct ways ways;
    __u64 buffers[WAYS];
    __u64 groups[WAYS]; /* the buffer may be another packet's since */
    __u64 filters[WAYS];
    __u32 sequences[WAYS]; /* TCP: of the first byte */
    __u32 lengths[WAYS];   /* TCP: payload bytes */
    __u32 appearances[WAYS];
};

/* What the buffers that carry one packet have in common. Made when there is a second one. */
#define FAMILY_SLOTS 32768

struct family {
    __u64 group;
    __u32 appearances;
    __u32 copies;
    __u32 alive;   /* buffers that have not ended, as far as ends can be seen */
    __u32 numbers; /* segments or fragments */
    __u32 good;    /* one of them came to a good end */
    __u32 lossy;   /* a record of it found no room */
};

const volatile struct probes_config config = {};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, RECORD_MAX_RINGS);
    __type(key, __u32);
    __array(
        values, struct {
            __uint(type, BPF_MAP_TYPE_RINGBUF);
            __uint(max_entries, 4096);
        });
} rings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SCRATCH_SLOTS);
    __type(key, __u32);
    __type(value, struct scratch);
} scratches SEC(".maps");

/* Not preallocated: on a host of many CPUs that would cost more than all else. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_EDGES);
    __type(key, struct device_key);
    __type(value, struct edge_counters);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_DROPS);
    __type(key, struct drop_key);
    __type(value, struct drop_counters);
} drops SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_DEVICES);
    __type(key, struct device_key);
    __type(value, struct device_value);
} devices SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct unaccounted);
} unaccounted SEC(".maps");

/* Cookies of namespaces that were not asked for: the reader fills it, so that their packets do not
 * take the room of others. One that is not known yet is not in it. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_UNWANTED);
    __type(key, __u64);
    __type(value, __u8);
} unwanted_netns SEC(".maps");

/* Address of a drop -> index of its text. The reader gets the texts, never this map. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, RECORD_MAX_LOCATIONS);
    __type(key, __u64);
    __type(value, __u32);
} location_index SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RECORD_MAX_LOCATIONS);
    __type(key, __u32);
    __type(value, char[RECORD_LOCATION_SIZE]);
} location_texts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BUCKETS);
    __type(key, __u32);
    __type(value, struct journey_bucket);
} journeys SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BUCKETS);
    __type(key, __u32);
    __type(value, struct head_bucket);
} heads SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BUCKETS);
    __type(key, __u32);
    __type(value, struct content_bucket);
} contents SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FAMILY_SLOTS);
    __type(key, __u32);
    __type(value, struct family);
} families SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct group_counts);
} group_counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct probes_control);
} control SEC(".maps");

/* Groups are numbered on each CPU for itself. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} group_numbers SEC(".maps");

/* The buffer that this CPU freed last, and the one that it received last, with the device:
 * addresses. Only where there are filters. */
struct last_buffers {
    __u64 freed;
    __u64 received;
    __u64 device;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct last_buffers);
} last_buffers SEC(".maps");

/* Which of the nested scratches are in use on this CPU, and the packet that last went into a hook
 * here: its address, the hook, and whether that was idle (stack.h). */
struct nesting {
    __u32 used[NESTED_LEVELS];
    __u64 entered;
    __u32 hook;
    __u32 idle;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct nesting);
} nesting SEC(".maps");

/* Edges count from one moment on, when all programs are attached, and until one moment. Where
 * programs are replaced while they run, one generation sees each packet. */
static __always_inline bool is_running(void)
{
    __u32 zero = 0, *running = bpf_map_lookup_elem(&running_generation, &zero);

    return running && *running == config.generation;
}

#endif
