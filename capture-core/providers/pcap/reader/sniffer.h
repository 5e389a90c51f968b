/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unprivileged end of the conversation with one pktmon-pcap-agent (pcap-protocol.h). */
#ifndef PKTMON_PCAP_READER_SNIFFER_H
#define PKTMON_PCAP_READER_SNIFFER_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "providers/pcap/pcap-protocol.h"

struct pcap_sniffer {
    int socket;
    pid_t process;
    GByteArray *bytes; /* received, and not yet a whole message */
    bool started;      /* its devices are open */
    bool ended;        /* it has sent everything */
    bool silent;       /* it did not answer in time */
    uint64_t until;    /* monotonic ns; no older packet will come */
};

/* bytes: message->size of them; valid during the call, and may be overwritten, as may the memory of
 * the message before them. */
typedef void pcap_sniffer_receiver(void *context, struct pcap_sniffer *sniffer,
                                   const struct pcap_agent_message *message, uint8_t *bytes);

/* NULL: error. */
struct pcap_sniffer *pcap_sniffer_start(const struct pcap_agent_request *request, GError **error);
/* Passes the messages that have arrived to the receiver, without waiting. False: error, which is
 * the agent's own sentence where it sent one. */
bool pcap_sniffer_receive(struct pcap_sniffer *sniffer, pcap_sniffer_receiver *receiver,
                          void *context, GError **error);
/* Stops the capture; what was captured is still to be received. */
void pcap_sniffer_stop(struct pcap_sniffer *sniffer);
void pcap_sniffer_free(struct pcap_sniffer *sniffer);

#endif
