/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from the agent to the reader. */
#ifndef PKTMON_EBPF_AGENT_REPLY_H
#define PKTMON_EBPF_AGENT_REPLY_H

#include <glib.h>

#include "providers/ebpf/agent-protocol.h"

/* Sends the message. Ends the process where the reader has gone. */
void agent_send(const struct agent_message *message);
/* Sends AGENT_MISSING: what the capture cannot see, and why. */
void agent_report_missing(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* The same as AGENT_HIDDEN, which matters only where all namespaces are wanted. */
void agent_report_hidden(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* Sends AGENT_ERROR and ends the process. */
void agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
/* The same with AGENT_IMPOSSIBLE. */
void agent_fail_impossible(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

#endif
