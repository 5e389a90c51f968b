/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel programs: configured, loaded and attached. */
#ifndef PKTMON_EBPF_AGENT_PROGRAMS_H
#define PKTMON_EBPF_AGENT_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "providers/ebpf/agent-protocol.h"

/* Loads and attaches; ends the process with agent_fail() where that fails. */
void agent_start_programs(const struct agent_start *wanted);
/* Loads and attaches another generation of the programs beside the running one, on the same tables.
 * On error nothing has changed. agent_run_programs() switches over to it, and
 * agent_end_old_programs() ends the previous one. */
int agent_change_programs(const struct agent_start *wanted);
void agent_end_old_programs(void);
/* Starts or stops counting at edges. Returns when it did (CLOCK_MONOTONIC, ns): no record is older.
 */
uint64_t agent_run_programs(bool running);
void agent_stop_programs(void);
/* Fills in the descriptors that go with AGENT_STARTED, and returns their number, AGENT_MAPS +
 * *rings. */
int agent_fill_descriptors(int *descriptors, uint32_t *rings, uint32_t *ring_size);
/* Descriptors: of a map that the reader has too, of one that only the agent has, and of one by its
 * name. */
int agent_map_descriptor(enum agent_map map);
int agent_share_returns(void);
int agent_find_map(const char *name);
/* Whether the programs judge by the requested filters. */
bool agent_is_filtered(void);
/* Runs that would have recorded something, but that the kernel skipped because the program was
 * already running on that CPU. */
uint64_t agent_count_misses(void);
/* From here on, no socket of this host takes a packet unseen. */
void agent_see_deliveries(void);
/* Runs the program that follows the output once over each open file of each process. */
void agent_follow_output(void);
/* The descriptor of a program that the agent attaches itself, or of the gate in front of it; -1
 * where it is not loaded. */
int agent_find_program(const char *name);

#endif
