/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the packet inside a packet begins: VXLAN, Geneve, GRE and NVGRE, IP in IP; inside IPv4 and
 * IPv6, behind up to two VLAN tags. Used by the kernel programs, and by their test in user space.
 *
 * A filter then judges the inner packet like any packet: its window begins at bytes + offset, and
 * all lengths are smaller by the offset. The memory must extend INNER_REACH bytes beyond the
 * filter's window, so that the verifier sees that the whole window is readable.
 */
#ifndef PKTMON_FILTER_INNER_H
#define PKTMON_FILTER_INNER_H

#include <linux/types.h>
#include <stdbool.h>

#define INNER_REACH         256         /* only these first bytes of a packet are searched */
#define INNER_WITHOUT_LINK  0x80000000U /* the inner packet begins with its IP header */
#define INNER_NONE          0U
#define INNER_OFFSET(place) ((place) & (INNER_REACH - 1))

#define INNER_VXLAN_PORT  4789 /* the default port */
#define INNER_GENEVE_PORT 6081

struct inner_walk {
    const __u8 *bytes; /* at least INNER_REACH of memory */
    __u32 present;     /* how many of these belong to the packet */
    __u32 at;          /* offset of the current header */
    __u16 next;        /* number of the current header: Ethertype, then protocol */
};

/* Reads up to four bytes at an offset from the current header, in network order; false: they are
 * not present. */
static __always_inline bool inner_read(const struct inner_walk *walk, __u32 offset, __u32 size,
                                       __u32 *value)
{
    __u32 at = walk->at + offset;

    /* Keeps the bound in the register that the loads use, for the verifier. */
    asm volatile("" : "+r"(at));
    if (at > INNER_REACH - sizeof(*value) || at + size > walk->present)
        return false;
    *value = 0;
    for (__u32 i = 0; i < size; i++)
        *value = *value << 8 | walk->bytes[at + i];
    return true;
}

static __always_inline bool inner_skip_link(struct inner_walk *walk)
{
    __u32 ethertype;

    if (!inner_read(walk, 12, 2, &ethertype))
        return false;
    walk->at += 14;
    for (int tag = 0; tag < 2 && (ethertype == 0x8100 || ethertype == 0x88a8); tag++) {
        if (!inner_read(walk, 2, 2, &ethertype))
            return false;
        walk->at += 4;
    }
    walk->next = ethertype;
    return true;
}

/* A later fragment does not have the header of its payload. */
static __always_inline bool inner_skip_ipv4(struct inner_walk *walk)
{
    __u32 version, fragment, protocol;

    if (!inner_read(walk, 0, 1, &version) || !inner_read(walk, 6, 2, &fragment) ||
        !inner_read(walk, 9, 1, &protocol))
        return false;
    if (version >> 4 != 4 || (version & 0xf) < 5 || (fragment & 0x1fff) != 0)
        return false;
    walk->at += (version & 0xf) * 4;
    walk->next = protocol;
    return true;
}

static __always_inline bool inner_is_extension(__u16 number)
{
    return number == 0 || number == 43 || number == 44 || number == 60;
}

static __always_inline bool inner_skip_extension(struct inner_walk *walk)
{
    __u32 header, fragment = 0;

    if (!inner_read(walk, 0, 2, &header))
        return false;
    if (walk->next == 44 && (!inner_read(walk, 2, 2, &fragment) || fragment >> 3 != 0))
        return false;
    walk->at += walk->next == 44 ? 8 : ((header & 0xff) + 1) * 8;
    walk->next = header >> 8;
    return true;
}

static __always_inline bool inner_skip_ipv6(struct inner_walk *walk)
{
    __u32 version, next;

    if (!inner_read(walk, 0, 1, &version) || !inner_read(walk, 6, 1, &next) || version >> 4 != 6)
        return false;
    walk->at += 40;
    walk->next = next;
    for (int i = 0; i < 3 && inner_is_extension(walk->next); i++) {
        if (!inner_skip_extension(walk))
            return false;
    }
    return true;
}

/* The place behind a tunnel header of this size, by the Ethertype of the payload. */
static __always_inline __u32 inner_place(const struct inner_walk *walk, __u32 header,
                                         __u32 ethertype)
{
    __u32 place = walk->at + header;

    if (place >= INNER_REACH || place >= walk->present)
        return INNER_NONE;
    if (ethertype == 0x0800 || ethertype == 0x86dd)
        return place | INNER_WITHOUT_LINK;
    return ethertype == 0x6558 ? place : INNER_NONE;
}

/* Version 0 only, and without source routes, which nobody uses. */
static __always_inline __u32 inner_of_gre(const struct inner_walk *walk)
{
    __u32 flags, ethertype;

    if (!inner_read(walk, 0, 2, &flags) || !inner_read(walk, 2, 2, &ethertype) ||
        (flags & 0x4007) != 0)
        return INNER_NONE;
    return inner_place(
        walk, 4 + (flags >> 15 & 1) * 4 + (flags >> 13 & 1) * 4 + (flags >> 12 & 1) * 4, ethertype);
}

static __always_inline __u32 inner_of_udp(const struct inner_walk *walk, __u16 vxlan_port)
{
    __u32 port, flags, ethertype;

    if (!inner_read(walk, 2, 2, &port) || !inner_read(walk, 8, 1, &flags))
        return INNER_NONE;
    if (port == vxlan_port && flags & 0x08)
        return inner_place(walk, 16, 0x6558);
    if (port == INNER_GENEVE_PORT && flags >> 6 == 0 && inner_read(walk, 10, 2, &ethertype))
        return inner_place(walk, 16 + (flags & 0x3f) * 4, ethertype);
    return INNER_NONE;
}

/* The place of the packet behind the header in hand, which is that of a protocol of IP. */
static __always_inline __u32 inner_behind(const struct inner_walk *walk, __u16 vxlan_port)
{
    switch (walk->next) {
    case 4:
        return inner_place(walk, 0, 0x0800);
    case 41:
        return inner_place(walk, 0, 0x86dd);
    case 47:
        return inner_of_gre(walk);
    case 17:
        return inner_of_udp(walk, vxlan_port);
    }
    return INNER_NONE;
}

/*
 * bytes: at least INNER_REACH bytes of memory, of which the first `present` are the packet's.
 * without_link: they begin with the IP header. Returns the offset of the inner packet, less than
 * INNER_REACH, with INNER_WITHOUT_LINK if it has no link header; INNER_NONE: there is none.
 */
static __always_inline __u32 inner_find(const __u8 *bytes, __u32 present, bool without_link,
                                        __u16 vxlan_port)
{
    struct inner_walk walk = {.bytes = bytes, .present = present};
    __u32 version;

    if (without_link) {
        if (!inner_read(&walk, 0, 1, &version))
            return INNER_NONE;
        walk.next = version >> 4 == 4 ? 0x0800 : 0x86dd;
    } else if (!inner_skip_link(&walk)) {
        return INNER_NONE;
    }
    if (walk.next != 0x0800 && walk.next != 0x86dd)
        return INNER_NONE;
    if (!(walk.next == 0x0800 ? inner_skip_ipv4(&walk) : inner_skip_ipv6(&walk)))
        return INNER_NONE;
    return inner_behind(&walk, vxlan_port);
}

#endif
