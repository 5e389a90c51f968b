/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices, counters and ring records. */
#ifndef PKTMON_OUTPUT_H
#define PKTMON_OUTPUT_H

#include "frame.h"

static __always_inline struct unaccounted *not_accounted(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&unaccounted, &zero);
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

static __always_inline void fill_buffer(struct packet_record *record, const struct sk_buff *skb)
{
    const struct skb_shared_info *shared = (const void *)(address(skb->head) + skb->end);

    bpf_probe_read_kernel(&record->gso_size, 2, &shared->gso_size);
    if (record->gso_size)
        bpf_probe_read_kernel(&record->gso_segs, 2, &shared->gso_segs);
    if (vlan_tag(skb, &record->vlan_proto, &record->vlan_tci))
        record->flags |= RECORD_VLAN;
}

/* Describes the device for the reader, before its first record. */
static __always_inline void describe_device(const struct device_key *key,
                                            const struct net_device *dev)
{
    struct device_key device = {.net_cookie = key->net_cookie, .ifindex = key->ifindex};
    struct device_value value = {};
    const char *kind = BPF_CORE_READ(dev, rtnl_link_ops, kind);

    value.netns_inode = BPF_CORE_READ(dev, nd_net.net, ns.inum);
    value.mtu = BPF_CORE_READ(dev, mtu);
    value.type = BPF_CORE_READ(dev, type);
    value.mac_length = BPF_CORE_READ(dev, addr_len);
    bpf_probe_read_kernel(value.mac, sizeof(value.mac), BPF_CORE_READ(dev, dev_addr));
    bpf_probe_read_kernel_str(value.name, sizeof(value.name), dev->name);
    if (kind)
        bpf_probe_read_kernel_str(value.kind, sizeof(value.kind), kind);
    bpf_map_update_elem(&devices, &device, &value, BPF_NOEXIST);
}

static __always_inline struct edge_counters *counters_of(const struct device_key *key,
                                                         const struct net_device *dev)
{
    struct edge_counters *found = bpf_map_lookup_elem(&counters, key);
    struct edge_counters none = {};

    if (found)
        return found;
    describe_device(key, dev);
    bpf_map_update_elem(&counters, key, &none, BPF_NOEXIST);
    found = bpf_map_lookup_elem(&counters, key);
    if (!found) {
        struct unaccounted *missed = not_accounted();
        if (missed)
            __sync_fetch_and_add(&missed->events, 1);
    }
    return found;
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

/*
 * Puts the record and the packet's bytes into the ring of this CPU. copied bytes of the frame are
 * in scratch already. False: there was no room.
 */
static __always_inline bool put_record(void *dynptr_source, const struct packet_record *record,
                                       const struct frame *frame, struct scratch *scratch,
                                       __u32 copied, bool limited)
{
    __u32 index = record->cpu & config.ring_mask, caplen = record->caplen;
    struct bpf_dynptr place, packet;
    void *ring = bpf_map_lookup_elem(&rings, &index);

    if (!ring)
        return false;
    /* The last part of each ring is for drops. */
    if (limited && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > config.flow_limit)
        return false;
    if (bpf_ringbuf_reserve_dynptr(ring, sizeof(*record) + caplen, 0, &place)) {
        bpf_ringbuf_discard_dynptr(&place, BPF_RB_NO_WAKEUP);
        return false;
    }
    bpf_dynptr_write(&place, 0, (void *)record, sizeof(*record), 0);
    if (copied > caplen)
        copied = caplen;
    asm volatile("" : "+r"(copied));
    if (copied > 0 && copied <= SCRATCH_SIZE)
        bpf_dynptr_write(&place, sizeof(*record), scratch->data, copied, 0);
    if (copied < caplen && !kernel_dynptr_from_skb(dynptr_source, 0, &packet)) {
        struct rest rest = {.packet = &packet,
                            .record = &place,
                            .scratch = scratch->data,
                            .offset = copied,
                            .before = frame->before,
                            .caplen = caplen};
        bpf_loop(RECORD_MAX_PACKET / SCRATCH_SIZE + 1, copy_piece, &rest, 0);
    }
    bpf_ringbuf_submit_dynptr(&place, BPF_RB_NO_WAKEUP);
    return true;
}

/* Copies the frame's first bytes into scratch, as many as the record wants or at least minimum;
 * returns how many. */
static __always_inline __u32 copy_start(const struct frame *frame, struct scratch *scratch,
                                        __u32 wanted, __u32 minimum)
{
    __u32 length = wanted > minimum ? wanted : minimum;

    if (length > frame->linear)
        length = frame->linear;
    if (length > SCRATCH_SIZE)
        length = SCRATCH_SIZE;
    return read_linear(frame, 0, scratch->data, length) ? length : 0;
}

#endif
