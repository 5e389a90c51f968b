/* SPDX-License-Identifier: GPL-2.0-or-later */
/* observe_*: what is seen of a packet at a capture point, and the record of it. */
#ifndef PKTMON_EBPF_BPF_TRACK_OBSERVE_H
#define PKTMON_EBPF_BPF_TRACK_OBSERVE_H

#include "../lib/counters.h"
#include "../lib/net-device.h"
#include "../lib/ring.h"
#include "../lib/scratch.h"
#include "../lib/skb.h"
#include "../lib/sock.h"
#include "packet-family.h"
#include "match.h"
#include "own-flows.h"
#include "recorded.h"

/* How many bytes of the frame a record can carry: all, or the linear part where the kernel cannot
 * read fragments. */
static __always_inline __u32 readable_length(const struct frame *frame)
{
    bool fragments = config.reads_fragments;

    return fragments ? frame->length : frame->linear;
}

/* Reads those of the first bytes that are in fragments, behind the linear part. Not inline: the
 * verifier reserves stack slots for dynptrs, which then serve nothing else. */
static __noinline void read_fragments(void *dynptr_source, const struct frame *frame,
                                      struct scratch *scratch)
{
    __u32 linear = frame->linear, length = frame->length;
    struct bpf_dynptr packet;

    asm volatile("" : "+r"(linear));
    if (length > CONTENT_BYTES)
        length = CONTENT_BYTES;
    length -= linear;
    asm volatile("" : "+r"(length));
    if (linear >= CONTENT_BYTES || linear < frame->before || length == 0 || length > CONTENT_BYTES)
        return;
    if (!kernel_dynptr_from_skb(dynptr_source, 0, &packet))
        bpf_dynptr_read(scratch->content + linear, length, &packet, linear - frame->before, 0);
}

/* Copies the frame's first bytes into scratch: as many as the record takes, and at least
 * CONTENT_BYTES. Returns how many bytes of the linear part were copied. dynptr_source: see
 * observe_write_record(). */
static __always_inline __u32 copy_start(void *dynptr_source, const struct frame *frame,
                                        struct scratch *scratch)
{
    __u32 length = scratch->record.caplen;

    if (length < CONTENT_BYTES)
        length = CONTENT_BYTES;
    if (length > frame->linear)
        length = frame->linear;
    if (length > SCRATCH_SIZE)
        length = SCRATCH_SIZE;
    __builtin_memset(scratch->data, 0, CONTENT_BYTES);
    if (!frame_read_linear(frame, 0, scratch->data, length))
        length = 0;
    __builtin_memcpy(scratch->content, scratch->data, CONTENT_BYTES);
    if (dynptr_source && config.reads_fragments && frame->linear < CONTENT_BYTES &&
        frame->linear < frame->length)
        read_fragments(dynptr_source, frame, scratch);
    return length;
}

static __always_inline void fill_skb_fields(struct packet_record *record, const struct sk_buff *skb)
{
    __u64 shared = skb_shared_info_of(skb);

    record->gso_size = READ_AT(struct skb_shared_info, shared, gso_size);
    if (record->gso_size)
        record->gso_segs = READ_AT(struct skb_shared_info, shared, gso_segs);
    if (skb_read_vlan_tag(skb, &record->vlan_proto, &record->vlan_tci))
        record->flags |= RECORD_VLAN;
}

/* Sets the fields of the record that depend on the skb alone. */
static __always_inline struct packet_record *
init_record(struct scratch *scratch, const struct sk_buff *skb, const struct frame *frame)
{
    struct packet_record *record = &scratch->record;

    __builtin_memset(record, 0, sizeof(*record));
    record->time = bpf_ktime_get_ns();
    record->cpu = bpf_get_smp_processor_id();
    record->origlen = frame->length;
    record->caplen = readable_length(frame);
    /* What a filter cannot decide here is decided in user space, which needs the whole packet. */
    if (record->caplen > config.pkt_size &&
        !(config.filtered && scratch->filters & RECORD_NEEDS_MORE))
        record->caplen = config.pkt_size;
    record->protocol = frame->protocol;
    record->flags = frame->l3 ? RECORD_L3 : 0;
    record->undecided = !config.filtered;
    fill_skb_fields(record, skb);
    return record;
}

