/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that are lost in XDP, before there is an skb: the packet is not known. Losses are counted
 * per device, and a notice describes them.
 */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_XDP_H
#define PKTMON_EBPF_BPF_PROGRAMS_XDP_H

#include "notices.h"

#define CPU_MAP_PREFIX_LENGTH 7 /* bytes */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xdp_cpumap_stats {
    unsigned int drop;
};

#pragma clang attribute pop

/* Rate limit: each CPU reports at most so many lost frames per second, device and kind. All are
 * counted. */
#define MAX_FRAME_EVENTS 16
#define NS_PER_SECOND    1000000000ULL
#define MAX_FRAME_KIND   1024

struct frame_kind {
    __u64 net_cookie;
    __u32 ifindex;
    __u32 kind; /* enum record_notice */
};

struct frame_events {
    __u64 since; /* ns */
    __u32 count;
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __uint(max_entries, MAX_FRAME_KIND);
    __type(key, struct frame_kind);
    __type(value, struct frame_events);
} frame_events SEC(".maps");

static __always_inline bool is_within_event_rate(const struct notice *notice,
                                                 enum record_notice kind)
{
    const struct frame_kind key = {
        .net_cookie = notice->record.net_cookie, .ifindex = notice->record.ifindex, .kind = kind};
    struct frame_events *events = bpf_map_lookup_elem(&frame_events, &key);
    struct frame_events first = {.since = bpf_ktime_get_ns(), .count = 1};

    if (!events) {
        bpf_map_update_elem(&frame_events, &key, &first, BPF_ANY);
        return true;
    }
    if (first.since - events->since >= NS_PER_SECOND)
        *events = first;
    else
        events->count++;
    return events->count <= MAX_FRAME_EVENTS;
}

/* What is known of the lost frames. A struct, because it is the argument of a global function. */
struct lost_frames {
    __u64 device; /* address; 0 = none */
    __u32 frames;
    __u32 kind;   /* enum record_notice */
    __u32 detail; /* of the notice */
    __u32 direction;
};

__noinline int report_lost_frames(const struct lost_frames *lost)
{
    const struct net_device *dev;
    struct notice notice = {};
    struct drop_counters *count;
    struct drop_key key = {.in_xdp = 1};
    __u64 net = 0;

    if (!lost || !is_running())
        return 0;
    dev = (const void *)lost->device;
    if (dev) {
        notice_set_device(&notice, dev);
        net = (__u64)BPF_CORE_READ(dev, nd_net.net);
    }
    key.net_cookie = notice.record.net_cookie;
    key.ifindex = notice.record.ifindex;
    key.direction = lost->direction;
    key.reason = bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_XDP);
    count = lost->frames ? drop_get_counters(&key, net) : NULL;
    if (count)
        drop_count(count, lost->frames, 0);
    notice.record.location = lost->detail;
    if (config.upper_edges && is_within_event_rate(&notice, lost->kind))
        notice_put(&notice, lost->kind);
    return 0;
}

static __always_inline __u32 absolute_errno(int error)
{
    return error < 0 ? -error : error;
}

/* The XDP program returned XDP_ABORTED or an invalid action, or the action failed. Failed redirects
 * are counted in xdp_redirect_err, whether or not the driver reports them here as well. */
SEC("tp_btf/xdp_exception")
int BPF_PROG(xdp_exception, const struct net_device *dev, const void *program, __u32 action)
{
    struct lost_frames lost = {.device = address(dev),
                               .frames = action != XDP_REDIRECT,
                               .kind = RECORD_NOTICE_XDP,
                               .detail = action,
                               .direction = RECORD_RX};

    return report_lost_frames(&lost);
}

/* Failed redirects in the CPU map thread of this CPU since its last report, which counts them a
 * second time. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} cpu_map_errors SEC(".maps");

static __always_inline __u32 *cpu_map_errors_get(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&cpu_map_errors, &zero);
}

static __always_inline bool is_cpu_map_thread(void)
{
    static const char prefix[] = "cpumap/"; /* "cpumap/1/map:7" */
    const struct task_struct *task = (const void *)bpf_get_current_task();
    char comm[RECORD_COMM_SIZE];

    /* Any process may have such a name. */
    return BPF_CORE_READ(task, flags) & PF_KTHREAD &&
           bpf_get_current_comm(comm, sizeof(comm)) == 0 &&
           bpf_strncmp(comm, CPU_MAP_PREFIX_LENGTH, prefix) == 0;
}

/* xdp_do_redirect(): no such device, or it accepts no frames, or not of this length. */
SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(xdp_redirect_err, const struct net_device *dev, const void *program,
             const void *target, int error)
{
    struct lost_frames lost = {.device = address(dev),
                               .frames = 1,
                               .kind = RECORD_NOTICE_XDP_REDIRECT,
                               .detail = absolute_errno(error),
                               .direction = RECORD_RX};
    __u32 *errors = cpu_map_errors_get();

    if (errors && is_cpu_map_thread())
        (*errors)++;
    return report_lost_frames(&lost);
}

/* bq_xmit_all(): the target device of redirects did not send all frames. */
SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(xdp_devmap_xmit, const struct net_device *from, const struct net_device *to, int sent,
             int drops, int error)
{
    struct lost_frames lost = {.device = address(to),
                               .frames = drops,
                               .kind = RECORD_NOTICE_XDP_SEND,
                               .detail = absolute_errno(error),
                               .direction = RECORD_TX};

    return drops > 0 ? report_lost_frames(&lost) : 0;
}

/* Frames that an XDP program sends back by XDP_TX (veth). */
SEC("tp_btf/xdp_bulk_tx")
int BPF_PROG(xdp_bulk_tx, const struct net_device *dev, int sent, int drops, int error)
{
    struct lost_frames lost = {.device = address(dev),
                               .frames = drops,
                               .kind = RECORD_NOTICE_XDP_SEND,
                               .detail = absolute_errno(error),
                               .direction = RECORD_RX};

    return drops > 0 ? report_lost_frames(&lost) : 0;
}

static __always_inline int report_cpu_map_drops(__u32 drops)
{
    struct lost_frames lost = {
        .frames = drops, .kind = RECORD_NOTICE_XDP_CPU, .direction = RECORD_RX};

    return drops > 0 ? report_lost_frames(&lost) : 0;
}

/* bq_flush_to_queue(): the queue of the other CPU is full. */
SEC("tp_btf/xdp_cpumap_enqueue")
int BPF_PROG(xdp_cpumap_enqueue, int map, unsigned int processed, unsigned int drops, int cpu)
{
    return report_cpu_map_drops(drops);
}

/* cpu_map_kthread_run(): no memory for skbs, or the map's own program dropped frames. */
SEC("tp_btf/xdp_cpumap_kthread")
int BPF_PROG(xdp_cpumap_kthread, int map, unsigned int processed, unsigned int drops, int scheduled,
             const struct xdp_cpumap_stats *stats)
{
    __u32 by_program = stats ? BPF_CORE_READ(stats, drop) : 0;
    __u32 *errors = cpu_map_errors_get();
    __u32 known = errors ? *errors : 0;

    if (known)
        *errors = 0;
    return report_cpu_map_drops(drops + (by_program > known ? by_program - known : 0));
}

#endif
