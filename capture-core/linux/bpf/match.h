/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets a capture with filters follows: those that a filter matches, and those that were
 * followed so far, whatever has become of them.
 */
#ifndef PKTMON_MATCH_H
#define PKTMON_MATCH_H

#include "../filter/inner.h"
#include "journey.h"

/* So many bytes decide nearly always; the others are copied only where a filter asks for them. */
#define FIRST_LOOK 64

/* A packet moves to another buffer within a second (CONTENT_AGE_NS, origin.h), which is at most so
 * many ticks of the kernel's clock, and up to ten times fewer: all programs may read it, for next
 * to nothing. */
#define FOLLOWED_TICKS 1010
/* How exactly it is known when a packet was followed last: not each one shall write it. */
#define FOLLOWED_STEP 5

#define ADDRESSES_SIZE 12 /* of an Ethernet header; a VLAN tag stands behind them */

struct filter_window {
    __u8 bytes[FILTER_WINDOW];
};

/* When a packet was followed last, ticks. */
static __u64 followed_at;

/*
 * Stand-ins: the agent puts the filters in their place when it loads the programs
 * (filter/dispatch.h). Their result has a bit for each filter that matches, and RECORD_NEEDS_MORE.
 */
__attribute__((noinline, weak)) __u64 filter_frame(struct filter_window *window, __u32 present,
                                                   __u32 caplen, __u32 wirelen)
{
    (void)window;
    (void)present;
    (void)caplen;
    (void)wirelen;
    return 0;
}

/* The same of what begins at the IP header. Another result, lest clang take the two for one. */
__attribute__((noinline, weak)) __u64 filter_packet(struct filter_window *window, __u32 present,
                                                    __u32 caplen, __u32 wirelen)
{
    (void)window;
    (void)present;
    (void)caplen;
    (void)wirelen;
    return 1;
}

/* Where the bytes of the frame behind its addresses stand in the view: further back where the
 * kernel holds a VLAN tag outside the frame. */
static __always_inline __u32 place_in_view(__u32 tag, __u32 *of_frame)
{
    *of_frame = tag ? ADDRESSES_SIZE : 0;
    return tag ? ADDRESSES_SIZE + VLAN_HLEN : 0;
}

/* Fills the view with up to length bytes of the frame's linear part. tag: its protocol and its
 * control information, host order; 0: none. */
static __always_inline void view_linear(struct filter_view *view, const struct frame *frame,
                                        __u32 tag, __u32 length)
{
    __u32 to, from;

    to = place_in_view(tag, &from);
    view->without_link = frame->l3;
    view->wirelen = frame->length + to - from;
    view->caplen = (config.reads_fragments ? frame->length : frame->linear) + to - from;
    view->present = 0;
    if (length > frame->linear)
        length = frame->linear;
    if (length < from)
        return;
    if (tag) {
        bpf_probe_read_kernel(view->bytes, ADDRESSES_SIZE, (void *)frame->start);
        *(__u32 *)(view->bytes + ADDRESSES_SIZE) = bpf_htonl(tag);
    }
    length -= from;
    asm volatile("" : "+r"(length));
    if (length > FILTER_WINDOW) /* behind a tag it ends a little behind the window */
        length = FILTER_WINDOW;
    if (bpf_probe_read_kernel(view->bytes + to, length, (void *)(frame->start + from)))
        return;
    view->present = length + to;
    if (view->present > FILTER_WINDOW)
        view->present = FILTER_WINDOW;
}

/* Adds what of the window lies in fragments. Not inline: dynptrs have a stack of their own, because
 * the verifier does not let their places be used for anything else. */
static __noinline void view_fragments(void *dynptr_source, const struct frame *frame,
                                      struct filter_view *view)
{
    __u32 present = view->present, length = view->caplen, linear = frame->linear;
    struct bpf_dynptr packet;

    if (length > FILTER_WINDOW)
        length = FILTER_WINDOW;
    length -= present;
    asm volatile("" : "+r"(present));
    asm volatile("" : "+r"(length));
    /* All of the linear part is there, or none of it could be read. */
    if (present >= FILTER_WINDOW || length == 0 || length > FILTER_WINDOW ||
        linear < frame->before || present < linear)
        return;
    if (kernel_dynptr_from_skb(dynptr_source, 0, &packet))
        return;
    if (!bpf_dynptr_read(view->bytes + present, length, &packet, linear - frame->before, 0))
        view->present = present + length;
}

