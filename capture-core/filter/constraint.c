/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constraints of Windows: what they may be, and from words. */
#include "pktmon/constraint.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "constraint-address.h"
#include "constraint-names.h"
#include "pktmon/errors.h"

#define has pktmon_constraint_has

#define MAX_VLAN      4095
#define MAX_DSCP      63
#define MIN_ETHERTYPE 0x600 /* smaller values are a length */

G_GNUC_PRINTF(2, 3) static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error)
        *error = g_error_new_valist(PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, format, arguments);
    va_end(arguments);
    return false;
}

/* --- conditions that no packet can meet --- */

/* Conditions on the IP header, or on what follows it. */
#define CONDITIONS_OF_IP                                                                           \
    (PKTMON_CONDITION_DSCP | PKTMON_CONDITION_TRANSPORT | PKTMON_CONDITION_IP1 |                   \
     PKTMON_CONDITION_PORT1 | PKTMON_CONDITION_TCP_FLAGS | PKTMON_CONDITION_HEARTBEAT)

static bool has_nothing(const struct pktmon_constraint *constraint)
{
    return !has(constraint, CONDITIONS_OF_IP | PKTMON_CONDITION_MAC1 | PKTMON_CONDITION_VLAN |
                                PKTMON_CONDITION_ETHERTYPE);
}

static bool has_bad_name(const struct pktmon_constraint *constraint)
{
    return !memchr(constraint->name, '\0', sizeof(constraint->name)) ||
           constraint->name[0] == '-' || !g_utf8_validate(constraint->name, -1, NULL) ||
           g_utf8_strlen(constraint->name, -1) > PKTMON_MAX_CONSTRAINT_NAME;
}

static bool has_second_alone(const struct pktmon_constraint *constraint)
{
    static const uint32_t firsts =
        PKTMON_CONDITION_MAC1 | PKTMON_CONDITION_IP1 | PKTMON_CONDITION_PORT1;

    return ((constraint->present >> 1) & ~constraint->present & firsts) != 0;
}

static bool has_bad_number(const struct pktmon_constraint *constraint)
{
    return (has(constraint, PKTMON_CONDITION_VLAN) && constraint->vlan > MAX_VLAN) ||
           (has(constraint, PKTMON_CONDITION_DSCP) && constraint->dscp > MAX_DSCP) ||
           (has(constraint, PKTMON_CONDITION_VXLAN_PORT) && constraint->vxlan_port == 0);
}

static bool has_length_as_ethertype(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_ETHERTYPE) && constraint->ethertype < MIN_ETHERTYPE;
}

static bool has_long_prefix(const struct pktmon_constraint *constraint)
{
    return MAX(constraint_prefix_length(constraint, 0), constraint_prefix_length(constraint, 1)) >
           constraint_address_bits(constraint);
}

static bool has_ip_without_ip(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_ETHERTYPE) && has(constraint, CONDITIONS_OF_IP) &&
           constraint->ethertype != ETHERTYPE_IP && constraint->ethertype != ETHERTYPE_IPV6;
}

static bool has_other_version(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_ETHERTYPE) && has(constraint, PKTMON_CONDITION_IP1) &&
           has(constraint, PKTMON_CONDITION_IPV6) != (constraint->ethertype == ETHERTYPE_IPV6);
}

static bool has_other_transport(const struct pktmon_constraint *constraint, uint8_t transport)
{
    return has(constraint, PKTMON_CONDITION_TRANSPORT) && constraint->transport != transport;
}

static bool has_ports_of_nothing(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_PORT1) &&
           has_other_transport(constraint, IPPROTO_TCP) &&
           has_other_transport(constraint, IPPROTO_UDP) &&
           has_other_transport(constraint, IPPROTO_SCTP);
}

static bool has_flags_of_nothing(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_TCP_FLAGS) &&
           has_other_transport(constraint, IPPROTO_TCP);
}

static bool has_heartbeat_over_other(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_HEARTBEAT) &&
           (has_other_transport(constraint, IPPROTO_UDP) ||
            has(constraint, PKTMON_CONDITION_TCP_FLAGS));
}

