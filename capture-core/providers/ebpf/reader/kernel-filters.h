/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters of a capture, on their way into the kernel. */
#ifndef PKTMON_EBPF_READER_KERNEL_FILTERS_H
#define PKTMON_EBPF_READER_KERNEL_FILTERS_H

#include "ebpf-state.h"

/* Sends the filters of the start that is about to be requested, and fills in the fields of the
 * start that concern them. Where the kernel cannot judge by one of them, requests all packets,
 * whole, and says so in the capture's description. */
bool ebpf_send_filters(struct ebpf_provider *provider, struct agent_start *start, GError **error);

#endif
