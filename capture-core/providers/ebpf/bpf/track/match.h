/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * match_*: which packets a capture with filters tracks: those that a filter matches, and those that
 * were tracked before, whatever they have become.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_MATCH_H
#define PKTMON_EBPF_BPF_TRACK_MATCH_H

#include "filter/inner.h"
#include "entry-table.h"

/* These bytes suffice for nearly all packets; more are copied only if a filter needs them. */
#define FIRST_BYTES 64

/* For how long after the last tracked packet others are checked too: a packet moves to another skb
 * within a second (CONTENT_AGE_NS, origin.h). In jiffies, which all program types may read at
 * almost no cost; a second has 1,000 at most. */
#define TRACKED_TICKS 1010
/* The resolution of tracked_at, in jiffies, so that not each packet writes it. */
#define TRACKED_STEP 5

#define ADDRESSES_SIZE 12 /* of an Ethernet header; a VLAN tag follows them */

struct filter_window {
    __u8 bytes[FILTER_WINDOW];
};

/* When a packet was last tracked, in jiffies. */
static __u64 tracked_at;

/*
 * Placeholders: when the agent loads the programs it puts the filters in their place
 * (cbpf/dispatch.h). The result has a bit for each filter that matches, and RECORD_NEEDS_MORE.
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

/* The same, for what begins at the IP header. Another result, or clang would merge the two. */
__attribute__((noinline, weak)) __u64 filter_packet(struct filter_window *window, __u32 present,
                                                    __u32 caplen, __u32 wirelen)
{
    (void)window;
    (void)present;
    (void)caplen;
    (void)wirelen;
    return 1;
}

/* Returns where in the view the bytes after the MAC addresses begin, and sets of_frame to where
 * they begin in the frame. Where the VLAN tag is in the skb's metadata, the view has it in the
 * frame. */
static __always_inline __u32 find_view_offset(__u32 tag, __u32 *of_frame)
{
    *of_frame = tag ? ADDRESSES_SIZE : 0;
    return tag ? ADDRESSES_SIZE + VLAN_HLEN : 0;
}

/* Fills the view with up to length bytes of the frame's linear part. tag: protocol and TCI in host
 * byte order; 0: none. */
static __always_inline void fill_view_linear(struct packet_view *view, const struct frame *frame,
                                             __u32 tag, __u32 length)
{
    __u32 to, from;

    to = find_view_offset(tag, &from);
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
    if (length > FILTER_WINDOW) /* with a tag, bytes may end just past the window */
        length = FILTER_WINDOW;
    if (bpf_probe_read_kernel(view->bytes + to, length, (void *)(frame->start + from)))
        return;
    view->present = length + to;
    if (view->present > FILTER_WINDOW)
        view->present = FILTER_WINDOW;
}

/* Adds the part of the window that is in fragments. Not inline: the verifier reserves stack slots
 * for dynptrs, which then serve nothing else. */
static __noinline void fill_view_fragments(void *dynptr_source, const struct frame *frame,
                                           struct packet_view *view)
{
    __u32 present = view->present, length = view->caplen, linear = frame->linear;
    struct bpf_dynptr packet;

    if (length > FILTER_WINDOW)
        length = FILTER_WINDOW;
    length -= present;
    asm volatile("" : "+r"(present));
    asm volatile("" : "+r"(length));
    /* Either all of the linear part is there or it could not be read. */
    if (present >= FILTER_WINDOW || length == 0 || length > FILTER_WINDOW ||
        linear < frame->before || present < linear)
        return;
    if (kernel_dynptr_from_skb(dynptr_source, 0, &packet))
        return;
    if (!bpf_dynptr_read(view->bytes + present, length, &packet, linear - frame->before, 0))
        view->present = present + length;
}

