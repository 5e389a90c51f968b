/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The edges of components, where packets are observed, and the one table that says what they are.
 * Numbers and names are the values of pktmon.edge and pktmon.edge.name: never change or reuse one.
 *
 *   X(NAME, number, "name", owner, traffic)
 *
 *   owner    DEVICE, or NETFILTER: the component "netfilter" of the namespace
 *   traffic  RECEIVED, SENT or BOTH: which packets pass the edge
 *
 * This header includes nothing, because the kernel programs include it too; tests read it as text
 * (tests/vocabulary.py).
 */
#ifndef PKTMON_EDGE_H
#define PKTMON_EDGE_H

/* Upper: towards the sockets; Lower: towards the wire. Components of any system have these two; the
 * component "sockets" of a namespace has a lower edge. */
#define PKTMON_COMMON_EDGES(X)                                                                     \
    X(UPPER, 1, "Upper", DEVICE, BOTH)                                                             \
    X(LOWER, 2, "Lower", DEVICE, BOTH)

/* A queueing discipline and the netfilter hooks of a namespace. A packet goes In, and comes Out
 * where it was queued or changed. Hooks are in the order of the kernel's enum nf_inet_hooks. */
#define PKTMON_QUEUE_EDGES(X) X(QDISC, 3, "qdisc", DEVICE, SENT)
#define PKTMON_HOOK_EDGES(X)                                                                       \
    X(PREROUTING, 4, "prerouting", NETFILTER, RECEIVED)                                            \
    X(INPUT, 5, "input", NETFILTER, RECEIVED)                                                      \
    X(FORWARD, 6, "forward", NETFILTER, BOTH)                                                      \
    X(OUTPUT, 7, "output", NETFILTER, SENT)                                                        \
    X(POSTROUTING, 8, "postrouting", NETFILTER, SENT)

/* Netfilter hooks that no program can attach to, so that only drops are seen there: of the netdev
 * family at a device, of the bridge family at a bridge and its ports, of the ARP family. */
#define PKTMON_DROP_EDGES(X)                                                                       \
    X(INGRESS, 9, "ingress", DEVICE, RECEIVED)                                                     \
    X(EGRESS, 10, "egress", DEVICE, SENT)                                                          \
    X(BRIDGE_PREROUTING, 11, "bridge-prerouting", DEVICE, RECEIVED)                                \
    X(BRIDGE_INPUT, 12, "bridge-input", DEVICE, RECEIVED)                                          \
    X(BRIDGE_FORWARD, 13, "bridge-forward", DEVICE, SENT)                                          \
    X(BRIDGE_OUTPUT, 14, "bridge-output", DEVICE, SENT)                                            \
    X(BRIDGE_POSTROUTING, 15, "bridge-postrouting", DEVICE, SENT)                                  \
    X(ARP_INPUT, 16, "arp-input", NETFILTER, RECEIVED)                                             \
    X(ARP_OUTPUT, 17, "arp-output", NETFILTER, SENT)

#define PKTMON_EDGES(X)                                                                            \
    PKTMON_COMMON_EDGES(X)                                                                         \
    PKTMON_QUEUE_EDGES(X)                                                                          \
    PKTMON_HOOK_EDGES(X)                                                                           \
    PKTMON_DROP_EDGES(X)

/* pktmon.edge. Windows' components may have other numbers. */
enum pktmon_edge {
    PKTMON_EDGE_NONE = 0,
#define X(NAME, number, name, owner, traffic) PKTMON_EDGE_##NAME = number,
    PKTMON_EDGES(X)
#undef X
    /* clang-format off */
    PKTMON_EDGE_COUNT, /* no component of Linux has an edge of this or a greater number */
    /* clang-format on */
};

#endif
