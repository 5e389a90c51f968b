/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packet Monitor's filters as pcap-filter(7) text. */
#include <net/ethernet.h>
#include <netinet/in.h>

#include "pktmon/constraint.h"

#include "filter/constraint-address.h"

#define has pktmon_constraint_has

/* --- texts of single conditions: a GPtrArray of them, all of which hold --- */

G_GNUC_PRINTF(2, 3) static void add(GPtrArray *conditions, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_ptr_array_add(conditions, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

/* "and" and "or" have the same precedence in pcap-filter(7): every text that contains one is in
 * parentheses. */
static char *join(GPtrArray *conditions)
{
    g_ptr_array_add(conditions, NULL);
    return g_strjoinv(" and ", (char **)conditions->pdata);
}

/* protocol: a word of pcap-filter(7) and a space, or nothing. A single value is the source or the
 * destination of the packet; of two, one is the source and the other the destination. */
static void add_ends(GPtrArray *conditions, const char *protocol, const char *first,
                     const char *second)
{
    if (second) {
        add(conditions, "((%ssrc %s and %sdst %s) or (%ssrc %s and %sdst %s))", protocol, first,
            protocol, second, protocol, second, protocol, first);
    } else {
        add(conditions, "(%ssrc %s or %sdst %s)", protocol, first, protocol, first);
    }
}

static char *mac_text(const struct pktmon_constraint *constraint, guint index)
{
    const uint8_t *mac = constraint->macs[index];

    return g_strdup_printf("host %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                           mac[4], mac[5]);
}

static char *ip_text(const struct pktmon_constraint *constraint, guint index)
{
    g_autofree char *address = constraint_address(constraint, index);

    return g_strdup_printf(
        "%s %s", has(constraint, PKTMON_CONDITION_PREFIX1 << index) ? "net" : "host", address);
}

static char *port_text(const struct pktmon_constraint *constraint, guint index)
{
    return g_strdup_printf("port %u", constraint->ports[index]);
}

/* first: the condition that says that the first value is present; the next bit says so of the
 * second. */
static void add_pair(GPtrArray *conditions, const struct pktmon_constraint *constraint,
                     uint32_t first, const char *protocol,
                     char *value_text(const struct pktmon_constraint *constraint, guint index))
{
    if (has(constraint, first)) {
        g_autofree char *one = value_text(constraint, 0);
        g_autofree char *other = has(constraint, first << 1) ? value_text(constraint, 1) : NULL;

        add_ends(conditions, protocol, one, other);
    }
}

/* --- conditions whose place differs between the versions of IP --- */

enum version {
    VERSION_BOTH,
    VERSION_4,
    VERSION_6,
};

/* The version that the other conditions demand. */
static enum version version_of(const struct pktmon_constraint *constraint)
{
    if (has(constraint, PKTMON_CONDITION_IP1))
        return has(constraint, PKTMON_CONDITION_IPV6) ? VERSION_6 : VERSION_4;
    if (has(constraint, PKTMON_CONDITION_ETHERTYPE))
        return constraint->ethertype == ETHERTYPE_IPV6 ? VERSION_6 : VERSION_4;
    return VERSION_BOTH;
}

static void add_of_version(GPtrArray *conditions, enum version version, const char *ipv4,
                           const char *ipv6)
{
    switch (version) {
    case VERSION_BOTH:
        add(conditions, "(%s or %s)", ipv4, ipv6);
        break;
    case VERSION_4:
        add(conditions, "%s", ipv4);
        break;
    case VERSION_6:
        add(conditions, "%s", ipv6);
        break;
    }
}

static void add_dscp(GPtrArray *conditions, const struct pktmon_constraint *constraint,
                     enum version version)
{
    g_autofree char *ipv4 = g_strdup_printf("(ip[1] & 0xfc = %u)", constraint->dscp << 2);
    g_autofree char *ipv6 = g_strdup_printf("(ip6[0:2] & 0xfc0 = %u)", constraint->dscp << 6);

    if (has(constraint, PKTMON_CONDITION_DSCP))
        add_of_version(conditions, version, ipv4, ipv6);
}

static void add_transport(GPtrArray *conditions, uint8_t transport, enum version version)
{
    g_autofree char *ipv4 = g_strdup_printf("ip proto %u", transport);
    g_autofree char *ipv6 = g_strdup_printf("ip6 proto %u", transport);

    add_of_version(conditions, version, ipv4, ipv6);
}

/* libpcap knows "tcp[13]" for IPv4 only. */
static void add_tcp_flags(GPtrArray *conditions, const struct pktmon_constraint *constraint,
                          enum version version)
{
    uint8_t flags = constraint->tcp_flags;
    g_autofree char *ipv4 = g_strdup_printf("(tcp[13] & %u = %u)", flags, flags);
    g_autofree char *ipv6 = g_strdup_printf("(ip6[6] = 6 and ip6[53] & %u = %u)", flags, flags);

    if (has(constraint, PKTMON_CONDITION_TCP_FLAGS))
        add_of_version(conditions, version, ipv4, ipv6);
}

/* The transport protocol, as a word before "port"; without one, libpcap tries all protocols that
 * have ports. */
static const char *port_protocol(const struct pktmon_constraint *constraint)
{
    if (!has(constraint, PKTMON_CONDITION_TRANSPORT))
        return "";
    return constraint->transport == IPPROTO_TCP   ? "tcp "
           : constraint->transport == IPPROTO_UDP ? "udp "
                                                  : "sctp ";
}

static bool is_of_ip(const struct pktmon_constraint *constraint)
{
    return !has(constraint, PKTMON_CONDITION_ETHERTYPE) || constraint->ethertype == ETHERTYPE_IP ||
           constraint->ethertype == ETHERTYPE_IPV6;
}

/* The conditions on what follows the link header and its tags. NULL: there are none. */
static char *network_text(const struct pktmon_constraint *constraint)
{
    g_autoptr(GPtrArray) conditions = g_ptr_array_new_with_free_func(g_free);
    enum version version = version_of(constraint);

    if (!is_of_ip(constraint))
        return g_strdup_printf("ether proto 0x%04x", constraint->ethertype);
    if (version != VERSION_BOTH)
        add_of_version(conditions, version, "ip", "ip6");
    add_dscp(conditions, constraint, version);
    if (has(constraint, PKTMON_CONDITION_TRANSPORT))
        add_transport(conditions, constraint->transport, version);
    add_pair(conditions, constraint, PKTMON_CONDITION_IP1, version == VERSION_6 ? "ip6 " : "ip ",
             ip_text);
    add_pair(conditions, constraint, PKTMON_CONDITION_PORT1, port_protocol(constraint), port_text);
    add_tcp_flags(conditions, constraint, version);
    if (has(constraint, PKTMON_CONDITION_HEARTBEAT))
        add(conditions, "udp port %u", PKTMON_HEARTBEAT_PORT);
    return conditions->len > 0 ? join(conditions) : NULL;
}

/* --- the link header --- */

/*
 * "vlan" moves the offsets of everything after it, in the order of the text, whatever the
 * parentheses say. So the untagged alternative comes first, and the one behind two tags last.
 */
static void add_network(GPtrArray *conditions, const char *network)
{
    add(conditions, "(%s or (vlan and (%s or (vlan and %s))))", network, network, network);
}

/* "ether[]" does not move: the tags are always in these places. */
#define OUTER_TAG "ether[14:2] & 0xfff = %u"
#define INNER_TAG "ether[18:2] & 0xfff = %u"

/* The number may be that of either tag. */
static void add_vlan(GPtrArray *conditions, uint16_t vlan, const char *network)
{
    if (network) {
        add(conditions,
            "vlan and ((" OUTER_TAG " and %s) or (vlan and (" OUTER_TAG " or " INNER_TAG
            ") and %s))",
            vlan, network, vlan, vlan, network);
    } else {
        add(conditions, "vlan and (" OUTER_TAG " or (vlan and " INNER_TAG "))", vlan, vlan);
    }
}

char *pktmon_constraint_ethernet(const struct pktmon_constraint *constraint)
{
    g_autoptr(GPtrArray) conditions = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = network_text(constraint);
    g_autofree char *network = text ? g_strdup_printf("(%s)", text) : NULL;

    add_pair(conditions, constraint, PKTMON_CONDITION_MAC1, "ether ", mac_text);
    if (has(constraint, PKTMON_CONDITION_VLAN))
        add_vlan(conditions, constraint->vlan, network);
    else if (network)
        add_network(conditions, network);
    return join(conditions);
}

char *pktmon_constraint_ip(const struct pktmon_constraint *constraint)
{
    if (has(constraint, PKTMON_CONDITION_MAC1 | PKTMON_CONDITION_VLAN) || !is_of_ip(constraint))
        return NULL;
    return network_text(constraint);
}
