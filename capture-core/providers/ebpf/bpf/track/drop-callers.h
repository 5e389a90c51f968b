/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callers_*: the functions that led to a drop, for drops whose reason and tracking entry do not say
 * where they happened. netfilter drops with one reason at one location for all of its hooks. Each
 * distinct stack has a number, by which the reader gets its functions as texts. Addresses do not
 * leave the kernel.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_DROP_CALLERS_H
#define PKTMON_EBPF_BPF_TRACK_DROP_CALLERS_H

#include "../lib/shares.h"
#include "locations.h"

/* Frames inside the function that dropped, at most: our program, the tracepoint and parts of
 * kfree_skb(). */
#define INNER_FRAMES   8
#define CALLERS_FRAMES (INNER_FRAMES + RECORD_STACK_FRAMES)

/* Walking a stack takes some microseconds. In a flood of drops, each CPU walks at most MAX_WALKS
 * stacks per WALKS_NS, which is a few percent of its time. Beyond it, a drop gets the last stack of
 * a similar drop. Drops without a similar one have a limit of their own, or a flood of others would
 * hide them. */
#define WALKS_NS  (20 * 1000 * 1000)
#define MAX_WALKS 100

struct callers {
    __u64 taken[CALLERS_FRAMES];
    __u64 frames[RECORD_STACK_FRAMES]; /* from the function that dropped outward; 0: no more */
    struct record_stack stack;         /* the same, as the reader gets it */
    __u64 net_cookie;                  /* of the drop's namespace */
    __u64 net;                         /* address of the namespace; 0: not known */
    __u64 since;                       /* ns */
    __u32 walks[2];                    /* since then: of drops with a similar one, and of others */
};

/* Used by one tracing program, which does not run inside itself. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct callers);
} callers SEC(".maps");

/* Indexes of the functions' texts -> number of the stack. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, RECORD_MAX_STACKS);
    __type(key, struct record_stack);
    __type(value, __u32);
} stack_index SEC(".maps");

/* Number of the stack -> indexes, for the reader. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, RECORD_MAX_STACKS);
    __type(key, __u32);
    __type(value, struct record_stack);
} stacks SEC(".maps");

/* What makes drops similar, as far as it shows without the stack. */
struct drop_likeness {
    __u64 net_cookie;
    __u32 ifindex;
    __u32 reason;
    __u32 location;
    __u32 hook; /* that this CPU's last packet entered or left, if it is this packet */
    __u16 protocol;
    __u8 point; /* of the last observation */
    __u8 pad[5];
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, RECORD_MAX_STACKS);
    __type(key, struct drop_likeness);
    __type(value, __u32);
} last_stacks SEC(".maps");

/* The number of the newest stack. 0 means "not known" here, too. */
static __u32 last_stack;

/* Like location_find(), for a function that led to a drop; 0: the drop's namespace has used up its
 * share. */
static __always_inline __u32 find_frame_location(const struct callers *all, __u64 location)
{
    __u32 *known = bpf_map_lookup_elem(&location_index, &location);

    if (known)
        return *known;
    if (last_location >= RECORD_MAX_STACK_LOCATIONS ||
        !share_take_entry(all->net_cookie, all->net, RECORD_SHARE_LOCATIONS,
                          RECORD_MAX_STACK_LOCATIONS))
        return 0;
    return location_find(location);
}

/*
 * Fills the stack from the frames, up to where the kernel began to work on the packet. Frames
 * further out belong to what was interrupted, or show how a process entered the kernel: they say
 * nothing of the drop, are unbounded, and are private. Returns 0 if there are too many functions.
 * Global function, see content_read().
 */
__noinline int name_frames(struct callers *all)
{
    bool inside = true;

    if (!all)
        return 0;
    for (__u32 i = 0; i < RECORD_STACK_FRAMES; i++) {
        __u64 location = inside ? all->frames[i] : 0;
        __u32 index = location ? find_frame_location(all, location) : 0;

        if (location && !index)
            return 0;
        inside = location && (i == 0 || !end_is_outside(end_find_kind(index)));
        all->stack.frames[i] = inside ? index : 0;
    }
    return 1;
}

/* Returns the number of the stack in frames. */
static __always_inline __u32 find_stack_number(struct callers *all)
{
    struct record_stack *stack;
    __u32 number, *known;

    if (!name_frames(all))
        return RECORD_STACK_REFUSED;
    known = bpf_map_lookup_elem(&stack_index, &all->stack);
    if (known)
        return *known;
    if (last_stack >= RECORD_MAX_STACKS - 1 ||
        !share_take_entry(all->net_cookie, all->net, RECORD_SHARE_STACKS, RECORD_MAX_STACKS))
        return RECORD_STACK_REFUSED;
    number = __sync_fetch_and_add(&last_stack, 1) + 1;
    stack = bpf_map_lookup_elem(&stacks, &number);
    if (!stack)
        return RECORD_STACK_REFUSED;
    *stack = all->stack;
    bpf_map_update_elem(&stack_index, &all->stack, &number, BPF_ANY);
    return number;
}

/* met: there was a similar drop. */
static __always_inline bool callers_may_walk(struct callers *all, bool met)
{
    __u64 now = bpf_ktime_get_ns();

    if (now - all->since >= WALKS_NS) {
        all->since = now;
        all->walks[0] = all->walks[1] = 0;
    }
    return met ? all->walks[0]++ < MAX_WALKS : all->walks[1]++ < MAX_WALKS;
}

/* Returns which frame is the location; INNER_FRAMES: none. Global function, see content_read(). */
__noinline __u32 find_frame(const struct callers *all, __u64 location)
{
    if (!all)
        return INNER_FRAMES;
    for (__u32 i = 0; i < INNER_FRAMES; i++) {
        if (all->taken[i] == location)
            return i;
    }
    return INNER_FRAMES;
}

/* Walks the stack and removes the frames inside the location. 0: the location is not on the stack,
 * because the kernel frees some packets later than it drops them. */
static __always_inline __u32 walk_stack(void *context, struct callers *all, __u64 location)
{
    __u32 first;

    if (bpf_get_stack(context, all->taken, sizeof(all->taken), 0) <= 0)
        return 0;
    first = find_frame(all, location);
    if (first >= INNER_FRAMES)
        return 0;
    bpf_probe_read_kernel(all->frames, sizeof(all->frames), &all->taken[first]);
    return find_stack_number(all);
}

/* Returns the number of the drop's stack, or of a similar drop's; 0: not known. context: of the
 * program. location: address of the drop. net: address of its namespace, or 0. */
static __always_inline __u32 callers_find_stack(void *context, __u64 location, __u64 net,
                                                const struct drop_likeness *likeness)
{
    __u32 zero = 0, number, *last = bpf_map_lookup_elem(&last_stacks, likeness);
    struct callers *all = bpf_map_lookup_elem(&callers, &zero);

    if (!all || !callers_may_walk(all, last != NULL))
        return last ? *last : RECORD_STACK_REFUSED;
    all->net_cookie = likeness->net_cookie;
    all->net = net;
    number = walk_stack(context, all, location);
    if (!last)
        bpf_map_update_elem(&last_stacks, likeness, &number, BPF_ANY);
    else if (*last != number)
        *last = number;
    return number;
}

#endif
