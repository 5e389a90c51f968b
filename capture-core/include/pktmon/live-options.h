/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of a live capture that act in its provider: one structure, handed on whole from a
 * session to the provider, its agent and the kernel programs, and the one table that it is made of.
 *
 *   X(type, name, sharing)
 *
 *   sharing  what sessions that share a provider get:
 *            COMMON   sessions with different values do not share a provider
 *            ANY      true if it is true for any session
 *            LARGEST  the largest value; 0, which means no limit, is larger than all others
 *            FIRST    the value of the first session
 *            EACH     0: each session applies its own value
 *
 * The kernel programs include this header too, so it includes nothing where they are compiled.
 */
#ifndef PKTMON_LIVE_OPTIONS_H
#define PKTMON_LIVE_OPTIONS_H

#ifndef __bpf__
#include <stdbool.h>
#include <stdint.h>
#endif

enum pktmon_points {
    PKTMON_POINTS_DEVICES, /* driver edges of each device, drops, delivery */
    PKTMON_POINTS_STACK,   /* adds upper edges, queueing disciplines, netfilter's hooks,
                              and events of trouble that the kernel reports */
};

/*
 * points       where packets are captured
 * sample       keep one packet in so many, with all its appearances; 0 or 1 = all
 * max_cpu      CPU time that this process may take (all of its threads; not the kernel programs),
 *              as percent of one CPU; beyond it, packets are shed, each with all its appearances.
 *              0 = no ceiling
 * buffer_size  MiB of ring buffer in the kernel
 * vxlan_port   UDP port of VXLAN tunnels, for filters that match inside them; host order; 0 = 4789
 * hook_queues  also attach to netfilter's hooks where an NFQUEUE is bound (docs/live-capture.md)
 * keep_own     also keep packets of the connection that carries the capture's own output. They are
 *              left out otherwise, because each would make another one
 */
#define PKTMON_LIVE_OPTIONS(X)                                                                     \
    X(enum pktmon_points, points, COMMON)                                                          \
    X(uint32_t, sample, EACH)                                                                      \
    X(uint32_t, max_cpu, LARGEST)                                                                  \
    X(uint32_t, buffer_size, FIRST)                                                                \
    X(uint16_t, vxlan_port, COMMON)                                                                \
    X(bool, hook_queues, COMMON)                                                                   \
    X(bool, keep_own, ANY)

#define PKTMON_LIVE_OPTION_MEMBER(type, name, sharing) type name;

struct pktmon_live_options {
    PKTMON_LIVE_OPTIONS(PKTMON_LIVE_OPTION_MEMBER)
};

/* Makes them members of another structure: each by its own name, and all of them as "live". */
#define PKTMON_LIVE_OPTION_MEMBERS                                                                 \
    union {                                                                                        \
        struct {                                                                                   \
            PKTMON_LIVE_OPTIONS(PKTMON_LIVE_OPTION_MEMBER)                                         \
        };                                                                                         \
        struct pktmon_live_options live;                                                           \
    }

#endif