static bool has_heartbeat_elsewhere(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_HEARTBEAT) && has(constraint, PKTMON_CONDITION_PORT2) &&
           constraint->ports[0] != PKTMON_HEARTBEAT_PORT &&
           constraint->ports[1] != PKTMON_HEARTBEAT_PORT;
}

static const struct {
    bool (*holds)(const struct pktmon_constraint *constraint);
    const char *advice;
} faults[] = {
    {has_bad_name,
     "its name begins with a dash, is not UTF-8 or longer than 63 characters: choose another."},
    {has_second_alone, "a second address or port is given without a first: give it as the first."},
    {has_nothing,
     "it has no condition: give at least one of -m, -v, -d, --dscp, -t, -i, -p and -b."},
    {has_bad_number, "a number is out of range: give a VLAN of at most 4095, a DSCP of at most 63, "
                     "and a VXLAN port of at least 1."},
    {has_length_as_ethertype, "a value of -d below 0x600 is a length: give an Ethertype."},
    {has_long_prefix, "a prefix is longer than its address: give at most 32 for IPv4 and 128 for "
                      "IPv6."},
    {has_ip_without_ip,
     "-t, -i, -p, -b and --dscp apply to IPv4 and IPv6 only: leave these out, or -d."},
    {has_other_version, "its addresses do not belong to the protocol of -d: leave -d out."},
    {has_ports_of_nothing, "only TCP, UDP and SCTP (132) have ports: give one of these with -t, or "
                           "leave -p out."},
    {has_flags_of_nothing, "only TCP has these flags: give TCP with -t."},
    {has_heartbeat_over_other, "heartbeats are UDP datagrams: leave out -t, or -b."},
    {has_heartbeat_elsewhere, "one port of a heartbeat is always 3343: leave out a port, or -b."},
};

/* The error is the second half of a sentence. */
static bool check(const struct pktmon_constraint *constraint, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        if (faults[i].holds(constraint))
            return refuse(error, "%s", faults[i].advice);
    }
    return true;
}

bool pktmon_constraint_check(const struct pktmon_constraint *constraint, GError **error)
{
    GError *cause = NULL;
    bool ok = check(constraint, &cause);

    if (!ok)
        g_propagate_prefixed_error(error, cause, "The filter is not valid: ");
    return ok;
}

/* --- from words to values --- */

/* Decimal, or hexadecimal after 0x. */
static bool parse_number(const char *word, guint64 least, guint64 most, uint16_t *number)
{
    bool is_hexadecimal = g_ascii_strncasecmp(word, "0x", 2) == 0;
    guint64 value;

    if (!g_ascii_string_to_unsigned(is_hexadecimal ? word + 2 : word, is_hexadecimal ? 16 : 10,
                                    least, most, &value, NULL)) {
        return false;
    }
    *number = (uint16_t)value;
    return true;
}

/* Stores the word that is the index-th after its option in the constraint; false: the word is not
 * allowed there. */
typedef bool take_word(struct pktmon_constraint *constraint, guint index, const char *word);

static bool take_mac(struct pktmon_constraint *constraint, guint index, const char *word)
{
    if (strlen(word) != 17 || (word[2] != '-' && word[2] != ':'))
        return false;
    for (guint i = 0; i < 6; i++) {
        const char *byte = word + 3 * i;

        if (!g_ascii_isxdigit(byte[0]) || !g_ascii_isxdigit(byte[1]) ||
            (i < 5 && byte[2] != word[2])) {
            return false;
        }
        constraint->macs[index][i] =
            (uint8_t)(g_ascii_xdigit_value(byte[0]) << 4 | g_ascii_xdigit_value(byte[1]));
    }
    constraint->present |= PKTMON_CONDITION_MAC1 << index;
    return true;
}

static bool take_vlan(struct pktmon_constraint *constraint, guint index, const char *word)
{
    (void)index;
    constraint->present |= PKTMON_CONDITION_VLAN;
    return parse_number(word, 0, MAX_VLAN, &constraint->vlan);
}

