/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points between devices and sockets: queueing disciplines, netfilter's hooks, sockets. */
#ifndef PKTMON_STACK_H
#define PKTMON_STACK_H

#include "drops.h"

#define NF_ACCEPT   1
#define SOCKET_PASS 1 /* of a cgroup_skb program */

#define EDGE_SOCKETS EDGE_LOWER /* with ifindex 0 */
/* RECORD_POINT_PREROUTING ... are in the order of PKTMON_EDGE_PREROUTING ... and of
 * enum nf_inet_hooks. */
#define EDGE_PREROUTING 4
#define HOOKS           5
#define HOOK_ENDS       2 /* first and last */

/* A hook that takes longer than this is worth a record of its own. */
#define HOOK_IS_SLOW_NS (100 * 1000)

/* --- memory of programs that run inside themselves: netfilter and cgroup programs do, where an
 * interrupt comes in between; the kernel does not keep them from it as it does tracing programs ---
 */

/* Takes one that is free, by a word of its own, because tasks that preempt each other do not end in
 * the reverse order. Returns its number, NESTED_LEVELS where there is none; leave() must follow. */
static __always_inline __u32 enter(struct nesting *nested)
{
    for (__u32 level = 0; level < NESTED_LEVELS; level++) {
        if (!__sync_lock_test_and_set(&nested->used[level], 1))
            return level;
    }
    return NESTED_LEVELS;
}

/* What comes in between sees all that its CPU has done so far: no barrier but the compiler's. */
static __always_inline void leave(struct nesting *nested, __u32 level)
{
    asm volatile("" ::: "memory");
    if (level < NESTED_LEVELS)
        nested->used[level] = 0;
}

static __always_inline struct nesting *nested_scratches(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&nesting, &zero);
}

/* --- queueing disciplines --- */

static __always_inline struct place place_in_queue(const struct net_device *dev, __u8 point)
{
    return (struct place){.key = {.net_cookie = dev->nd_net.net->net_cookie,
                                  .ifindex = dev->ifindex,
                                  .edge = EDGE_QDISC},
                          .point = point,
                          .way = RECORD_TX,
                          .count = point == RECORD_POINT_QDISC_OUT,
                          .alone = true};
}

/* NULL where there is no filter. */
static __always_inline struct last_buffers *last_of_this_cpu(void)
{
    __u32 zero = 0;

    return config.filtered ? bpf_map_lookup_elem(&last_buffers, &zero) : NULL;
}

/* A discipline that cuts large sends has freed this one already. What no filter matched has no
 * journey in any case. */
static __always_inline bool was_cut(const struct sk_buff *skb)
{
    const struct last_buffers *last;

    if (!config.filtered)
        return !live_journey_of(address(skb));
    last = last_of_this_cpu();
    return last && last->freed == address(skb);
}

/* dynptr_source: as in write_record(). */
static __always_inline int queued(struct sk_buff *skb, const struct netdev_queue *queue, __u32 slot,
                                  __u8 point, void *dynptr_source)
{
    const struct net_device *dev = queue->dev;
    struct scratch *scratch = scratch_of(slot);
    struct edge_counters *count;
    struct place place;
    struct frame frame;
    __u32 copied;

    if (!dev || !scratch || !carries_packets(dev->type))
        return 0;
    if (point == RECORD_POINT_QDISC_IN && was_cut(skb))
        return 0;
    place = place_in_queue(dev, point);
    frame_sent(&frame, skb, dev->type);
    count = count_packet(&place, dev, dev->nd_net.net, &frame);
    if (!count || !is_followed(scratch, skb, dynptr_source, &frame))
        return 0;
    copied = look(scratch, skb, dynptr_source, &frame, &place);
    track(&scratch->record, &scratch->sight);
    write_record(dynptr_source, &frame, scratch, copied, count);
    return 0;
}

/* struct Qdisc's enqueue() took the packet. */
SEC("tp_btf/qdisc_enqueue")
int BPF_PROG(qdisc_enqueue, const void *qdisc, const struct netdev_queue *queue,
             struct sk_buff *skb)
{
    return queued(skb, queue, SCRATCH_QDISC_ENQUEUE, RECORD_POINT_QDISC_IN, skb);
}

/* Packets that the discipline gives at once where the driver has room: each hangs on the one
 * before. */
struct bulk {
    struct sk_buff *skb;
    const struct netdev_queue *queue;
};

/* A callback of bpf_loop(), so that the verifier looks at it once. 1: that was all. */
static long next_of_bulk(__u32 index, void *context)
{
    struct bulk *bulk = context;
    struct sk_buff *skb = bulk->skb;

    if (!skb)
        return 1;
    queued(skb, bulk->queue, SCRATCH_QDISC_DEQUEUE, RECORD_POINT_QDISC_OUT, NULL);
    bulk->skb = skb->next;
    return 0;
}

