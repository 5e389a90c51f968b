/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lets a filter judge many packets in one run. The filter is spliced in as into the capture's
 * programs, and called in the same way: first with few bytes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "filter/inner.h"
#include "packet.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1); /* the test sets it */
    __type(key, __u32);
    __type(value, struct packet);
} packets SEC(".maps");

const volatile __u32 packet_count;
const volatile bool without_link;

__attribute__((noinline, weak)) int filter(struct filter_window *window, __u32 present,
                                           __u32 caplen, __u32 wirelen)
{
    (void)window;
    (void)present;
    (void)caplen;
    (void)wirelen;
    return CBPF_MATCH;
}

static long judge(__u32 index, void *context)
{
    struct packet *packet = bpf_map_lookup_elem(&packets, &index);

    (void)context;
    if (!packet)
        return 1;
    packet->first_verdict =
        filter(&packet->first, packet->present, packet->caplen, packet->wirelen);
    packet->verdict = packet->first_verdict;
    if (packet->verdict == CBPF_NEEDS_MORE)
        packet->verdict = filter(&packet->whole, packet->caplen < WINDOW ? packet->caplen : WINDOW,
                                 packet->caplen, packet->wirelen);
    return 0;
}

SEC("syscall")
int judge_all(void *context)
{
    (void)context;
    return bpf_loop(packet_count, judge, (void *)0, 0);
}

/* As in a capture with --inner: judges the packet inside the first bytes, if it has the filter's
 * form. */
static long judge_packet_inside(__u32 index, void *context)
{
    struct packet *packet = bpf_map_lookup_elem(&packets, &index);

    (void)context;
    if (!packet)
        return 1;
    packet->verdict = CBPF_NO_MATCH;
    packet->inner =
        inner_find(packet->first.bytes, packet->present, without_link, INNER_VXLAN_PORT);
    __u32 offset = INNER_OFFSET(packet->inner);
    asm volatile("" : "+r"(offset));
    if (offset == 0 || offset >= INNER_REACH)
        return 0;
    packet->verdict = filter((void *)(packet->first.bytes + offset), packet->present - offset,
                             packet->caplen - offset, packet->wirelen - offset);
    return 0;
}

SEC("syscall")
int judge_inside(void *context)
{
    (void)context;
    return bpf_loop(packet_count, judge_packet_inside, (void *)0, 0);
}

char LICENSE[] SEC("license") = "GPL";
