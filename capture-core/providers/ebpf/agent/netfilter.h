/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links at netfilter hooks. */
#ifndef PKTMON_EBPF_AGENT_NETFILTER_H
#define PKTMON_EBPF_AGENT_NETFILTER_H

#include <stdbool.h>

#include "held.h"

/* hook_queues: attach also where an NFQUEUE is bound. */
void agent_open_netfilter(bool hook_queues);
/* Does nothing where the programs are not loaded, or are attached already. */
void agent_attach_netfilter(struct agent_held_netns *netns, int file);
/* Closing a link drops the packets that wait in queues of the namespace, so the links stay until
 * none waits or their deadline has passed. */
void agent_detach_netfilter(struct agent_held_netns *netns);
bool agent_has_staying_netfilter(const struct agent_held_netns *netns);
/* Reports links that stay to the reader. */
void agent_report_staying_netfilter(struct agent_held_netns *netns);
/* Continues what agent_detach_netfilter() began. Returns when to call it again, ms; -1: never. */
int agent_continue_netfilter(void);
/* The namespace has gone. */
void agent_forget_netfilter(struct agent_held_netns *netns);
/* The process ends: links that have to stay move to a process of their own, which has no privilege.
 * Needs fork(), prctl(PR_SET_NAME), setsid(), close_range(), capset() and clock_nanosleep(); the
 * lists of queues are read beneath /proc/thread-self/net. */
void agent_leave_netfilter(void);

#endif
