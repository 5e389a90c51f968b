/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line about a packet, without its end: "10.0.0.1:80 > 10.0.0.2:5000 TCP [SYN] len 0". Only
 * printable ASCII, whatever the packet holds.
 */
#ifndef PKTMON_JOURNEY_FORM_TEXT_H
#define PKTMON_JOURNEY_FORM_TEXT_H

#include <glib.h>
#include <netinet/in.h>

#include "form.h"

/* Appends what the innermost packet says. form: that of journey_form_read() of the same packet. */
void journey_append_summary(GString *text, const struct pktmon_packet *packet,
                            const struct journey_form *form);

/* Appends the same without what only the bytes have, where there are none: in a continuation.
 * backward, quoted_backward: as in the form that the key is of. */
void journey_append_key(GString *text, const struct journey_form_key *key, bool backward,
                        bool quoted_backward);

/* The parts of it. which: of the tuple's addresses, 0 or 1. */
void journey_write_address(char text[INET6_ADDRSTRLEN], const struct journey_tuple *tuple,
                           int which);
bool journey_has_ports(const struct journey_tuple *tuple);
/* "TCP", "ARP"; NULL: it has no name. */
const char *journey_protocol_name(const struct journey_form *form);

#endif
