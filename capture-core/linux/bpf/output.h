/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, counters and ring records. */
#ifndef PKTMON_OUTPUT_H
#define PKTMON_OUTPUT_H

#include "match.h"
#include "origin.h"
#include "owners.h"
#include "shares.h"

#define EDGE_UPPER 1 /* enum pktmon_edge */
#define EDGE_LOWER 2
#define EDGE_QDISC 3

static __always_inline void count_unaccounted(void)
{
    struct unaccounted *missed = not_accounted();

    if (missed)
        __sync_fetch_and_add(&missed->events, 1);
}

static __always_inline struct scratch *scratch_of(__u32 slot)
{
    return bpf_map_lookup_elem(&scratches, &slot);
}

/* Netlink and vsock reach devices only as copies for their monitors. */
static __always_inline bool carries_packets(__u16 device_type)
{
    return device_type != ARPHRD_NETLINK && device_type != ARPHRD_VSOCKMON;
}

/* Made by a driver of its own, and no other kind of device: what it sends leaves the host. */
static __always_inline bool is_hardware(const struct net_device *dev)
{
    return !dev->rtnl_link_ops && dev->type != ARPHRD_LOOPBACK;
}

/* Of a device that has taken its entry. device: its address. A global function for its own stack.
 */
__noinline int describe_device(const struct device_key *key, __u64 device)
{
    const struct net_device *dev = (const void *)device;
    struct device_key of_device = {};
    struct device_value value = {};
    const char *kind;

    if (!key)
        return 0;
    of_device.net_cookie = key->net_cookie;
    of_device.ifindex = key->ifindex;
    kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);
    value.netns_inode = BPF_CORE_READ(dev, nd_net.net, ns.inum);
    value.mtu = BPF_CORE_READ(dev, mtu);
    value.type = BPF_CORE_READ(dev, type);
    value.mac_length = BPF_CORE_READ(dev, addr_len);
    bpf_probe_read_kernel(value.mac, sizeof(value.mac), BPF_CORE_READ(dev, dev_addr));
    bpf_probe_read_kernel_str(value.name, sizeof(value.name), dev->name);
    if (kind)
        bpf_probe_read_kernel_str(value.kind, sizeof(value.kind), kind);
    if (bpf_map_update_elem(&devices, &of_device, &value, BPF_NOEXIST))
        untake_entry(of_device.net_cookie, RECORD_SHARE_DEVICES);
    return 0;
}

/* Describes the device for the reader, before its first record. (Inline, and so are the others that
 * take entries: the stacks of functions inside each other add up.) */
static __always_inline void meet_device(const struct device_key *key, const struct net_device *dev)
{
    const struct device_key device = {.net_cookie = key->net_cookie, .ifindex = key->ifindex};

    if (!bpf_map_lookup_elem(&devices, &device) &&
        take_entry(device.net_cookie, (__u64)BPF_CORE_READ(dev, nd_net.net), RECORD_SHARE_DEVICES,
                   RECORD_MAX_DEVICES))
        describe_device(&device, address(dev));
}

/* Of an edge that has taken its entry. */
__noinline int make_counters(const struct device_key *key)
{
    struct edge_counters none = {};
    struct device_key edge;

    if (!key)
        return 0;
    edge = *key; /* 6.1 takes keys from the stack and from maps alone */
    if (bpf_map_update_elem(&counters, &edge, &none, BPF_NOEXIST))
        untake_entry(edge.net_cookie, RECORD_SHARE_EDGES);
    return 0;
}

/* Those of the edge, or where it cannot have any, those that such edges have in common. dev: NULL
 * where the edge is no device's. */
