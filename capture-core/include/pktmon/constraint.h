/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter of Windows' Packet Monitor: conditions that a packet has to meet all together, in the
 * syntax of `pktmon filter add`, as a structure, or as pcap-filter(7) text for libpcap.
 * docs/filters.md explains the conditions.
 */
#ifndef PKTMON_CONSTRAINT_H
#define PKTMON_CONSTRAINT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "public.h"

/* Which fields of a constraint are set; the bits of Windows' PACKETMONITOR_PROTOCOL_CONSTRAINT. */
enum pktmon_condition {
    PKTMON_CONDITION_MAC1 = 1 << 0,
    PKTMON_CONDITION_MAC2 = 1 << 1,
    PKTMON_CONDITION_VLAN = 1 << 2,
    PKTMON_CONDITION_ETHERTYPE = 1 << 3,
    PKTMON_CONDITION_DSCP = 1 << 4,
    PKTMON_CONDITION_TRANSPORT = 1 << 5,
    PKTMON_CONDITION_IP1 = 1 << 6,
    PKTMON_CONDITION_IP2 = 1 << 7,
    PKTMON_CONDITION_IPV6 = 1 << 8, /* the addresses are of IPv6 */
    PKTMON_CONDITION_PREFIX1 = 1 << 9,
    PKTMON_CONDITION_PREFIX2 = 1 << 10,
    PKTMON_CONDITION_PORT1 = 1 << 11,
    PKTMON_CONDITION_PORT2 = 1 << 12,
    PKTMON_CONDITION_TCP_FLAGS = 1 << 13,
    PKTMON_CONDITION_ENCAP = 1 << 14, /* also matches packets inside tunnels */
    PKTMON_CONDITION_VXLAN_PORT = 1 << 15,
    PKTMON_CONDITION_HEARTBEAT = 1 << 16, /* of a cluster: UDP port 3343 */
};

#define PKTMON_MAX_FILTERS         32 /* for each session: constraints and expressions together */
#define PKTMON_MAX_CONSTRAINT_NAME 63 /* characters */
#define PKTMON_HEARTBEAT_PORT      3343

/* Source and destination are treated alike. Of two values of one kind, one is the packet's source
 * and the other its destination. Owns nothing. */
struct pktmon_constraint {
    char name[PKTMON_MAX_CONSTRAINT_NAME * 4 + 1]; /* UTF-8; empty: none */
    uint32_t present;                              /* of enum pktmon_condition */
    uint8_t macs[2][6];
    uint16_t vlan;       /* 0 to 4095 */
    uint16_t ethertype;  /* at least 0x600 */
    uint8_t dscp;        /* 0 to 63 */
    uint8_t transport;   /* the number of a protocol over IP */
    uint8_t ips[2][16];  /* in network order; an IPv4 address is in the first four bytes */
    uint8_t prefixes[2]; /* bits of the address that count; not set: all */
    uint16_t ports[2];
    uint8_t
        tcp_flags; /* as in the header; the packet has to have all of these, and may have others */
    uint16_t vxlan_port; /* not set: 4789 */
};

/* Whether any of these conditions is set. */
static inline bool pktmon_constraint_has(const struct pktmon_constraint *constraint,
                                         uint32_t conditions)
{
    return (constraint->present & conditions) != 0;
}

/*
 * Parses the arguments of `pktmon filter add`: a name, if the first word has no dash, and options.
 * Quotes are as in a shell. False: error, and the constraint must not be used.
 */
PKTMON_PUBLIC bool pktmon_constraint_parse(struct pktmon_constraint *constraint, const char *text,
                                           GError **error);

/* Whether any packet can match. Call it if the fields were not filled by pktmon_constraint_parse();
 * the functions below rely on it. */
PKTMON_PUBLIC bool pktmon_constraint_check(const struct pktmon_constraint *constraint,
                                           GError **error);

/* The name and the options in a fixed order and spelling, which can be parsed again; the caller
 * frees it. */
PKTMON_PUBLIC char *pktmon_constraint_text(const struct pktmon_constraint *constraint);

/*
 * The constraint as pcap-filter(7) text for Ethernet frames, with up to two VLAN tags; the caller
 * frees it. It does not apply inside tunnels. In a longer expression, it moves the offsets of all
 * text after it (as "vlan" does): use filter_expression_new_any() to combine several.
 */
PKTMON_PUBLIC char *pktmon_constraint_ethernet(const struct pktmon_constraint *constraint);

/* The same for packets that begin with their IP header. NULL: none of these matches, because there
 * is a condition on the link header. */
PKTMON_PUBLIC char *pktmon_constraint_ip(const struct pktmon_constraint *constraint);

/* Checks an expression of pcap-filter(7). NULL: it is valid. Otherwise libpcap's message, which the
 * caller frees. */
PKTMON_PUBLIC char *pktmon_filter_check(const char *expression);

#endif