static bool take_ethertype(struct pktmon_constraint *constraint, guint index, const char *word)
{
    (void)index;
    constraint->present |= PKTMON_CONDITION_ETHERTYPE;
    return constraint_find_number(constraint_ethertypes, word, &constraint->ethertype) ||
           parse_number(word, MIN_ETHERTYPE, UINT16_MAX, &constraint->ethertype);
}

static bool take_dscp(struct pktmon_constraint *constraint, guint index, const char *word)
{
    uint16_t number = 0;
    bool ok = parse_number(word, 0, MAX_DSCP, &number);

    (void)index;
    constraint->present |= PKTMON_CONDITION_DSCP;
    constraint->dscp = (uint8_t)number;
    return ok;
}

static bool take_tcp_flag(struct pktmon_constraint *constraint, const char *word)
{
    uint16_t flag;

    if (constraint->transport != IPPROTO_TCP ||
        !constraint_find_number(constraint_tcp_flags, word, &flag)) {
        return false;
    }
    constraint->present |= PKTMON_CONDITION_TCP_FLAGS;
    constraint->tcp_flags |= (uint8_t)flag;
    return true;
}

static bool take_transport(struct pktmon_constraint *constraint, guint index, const char *word)
{
    uint16_t number = 0;

    if (index > 0)
        return take_tcp_flag(constraint, word);
    bool ok = constraint_find_number(constraint_transports, word, &number) ||
              parse_number(word, 0, UINT8_MAX, &number);
    constraint->present |= PKTMON_CONDITION_TRANSPORT;
    constraint->transport = (uint8_t)number;
    return ok;
}

static bool take_prefix(struct pktmon_constraint *constraint, guint index, const char *word)
{
    uint16_t number = 0;
    bool ok = parse_number(word, 0, constraint_address_bits(constraint), &number);

    constraint->present |= PKTMON_CONDITION_PREFIX1 << index;
    constraint->prefixes[index] = (uint8_t)number;
    return ok;
}

static bool take_ip(struct pktmon_constraint *constraint, guint index, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, "/", 2);
    bool is_ipv6 = strchr(word, ':') != NULL;

    if (!parts[0] || (index > 0 && is_ipv6 != has(constraint, PKTMON_CONDITION_IPV6)) ||
        inet_pton(is_ipv6 ? AF_INET6 : AF_INET, parts[0], constraint->ips[index]) != 1) {
        return false;
    }
    constraint->present |= PKTMON_CONDITION_IP1 << index | (is_ipv6 ? PKTMON_CONDITION_IPV6 : 0);
    return !parts[1] || take_prefix(constraint, index, parts[1]);
}

static bool take_port(struct pktmon_constraint *constraint, guint index, const char *word)
{
    constraint->present |= PKTMON_CONDITION_PORT1 << index;
    return parse_number(word, 0, UINT16_MAX, &constraint->ports[index]);
}

static bool take_vxlan_port(struct pktmon_constraint *constraint, guint index, const char *word)
{
    (void)index;
    constraint->present |= PKTMON_CONDITION_VXLAN_PORT;
    return parse_number(word, 1, UINT16_MAX, &constraint->vxlan_port);
}

/* --- options --- */

struct option {
    const char *names[5];
    guint least, most; /* words that may follow */
    take_word *take;
    uint32_t present;   /* the condition that the option sets without any word */
    const char *wanted; /* the words that may follow, for the message */
};

#define OPTION_NAMES "-m, -v, -d, --dscp, -t, -i, -p, -b and -e"

