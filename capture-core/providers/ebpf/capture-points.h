/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The capture points, where in the stack a record is made, and what the reader says of them:
 *
 *   X(NAME, edge, direction, component, traffic)
 *
 *   edge       of enum pktmon_edge
 *   direction  of enum pktmon_direction; NONE: that of the packet
 *   component  DEVICE, or NAMESPACE: one of the namespace's layers
 *   traffic    of enum pktmon_traffic
 *
 * The kernel programs include this header too.
 */
#ifndef PKTMON_EBPF_CAPTURE_POINTS_H
#define PKTMON_EBPF_CAPTURE_POINTS_H

#include "pktmon/edge.h"

#define RECORD_POINT_TABLE(X)                                                                      \
    X(RX_LOWER, LOWER, NONE, DEVICE, AS_DIRECTION)                                                 \
    X(RX_UPPER, UPPER, NONE, DEVICE, AS_DIRECTION)                                                 \
    X(TX_UPPER, UPPER, NONE, DEVICE, AS_DIRECTION)                                                 \
    X(TX_LOWER, LOWER, NONE, DEVICE, AS_DIRECTION)                                                 \
    X(QDISC_IN, QDISC, IN, DEVICE, OUTBOUND)                                                       \
    X(QDISC_OUT, QDISC, OUT, DEVICE, OUTBOUND)                                                     \
    /* Netfilter hooks, in the order of PKTMON_HOOK_EDGES. Observed before the first hook function \
     * and, with RECORD_LEAVES, after the last one. */                                             \
    X(PREROUTING, PREROUTING, IN, NAMESPACE, INBOUND)                                              \
    X(INPUT, INPUT, IN, NAMESPACE, INBOUND)                                                        \
    X(FORWARD, FORWARD, IN, NAMESPACE, THROUGH)                                                    \
    X(OUTPUT, OUTPUT, IN, NAMESPACE, OUTBOUND)                                                     \
    X(POSTROUTING, POSTROUTING, IN, NAMESPACE, OUTBOUND)                                           \
    /* before a socket takes the packet */                                                         \
    X(SOCKET, LOWER, RX, NAMESPACE, AS_DIRECTION)                                                  \
    /* the kernel has consumed it */                                                               \
    X(CONSUMED, NONE, RX, NAMESPACE, AS_DIRECTION)                                                 \
    X(DROP, NONE, NONE, NAMESPACE, AS_DIRECTION)                                                   \
    /* a notice that concerns the packet; no packet bytes follow */                                \
    X(NOTICE, NONE, NONE, NAMESPACE, AS_DIRECTION)

enum record_point {
    RECORD_POINT_NONE = 0,
#define X(NAME, edge, direction, component, traffic) RECORD_POINT_##NAME,
    RECORD_POINT_TABLE(X)
#undef X
    /* clang-format off */
    RECORD_POINTS,
    /* clang-format on */
};

#endif
