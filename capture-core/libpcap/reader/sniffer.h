/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unprivileged end of the conversation with one pktmon-pcap-agent (pcap_protocol.h). */
#ifndef PKTMON_PCAP_SNIFFER_H
#define PKTMON_PCAP_SNIFFER_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "../pcap_protocol.h"

struct sniffer {
    int socket;
    pid_t process;
    GByteArray *bytes; /* received, and not yet a whole message */
    bool started;      /* its devices are open */
    bool ended;        /* it has said everything */
    bool silent;       /* it did not answer in time */
    uint64_t until;    /* monotonic ns; no older packet will come */
};

/* bytes: message->size of them; valid during the call, and may be written to, as may be the
 * structure before them. */
typedef void sniffer_listener(void *context, struct sniffer *sniffer,
                              const struct pcap_agent_message *message, uint8_t *bytes);

/* NULL: error. */
struct sniffer *sniffer_start(const struct pcap_agent_request *request, GError **error);
/* Hands what has come, without waiting, to the listener. False: error, which is the agent's own
 * sentence where it had one to say. */
bool sniffer_receive(struct sniffer *sniffer, sniffer_listener *listener, void *context,
                     GError **error);
/* Nothing more is captured; what was is still to be received. */
void sniffer_stop(struct sniffer *sniffer);
void sniffer_free(struct sniffer *sniffer);

#endif
