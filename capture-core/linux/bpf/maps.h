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

/* Each program has scratch memory of its own: two programs may be under way on one CPU, at
 * different interrupt levels, but never the same one twice (the kernel counts a miss instead). */
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
    SCRATCH_TCX_INGRESS,
    SCRATCH_SLOTS,
};

/* A whole frame of the usual MTU goes to the ring in one piece. */
#define SCRATCH_SIZE 2048

struct scratch {
    struct packet_record record;
    __u8 data[SCRATCH_SIZE]; /* of the packet, right behind its record */
};

/* What is known of a packet under way. */
struct journey {
    __u64 group;
    __u64 time; /* when it was last seen, ns */
    __u64 skb;  /* the buffer last seen with this head */
    __u64 net_cookie;
    __u32 ifindex;
    __u32 signature;
    __u32 appearance;
    __u16 mac_offset; /* of the frame in the head */
    __u8 point;
    __u8 way;
};

/* Journeys are found by the head of the packet's buffer, in a table of buckets of which the oldest
 * entry goes first: some buffers end without a word, and must not fill it. (An LRU hash does the
 * same for 600 ns more a packet.) A power of two. */
#define JOURNEY_BUCKETS 16384
#define JOURNEY_WAYS    4

struct journey_bucket {
    __u64 heads[JOURNEY_WAYS]; /* 0 = free */
    struct journey journeys[JOURNEY_WAYS];
};

/* The head that a buffer had, for a packet whose head was reallocated on the way. */
#define BUFFER_SLOTS 65536

struct buffer_slot {
    __u64 skb;
    __u64 head;
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
    __uint(max_entries, 65536);
    __type(key, struct device_key);
    __type(value, struct edge_counters);
} counters SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, struct drop_key);
    __type(value, struct drop_counters);
} drops SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 32768);
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
    __uint(max_entries, 32768);
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
    __uint(max_entries, JOURNEY_BUCKETS);
    __type(key, __u32);
    __type(value, struct journey_bucket);
} journeys SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, BUFFER_SLOTS);
    __type(key, __u32);
    __type(value, struct buffer_slot);
} buffers SEC(".maps");

#endif
