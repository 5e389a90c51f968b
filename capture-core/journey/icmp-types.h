/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of ICMP and ICMPv6, and the one table of what is peculiar to each. */
#ifndef PKTMON_JOURNEY_ICMP_TYPES_H
#define PKTMON_JOURNEY_ICMP_TYPES_H

#include <stdint.h>

enum journey_icmp_kind {
    JOURNEY_ICMP_OTHER,
    JOURNEY_ICMP_QUERY, /* with an identifier; the answer has the same */
    JOURNEY_ICMP_ERROR, /* it quotes the packet that it is about */
};

struct journey_icmp_type {
    uint8_t version; /* of IP: 4 or 6 */
    uint8_t type;
    int16_t code; /* -1: all others */
    enum journey_icmp_kind kind;
    const char *name;
};

/* Never NULL: a type that is not in the table is OTHER, and its name is NULL. */
const struct journey_icmp_type *journey_icmp_type(uint8_t version, uint8_t type, int code);

#endif
