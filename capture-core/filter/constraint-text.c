/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constraints of Windows as text, and their addresses. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "constraint-address.h"
#include "constraint-names.h"
#include "pktmon/constraint.h"

#define has pktmon_constraint_has

/* Quotes the name if a shell would not take it for one word. */
static void append_name(GString *text, const char *name)
{
    static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-";
    g_autofree char *quoted = name[strspn(name, plain)] ? g_shell_quote(name) : g_strdup(name);

    g_string_append(text, quoted);
}

static void append_macs(GString *text, const struct pktmon_constraint *constraint)
{
    for (guint i = 0; i < 2 && has(constraint, PKTMON_CONDITION_MAC1 << i); i++) {
        const uint8_t *mac = constraint->macs[i];

        g_string_append_printf(text, "%s %02X-%02X-%02X-%02X-%02X-%02X", i == 0 ? " -m" : "",
                               mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    }
}

static void append_ethertype(GString *text, const struct pktmon_constraint *constraint)
{
    const char *name = constraint_find_name(constraint_ethertypes, constraint->ethertype);

    if (name)
        g_string_append_printf(text, " -d %s", name);
    else
        g_string_append_printf(text, " -d 0x%04x", constraint->ethertype);
}

static void append_transport(GString *text, const struct pktmon_constraint *constraint)
{
    /* Flags alone imply TCP. */
    uint16_t number =
        has(constraint, PKTMON_CONDITION_TRANSPORT) ? constraint->transport : IPPROTO_TCP;
    const char *name = constraint_find_name(constraint_transports, number);

    if (name)
        g_string_append_printf(text, " -t %s", name);
    else
        g_string_append_printf(text, " -t %u", number);
    if (!has(constraint, PKTMON_CONDITION_TCP_FLAGS))
        return;
    for (const struct constraint_name *flag = constraint_tcp_flags; flag->name; flag++) {
        if (constraint->tcp_flags & flag->number)
            g_string_append_printf(text, " %s", flag->name);
    }
}

static void append_ips(GString *text, const struct pktmon_constraint *constraint)
{
    for (guint i = 0; i < 2 && has(constraint, PKTMON_CONDITION_IP1 << i); i++) {
        g_autofree char *address = constraint_address(constraint, i);

        g_string_append_printf(text, "%s %s", i == 0 ? " -i" : "", address);
    }
}

static void append_ports(GString *text, const struct pktmon_constraint *constraint)
{
    for (guint i = 0; i < 2 && has(constraint, PKTMON_CONDITION_PORT1 << i); i++)
        g_string_append_printf(text, "%s %u", i == 0 ? " -p" : "", constraint->ports[i]);
}

static void append_encap(GString *text, const struct pktmon_constraint *constraint)
{
    g_string_append(text, " -e");
    if (has(constraint, PKTMON_CONDITION_VXLAN_PORT))
        g_string_append_printf(text, " %u", constraint->vxlan_port);
}

static void append_vlan(GString *text, const struct pktmon_constraint *constraint)
{
    g_string_append_printf(text, " -v %u", constraint->vlan);
}

static void append_dscp(GString *text, const struct pktmon_constraint *constraint)
{
    g_string_append_printf(text, " --dscp %u", constraint->dscp);
}

static void append_heartbeat(GString *text, const struct pktmon_constraint *constraint)
{
    (void)constraint;
    g_string_append(text, " -b");
}

/* In the order of Windows' own help. */
static const struct {
    uint32_t conditions;
    void (*append)(GString *text, const struct pktmon_constraint *constraint);
} writers[] = {
    {PKTMON_CONDITION_MAC1, append_macs},
    {PKTMON_CONDITION_VLAN, append_vlan},
    {PKTMON_CONDITION_ETHERTYPE, append_ethertype},
    {PKTMON_CONDITION_DSCP, append_dscp},
    {PKTMON_CONDITION_TRANSPORT | PKTMON_CONDITION_TCP_FLAGS, append_transport},
    {PKTMON_CONDITION_IP1, append_ips},
    {PKTMON_CONDITION_PORT1, append_ports},
    {PKTMON_CONDITION_HEARTBEAT, append_heartbeat},
    {PKTMON_CONDITION_ENCAP, append_encap},
};

char *pktmon_constraint_text(const struct pktmon_constraint *constraint)
{
    GString *text = g_string_new(NULL);

    append_name(text, constraint->name);
    for (gsize i = 0; i < G_N_ELEMENTS(writers); i++) {
        if (has(constraint, writers[i].conditions))
            writers[i].append(text, constraint);
    }
    if (text->str[0] == ' ') { /* no name */
        g_string_erase(text, 0, 1);
    }
    return g_string_free(text, FALSE);
}

unsigned constraint_address_bits(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_IPV6) ? 128 : 32;
}

unsigned constraint_prefix_length(const struct pktmon_constraint *constraint, guint index)
{
    if (!has(constraint, PKTMON_CONDITION_IP1 << index))
        return 0;
    return has(constraint, PKTMON_CONDITION_PREFIX1 << index) ? constraint->prefixes[index]
                                                              : constraint_address_bits(constraint);
}

char *constraint_address(const struct pktmon_constraint *constraint, guint index)
{
    unsigned bits = constraint_prefix_length(constraint, index);
    char address[INET6_ADDRSTRLEN];
    uint8_t network[16] = {0};

    for (unsigned bit = 0; bit < bits; bit += 8) {
        unsigned rest = MIN(bits - bit, 8);

        network[bit / 8] = constraint->ips[index][bit / 8] & (uint8_t)(0xff00 >> rest);
    }
    inet_ntop(has(constraint, PKTMON_CONDITION_IPV6) ? AF_INET6 : AF_INET, network, address,
              sizeof(address));
    return has(constraint, PKTMON_CONDITION_PREFIX1 << index)
               ? g_strdup_printf("%s/%u", address, bits)
               : g_strdup(address);
}
