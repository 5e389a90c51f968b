/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netfilter hooks. */
#ifndef PKTMON_EBPF_BPF_PROGRAMS_NETFILTER_HOOKS_H
#define PKTMON_EBPF_BPF_PROGRAMS_NETFILTER_HOOKS_H

#include "../track/drops.h"

#define NF_ACCEPT 1

/* Points and edges of the hooks are in the order of enum nf_inet_hooks. */
#define HOOKS     5
#define HOOK_ENDS 2 /* first and last */

/* A packet that spends more time in a hook gets a record when it leaves. */
#define HOOK_IS_SLOW_NS (100 * 1000)

/* Received packets still have their link header. All others begin at the network header. A VRF
 * device runs the hook before skb->protocol is set. */
static __always_inline void fill_frame_at_hook(struct frame *frame, const struct sk_buff *skb,
                                               __u32 point, __u8 family)
{
    if (point == RECORD_POINT_PREROUTING || point == RECORD_POINT_INPUT) {
        frame_fill_dropped(frame, skb, skb->dev ? skb->dev->type : 0);
    } else {
        frame->l3 = true;
        frame_fill_at(frame, skb, skb_data_offset(skb));
    }
    frame->protocol = family == NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6;
}

/* Whether only the functions of one capture are at the hook. Then nothing can happen there that an
 * observation on leaving could show. The kernel runs the functions that were registered when the
 * packet entered, while others come and go. So the state on entry decides for both ends. */
static __always_inline bool is_idle_hook(const struct nf_hook_state *state)
{
    struct nf_hook_entries *const *hooks, *entries = NULL;
    __u32 hook = state->hook < HOOKS ? state->hook : HOOKS - 1;

    hooks =
        state->pf == NFPROTO_IPV4 ? &state->net->nf.hooks_ipv4[0] : &state->net->nf.hooks_ipv6[0];
    if (bpf_probe_read_kernel(&entries, sizeof(entries), hooks + hook))
        return false;
    return entries && READ_AT(struct nf_hook_entries, entries, num_hook_entries) == HOOK_ENDS;
}

static __always_inline __u32 hook_number(const struct nf_hook_state *state)
{
    return (__u32)state->pf << 8 | state->hook;
}

/* The next slot, so that an interrupt which observes another packet does not overwrite this one. */
static __always_inline bool note_hook_entry(struct nesting *nested, const struct sk_buff *skb,
                                            const struct nf_hook_state *state)
{
    __u32 next = (nested->newest + 1) & (NESTED_LEVELS - 1);
    struct hook_entry *entry = &nested->entered[next];
    bool idle;

    nested->newest = next;
    entry->skb = address(skb);
    entry->hook = hook_number(state);
    idle = is_idle_hook(state);
    entry->idle = idle;
    return idle;
}

/* If the packet has moved to another CPU, or entered under another generation of programs, the
 * current state of the hook decides. */
static __always_inline bool take_hook_exit(struct nesting *nested, const struct sk_buff *skb,
                                           const struct nf_hook_state *state)
{
    __u32 hook = hook_number(state), i = nested->newest & (NESTED_LEVELS - 1);
    struct hook_entry *entry = &nested->entered[i];

    if (entry->skb != address(skb) || entry->hook != hook)
        i = hook_find_entry(nested, address(skb), hook);
    if (i >= NESTED_LEVELS)
        return is_idle_hook(state);
    entry = &nested->entered[i];
    entry->skb = 0;
    return entry->idle;
}

static __always_inline void fill_place_at_hook(struct observe_place *place,
                                               const struct nf_hook_state *state, bool leaves)
{
    __u32 hook = state->hook < HOOKS ? state->hook : HOOKS - 1;

    place->key.net_cookie = state->net->net_cookie;
    place->key.edge = PKTMON_EDGE_PREROUTING + hook;
    place->point = RECORD_POINT_PREROUTING + hook;
    place->direction = place->point >= RECORD_POINT_OUTPUT ? RECORD_TX : RECORD_RX;
    place->count = leaves;
    place->flags = leaves ? RECORD_LEAVES : 0;
}

/* For programs behind a gate, which run only while their generation runs (gates.bpf.c). Counts the
 * bytes of the IP packet, as nft does: some hooks have a link header before it, and others have
 * not. */