/* It gave one or several packets; none: skb is NULL. */
SEC("tp_btf/qdisc_dequeue")
int BPF_PROG(qdisc_dequeue, const void *qdisc, const struct netdev_queue *queue, int packets,
             struct sk_buff *skb)
{
    struct bulk bulk = {.queue = queue};

    if (!skb)
        return 0;
    queued(skb, queue, SCRATCH_QDISC_DEQUEUE, RECORD_POINT_QDISC_OUT, skb);
    if (packets < 2)
        return 0;
    bulk.skb = skb->next;
    bpf_loop(packets - 1, next_of_bulk, &bulk, 0);
    return 0;
}

/* --- netfilter --- */

/* What was received has its link header still; else the frame begins at the network header. */
static __always_inline void frame_at_hook(struct frame *frame, const struct sk_buff *skb,
                                          __u32 point)
{
    if (point == RECORD_POINT_PREROUTING || point == RECORD_POINT_INPUT) {
        frame_dropped(frame, skb, skb->dev ? skb->dev->type : 0);
        return;
    }
    frame->l3 = true;
    frame_at(frame, skb, data_offset(skb));
}

/* Whether no other functions are at the hook than those of one capture: then nothing happens there
 * that the way out could tell. The kernel walks through those that were there as the packet came,
 * while others come and go: the way in decides for both.
 */
static __always_inline bool is_idle_hook(const struct nf_hook_state *state)
{
    struct nf_hook_entries *const *hooks, *entries = NULL;
    __u32 hook = state->hook < HOOKS ? state->hook : HOOKS - 1;

    hooks =
        state->pf == NFPROTO_IPV4 ? &state->net->nf.hooks_ipv4[0] : &state->net->nf.hooks_ipv6[0];
    if (bpf_probe_read_kernel(&entries, sizeof(entries), hooks + hook))
        return false;
    return entries && BPF_CORE_READ(entries, num_hook_entries) == HOOK_ENDS;
}

static __always_inline __u32 number_of_hook(const struct nf_hook_state *state)
{
    return (__u32)state->pf << 8 | state->hook;
}

static __always_inline bool enters_idle_hook(struct nesting *nested, const struct sk_buff *skb,
                                             const struct nf_hook_state *state)
{
    bool idle = is_idle_hook(state);

    nested->entered = address(skb);
    nested->hook = number_of_hook(state);
    nested->idle = idle;
    return idle;
}

/* Another packet may have gone into a hook meanwhile, in an interrupt, or this one be on another
 * CPU now: then the hook as it is now decides. */
static __always_inline bool leaves_idle_hook(struct nesting *nested, const struct sk_buff *skb,
                                             const struct nf_hook_state *state)
{
    if (nested->entered != address(skb) || nested->hook != number_of_hook(state))
        return is_idle_hook(state);
    nested->entered = 0;
    return nested->idle;
}

static __always_inline void place_at_hook(struct place *place, const struct nf_hook_state *state,
                                          bool leaves)
{
    __u32 hook = state->hook < HOOKS ? state->hook : HOOKS - 1;

    place->key.net_cookie = state->net->net_cookie;
    place->key.edge = EDGE_PREROUTING + hook;
    place->point = RECORD_POINT_PREROUTING + hook;
    place->way = place->point >= RECORD_POINT_OUTPUT ? RECORD_TX : RECORD_RX;
    place->count = leaves;
    place->flags = leaves ? RECORD_LEAVES : 0;
}

/* Of a program that a gate leads to, which it does only while it runs (gates.bpf.c). */
static __always_inline struct edge_counters *
count_here(const struct place *place, const struct net *net, const struct frame *frame)
{
    struct edge_counters *count = counters_of(&place->key, NULL, net);

    if (count)
        count_at(count, place->count, frame);
    return count;
}

static __always_inline void enters_hook(const struct place *place, struct sk_buff *skb,
                                        const struct frame *frame, struct scratch *scratch,
                                        struct edge_counters *count, bool idle)
{
    struct journey *journey;
    __u32 copied;

    if (!is_followed(scratch, skb, skb, frame))
        return;
    copied = look(scratch, skb, skb, frame, place);
    track(&scratch->record, &scratch->sight);
    journey = idle ? NULL : live_journey_of(address(skb));
    if (journey && journey->group) {
        journey->network = scratch->sight.content.network;
        hash_headers(scratch, journey->network, &journey->headers);
        journey->flags |= JOURNEY_IN_HOOK;
    }
    write_record(skb, frame, scratch, copied, count);
    if (journey)
        journey->time = bpf_ktime_get_ns(); /* the hook's time is without what this took */
}

