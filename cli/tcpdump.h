/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text of packets by a tcpdump process (decoder.h) that reads them from a pipe. Lines are
 * attributed to packets by timestamps that are set here and contain a secret, so that content of a
 * packet cannot imitate them.
 */
#ifndef PKTMON_CLI_TCPDUMP_H
#define PKTMON_CLI_TCPDUMP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "packet-text.h"

struct cli_tcpdump_packet {
    const uint8_t *data;
    uint32_t size; /* bytes at data */
    uint32_t original;
    GString *text; /* out: lines, without the last newline; NULL: tcpdump ended on this packet */
};

struct cli_tcpdump;

/* For packets of one link type. options is borrowed. */
struct cli_tcpdump *cli_tcpdump_new(uint16_t link_type,
                                    const struct cli_packet_text_options *options);
void cli_tcpdump_free(struct cli_tcpdump *tcpdump);

/* Fills the texts, which the caller frees. If tcpdump ends, it is restarted, and only the packet
 * that ended it has no text; after too many restarts no packet has one. */
void cli_tcpdump_decode(struct cli_tcpdump *tcpdump, struct cli_tcpdump_packet *packets,
                        size_t count);

/* Whether tcpdump is installed; if not, no other function here may be called. */
bool cli_tcpdump_is_installed(void);
/* Why packets have no text. */
enum cli_tcpdump_failure {
    CLI_TCPDUMP_ENDED,      /* it crashed on a packet, or hung */
    CLI_TCPDUMP_FORBIDDEN,  /* it made a call that decoder.h forbids */
    CLI_TCPDUMP_UNCONFINED, /* not run: it cannot be confined on this system */
    CLI_TCPDUMP_NO_PROGRAM, /* it does not run in its confinement */
};
enum cli_tcpdump_failure cli_tcpdump_get_failure(const struct cli_tcpdump *tcpdump);

#endif
