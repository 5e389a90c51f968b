/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buffered messages from pktmon-pcap-agent to the reader. */
#ifndef PKTMON_PCAP_AGENT_PCAP_REPLY_H
#define PKTMON_PCAP_AGENT_PCAP_REPLY_H

#include <glib.h>

#include "providers/pcap/pcap-protocol.h"

/* Appends the message and message->size bytes to the buffer. Ends the process where the reader has
 * gone. */
void pcap_agent_send(const struct pcap_agent_message *message, const void *bytes);
void pcap_agent_send_text(enum pcap_agent_type type, uint32_t ifindex, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/* Sends the buffer. */
void pcap_agent_flush(void);
/* Sends PCAP_AGENT_ERROR and ends the process. */
void pcap_agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

#endif
