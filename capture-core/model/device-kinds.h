/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups in the table of kinds of network devices (device-kind-table.h). */
#ifndef PKTMON_MODEL_DEVICE_KINDS_H
#define PKTMON_MODEL_DEVICE_KINDS_H

#include <stdbool.h>

#include "device-kind-table.h"

enum device_trait {
    /* Its link (IFLA_LINK) is the device below it, which is its parent. */
    DEVICE_STACKED = 1 << 0,
    /* Its link is the other end of a pair. */
    DEVICE_PAIRED = 1 << 1,
    /* Packets reach it from another device without passing a tracepoint: such devices get a program
     * at tc ingress. */
    DEVICE_RECEIVES_SILENTLY = 1 << 2,
    /* The same, but only if its other end is in another namespace: bpf_redirect_peer() delivers to
     * the end of a pair inside a container. */
    DEVICE_RECEIVES_SILENTLY_FROM_PEER = 1 << 3,
    /* What it sends leaves this network stack: its other end is a wire or a program. All other
     * devices hand packets to another part of the stack, where they may be observed again. */
    DEVICE_HANDS_OUT = 1 << 4,
    /* What it receives was encrypted, at least in part, below it. */
    DEVICE_DECRYPTS = 1 << 5,
};

enum device_kind {
#define X(NAME, name, traits, taken_off, fallback) DEVICE_KIND_##NAME,
    DEVICE_KINDS(X)
#undef X
};

const char *device_kind_name(enum device_kind kind);

/* Kinds that are not in the table, and NULL, have no trait. */
bool device_kind_has(const char *kind, enum device_trait trait);

/* Whether what the component sends at its lower edge leaves this network stack. kind: of the
 * device, where the component's type is not that already; NULL: none. */
bool device_hands_out(const char *type, const char *kind);

/* Whether this is the device that the module of a tunnel creates in each namespace, used or not. */
bool device_is_fallback(const char *kind, const char *name);

#endif
