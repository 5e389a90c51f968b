/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which generation of the programs runs; 0 = none. The agent sets it. One map: the gates have it,
 * and the programs of all generations share it. */
#ifndef PKTMON_GENERATION_H
#define PKTMON_GENERATION_H

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} running_generation SEC(".maps");

#endif