/* The length of the transport header at this address, which each segment gets. type: SKB_GSO_
 * bits. */
static __always_inline __u32 transport_header_length(__u64 header, __u32 type)
{
    if (!(type & (GSO_TCPV4 | GSO_TCPV6)))
        return type & GSO_UDP_FRAGMENTS ? 0 : UDP_HLEN;
    return content_tcp_header_length(header);
}

/*
 * A guest's large send (SKB_GSO_DODGY) does not come with its number of segments: the kernel does
 * not trust guests and counts when it segments. Counts by the headers that each segment gets.
 * Global function, see content_read().
 */
__noinline int count_segments(struct packet_record *record, const struct frame *frame,
                              const struct packet_content *content, __u64 skb_addr)
{
    const struct sk_buff *skb = (const void *)skb_addr;
    const struct skb_shared_info *shared;
    __u32 headers, segments;

    if (!record || !frame || !content || record->gso_size == GSO_BY_FRAGS)
        return 0;
    shared = (const void *)(frame->head + BPF_CORE_READ(skb, end));
    headers = content->transport;
    if (BPF_CORE_READ_BITFIELD_PROBED(skb, encapsulation))
        headers = BPF_CORE_READ(skb, inner_transport_header) - frame->mac_offset;
    if (!headers)
        return 0;
    headers += transport_header_length(frame->start + headers, BPF_CORE_READ(shared, gso_type));
    if (headers >= frame->length || !record->gso_size)
        return 0;
    segments = (frame->length - headers + record->gso_size - 1) / record->gso_size;
    record->gso_segs = segments < 0xFFFF ? segments : 0xFFFF;
    return 0;
}

/* How often IPsec unwrapped the packet since it was received: the length of its sec_path. */
static __always_inline __u32 count_unwraps(const struct sk_buff *skb)
{
    const struct skb_ext *extensions;
    const struct sec_path *path;
    __u8 offset = 0;
    __u32 id;

    /* A kernel without this enumerator does not have active_extensions either. */
    if (!bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_SEC_PATH) || !skb->active_extensions)
        return 0;
    id = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
    if (!(skb->active_extensions >> id & 1))
        return 0;
    extensions = BPF_CORE_READ(skb, extensions);
    bpf_probe_read_kernel(&offset, sizeof(offset), &extensions->offset[id & 31]);
    path = (const void *)extensions + offset * 8;
    return BPF_CORE_READ(path, len);
}

/* Packet sockets send skbs without an Ethertype, or with ETH_P_ALL. Their IP version is read from
 * the network header. */
static __always_inline void guess_protocol(struct scratch *scratch, const struct frame *frame)
{
    struct packet_record *record = &scratch->record;
    __u8 version;

    if (!frame->l3 || (record->protocol != 0 && record->protocol != ETH_P_ALL))
        return;
    version = scratch->content[0] >> 4;
    if (version == 4)
        record->protocol = ETH_P_IP;
    else if (version == 6)
        record->protocol = ETH_P_IPV6;
}

static __always_inline void observe_fill(struct scratch *scratch, const struct sk_buff *skb,
                                         const struct frame *frame)
{
    struct observation *obs = &scratch->obs;

    __builtin_memset(obs, 0, __builtin_offsetof(struct observation, other));
    guess_protocol(scratch, frame);
    content_read(scratch, frame->l3, scratch->record.protocol, &obs->content);
    obs->length = recorded_length(&obs->content, readable_length(frame));
    obs->head = frame->head;
    obs->skb = frame->skb;
    obs->device = frame->device;
    obs->mac_offset = frame->mac_offset;
    obs->skb_iif = skb->skb_iif;
    obs->unwrapped = count_unwraps(skb);
    obs->segment_size = scratch->record.gso_size;
    if (obs->segment_size && !scratch->record.gso_segs)
        count_segments(&scratch->record, frame, &obs->content, frame->skb);
    obs->segments = scratch->record.gso_segs;
    if (config.filtered) {
        obs->filters = scratch->filters & ~RECORD_NEEDS_MORE;
        obs->undecided = (scratch->filters & RECORD_NEEDS_MORE) != 0;
    }
    if (own_is_excluded())
        own_read_flow(scratch, &obs->own);
}