static __always_inline struct edge_counters *
counters_of(const struct device_key *key, const struct net_device *dev, const struct net *net)
{
    struct edge_counters *found = bpf_map_lookup_elem(&counters, key);
    struct unaccounted *common;

    if (found)
        return found;
    if (dev)
        meet_device(key, dev);
    if (take_entry(key->net_cookie, address(net), RECORD_SHARE_EDGES, RECORD_MAX_EDGES)) {
        make_counters(key);
        found = bpf_map_lookup_elem(&counters, key);
        if (found)
            return found;
    }
    common = not_accounted();
    if (!common)
        return NULL;
    asm volatile("" : "+r"(common)); /* as in drop_counters_of() */
    return &common->edges;
}

static __always_inline bool is_common(const struct edge_counters *count)
{
    const struct unaccounted *common = not_accounted();

    return common && &common->edges == count;
}

/* The part of a frame that scratch memory could not take at once. */
struct rest {
    struct bpf_dynptr *packet; /* from skb->data on, fragments too */
    struct bpf_dynptr *record;
    __u8 *scratch;
    __u32 offset; /* in the frame, of the next byte to copy */
    __u32 before; /* bytes of the frame before skb->data */
    __u32 caplen;
};

/* One piece of it; a callback of bpf_loop(), so that the verifier looks at it once. 1: done. */
static long copy_piece(__u32 index, void *context)
{
    struct rest *rest = context;
    __u32 length = rest->caplen - rest->offset;

    if (length > SCRATCH_SIZE)
        length = SCRATCH_SIZE;
    asm volatile("" : "+r"(length));
    if (length == 0 || length > SCRATCH_SIZE || rest->offset < rest->before)
        return 1;
    if (bpf_dynptr_read(rest->scratch, length, rest->packet, rest->offset - rest->before, 0))
        return 1;
    bpf_dynptr_write(rest->record, sizeof(struct packet_record) + rest->offset, rest->scratch,
                     length, 0);
    rest->offset += length;
    return 0;
}

/* How many bytes of the frame a record can carry: all, or what lies in the linear part where the
 * kernel cannot read fragments. */
static __always_inline __u32 readable(const struct frame *frame)
{
    bool fragments = config.reads_fragments;

    return fragments ? frame->length : frame->linear;
}

/* A packet that scratch memory cannot hold: its record with room for all, filled piece by piece. */
static __noinline bool put_large(void *ring, void *dynptr_source, const struct frame *frame,
                                 struct scratch *scratch, __u32 copied)
{
    struct bpf_dynptr place, packet;
    __u32 caplen = scratch->record.caplen;

    if (bpf_ringbuf_reserve_dynptr(ring, sizeof(scratch->record) + caplen, 0, &place)) {
        bpf_ringbuf_discard_dynptr(&place, BPF_RB_NO_WAKEUP);
        return false;
    }
    asm volatile("" : "+r"(copied));
    if (copied <= SCRATCH_SIZE)
        bpf_dynptr_write(&place, 0, scratch, sizeof(scratch->record) + copied, 0);
    struct rest rest = {.packet = &packet,
                        .record = &place,
                        .scratch = scratch->data,
                        .offset = copied,
                        .before = frame->before,
                        .caplen = caplen};
    if (!kernel_dynptr_from_skb(dynptr_source, 0, &packet))
        bpf_loop(RECORD_MAX_PACKET / SCRATCH_SIZE + 1, copy_piece, &rest, 0);
    /* The ring's memory holds older records where a piece could not be read. */
    if (rest.offset < caplen)
        bpf_dynptr_write(&place, __builtin_offsetof(struct packet_record, caplen), &rest.offset,
                         sizeof(rest.offset), 0);
    bpf_ringbuf_submit_dynptr(&place, BPF_RB_NO_WAKEUP);
    return true;
}

/* The ring of this CPU, if there is room; the last part of each is for drops (limited: it is none).
 */
static __always_inline void *ring_with_room(const struct scratch *scratch, bool limited)
{
    __u32 index = scratch->record.cpu & config.ring_mask;
    void *ring = bpf_map_lookup_elem(&rings, &index);

    if (ring && limited && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > config.flow_limit)
        return NULL;
    return ring;
}

