/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who wanted more entries of the shared tables than one may have (bpf/shares.h). */
#ifndef PKTMON_SHARES_H
#define PKTMON_SHARES_H

#include <glib.h>
#include <stdint.h>

struct ebpf_provider;

/* struct share_key -> what was told of it. */
GHashTable *shares_told_new(void);
/* Names those who were refused entries since the last call. uncounted: packets that passed and
 * drops that no counter of their own counted, in all. */
void shares_tell(struct ebpf_provider *provider, uint64_t uncounted);
/* Nothing more will be told of the namespace. */
void shares_forget(GHashTable *told, uint64_t net_cookie);

#endif
