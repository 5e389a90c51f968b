/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The number of the running generation of programs; 0 = none. Set by the agent. The gates and the
 * programs of all generations share this one map. */
#ifndef PKTMON_EBPF_BPF_LIB_GENERATION_H
#define PKTMON_EBPF_BPF_LIB_GENERATION_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} running_generation SEC(".maps");

#endif
