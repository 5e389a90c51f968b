/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unprivileged end of the conversation with pktmon-agent (agent_protocol.h). */
#ifndef PKTMON_AGENT_CLIENT_H
#define PKTMON_AGENT_CLIENT_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../agent_protocol.h"

struct agent_client {
    int socket; /* -1 = not started */
    pid_t process;
    bool silent; /* it did not answer in time */
};

/* Starts the agent. */
bool agent_client_start(struct agent_client *client, GError **error);
/* Sends the request, without waiting. *full: it was not sent, because the agent has not read so
 * far.
 */
bool agent_client_try(struct agent_client *client, const struct agent_request *request, bool *full,
                      GError **error);
/*
 * Receives one message, waiting for it at most timeout_ms. 1: here it is; 0: none came; -1: error,
 * which is the agent's own sentence where it had one to say. Descriptors that come with it go to
 * descriptors (room for AGENT_MAPS + RECORD_MAX_RINGS), and belong to the caller; *count of them.
 */
int agent_client_receive(struct agent_client *client, int timeout_ms, struct agent_message *message,
                         int *descriptors, unsigned int *count, GError **error);
/* It did not answer in time: it is ended now, so that the kernel programs come to rest. */
void agent_client_give_up(struct agent_client *client, GError **error);
/* The agent ends, and the capture with it. */
void agent_client_end(struct agent_client *client);

#endif
