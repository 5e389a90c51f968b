/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the frame lies in a socket buffer, and how its bytes are read. */
#ifndef PKTMON_FRAME_H
#define PKTMON_FRAME_H

#include "maps.h"

/*
 * Calls of kernel functions, as placeholders that the agent rewrites when it loads the programs
 * (an `extern __ksym __weak` makes libbpf 1.1 read the BTF of all modules where the function is
 * missing, which needs CAP_SYS_ADMIN). Where the kernel lacks the function the call becomes
 * "r0 = -1", and the verifier removes what would follow success.
 */
struct bpf_dynptr;
static int (*kernel_dynptr_from_skb)(void *skb, __u64 flags,
                                     struct bpf_dynptr *) = (void *)0x7f000001;
static struct sk_buff *(*kernel_cast_to_kern_ctx)(void *ctx) = (void *)0x7f000002;

/* The address as a number: from 6.17 on the verifier knows head and data as pointers, which it
 * does not let into map keys and arithmetic. */
static __always_inline __u64 address(const void *pointer)
{
    __u64 number = (__u64)pointer;
    asm volatile("%0 = -%0; %0 = -%0" : "+r"(number));
    return number;
}

struct frame {
    __u64 head;       /* address; identifies the packet's bytes */
    __u64 start;      /* address of the frame's first byte */
    __u32 length;     /* of the frame, bytes */
    __u32 linear;     /* of these, bytes in the buffer's linear part */
    __u32 before;     /* bytes from start to skb->data */
    __u16 mac_offset; /* of start from head */
    __u16 protocol;   /* Ethertype, host order */
    bool l3;          /* begins at the network header */
};

static __always_inline bool has_ethernet_header(__u16 device_type)
{
    return device_type == ARPHRD_ETHER || device_type == ARPHRD_LOOPBACK;
}

static __always_inline void frame_at(struct frame *frame, const struct sk_buff *skb, __u32 offset)
{
    __u64 data = address(skb->data);

    frame->head = address(skb->head);
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

static __always_inline __u32 data_offset(const struct sk_buff *skb)
{
    return address(skb->data) - address(skb->head);
}

#define NO_HEADER 0xFFFF /* a header offset that was not set */

/* On receive skb->data already lies behind the link header, if there is one: what the stack loops
 * back to itself has none. */
static __always_inline void frame_received(struct frame *frame, const struct sk_buff *skb,
                                           __u16 device_type)
{
    __u32 offset = data_offset(skb), mac = skb->mac_header;

    frame->l3 = !has_ethernet_header(device_type) || mac == NO_HEADER || mac + ETH_HLEN > offset;
    frame_at(frame, skb, frame->l3 ? offset : mac);
}

/* On the way to a driver, and at tc ingress, skb->data is the start of the frame. */
static __always_inline void frame_sent(struct frame *frame, const struct sk_buff *skb,
                                       __u16 device_type)
{
    frame->l3 = !has_ethernet_header(device_type);
    frame_at(frame, skb, data_offset(skb));
}

/* A buffer may be dropped anywhere: believe in a link header only where one fits before the
 * network header. device_type is that of a known device, else 0. */
static __always_inline void frame_dropped(struct frame *frame, const struct sk_buff *skb,
                                          __u16 device_type)
{
    __u32 mac = skb->mac_header, network = skb->network_header, data = data_offset(skb);
    bool ethernet = device_type == 0 || has_ethernet_header(device_type);

    frame->l3 = true;
    if (ethernet && mac != NO_HEADER && mac + ETH_HLEN <= network && network - mac <= 32) {
        frame->l3 = false;
        frame_at(frame, skb, mac);
    } else if (ethernet && mac != NO_HEADER && mac == data && network != data) {
        frame->l3 = false;
        frame_at(frame, skb, data);
    } else {
        frame_at(frame, skb, network != 0 && network < data ? network : data);
    }
}

/* The tag that the kernel took out of the frame (hardware offload, or untagging on receive). */
static __always_inline bool vlan_tag(const struct sk_buff *skb, __u16 *proto, __u16 *tci)
{
    const struct sk_buff___vlan_present *old = (const void *)skb;
    bool present;

    if (bpf_core_field_exists(skb->vlan_all))
        present = skb->vlan_all != 0;
    else
        present = BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
    if (present) {
        *proto = bpf_ntohs(skb->vlan_proto);
        *tci = skb->vlan_tci;
    }
    return present;
}

/* Copies length bytes from offset of the linear part; false: they could not be read. */
static __always_inline bool read_linear(const struct frame *frame, __u32 offset, __u8 *to,
                                        __u32 length)
{
    asm volatile("" : "+r"(length)); /* keep the bound on the register that the helper sees */
    if (length > SCRATCH_SIZE)
        length = SCRATCH_SIZE;
    return bpf_probe_read_kernel(to, length, (void *)(frame->start + offset)) == 0;
}

#endif
