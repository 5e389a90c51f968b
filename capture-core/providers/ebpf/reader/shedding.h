/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that are shed, each with all its appearances: by choice (a sample), for want of room, or
 * because the capture would take more of a CPU than it may. */
#ifndef PKTMON_EBPF_READER_SHEDDING_H
#define PKTMON_EBPF_READER_SHEDDING_H

#include <stdint.h>

struct ebpf_provider;

/* The share that a sample of one packet in so many leaves out, parts of 2^32. */
uint64_t ebpf_share_of_sample(uint32_t sample);
/* Reports, in an event, what was left out since the last call. */
void ebpf_report_shed(struct ebpf_provider *provider);
/* Adjusts, from time to time, what is shed, so that the capture keeps to its share of a CPU. */
void ebpf_control_shedding(struct ebpf_provider *provider);

#endif
