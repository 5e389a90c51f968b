/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of a packet's bytes: what tells one shape of a packet on its journey from another, as
 * before and after address translation. Forms are told by the innermost addresses, protocol and
 * ports, through VLAN and MPLS tags, VXLAN, Geneve, GRE, IP in IP, and IPv6's extension headers.
 * What is encrypted, and tunnels that are not among these, are forms of their own.
 *
 * Any bytes may be asked about. No offset is ever greater than caplen.
 */
#ifndef PKTMON_JOURNEY_FORM_H
#define PKTMON_JOURNEY_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "pktmon/event.h"

enum journey_form_kind {
    JOURNEY_FORM_OTHER,    /* without addresses of IP (ARP, LLDP): all of them are one form */
    JOURNEY_FORM_TUPLE,    /* addresses, protocol, and ports where the protocol has some */
    JOURNEY_FORM_ERROR,    /* of ICMP: its own addresses, its type, and the quoted tuple */
    JOURNEY_FORM_DATAGRAM, /* a later fragment: addresses, protocol, identification */
};

struct journey_tuple {
    uint8_t addresses[2][16]; /* of IPv4 the first four bytes of each; the rest is 0 */
    uint16_t ports[2];        /* host order; of ICMP's queries twice the identifier; 0: none */
    uint8_t version;          /* of IP: 4 or 6; 0: no tuple */
    uint8_t protocol;         /* IP's number of it, behind extension headers */
};

/*
 * Equal for the same form, byte for byte (memcmp, salted_bytes). Tuples are canonical: the lesser
 * endpoint is the first, so that both directions of a conversation have the same key. A datagram's
 * has the source first, because each host counts identifications for itself.
 */
struct journey_form_key {
    struct journey_tuple tuple;
    struct journey_tuple quoted; /* of an ERROR */
    uint32_t identification;     /* of a DATAGRAM */
    uint8_t kind;                /* enum journey_form_kind */
    uint8_t type;                /* of an ICMP message that is no query */
    uint16_t zero;
};

#define JOURNEY_FORM_MAX_DATAGRAMS 2

struct journey_form {
    struct journey_form_key key;
    bool backward;        /* from the second endpoint of key.tuple to the first */
    bool quoted_backward; /* the same of the quoted packet */
    /* The bytes at hand end before all that the key is made of: more of the same packet may have
     * another key. The form of the same copy's observation before is the better guess. */
    bool cut;

    /* Datagrams of which this is the first fragment, from the outermost to the innermost. Later
     * fragments have one of these as their key, and belong to this form. */
    struct journey_form_key datagrams[JOURNEY_FORM_MAX_DATAGRAMS];
    uint8_t datagram_count;

    uint8_t encapsulations; /* tunnels around the innermost packet */
    uint8_t tags;           /* of VLAN and MPLS, in all link headers */

    /* Of the innermost packet; offsets in the bytes. */
    bool has_link;            /* it has a link header, which begins at link */
    uint32_t link;            /* otherwise the same as network */
    uint32_t network;         /* its network header, of whatever protocol */
    uint16_t ethertype;       /* of its network header; 0: not known */
    uint32_t transport;       /* what IP carries, behind extension headers; 0: no IP */
    uint32_t payload;         /* what its transport carries, where that is known; else transport */
    uint32_t length;          /* of the IP packet, from network on, as it says; 0: it does not */
    uint32_t fragment_offset; /* of a later fragment, bytes */
};

/* Reads link_type, data, caplen and origlen of the packet. vxlan_port: one more UDP port of VXLAN
 * besides 4789 and 8472; 0: none. */
void journey_form_read(struct journey_form *form, const struct pktmon_packet *packet,
                       uint16_t vxlan_port);

bool journey_form_key_equal(const struct journey_form_key *left,
                            const struct journey_form_key *right);

/* The key of the conversation that a packet with this key belongs to: for an ICMP error, that of
 * the packet that it quotes. False: none, or not known from a later fragment alone. */
bool journey_form_conversation(const struct journey_form_key *key,
                               struct journey_form_key *conversation);

/* Whether what one form became another by is address translation, as far as the two can tell: they
 * have the same protocol, and an address or the length of what IP carries in common. */
bool journey_form_is_translation(const struct journey_form *before,
                                 const struct journey_form *after);

#endif