static __always_inline struct edge_counters *
hooks_count(const struct observe_place *place, const struct net *net, const struct frame *frame)
{
    struct edge_counters *count = counters_get(&place->key, NULL, net);

    if (count)
        counters_add(count, place->count, frame_network_length(frame));
    return count;
}

static __always_inline void observe_hook_entry(const struct observe_place *place,
                                               struct sk_buff *skb, const struct frame *frame,
                                               struct scratch *scratch, struct edge_counters *count,
                                               bool idle)
{
    struct track_entry *entry;
    __u32 copied;

    if (!match_packet(scratch, skb, skb, frame))
        return;
    copied = observe_skb(scratch, skb, skb, frame, place);
    track_packet(&scratch->record, &scratch->obs);
    entry = idle ? NULL : entries_find_live(address(skb));
    if (entry && entry->group) {
        entry->network = scratch->obs.content.network;
        content_hash_headers(scratch, entry->network, &entry->headers);
        entry->flags |= ENTRY_IN_HOOK;
    }
    observe_write_record(skb, frame, scratch, copied, count);
    if (entry)
        entry->time = bpf_ktime_get_ns(); /* the time in the hook excludes the time spent here */
}

/* Writes a record only if the hook changed the packet or delayed it. */
static __always_inline void observe_hook_exit(const struct observe_place *place,
                                              struct sk_buff *skb, const struct frame *frame,
                                              struct scratch *scratch, struct edge_counters *count)
{
    struct track_entry *entry = entries_find_live(address(skb));
    __u64 headers = 0;
    __u32 copied;

    if (!entry || entry->point != place->point || !(entry->flags & ENTRY_IN_HOOK))
        return;
    copied = observe_start(scratch, skb, skb, frame, place);
    content_hash_headers(scratch, entry->network, &headers);
    if (headers == entry->headers && scratch->record.time - entry->time < HOOK_IS_SLOW_NS) {
        entry->flags &= ~ENTRY_IN_HOOK;
        return;
    }
    if (config.filtered)
        scratch->filters = 0;
    observe_fill(scratch, skb, frame);
    entry_continue(entry, &scratch->record, &scratch->obs);
    observe_write_record(skb, frame, scratch, copied, count);
}

static __always_inline int observe_at_hook(struct bpf_nf_ctx *ctx, bool leaves)
{
    struct last_skbs *last = last_skbs_get();
    struct nesting *nested = nesting_get();
    struct sk_buff *skb = ctx->skb;
    struct edge_counters *count;
    struct observe_place place = {};
    struct scratch *scratch;
    struct frame frame;
    __u32 level;
    bool idle;

    if (!nested || !last)
        return NF_ACCEPT;
    idle =
        leaves ? take_hook_exit(nested, skb, ctx->state) : note_hook_entry(nested, skb, ctx->state);
    last_skbs_clear_exited(last, address(skb));
    if (leaves && idle) /* counted on entry */
        return NF_ACCEPT;
    if (leaves) {
        last->exited = address(skb);
        last->exited_hook = hook_number(ctx->state);
    }
    fill_place_at_hook(&place, ctx->state, leaves);
    if (!leaves && place.point == RECORD_POINT_OUTPUT && untraced_is_now())
        untraced_count(place.key.net_cookie);
    fill_frame_at_hook(&frame, skb, place.point, ctx->state->pf);
    count = hooks_count(&place, ctx->state->net, &frame);
    if (count && idle)
        counters_add(count, 1, frame_network_length(&frame));
    if (!count || (leaves && !entries_find(address(skb))))
        return NF_ACCEPT;
    level = scratch_take(nested);
    scratch = level < NESTED_LEVELS ? scratch_get(SCRATCH_NESTED + level) : NULL;
    if (!scratch)
        counters_add_unaccounted();
    else if (leaves)
        observe_hook_exit(&place, skb, &frame, scratch, count);
    else
        observe_hook_entry(&place, skb, &frame, scratch, count, idle);
    scratch_release(nested, level);
    return NF_ACCEPT;
}

/* Before all other functions of the hook. */
SEC("netfilter")
int netfilter_first(struct bpf_nf_ctx *ctx)
{
    return observe_at_hook(ctx, false);
}

/* After all other functions of the hook. */
SEC("netfilter")
int netfilter_last(struct bpf_nf_ctx *ctx)
{
    return observe_at_hook(ctx, true);
}

#endif
