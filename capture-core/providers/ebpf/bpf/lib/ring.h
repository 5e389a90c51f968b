/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ring_*: writes a record and the packet's bytes to the ring buffer of this CPU. */
#ifndef PKTMON_EBPF_BPF_LIB_RING_H
#define PKTMON_EBPF_BPF_LIB_RING_H

#include "frame.h"

/* The part of a frame that does not fit in scratch memory at once. */
struct ring_rest {
    struct bpf_dynptr *packet; /* from skb->data on, page fragments included */
    struct bpf_dynptr *record;
    __u8 *scratch;
    __u32 offset; /* in the frame, of the next byte to copy */
    __u32 before; /* bytes of the frame before skb->data */
    __u32 caplen;
};

/* Copies one piece. A callback of bpf_loop(), so that the verifier checks it once. Returns 1 to
 * stop. */
static long ring_copy_piece(__u32 index, void *context)
{
    struct ring_rest *rest = context;
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

/* For packets that do not fit in scratch memory: reserves the whole record, and fills it piece by
 * piece. */
static __noinline bool ring_put_large(void *ring, void *dynptr_source, const struct frame *frame,
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
    struct ring_rest rest = {.packet = &packet,
                             .record = &place,
                             .scratch = scratch->data,
                             .offset = copied,
                             .before = frame->before,
                             .caplen = caplen};
    if (!kernel_dynptr_from_skb(dynptr_source, 0, &packet))
        bpf_loop(RECORD_MAX_PACKET / SCRATCH_SIZE + 1, ring_copy_piece, &rest, 0);
    /* If a piece could not be read, the rest of the reservation still has bytes of older
     * records. */
    if (rest.offset < caplen)
        bpf_dynptr_write(&place, __builtin_offsetof(struct packet_record, caplen), &rest.offset,
                         sizeof(rest.offset), 0);
    bpf_ringbuf_submit_dynptr(&place, BPF_RB_NO_WAKEUP);
    return true;
}

/* Returns the ring of this CPU, or NULL if there is no room. limited: for passing packets; the last
 * part of each ring is reserved for drops. */
static __always_inline void *ring_get_with_room(const struct scratch *scratch, bool limited)
{
    __u32 index = scratch->record.cpu & config.ring_mask;
    void *ring = bpf_map_lookup_elem(&rings, &index);

    if (ring && limited && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > config.flow_limit)
        return NULL;
    return ring;
}

/* Writes a record that is completely in scratch memory. */
static __always_inline bool ring_put_scratch(void *ring, struct scratch *scratch)
{
    __u32 caplen = scratch->record.caplen;

    asm volatile("" : "+r"(caplen));
    if (caplen > SCRATCH_SIZE)
        return false;
    return bpf_ringbuf_output(ring, scratch, sizeof(scratch->record) + caplen, BPF_RB_NO_WAKEUP) ==
           0;
}

/*
 * Writes the record in scratch memory, and the packet's bytes, to the ring of this CPU. copied:
 * bytes of the frame that are in scratch memory already. False: no room.
 */
static __always_inline bool ring_put_record(void *dynptr_source, const struct frame *frame,
                                            struct scratch *scratch, __u32 copied, bool limited)
{
    void *ring = ring_get_with_room(scratch, limited);

    if (!ring)
        return false;
    if (copied < scratch->record.caplen)
        return ring_put_large(ring, dynptr_source, frame, scratch, copied);
    return ring_put_scratch(ring, scratch);
}

#endif
