/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unprivileged end of the conversation with pktmon-agent (agent-protocol.h). */
#ifndef PKTMON_EBPF_READER_AGENT_CLIENT_H
#define PKTMON_EBPF_READER_AGENT_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "providers/ebpf/agent-protocol.h"

struct ebpf_agent_client {
    int socket; /* -1 = not started */
    pid_t process;
    bool silent; /* it did not answer in time */
};

/* Starts the agent. */
bool ebpf_agent_start(struct ebpf_agent_client *client, GError **error);
/* Sends the request without waiting. *full: it was not sent, because the agent has not yet read
 * earlier ones. */
bool ebpf_agent_try_send(struct ebpf_agent_client *client, const struct agent_request *request,
                         bool *full, GError **error);
/*
 * Receives one message, waiting for it at most timeout_ms. Returns 1: it was received; 0: none
 * came; -1: error, which is the agent's own sentence where it sent one. Descriptors that come with
 * the message are stored in descriptors (room for AGENT_MAPS + RECORD_MAX_RINGS), *count of them;
 * they belong to the caller.
 */
int ebpf_agent_receive(struct ebpf_agent_client *client, int timeout_ms,
                       struct agent_message *message, int *descriptors, unsigned int *count,
                       GError **error);
/* The agent did not answer in time: ends it now, and the kernel programs with it. */
void ebpf_agent_give_up(struct ebpf_agent_client *client, GError **error);
/* Ends the agent, and the capture with it. */
void ebpf_agent_end(struct ebpf_agent_client *client);

#endif
