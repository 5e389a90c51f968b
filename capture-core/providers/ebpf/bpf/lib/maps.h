/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the kernel programs, and their configuration. */
#ifndef PKTMON_EBPF_BPF_LIB_MAPS_H
#define PKTMON_EBPF_BPF_LIB_MAPS_H

#include "kernel-types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "generation.h"
#include "track-types.h"

/* Each program has its own scratch memory: two programs may run on one CPU at a time, at different
 * interrupt levels, but never the same program twice (the kernel counts a miss instead). */
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
    /* Netfilter and cgroup programs may nest: one for each level. */
    SCRATCH_NESTED,
    SCRATCH_SLOTS = SCRATCH_NESTED + NESTED_LEVELS,
};

/* A frame of the usual MTU is written to the ring in one piece. */
#define SCRATCH_SIZE 2048

/* What filters see: struct filter_window (filter/translate.h). */
#define FILTER_WINDOW 1536

#define SKB_COPY_SIZE 256 /* of struct sk_buff before Linux 6.2, rounded up */

/* What filters see of a packet: a frame as on the wire, or a packet from its IP header on. */
struct packet_view {
    /* Only the first FILTER_WINDOW bytes are used. The others show the verifier that an offset
     * within the window, plus as many bytes again, is valid memory. */
    __u8 bytes[2 * FILTER_WINDOW];
    __u32 present; /* bytes in the window */
    __u32 caplen;  /* bytes that can be read */
    __u32 wirelen; /* length of the packet */
    __u32 without_link;
};

/* In a map, not on the stack: nested function calls leave too little stack for it. */
struct scratch {
    struct packet_record record;
    __u8 data[SCRATCH_SIZE];             /* of the packet, directly behind the record */
    __u8 content[2 * CONTENT_BYTES + 8]; /* first bytes of the packet, followed by zeros */
    struct observation obs;
    struct packet_view view;
    __u64 filters; /* bitmask of filters that match the packet in view */
    __u8 skb_copy[SKB_COPY_SIZE]
        __attribute__((aligned(8))); /* of a struct sk_buff (programs/socket-delivery.h) */
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

/* Not preallocated: on hosts with many CPUs, this would use more memory than all other maps
 * together. */
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

/* Cookies of namespaces that are not in the selection. The reader fills it, so that their packets
 * take no room in the rings. A namespace that the reader does not know yet is not in it. */
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
    __type(value, struct entry_bucket);
} track_entries SEC(".maps");

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
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SEALED_STREAMS);
    __type(key, __u32);
    __type(value, struct sealed_stream);
} sealed_streams SEC(".maps");

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

/* Each CPU numbers its groups independently. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} group_numbers SEC(".maps");

/*
 * State of this CPU. The addresses may belong to recycled objects a moment later, so each is
 * cleared as soon as it no longer applies.
 */
struct last_skbs {
    __u64 freed;        /* last skb freed since the last packet reached a qdisc */
    __u64 queued;       /* that packet, until the qdisc has it or it is freed */
    __u64 queued_group; /* its group at that time */
    __u64 device;       /* that received a packet, until the packet reaches tc ingress */
    __u64 sending;      /* last skb passed to a hardware driver */
    __u64 exited; /* the packet that last left a busy hook, until observed elsewhere or freed */
    __u32 exited_hook;
    __u32 queued_length;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct last_skbs);
} last_skbs SEC(".maps");

/* The last SYN that a listener on this CPU received, and the kernel's counters before the listener
 * handled it. */
struct offer {
    __u64 skb;        /* address; 0 = the result is known */
    __u64 statistics; /* address of the counters of this CPU and namespace */
    __u64 drops;
    __u64 overflows;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct offer);
} offers SEC(".maps");

/* A packet that entered a hook: its address, the hook, and whether the hook was idle
 * (programs/netfilter-hooks.h). */
struct hook_entry {
    __u64 skb;
    __u32 hook;
    __u32 idle;
};

/* The nested scratches in use on this CPU, and the last packets that entered hooks here, one for
 * each level of nesting. */
struct nesting {
    __u32 used[NESTED_LEVELS];
    struct hook_entry entered[NESTED_LEVELS];
    __u32 newest; /* index of the last one that entered */
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct nesting);
} nesting SEC(".maps");

static __always_inline struct last_skbs *last_skbs_get(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&last_skbs, &zero);
}

/* The packet at this address was freed, or is observed elsewhere than on leaving a hook. */
static __always_inline void last_skbs_clear_exited(struct last_skbs *last, __u64 skb)
{
    if (last->exited == skb)
        last->exited = 0;
}

/* Edges count from the moment when all programs are attached until the capture stops. If programs
 * are replaced in between, exactly one generation sees each packet. */
static __always_inline bool is_running(void)
{
    __u32 zero = 0, *running = bpf_map_lookup_elem(&running_generation, &zero);

    return running && *running == config.generation;
}

#endif
