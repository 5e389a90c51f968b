/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters of a capture, on their way into the kernel. */
#ifndef PKTMON_READER_FILTERS_H
#define PKTMON_READER_FILTERS_H

#include "ebpf_provider.h"

/* Sends the agent the filters of the start that is about to be asked for, and fills what the start
 * says of them. Where the kernel cannot judge by one of them, all packets are asked for, whole, and
 * the capture's description says so. */
bool filters_ask(struct ebpf_provider *provider, struct agent_start *start, GError **error);

#endif
