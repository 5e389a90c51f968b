/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entering a network namespace, and coming back. */
#ifndef PKTMON_EBPF_AGENT_ENTER_NETNS_H
#define PKTMON_EBPF_AGENT_ENTER_NETNS_H

/* Opens the agent's own namespace, to which agent_run_in_netns() returns. Returns the descriptor,
 * which stays open. */
int agent_open_own_netns(void);
/* Runs function inside the namespace of file and returns its result; -errno where the namespace
 * cannot be entered. */
int agent_run_in_netns(int file, int (*function)(void *data), void *data);

#endif