/* clang-format off */
static const struct option options[] = {
    {{"-m", "--mac", "--mac-address"}, 1, 2, take_mac, 0,
     "one or two addresses such as 02-00-5E-10-00-01"},
    {{"-v", "--vlan"}, 1, 1, take_vlan, 0,
     "one number from 0 to 4095"},
    {{"-d", "--data-link", "--data-link-protocol", "--ethertype"}, 1, 1, take_ethertype, 0,
     "IPv4, IPv6, ARP or one number from 0x600 to 0xffff"},
    {{"--dscp"}, 1, 1, take_dscp, 0,
     "one number from 0 to 63"},
    {{"-t", "--transport", "--transport-protocol", "--ip-protocol"},
     1, 1 + CONSTRAINT_TCP_FLAGS, take_transport, 0,
     "UDP, ICMP, ICMPv6, one number from 0 to 255, or TCP with any of FIN, SYN, RST, PSH, ACK, "
     "URG, ECE and CWR"},
    {{"-i", "--ip", "--ip-address"}, 1, 2, take_ip, 0,
     "one or two addresses, both of IPv4 or both of IPv6, with or without a prefix such as /24"},
    {{"-p", "--port"}, 1, 2, take_port, 0,
     "one or two numbers from 0 to 65535"},
    {{"-b", "--heartbeat"}, 0, 0, NULL, PKTMON_CONDITION_HEARTBEAT,
     "nothing"},
    {{"-e", "--encap"}, 0, 1, take_vxlan_port, PKTMON_CONDITION_ENCAP,
     "nothing, or the VXLAN port from 1 to 65535"},
};
/* clang-format on */

static const struct option *find_option(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        for (const char *const *name = options[i].names; *name; name++) {
            if (g_ascii_strcasecmp(word, *name) == 0)
                return &options[i];
        }
    }
    return NULL;
}

/* Parses the words up to the next option, and moves *words past them. */
static bool parse_values(struct pktmon_constraint *constraint, const struct option *option,
                         char ***words, GError **error)
{
    guint count = 0;

    for (; **words && ***words != '-'; (*words)++, count++) {
        if (count == option->most || !option->take(constraint, count, **words)) {
            return refuse(error, "\"%s\" is not a value of %s, which takes %s.", **words,
                          option->names[0], option->wanted);
        }
    }
    return count >= option->least ||
           refuse(error, "%s has no value, and takes %s.", option->names[0], option->wanted);
}

static bool parse_option(struct pktmon_constraint *constraint, char ***words, bool *seen,
                         GError **error)
{
    const char *word = *(*words)++;
    const struct option *option = find_option(word);

    if (!option)
        return refuse(error, "\"%s\" is not one of the options, which are " OPTION_NAMES ".", word);
    if (seen[option - options]) {
        return refuse(error, "%s is given twice: use another filter for the second.",
                      option->names[0]);
    }
    seen[option - options] = true;
    constraint->present |= option->present;
    return parse_values(constraint, option, words, error);
}

static bool parse_words(struct pktmon_constraint *constraint, char **words, GError **error)
{
    bool seen[G_N_ELEMENTS(options)] = {false};

    /* A name that was cut to fit is still longer than a name may be, and is refused. */
    if (*words && **words != '-')
        g_strlcpy(constraint->name, *words++, sizeof(constraint->name));
    while (*words) {
        if (!parse_option(constraint, &words, seen, error))
            return false;
    }
    return true;
}

static bool split(const char *text, char ***words, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!g_utf8_validate(text, -1, NULL))
        return refuse(error, "it is not valid UTF-8: correct it.");
    if (g_shell_parse_argv(text, NULL, words, &cause))
        return true;
    if (g_error_matches(cause, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)) {
        *words = g_new0(char *, 1);
        return true;
    }
    return refuse(error, "a quote is not closed, or a backslash has nothing after it: correct it.");
}

bool pktmon_constraint_parse(struct pktmon_constraint *constraint, const char *text, GError **error)
{
    g_auto(GStrv) words = NULL;
    GError *cause = NULL;

    memset(constraint, 0, sizeof(*constraint));
    if (split(text, &words, &cause) && parse_words(constraint, words, &cause) &&
        check(constraint, &cause)) {
        return true;
    }
    g_autofree char *shown = g_utf8_make_valid(text, -1);
    g_propagate_prefixed_error(error, cause, "The filter \"%s\" is not valid: ", shown);
    return false;
}
