/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frame_*: where the frame is in an skb. */
#ifndef PKTMON_EBPF_BPF_LIB_FRAME_H
#define PKTMON_EBPF_BPF_LIB_FRAME_H

#include "net-device.h"
#include "skb.h"

struct frame {
    __u64 skb;        /* address; identifies the skb */
    __u64 head;       /* address; identifies the memory of the packet */
    __u64 start;      /* address of the first byte of the frame */
    __u64 device;     /* address of skb->dev; 0 = none */
    __u32 length;     /* of the frame, bytes */
    __u32 linear;     /* of these, bytes in the linear part of the skb */
    __u32 before;     /* bytes from start to skb->data */
    __u16 mac_offset; /* offset of start from head */
    __u16 protocol;   /* Ethertype, host byte order */
    bool l3;          /* the frame begins at the network header */
};

static __always_inline void frame_fill_at(struct frame *frame, const struct sk_buff *skb,
                                          __u32 offset)
{
    __u64 data = address(skb->data);

    frame->skb = address(skb);
    frame->head = address(skb->head);
    frame->device = address(skb->dev);
    __u32 data_offset = data - frame->head;
    if (offset > data_offset)
        offset = data_offset;
    frame->start = frame->head + offset;
    frame->before = data_offset - offset;
    frame->length = skb->len + frame->before;
    frame->linear = frame->length - skb->data_len;
    frame->mac_offset = offset;
    frame->protocol = bpf_ntohs(skb->protocol);
}

/* Length without the link header. At hooks and sockets, skb->data is the network header. */
static __always_inline __u32 frame_network_length(const struct frame *frame)
{
    return frame->length - frame->before;
}

#define HEADER_NOT_SET 0xFFFF /* value of a header offset that is not set */

/* On receive, skb->data is already behind the link header, if there is one: packets that the stack
 * loops back have none. */
static __always_inline void frame_fill_received(struct frame *frame, const struct sk_buff *skb,
                                                __u16 device_type)
{
    __u32 offset = skb_data_offset(skb), mac = skb->mac_header;

    frame->l3 = !device_has_ethernet_header(device_type) || mac == HEADER_NOT_SET ||
                mac + ETH_HLEN > offset;
    frame_fill_at(frame, skb, frame->l3 ? offset : mac);
}

/* On transmit, and at tc ingress, skb->data is the start of the frame. */
static __always_inline void frame_fill_sent(struct frame *frame, const struct sk_buff *skb,
                                            __u16 device_type)
{
    frame->l3 = !device_has_ethernet_header(device_type);
    frame_fill_at(frame, skb, skb_data_offset(skb));
}

/* Whether skb->data is the link header. In packets that the kernel's ARP sends, mac_header is not
 * set although there is a link header. mac, network, data: offsets from the head. */
static __always_inline bool frame_begins_with_link(__u32 mac, __u32 network, __u32 data,
                                                   __u16 device_type)
{
    if (mac == HEADER_NOT_SET)
        return device_has_ethernet_header(device_type) && network == data + ETH_HLEN;
    return mac == data && network != data;
}

/* A drop can happen in any layer. Assume a link header only if one fits before the network header.
 * device_type: 0 if the device is not known. */
static __always_inline void frame_fill_dropped(struct frame *frame, const struct sk_buff *skb,
                                               __u16 device_type)
{
    __u32 mac = skb->mac_header, network = skb->network_header, data = skb_data_offset(skb);
    bool ethernet = device_type == 0 || device_has_ethernet_header(device_type);

    frame->l3 = true;
    if (ethernet && mac != HEADER_NOT_SET && mac + ETH_HLEN <= network && network - mac <= 32) {
        frame->l3 = false;
        frame_fill_at(frame, skb, mac);
    } else if (ethernet && frame_begins_with_link(mac, network, data, device_type)) {
        frame->l3 = false;
        frame_fill_at(frame, skb, data);
    } else {
        frame_fill_at(frame, skb, network != 0 && network < data ? network : data);
    }
}

/* Copies length bytes at offset in the linear part. False: they could not be read. */
static __always_inline bool frame_read_linear(const struct frame *frame, __u32 offset, __u8 *to,
                                              __u32 length)
{
    asm volatile("" : "+r"(length)); /* keep the bound on the register that the helper uses */
    if (length > SCRATCH_SIZE)
        length = SCRATCH_SIZE;
    return bpf_probe_read_kernel(to, length, (void *)(frame->start + offset)) == 0;
}

#endif