/* The record and all its bytes are in scratch. */
static __always_inline bool put_scratch(void *ring, struct scratch *scratch)
{
    __u32 caplen = scratch->record.caplen;

    asm volatile("" : "+r"(caplen));
    if (caplen > SCRATCH_SIZE)
        return false;
    return bpf_ringbuf_output(ring, scratch, sizeof(scratch->record) + caplen, BPF_RB_NO_WAKEUP) ==
           0;
}

/*
 * Puts the record in scratch and the packet's bytes into the ring of this CPU. copied bytes of the
 * frame are in scratch already. False: there was no room.
 */
static __always_inline bool put_record(void *dynptr_source, const struct frame *frame,
                                       struct scratch *scratch, __u32 copied, bool limited)
{
    void *ring = ring_with_room(scratch, limited);

    if (!ring)
        return false;
    if (copied < scratch->record.caplen)
        return put_large(ring, dynptr_source, frame, scratch, copied);
    return put_scratch(ring, scratch);
}

/* What of the first bytes lies in fragments; the linear part is there already. Dynptrs have a stack
 * of their own, because the verifier does not let their places be used for anything else. */
static __noinline void read_content_of_fragments(void *dynptr_source, const struct frame *frame,
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

/* Copies the frame's first bytes into scratch, as many as the record wants and its content is told
 * by; returns how many of the linear part. dynptr_source: as in write_record(). */
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
    if (!read_linear(frame, 0, scratch->data, length))
        length = 0;
    __builtin_memcpy(scratch->content, scratch->data, CONTENT_BYTES);
    if (dynptr_source && config.reads_fragments && frame->linear < CONTENT_BYTES &&
        frame->linear < frame->length)
        read_content_of_fragments(dynptr_source, frame, scratch);
    return length;
}

static __always_inline void fill_buffer(struct packet_record *record, const struct sk_buff *skb)
{
    const struct skb_shared_info *shared = (const void *)(address(skb->head) + skb->end);
    __u16 gso[2]; /* gso_size and gso_segs lie side by side */

    if (bpf_probe_read_kernel(gso, sizeof(gso), &shared->gso_size) == 0 && gso[0]) {
        record->gso_size = gso[0];
        record->gso_segs = gso[1];
    }
    if (vlan_tag(skb, &record->vlan_proto, &record->vlan_tci))
        record->flags |= RECORD_VLAN;
}

static __always_inline bool is_large(const struct sk_buff *skb)
{
    const struct skb_shared_info *shared = (const void *)(address(skb->head) + skb->end);

    return BPF_CORE_READ(shared, gso_size) != 0;
}

/* The record's part that only the buffer decides. */
static __always_inline struct packet_record *
begin_record(struct scratch *scratch, const struct sk_buff *skb, const struct frame *frame)
{
    struct packet_record *record = &scratch->record;

    __builtin_memset(record, 0, sizeof(*record));
    record->time = bpf_ktime_get_ns();
    record->cpu = bpf_get_smp_processor_id();
    record->origlen = frame->length;
    record->caplen = readable(frame);
    /* What a filter could not decide here is decided where all of the packet is. */
    if (record->caplen > config.pkt_size &&
        !(config.filtered && scratch->filters & RECORD_NEEDS_MORE))
        record->caplen = config.pkt_size;
    record->protocol = frame->protocol;
    record->flags = frame->l3 ? RECORD_L3 : 0;
    record->undecided = !config.filtered;
    fill_buffer(record, skb);
    return record;
}

/* The program at the sockets runs. */
static bool deliveries_are_seen;

/* Where a packet is, and how that is counted. */
struct place {
    struct device_key key;
    __u8 point; /* enum record_point */
    __u8 way;   /* enum record_way */
    __u8 count; /* index into counters */
    __u8 flags; /* RECORD_LEAVES */
    bool alone; /* one tracing program counts here, and no other one */
};

