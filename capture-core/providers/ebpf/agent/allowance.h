/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the host one user may have. */
#ifndef PKTMON_EBPF_AGENT_ALLOWANCE_H
#define PKTMON_EBPF_AGENT_ALLOWANCE_H

#include <stdint.h>

#include "providers/ebpf/agent-protocol.h"

/* Reads the administrator's file; fails where others than root may change it. */
void agent_read_allowance(void);
/* Fails where the user runs as many captures as allowed already. */
void agent_check_captures(void);
/* The name of a map that the reader receives: the user's id, and a letter for its number (enum
 * agent_map, or AGENT_RING). Valid until the next call. */
#define AGENT_RING AGENT_MAPS
const char *agent_name_map(int number);
/* Fails where the maps of the user exceed those of all captures that are allowed. To be called once
 * the maps of this capture exist and before anybody has received them: of two captures that start
 * at the same time, the later one then counts both. */
void agent_check_memory(void);
/* MiB of buffer that one capture may have. */
uint32_t agent_buffer_limit(void);
/* Instructions of classic BPF that all filters of one capture may have. */
uint32_t agent_filter_limit(void);

#endif
