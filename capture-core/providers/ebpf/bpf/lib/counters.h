/* SPDX-License-Identifier: GPL-2.0-or-later */
/* counters_*: packet and byte counters of edges. */
#ifndef PKTMON_EBPF_BPF_LIB_COUNTERS_H
#define PKTMON_EBPF_BPF_LIB_COUNTERS_H

#include "net-device.h"

static __always_inline struct unaccounted *counters_get_unaccounted(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&unaccounted, &zero);
}

static __always_inline void counters_add_unaccounted(void)
{
    struct unaccounted *missed = counters_get_unaccounted();

    if (missed)
        __sync_fetch_and_add(&missed->events, 1);
}

/* A record was lost that belongs to a counter. */
static __always_inline void counters_add_lost(__u64 *lost)
{
    struct unaccounted *all = counters_get_unaccounted();

    __sync_fetch_and_add(lost, 1);
    if (all)
        __sync_fetch_and_add(&all->lost, 1);
}

/* The caller has taken the entry of the edge. */
__noinline int counters_make(const struct device_key *key)
{
    struct edge_counters none = {};
    struct device_key edge;

    if (!key)
        return 0;
    edge = *key; /* Linux 6.1 accepts only keys on the stack or in a map */
    if (bpf_map_update_elem(&counters, &edge, &none, BPF_NOEXIST))
        share_undo_entry(edge.net_cookie, RECORD_SHARE_EDGES);
    return 0;
}

/* Returns the counters of the edge, or the common ones if the edge cannot have counters of its own.
 * dev: NULL for an edge that belongs to no device. */
static __always_inline struct edge_counters *
counters_get(const struct device_key *key, const struct net_device *dev, const struct net *net)
{
    struct edge_counters *found = bpf_map_lookup_elem(&counters, key);
    struct unaccounted *common;

    if (found)
        return found;
    if (dev)
        device_describe_once(key, dev);
    if (share_take_entry(key->net_cookie, address(net), RECORD_SHARE_EDGES, RECORD_MAX_EDGES)) {
        counters_make(key);
        found = bpf_map_lookup_elem(&counters, key);
        if (found)
            return found;
    }
    common = counters_get_unaccounted();
    if (!common)
        return NULL;
    asm volatile("" : "+r"(common)); /* as in drop_get_counters() */
    return &common->edges;
}

static __always_inline bool counters_are_common(const struct edge_counters *count)
{
    const struct unaccounted *common = counters_get_unaccounted();

    return common && &common->edges == count;
}

/* Atomic, because process and interrupt context of one CPU may be at a hook at the same time.
 * which: 0 = in, 1 = out. */
static __always_inline void counters_add(struct edge_counters *count, __u32 which, __u32 bytes)
{
    __sync_fetch_and_add(&count->packets[which & 1], 1);
    __sync_fetch_and_add(&count->bytes[which & 1], bytes);
}

#endif
