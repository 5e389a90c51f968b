/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums of what the entries of the kernel's tables counted, by component, and their events. */
#ifndef PKTMON_EBPF_READER_COUNTER_SUMS_H
#define PKTMON_EBPF_READER_COUNTER_SUMS_H

#include "ebpf-state.h"
#include "sums.h"

/* Adds an entry to the component that it belongs to (sums.h). */
void ebpf_add_edge(struct ebpf_provider *provider, GHashTable *sums, const struct device_key *key,
                   const struct edge_counters *counters);
void ebpf_add_drops(struct ebpf_provider *provider, GHashTable *sums, const struct drop_key *key,
                    const struct drop_counters *counters);
/* Adds the frames that were lost in XDP, of all components, once their other entries are added. */
void ebpf_add_frames(struct ebpf_provider *provider, GHashTable *sums);
/* Pushes events of the counters, and of what was lost. */
void ebpf_push_sum(struct ebpf_provider *provider, uint32_t component,
                   const struct ebpf_component_sum *sum);
/* Reports how many events of the component were lost since the last report. lost: in all. */
void ebpf_report_loss(struct ebpf_provider *provider, uint32_t component, uint64_t lost);
/* The last counters of a component whose entries are all deleted: pushes what was kept of them, and
 * forgets it. device: NULL: it is none. */
void ebpf_push_last_counters(struct ebpf_provider *provider, GHashTable *kept, uint32_t component,
                             const struct device_key *device);

#endif
