/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who wanted more entries of the shared tables than one may have (bpf/lib/shares.h). */
#ifndef PKTMON_EBPF_READER_TABLE_SHARES_H
#define PKTMON_EBPF_READER_TABLE_SHARES_H

#include <glib.h>
#include <stdint.h>

struct ebpf_provider;

/* struct share_key -> struct share, as it was reported. */
GHashTable *ebpf_shares_new(void);
/* Names those who were refused entries since the last call. uncounted: packets that passed and
 * drops that no counter of their own counted, in all. */
void ebpf_report_shares(struct ebpf_provider *provider, uint64_t uncounted);
/* The namespace has gone: nothing more will be reported of it. */
void ebpf_shares_forget(GHashTable *reported, uint64_t net_cookie);

#endif
