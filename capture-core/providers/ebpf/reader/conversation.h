/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversation with the agent: its messages, and requests that need no preparation. */
#ifndef PKTMON_EBPF_READER_CONVERSATION_H
#define PKTMON_EBPF_READER_CONVERSATION_H

#include "ebpf-state.h"

/* Receives a message that the agent sent by itself. Returns 1: one was received; 0: none came in
 * time; -1: error. */
int ebpf_receive(struct ebpf_provider *provider, int timeout_ms, GError **error);
/* Sends the request, and receives messages as long as there is no room for it. */
bool ebpf_send(struct ebpf_provider *provider, const struct agent_request *request, GError **error);
/* Reports hidden namespaces, as soon as all are wanted. */
void ebpf_report_hidden(struct ebpf_provider *provider);
bool ebpf_request_list(struct ebpf_provider *provider, int timeout_ms, GError **error);
/* The same while it captures. Whoever makes thousands of namespaces makes the agent take longer:
 * then its answer arrives later by itself. */
void ebpf_request_names(struct ebpf_provider *provider, int timeout_ms);
bool ebpf_await_start(struct ebpf_provider *provider, int timeout_ms, GError **error);
bool ebpf_request_stop(struct ebpf_provider *provider, int timeout_ms, GError **error);

#endif
