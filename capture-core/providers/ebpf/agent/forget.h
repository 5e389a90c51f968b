/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deletion of entries of the tables, at the reader's request. */
#ifndef PKTMON_EBPF_AGENT_FORGET_H
#define PKTMON_EBPF_AGENT_FORGET_H

#include "providers/ebpf/agent-protocol.h"

/* Deletes the entries and replies with their last values. The request is untrusted input. */
void agent_forget_entries(const struct agent_forget *wanted);

#endif
