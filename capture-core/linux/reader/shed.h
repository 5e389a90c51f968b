/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that are left out, each with all its appearances: by choice, for want of room, or because
 * the capture would take more of a CPU than it may. */
#ifndef PKTMON_SHED_H
#define PKTMON_SHED_H

#include <stdint.h>

#include "../records.h"

struct ebpf_provider;

/* What was told, and what is measured. */
struct shed {
    struct group_counts told;
    uint64_t measured; /* monotonic, ns; 0 = not yet */
    uint64_t cpu;      /* of this process until then, ns */
    uint64_t share;    /* that was asked for last, parts of 2^32 */
};

/* The share that a sample of one in so many leaves out, parts of 2^32. */
uint64_t shed_share_of_sample(uint32_t sample);
/* Tells, in an event, what was left out since the last call. */
void shed_tell(struct ebpf_provider *provider);
/* From time to time: sees to it that the capture keeps to its share of a CPU. */
void shed_control(struct ebpf_provider *provider);

#endif