static __always_inline __u64 call_filters(const struct packet_view *view, __u32 offset,
                                          bool without_link)
{
    struct filter_window *window = (struct filter_window *)(view->bytes + offset);
    __u32 present = view->present - offset, caplen = view->caplen - offset,
          wirelen = view->wirelen - offset;

    return without_link ? filter_packet(window, present, caplen, wirelen)
                        : filter_frame(window, present, caplen, wirelen);
}

/* Runs the filters on the inner packet of a tunnel. Global function, see content_read(). */
__noinline __u64 match_inner(const struct scratch *scratch)
{
    const struct packet_view *view;
    __u32 present, place, offset;

    if (!scratch)
        return 0;
    view = &scratch->view;
    present = view->present;
    if (present > INNER_REACH)
        present = INNER_REACH;
    place = inner_find(view->bytes, present, view->without_link, config.live.vxlan_port);
    offset = INNER_OFFSET(place);
    asm volatile("" : "+r"(offset));
    if (offset == 0 || offset >= INNER_REACH)
        return 0;
    return call_filters(view, offset, place & INNER_WITHOUT_LINK) &
           (config.inner_filters | RECORD_NEEDS_MORE);
}

/* Runs the filters on the view, and on the inner packet where they ask for it. */
static __always_inline __u64 match_view(const struct scratch *scratch)
{
    __u64 verdict;

    verdict = call_filters(&scratch->view, 0, scratch->view.without_link);
    if (config.inner_filters)
        verdict |= match_inner(scratch);
    return verdict;
}

/* Runs the filters on the first bytes. Global function, see content_read(). */
__noinline __u64 match_first_bytes(struct scratch *scratch, const struct frame *frame, __u32 tag)
{
    if (!scratch || !frame)
        return 0;
    fill_view_linear(&scratch->view, frame, tag, config.inner_filters ? INNER_REACH : FIRST_BYTES);
    return match_view(scratch);
}

/* Fills the view with all of the window that is in the linear part. */
__noinline int fill_view(struct scratch *scratch, const struct frame *frame, __u32 tag)
{
    if (scratch && frame)
        fill_view_linear(&scratch->view, frame, tag, FILTER_WINDOW);
    return 0;
}

__noinline __u64 match_again(const struct scratch *scratch)
{
    return scratch ? match_view(scratch) : 0;
}

/* Returns the bits of the filters that match. dynptr_source: see observe_write_record(). */
static __always_inline __u64 match_filters(struct scratch *scratch, const struct sk_buff *skb,
                                           void *dynptr_source, const struct frame *frame)
{
    __u16 protocol, control;
    __u32 tag = 0;
    __u64 verdict;

    if (!frame->l3 && skb_read_vlan_tag(skb, &protocol, &control))
        tag = (__u32)protocol << 16 | control;
    verdict = match_first_bytes(scratch, frame, tag);
    if (!(verdict & RECORD_NEEDS_MORE))
        return verdict;
    fill_view(scratch, frame, tag);
    if (dynptr_source && config.reads_fragments)
        fill_view_fragments(dynptr_source, frame, &scratch->view);
    return match_again(scratch);
}

static __always_inline void mark_tracked(void)
{
    __u64 now = bpf_jiffies64();

    if (now - tracked_at > TRACKED_STEP)
        tracked_at = now;
}

/*
 * Runs the filters and returns whether to track the packet, as far as this shows without a lookup
 * of its content; scratch->filters says which filters match. A packet that no filter matches may be
 * a tracked one in another skb, but only while tracked packets are in flight.
 */
static __always_inline bool match_packet(struct scratch *scratch, const struct sk_buff *skb,
                                         void *dynptr_source, const struct frame *frame)
{
    const struct track_entry *entry;

    if (!config.filtered)
        return true;
    scratch->filters = match_filters(scratch, skb, dynptr_source, frame);
    entry = entries_find_live(frame->skb);
    if (scratch->filters || (entry && entry->group)) {
        mark_tracked();
        return true;
    }
    return bpf_jiffies64() - tracked_at < TRACKED_TICKS + TRACKED_STEP;
}

#endif
