/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * untraced_*: counts packets that no tracing program sees.
 *
 * Some kernels run no tracing programs while a task of the init process is current
 * (docs/live-capture.md): not for any packet that an interrupt receives or sends meanwhile, and
 * without counting a miss. Programs at hooks and at tc ingress do run then, and count in their
 * place.
 */
#ifndef PKTMON_EBPF_BPF_TRACK_UNTRACED_H
#define PKTMON_EBPF_BPF_TRACK_UNTRACED_H

#include "../lib/counters.h"
#include "../lib/sock.h"
#include "entry-table.h"
#include "selected-netns.h"

#define FIRST_PROCESS 1

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_prog_aux {
    bool init_owned; /* not in mainline kernels */
};

#pragma clang attribute pop

/* A constant for the verifier, which removes all code that depends on it on other kernels. */
static __always_inline bool untraced_is_possible(void)
{
    return bpf_core_field_exists(struct bpf_prog_aux, init_owned);
}

/* Whether the kernel runs no tracing programs now. Not for use in tracing programs. */
static __always_inline bool untraced_is_now(void)
{
    const struct task_struct *task;

    if (!untraced_is_possible())
        return false;
    task = bpf_get_current_task_btf();
    return task->tgid == FIRST_PROCESS;
}

/* Counts a packet that passes a program at a hook or at tc ingress meanwhile. */
static __always_inline void untraced_count(__u64 net_cookie)
{
    struct unaccounted *missed = counters_get_unaccounted();

    if (missed && netns_is_selected(net_cookie))
        __sync_fetch_and_add(&missed->untraced, 1);
}

/* Last observed on its path to the driver, which has not got it as far as was seen. */
static __always_inline bool was_to_be_sent(const struct track_entry *entry)
{
    switch (entry->point) {
    case RECORD_POINT_OUTPUT:
    case RECORD_POINT_POSTROUTING:
        return true;
    case RECORD_POINT_TX_UPPER:
    case RECORD_POINT_QDISC_IN:
    case RECORD_POINT_QDISC_OUT:
        return untraced_is_possible();
    }
    return false;
}

/* Whether a packet that was about to be sent is now received in the same skb, without an
 * observation at a device in between. Not for RX_LOWER: tc egress may redirect packets there past
 * the device. */
static __always_inline bool is_unseen(const struct track_entry *entry, __u64 head)
{
    return entry && entry->head == head && was_to_be_sent(entry);
}

/* Counts such a packet. Returns whether it is one. */
static __always_inline bool untraced_count_unseen(const struct track_entry *entry, __u64 head)
{
    struct unaccounted *missed = counters_get_unaccounted();

    if (!is_unseen(entry, head))
        return false;
    if (missed && netns_is_selected(entry->net_cookie))
        __sync_fetch_and_add(&missed->unseen, 1);
    return true;
}

#endif
