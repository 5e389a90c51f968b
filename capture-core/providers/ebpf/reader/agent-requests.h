/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that carry what is wanted: the selection, filters, start and change. */
#ifndef PKTMON_EBPF_READER_AGENT_REQUESTS_H
#define PKTMON_EBPF_READER_AGENT_REQUESTS_H

#include "ebpf-state.h"

/* Sends the pending part of the selection, as far as the agent has room to receive. waits: all of
 * it. */
bool ebpf_send_selection(struct ebpf_provider *provider, bool waits, GError **error);
bool ebpf_request_start(struct ebpf_provider *provider, GError **error);
/* The answer arrives by itself. */
bool ebpf_request_change(struct ebpf_provider *provider, GError **error);
/* A change of nothing but the selection; the answer is that of a change. */
bool ebpf_request_settle(struct ebpf_provider *provider, GError **error);

#endif
