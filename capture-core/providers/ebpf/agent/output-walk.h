/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capture's own output, whose packets are left out. */
#ifndef PKTMON_EBPF_AGENT_OUTPUT_WALK_H
#define PKTMON_EBPF_AGENT_OUTPUT_WALK_H

#include "providers/ebpf/agent-protocol.h"

/* Notes which process started the agent: the peer of the socket at its creation. */
void agent_open_own_output(void);
/* Searches for the connections that carry the output, once the programs are loaded; again after a
 * change of the programs or of the outputs. */
void agent_start_own_output(const struct agent_start *wanted);
void agent_stop_own_output(void);
/* Milliseconds until agent_follow_own_output() is due; -1: never. */
int agent_own_output_wait_ms(void);
/* Searches again, if it is due. */
void agent_follow_own_output(void);

#endif