static __always_inline __u64 ask_filters(const struct filter_view *view, __u32 offset,
                                         bool without_link)
{
    struct filter_window *window = (struct filter_window *)(view->bytes + offset);
    __u32 present = view->present - offset, caplen = view->caplen - offset,
          wirelen = view->wirelen - offset;

    return without_link ? filter_packet(window, present, caplen, wirelen)
                        : filter_frame(window, present, caplen, wirelen);
}

/* A global function, as read_content(). */
__noinline __u64 judge_inside(const struct scratch *scratch)
{
    const struct filter_view *view;
    __u32 present, place, offset;

    if (!scratch)
        return 0;
    view = &scratch->view;
    present = view->present;
    if (present > INNER_REACH)
        present = INNER_REACH;
    place = inner_find(view->bytes, present, view->without_link, config.vxlan_port);
    offset = INNER_OFFSET(place);
    asm volatile("" : "+r"(offset));
    if (offset == 0 || offset >= INNER_REACH)
        return 0;
    return ask_filters(view, offset, place & INNER_WITHOUT_LINK) &
           (config.inner_filters | RECORD_NEEDS_MORE);
}

/* What the filters say of the view. */
static __always_inline __u64 judge(const struct scratch *scratch)
{
    __u64 verdict;

    verdict = ask_filters(&scratch->view, 0, scratch->view.without_link);
    if (config.inner_filters)
        verdict |= judge_inside(scratch);
    return verdict;
}

/* By the first bytes, of which nearly all packets need no more. A global function, as
 * read_content(). */
__noinline __u64 judge_first(struct scratch *scratch, const struct frame *frame, __u32 tag)
{
    if (!scratch || !frame)
        return 0;
    view_linear(&scratch->view, frame, tag, config.inner_filters ? INNER_REACH : FIRST_LOOK);
    return judge(scratch);
}

/* By all that the view takes of the linear part. */
__noinline int view_all(struct scratch *scratch, const struct frame *frame, __u32 tag)
{
    if (scratch && frame)
        view_linear(&scratch->view, frame, tag, FILTER_WINDOW);
    return 0;
}

__noinline __u64 judge_again(const struct scratch *scratch)
{
    return scratch ? judge(scratch) : 0;
}

/* dynptr_source: as in write_record(). */
static __always_inline __u64 filters_of(struct scratch *scratch, const struct sk_buff *skb,
                                        void *dynptr_source, const struct frame *frame)
{
    __u16 protocol, control;
    __u32 tag = 0;
    __u64 verdict;

    if (!frame->l3 && vlan_tag(skb, &protocol, &control))
        tag = (__u32)protocol << 16 | control;
    verdict = judge_first(scratch, frame, tag);
    if (!(verdict & RECORD_NEEDS_MORE))
        return verdict;
    view_all(scratch, frame, tag);
    if (dynptr_source && config.reads_fragments)
        view_fragments(dynptr_source, frame, &scratch->view);
    return judge_again(scratch);
}

static __always_inline void note_followed(void)
{
    __u64 now = bpf_jiffies64();

    if (now - followed_at > FOLLOWED_STEP)
        followed_at = now;
}

/*
 * Whether the packet is one of those to follow, as far as can be told without a look at what it
 * holds; scratch->filters says which filters match it. Another buffer may carry one only while any
 * are under way.
 */
static __always_inline bool is_followed(struct scratch *scratch, const struct sk_buff *skb,
                                        void *dynptr_source, const struct frame *frame)
{
    const struct journey *journey;

    if (!config.filtered)
        return true;
    scratch->filters = filters_of(scratch, skb, dynptr_source, frame);
    journey = live_journey_of(address(skb));
    if (scratch->filters || (journey && journey->group)) {
        note_followed();
        return true;
    }
    return bpf_jiffies64() - followed_at < FOLLOWED_TICKS + FOLLOWED_STEP;
}

#endif
