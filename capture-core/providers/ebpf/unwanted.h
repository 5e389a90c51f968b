/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons and places where unwanted copies of a packet end. Shared by the kernel programs and the
 * reader. */
#ifndef PKTMON_EBPF_UNWANTED_H
#define PKTMON_EBPF_UNWANTED_H

/* The packet itself continues, or was received elsewhere: a flooded copy, or the skb that remains
 * after a raw socket got its copy. */
#define UNWANTED_REASONS(REASON)                                                                   \
    REASON(OTHERHOST)       /* flooded: the bridge did not know the port */                        \
    REASON(NO_SOCKET)       /* the receiver was a raw socket */                                    \
    REASON(UNHANDLED_PROTO) /* the receiver was a packet socket */                                 \
    REASON(IP_NOPROTO)                                                                             \
    REASON(INVALID_PROTO) /* a broadcast that ICMP does not reply to */                            \
    REASON(NO_TX_TARGET)  /* the bridge has no other port for it */                                \
    REASON(UNICAST_IN_L2_MULTICAST)                                                                \
    REASON(IPV6DISABLED)                                                                           \
    REASON(IP_INADDRERRORS) /* no IP address, as on hosts that only bridge */

/* Unwanted copies that the kernel drops without a reason: prefixes of the symbol of the drop. (With
 * a reason, such as a wrong checksum, the receiver's own copy is dropped there, too.) These are:
 * multicast that nobody here has joined; broadcasts and multicast of a protocol without a receiver;
 * packets for raw sockets only, such as the multicast reports that a routing daemon reads; a copy
 * that waited to be forwarded; multicast that was to stay on this host. */
#define UNWANTED_PLACES(PLACE)                                                                     \
    PLACE("ip6_mc_input")                                                                          \
    PLACE("ip_rcv_finish_core")                                                                    \
    PLACE("ip_mc_")                                                                                \
    PLACE("__udp4_lib_")                                                                           \
    PLACE("__udp6_lib_")                                                                           \
    PLACE("llc_rcv+")                                                                              \
    PLACE("tcp_v4_rcv+")                                                                           \
    PLACE("tcp_v6_rcv+")                                                                           \
    PLACE("icmp_rcv")                                                                              \
    PLACE("icmpv6_rcv")                                                                            \
    PLACE("igmp_rcv")                                                                              \
    PLACE("ipmr_")                                                                                 \
    PLACE("ip6_finish_output")

#endif