/* Whether the program at cgroup ingress sees each packet that a socket of this host receives. The
 * agent sets it. */
bool deliveries_are_seen;

/* Where a packet is observed, and what is counted there. */
struct observe_place {
    struct device_key key;
    __u8 point;     /* enum record_point */
    __u8 direction; /* enum record_direction */
    __u8 count;     /* index into counters */
    __u8 flags;     /* RECORD_LEAVES */
    bool alone;     /* one tracing program alone counts here */
};

/* Starts the record in scratch with what is known before the packet's group, and copies the first
 * bytes. Returns how many bytes of the frame are in scratch. dynptr_source: see
 * observe_write_record(). */
static __always_inline __u32 observe_start_without_socket(struct scratch *scratch,
                                                          const struct sk_buff *skb,
                                                          void *dynptr_source,
                                                          const struct frame *frame,
                                                          const struct observe_place *place)
{
    struct packet_record *record = init_record(scratch, skb, frame);

    record->net_cookie = place->key.net_cookie;
    record->ifindex = place->key.ifindex;
    record->point = place->point;
    record->direction = place->direction;
    record->flags |= place->flags;
    return copy_start(dynptr_source, frame, scratch);
}

/* The same, with the socket that sent the packet. */
static __always_inline __u32 observe_start(struct scratch *scratch, const struct sk_buff *skb,
                                           void *dynptr_source, const struct frame *frame,
                                           const struct observe_place *place)
{
    /* Read first: for each member that is a pointer to a structure, the verifier looks up the
     * structure's name, on each path that leads here, which takes a millisecond each. */
    __u64 socket = place->direction == RECORD_TX ? sock_packet_cookie(skb->sk) : 0;
    __u32 copied = observe_start_without_socket(scratch, skb, dynptr_source, frame, place);

    scratch->record.socket = socket;
    return copied;
}

/* The same, and fills scratch->obs. */
static __always_inline __u32 observe_skb(struct scratch *scratch, const struct sk_buff *skb,
                                         void *dynptr_source, const struct frame *frame,
                                         const struct observe_place *place)
{
    __u32 copied = observe_start(scratch, skb, dynptr_source, frame, place);

    observe_fill(scratch, skb, frame);
    return copied;
}

/* Counts the packet at its edge. net: the namespace of the edge. NULL: nothing is counted or
 * recorded here. */
static __always_inline struct edge_counters *observe_count(const struct observe_place *place,
                                                           const struct net_device *dev,
                                                           const struct net *net,
                                                           const struct frame *frame)
{
    struct edge_counters *count = is_running() ? counters_get(&place->key, dev, net) : NULL;

    if (!count)
        return NULL;
    if (place->alone) { /* a tracing program does not run inside itself on one CPU */
        count->packets[place->count & 1]++;
        count->bytes[place->count & 1] += frame->length;
        return count;
    }
    counters_add(count, place->count, frame->length);
    return count;
}

/* Writes the record of a packet that passes. dynptr_source: the skb or context to read fragments
 * from; NULL where the kernel cannot read them there: the record then has what is in scratch. */
static __always_inline void observe_write_record(void *dynptr_source, const struct frame *frame,
                                                 struct scratch *scratch, __u32 copied,
                                                 struct edge_counters *count)
{
    struct packet_record *record = &scratch->record;
    bool written;
    __u32 lost;

    if (!config.record_flow || record_is_left_out(record, GROUP_NOT_PASSED))
        return;
    recorded_cut(record);
    lost = record->lost = __sync_lock_test_and_set(&count->lost_unreported, 0);
    if (dynptr_source) {
        written = ring_put_record(dynptr_source, frame, scratch, copied, true);
    } else {
        void *ring = ring_get_with_room(scratch, true);

        if (record->caplen > copied)
            record->caplen = copied;
        written = ring && ring_put_scratch(ring, scratch);
    }
    if (!written) {
        counters_add_lost(&count->lost);
        if (!counters_are_common(count)) /* the next record there may be of another edge */
            __sync_fetch_and_add(&count->lost_unreported, lost + 1);
        family_mark_incomplete(&scratch->obs, record->group);
    }
}

#endif
