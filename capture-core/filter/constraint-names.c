/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "constraint-names.h"

#include <glib.h>
#include <net/ethernet.h>
#include <netinet/in.h>

const struct constraint_name constraint_ethertypes[] = {
    {"IPv4", ETHERTYPE_IP},
    {"IPv6", ETHERTYPE_IPV6},
    {"ARP", ETHERTYPE_ARP},
    {NULL},
};

const struct constraint_name constraint_transports[] = {
    {"TCP", IPPROTO_TCP},
    {"UDP", IPPROTO_UDP},
    {"ICMP", IPPROTO_ICMP},
    {"ICMPv6", IPPROTO_ICMPV6},
    {NULL},
};

const struct constraint_name constraint_tcp_flags[CONSTRAINT_TCP_FLAGS + 1] = {
    {"FIN", 1 << 0}, {"SYN", 1 << 1}, {"RST", 1 << 2}, {"PSH", 1 << 3}, {"ACK", 1 << 4},
    {"URG", 1 << 5}, {"ECE", 1 << 6}, {"CWR", 1 << 7}, {NULL},
};

bool constraint_find_number(const struct constraint_name *names, const char *word, uint16_t *number)
{
    for (; names->name; names++) {
        if (g_ascii_strcasecmp(word, names->name) == 0) {
            *number = names->number;
            return true;
        }
    }
    return false;
}

const char *constraint_find_name(const struct constraint_name *names, uint16_t number)
{
    while (names->name && names->number != number)
        names++;
    return names->name;
}
