/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pktmon-pcap-agent opens devices with libpcap, gives up its privilege for good, and only then
 * reads packets, which it hands to the process that started it. A device that comes later gets a
 * process of its own.
 */
#ifndef PKTMON_PCAP_AGENT_H
#define PKTMON_PCAP_AGENT_H

#include <glib.h>
#include <poll.h>
#include <stdbool.h>

#include "../pcap_protocol.h"

/* --- say.c: what goes to the reader, buffered --- */

/* bytes: message->size of them. Ends the process where the reader has gone. */
void agent_say(const struct pcap_agent_message *message, const void *bytes);
void agent_say_text(enum pcap_agent_type type, uint32_t ifindex, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
void agent_flush(void);
void agent_fail(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* --- privilege.c --- */

/* All but the right to open packet sockets. Fails where it is not there. */
void privilege_keep_least(void);
/* All of it, and every system call that reading packets does not need. */
void privilege_give_up(void);

/* --- share.c: how much a user may have of the host --- */

/* Fails where the request would give the user more buffer than the administrator's file lets him
 * have. */
void share_check(const struct pcap_agent_request *request);

/* --- handles.c: what is captured --- */

/* Opens what the request names; says which devices it could not. */
void handles_open(const struct pcap_agent_request *request);
bool handles_are_there(void);
/* Appends what to wait for (struct pollfd). */
void handles_wait_for(GArray *polls);
/* Says packets that are there. True: there are more. */
bool handles_read(void);
/* Says what was lost, and until when all packets were said. cycle: when the reading began, ns. */
void handles_say_progress(uint64_t cycle);
/* No packet is captured any more. */
void handles_close_entrance(void);

#endif
