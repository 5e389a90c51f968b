/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of the programs that are loaded. */
#ifndef PKTMON_EBPF_AGENT_ATTACH_TABLE_H
#define PKTMON_EBPF_AGENT_ATTACH_TABLE_H

#include <bpf/libbpf.h>

#include "providers/ebpf/agent-protocol.h"

/* Excludes programs that were not requested, and reports those that the kernel cannot attach. */
void agent_choose_points(struct bpf_object *object, const struct agent_start *wanted);

#endif