/* Begins the record in scratch with what is known of the packet before its group is, and copies its
 * first bytes. Returns how many bytes of the frame are in scratch. dynptr_source: as in
 * write_record(). */
static __always_inline __u32 glance(struct scratch *scratch, const struct sk_buff *skb,
                                    void *dynptr_source, const struct frame *frame,
                                    const struct place *place)
{
    struct packet_record *record = begin_record(scratch, skb, frame);

    record->net_cookie = place->key.net_cookie;
    record->ifindex = place->key.ifindex;
    record->point = place->point;
    record->way = place->way;
    record->flags |= place->flags;
    if (place->way == RECORD_TX || place->point == RECORD_POINT_SOCKET)
        record->socket = socket_of(skb->sk);
    return copy_start(dynptr_source, frame, scratch);
}

/* The same, and fills scratch->sight. */
static __always_inline __u32 look(struct scratch *scratch, const struct sk_buff *skb,
                                  void *dynptr_source, const struct frame *frame,
                                  const struct place *place)
{
    __u32 copied = glance(scratch, skb, dynptr_source, frame, place);

    look_at(scratch, skb, frame);
    return copied;
}

/* Process and interrupt context of one CPU may be at a hook at the same time. which: 0 in, 1 out.
 */
static __always_inline void count_at(struct edge_counters *count, __u32 which,
                                     const struct frame *frame)
{
    __sync_fetch_and_add(&count->packets[which & 1], 1);
    __sync_fetch_and_add(&count->bytes[which & 1], frame->length);
}

/* net: the namespace of the place. NULL: nothing is counted, nor recorded. */
static __always_inline struct edge_counters *count_packet(const struct place *place,
                                                          const struct net_device *dev,
                                                          const struct net *net,
                                                          const struct frame *frame)
{
    struct edge_counters *count = is_running() ? counters_of(&place->key, dev, net) : NULL;

    if (!count)
        return NULL;
    if (place->alone) { /* the kernel runs no tracing program twice on one CPU */
        count->packets[place->count & 1]++;
        count->bytes[place->count & 1] += frame->length;
        return count;
    }
    count_at(count, place->count, frame);
    return count;
}

/* No filter matched the packet. */
static __always_inline bool is_unwanted(const struct packet_record *record)
{
    return config.filtered && !record->filters && !record->undecided;
}

/* parts: of the group number. */
static __always_inline bool is_left_out(const struct packet_record *record, __u64 parts)
{
    return is_unwanted(record) || record->group & parts || !is_wanted(record->net_cookie);
}

/* Writes the record of a passing packet. dynptr_source: NULL where the kernel cannot read fragments
 * of this buffer; then only what is in scratch is told. */
static __always_inline void write_record(void *dynptr_source, const struct frame *frame,
                                         struct scratch *scratch, __u32 copied,
                                         struct edge_counters *count)
{
    struct packet_record *record = &scratch->record;
    bool written;
    __u32 lost;

    if (!config.record_flow || is_left_out(record, GROUP_LEFT_OUT))
        return;
    if (record->appearance > 1 && record->caplen > config.repeat_size &&
        !(config.filtered && record->undecided))
        record->caplen = config.repeat_size;
    lost = record->lost = __sync_lock_test_and_set(&count->lost_untold, 0);
    if (dynptr_source) {
        written = put_record(dynptr_source, frame, scratch, copied, true);
    } else {
        void *ring = ring_with_room(scratch, true);

        if (record->caplen > copied)
            record->caplen = copied;
        written = ring && put_scratch(ring, scratch);
    }
    if (!written) {
        __sync_fetch_and_add(&count->lost, 1);
        if (!is_common(count)) /* the next record there may be another edge's */
            __sync_fetch_and_add(&count->lost_untold, lost + 1);
        note_lossy(&scratch->sight, record->group);
    }
}

#endif
