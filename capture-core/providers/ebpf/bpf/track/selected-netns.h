/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netns_*: the selection of namespaces. */
#ifndef PKTMON_EBPF_BPF_TRACK_SELECTED_NETNS_H
#define PKTMON_EBPF_BPF_TRACK_SELECTED_NETNS_H

#include "../lib/maps.h"

/* Whether packets of this namespace are recorded. Namespaces that the reader does not know yet
 * are. */
static __always_inline bool netns_is_selected(__u64 net_cookie)
{
    return !config.leaves_out_netns || !bpf_map_lookup_elem(&unwanted_netns, &net_cookie);
}

#endif