/* Says so only where the hook did something to the packet, or held it. */
static __always_inline void leaves_hook(const struct place *place, struct sk_buff *skb,
                                        const struct frame *frame, struct scratch *scratch,
                                        struct edge_counters *count)
{
    struct journey *journey = live_journey_of(address(skb));
    __u64 headers = 0;
    __u32 copied;

    if (!journey || journey->point != place->point || !(journey->flags & JOURNEY_IN_HOOK))
        return;
    copied = glance(scratch, skb, skb, frame, place);
    hash_headers(scratch, journey->network, &headers);
    if (headers == journey->headers && scratch->record.time - journey->time < HOOK_IS_SLOW_NS) {
        journey->flags &= ~JOURNEY_IN_HOOK;
        return;
    }
    if (config.filtered)
        scratch->filters = 0;
    look_at(scratch, skb, frame);
    go_on(journey, &scratch->record, &scratch->sight);
    write_record(skb, frame, scratch, copied, count);
}

static __always_inline int at_hook(struct bpf_nf_ctx *ctx, bool leaves)
{
    struct nesting *nested = nested_scratches();
    struct sk_buff *skb = ctx->skb;
    struct edge_counters *count;
    struct place place = {};
    struct scratch *scratch;
    struct frame frame;
    __u32 level;
    bool idle;

    if (!nested)
        return NF_ACCEPT;
    idle = leaves ? leaves_idle_hook(nested, skb, ctx->state)
                  : enters_idle_hook(nested, skb, ctx->state);
    if (leaves && idle) /* counted as it went in */
        return NF_ACCEPT;
    place_at_hook(&place, ctx->state, leaves);
    frame_at_hook(&frame, skb, place.point);
    count = count_here(&place, ctx->state->net, &frame);
    if (count && idle)
        count_at(count, 1, &frame);
    if (!count || (leaves && !journey_of(address(skb))))
        return NF_ACCEPT;
    level = enter(nested);
    scratch = level < NESTED_LEVELS ? scratch_of(SCRATCH_NESTED + level) : NULL;
    if (!scratch)
        count_unaccounted();
    else if (leaves)
        leaves_hook(&place, skb, &frame, scratch, count);
    else
        enters_hook(&place, skb, &frame, scratch, count, idle);
    leave(nested, level);
    return NF_ACCEPT;
}

/* Before all other functions of the hook. */
SEC("netfilter")
int netfilter_first(struct bpf_nf_ctx *ctx)
{
    return at_hook(ctx, false);
}

/* After all other functions of the hook. */
SEC("netfilter")
int netfilter_last(struct bpf_nf_ctx *ctx)
{
    return at_hook(ctx, true);
}

/* --- sockets --- */

static __always_inline void delivered(const struct sk_buff *skb, __u16 socket_type)
{
    struct journey *journey = live_journey_of(address(skb));

    if (!journey)
        return;
    journey->flags |= JOURNEY_DELIVERED;
    if (socket_type == SOCK_RAW && journey->copy > 1)
        journey->flags |= JOURNEY_SIDE;
    end_well(journey);
}

/* A socket is about to take the packet, before its limits are looked at. The kernel lends the
 * packet the socket for this call. */
SEC("cgroup_skb/ingress")
int socket_ingress(struct __sk_buff *ctx)
{
    struct sk_buff *skb = kernel_cast_to_kern_ctx(ctx);
    struct sock *sk = skb->sk;
    struct place place = {
        .key = {.edge = EDGE_SOCKETS}, .point = RECORD_POINT_SOCKET, .way = RECORD_RX};
    struct nesting *nested = nested_scratches();
    struct edge_counters *count;
    struct scratch *scratch;
    struct frame frame;
    __u32 level, copied;

    if (!sk || !nested)
        return SOCKET_PASS;
    if (!deliveries_are_seen) /* other processors read what stands beside it */
        deliveries_are_seen = true;
    level = enter(nested);
    scratch = level < NESTED_LEVELS ? scratch_of(SCRATCH_NESTED + level) : NULL;
    place.key.net_cookie = sk->__sk_common.skc_net.net->net_cookie;
    frame_dropped(&frame, skb, 0);
    count = count_here(&place, sk->__sk_common.skc_net.net, &frame);
    if (!scratch)
        count_unaccounted();
    if (count && scratch && is_followed(scratch, skb, ctx, &frame)) {
        copied = look(scratch, skb, ctx, &frame, &place);
        track(&scratch->record, &scratch->sight);
        delivered(skb, sk->sk_type);
        write_record(ctx, &frame, scratch, copied, count);
    }
    leave(nested, level);
    return SOCKET_PASS;
}

#endif
