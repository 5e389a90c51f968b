/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components that have gone, and namespaces that nobody knows any more: after one last reading,
 * their entries are deleted from the kernel's tables and from ours. What their entries counted for
 * other components (drops at a device that belong to a layer) is kept, so that no sum ever shrinks.
 */
#ifndef PKTMON_EBPF_READER_RETIREMENT_H
#define PKTMON_EBPF_READER_RETIREMENT_H

#include <glib.h>
#include <stdbool.h>

#include "providers/ebpf/agent-protocol.h"

struct ebpf_provider;
struct ebpf_retirement;

struct ebpf_retirement *ebpf_retirement_new(void);
void ebpf_retirement_free(struct ebpf_retirement *retirement);

/* Looks, from time to time, for what is to be retired, and waits for its last reading, which takes
 * milliseconds. */
void ebpf_advance_retirement(struct ebpf_provider *provider);
/* Takes the agent's answer (on_forgotten of struct ebpf_provider). */
void ebpf_take_forgotten(struct ebpf_provider *provider, const struct agent_forgotten *forgotten);
/* Waits for the last values of deleted entries, which are in no table until they arrive. False:
 * they did not, within a second. */
bool ebpf_settle_retirement(struct ebpf_provider *provider);
/* Sums of deleted entries, of components that still exist (sums.h). */
GHashTable *ebpf_retirement_kept(const struct ebpf_retirement *retirement);

#endif
