/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Components that have gone, and namespaces that nobody knows any more: after one last reading
 * their entries are deleted from the kernel's tables and from ours. What their entries counted for
 * others (drops at a device that are a layer's) is kept, so that no sum ever shrinks.
 */
#ifndef PKTMON_RETIREMENT_H
#define PKTMON_RETIREMENT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "../agent_protocol.h"

struct ebpf_provider;
struct retirement;

struct retirement *retirement_new(void);
void retirement_free(struct retirement *retirement);

/* From time to time: looks what is to go, and waits for its last reading, for milliseconds. */
void retirement_advance(struct ebpf_provider *provider);
/* The agent's answer. */
void retirement_take(struct ebpf_provider *provider, const struct agent_forgotten *forgotten);
/* Entries were deleted, and what they held has not come yet. */
bool retirement_is_under_way(const struct retirement *retirement);
/* Sums of deleted entries, of components that are still there (sums.h). */
GHashTable *retirement_kept(const struct retirement *retirement);

#endif
