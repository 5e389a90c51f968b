/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "constraint.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "provider.h"

#define has pktmon_constraint_has

#define MAX_VLAN      4095
#define MAX_DSCP      63
#define MIN_ETHERTYPE 0x600 /* what is less is a length */

/* --- names of numbers --- */

struct named_number {
    const char *name;
    uint16_t number;
};

static const struct named_number ethertypes[] = {
    {"IPv4", ETHERTYPE_IP},
    {"IPv6", ETHERTYPE_IPV6},
    {"ARP", ETHERTYPE_ARP},
};

static const struct named_number transports[] = {
    {"TCP", IPPROTO_TCP},
    {"UDP", IPPROTO_UDP},
    {"ICMP", IPPROTO_ICMP},
    {"ICMPv6", IPPROTO_ICMPV6},
};

static const struct named_number tcp_flags[] = {
    {"FIN", 1 << 0}, {"SYN", 1 << 1}, {"RST", 1 << 2}, {"PSH", 1 << 3},
    {"ACK", 1 << 4}, {"URG", 1 << 5}, {"ECE", 1 << 6}, {"CWR", 1 << 7},
};

static unsigned address_bits(const struct pktmon_constraint *constraint)
{
    return has(constraint, PKTMON_CONDITION_IPV6) ? 128 : 32;
}

G_GNUC_PRINTF(2, 3) static bool refuse(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (error) {
        *error = g_error_new_valist(PKTMON_ERROR, PKTMON_ERROR_ARGUMENT, format, arguments);
    }
    va_end(arguments);
    return false;
}

/* 0 where there is no address. */
static unsigned prefix_length(const struct pktmon_constraint *constraint, guint index)
{
    if (!has(constraint, PKTMON_CONDITION_IP1 << index)) {
        return 0;
    }
    return has(constraint, PKTMON_CONDITION_PREFIX1 << index) ? constraint->prefixes[index]
                                                              : address_bits(constraint);
}

/* --- what no packet can meet --- */

/* What looks at the IP header, or behind it. */
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
    return MAX(prefix_length(constraint, 0), prefix_length(constraint, 1)) >
           address_bits(constraint);
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
    {has_second_alone, "the second address or port of a kind is there without the first: give it "
                       "as the first."},
    {has_nothing,
     "it has no condition: give at least one of -m, -v, -d, --dscp, -t, -i, -p and -b."},
    {has_bad_number, "a number is out of range: give a VLAN of at most 4095, a DSCP of at most 63, "
                     "and a VXLAN port of at least 1."},
    {has_length_as_ethertype, "-d with less than 0x600 is a length: give an Ethertype."},
    {has_long_prefix, "a prefix is longer than its address: give at most 32 for IPv4 and 128 for "
                      "IPv6."},
    {has_ip_without_ip, "only IPv4 and IPv6 have what -t, -i, -p, -b and --dscp look at: leave "
                        "these out, or -d."},
    {has_other_version, "its addresses are of another protocol than -d: leave -d out."},
    {has_ports_of_nothing, "only TCP, UDP and SCTP (132) have ports: give one of these with -t, or "
                           "leave -p out."},
    {has_flags_of_nothing, "only TCP has these flags: give TCP with -t."},
    {has_heartbeat_over_other, "heartbeats are UDP datagrams: leave out -t, or -b."},
    {has_heartbeat_elsewhere, "one port of a heartbeat is 3343: leave out a port, or -b."},
};

/* As the second half of a sentence. */
static bool check(const struct pktmon_constraint *constraint, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(faults); i++) {
        if (faults[i].holds(constraint)) {
            return refuse(error, "%s", faults[i].advice);
        }
    }
    return true;
}

bool pktmon_constraint_check(const struct pktmon_constraint *constraint, GError **error)
{
    GError *cause = NULL;
    bool good = check(constraint, &cause);

    if (!good) {
        g_propagate_prefixed_error(error, cause, "The filter is not valid: ");
    }
    return good;
}

/* --- words into values --- */

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

static bool find_name(const struct named_number *names, size_t count, const char *word,
                      uint16_t *number)
{
    for (size_t i = 0; i < count; i++) {
        if (g_ascii_strcasecmp(word, names[i].name) == 0) {
            *number = names[i].number;
            return true;
        }
    }
    return false;
}

/* Puts the word that is the index-th one after its option into the constraint; false: it is none
 * that may be there. */
typedef bool take_word(struct pktmon_constraint *constraint, guint index, const char *word);

static bool take_mac(struct pktmon_constraint *constraint, guint index, const char *word)
{
    if (strlen(word) != 17 || (word[2] != '-' && word[2] != ':')) {
        return false;
    }
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
    return find_name(ethertypes, G_N_ELEMENTS(ethertypes), word, &constraint->ethertype) ||
           parse_number(word, MIN_ETHERTYPE, UINT16_MAX, &constraint->ethertype);
}

static bool take_dscp(struct pktmon_constraint *constraint, guint index, const char *word)
{
    uint16_t number = 0;
    bool good = parse_number(word, 0, MAX_DSCP, &number);

    (void)index;
    constraint->present |= PKTMON_CONDITION_DSCP;
    constraint->dscp = (uint8_t)number;
    return good;
}

static bool take_tcp_flag(struct pktmon_constraint *constraint, const char *word)
{
    uint16_t flag;

    if (constraint->transport != IPPROTO_TCP ||
        !find_name(tcp_flags, G_N_ELEMENTS(tcp_flags), word, &flag)) {
        return false;
    }
    constraint->present |= PKTMON_CONDITION_TCP_FLAGS;
    constraint->tcp_flags |= (uint8_t)flag;
    return true;
}

static bool take_transport(struct pktmon_constraint *constraint, guint index, const char *word)
{
    uint16_t number = 0;

    if (index > 0) {
        return take_tcp_flag(constraint, word);
    }
    bool good = find_name(transports, G_N_ELEMENTS(transports), word, &number) ||
                parse_number(word, 0, UINT8_MAX, &number);
    constraint->present |= PKTMON_CONDITION_TRANSPORT;
    constraint->transport = (uint8_t)number;
    return good;
}

static bool take_prefix(struct pktmon_constraint *constraint, guint index, const char *word)
{
    uint16_t number = 0;
    bool good = parse_number(word, 0, address_bits(constraint), &number);

    constraint->present |= PKTMON_CONDITION_PREFIX1 << index;
    constraint->prefixes[index] = (uint8_t)number;
    return good;
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
    uint32_t present;   /* the condition that the option is without any word */
    const char *wanted; /* what may follow it */
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
     1, 1 + G_N_ELEMENTS(tcp_flags), take_transport, 0,
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
            if (g_ascii_strcasecmp(word, *name) == 0) {
                return &options[i];
            }
        }
    }
    return NULL;
}

/* The words up to the next option. Moves *words behind them. */
static bool parse_values(struct pktmon_constraint *constraint, const struct option *option,
                         char ***words, GError **error)
{
    guint count = 0;

    for (; **words && ***words != '-'; (*words)++, count++) {
        if (count == option->most || !option->take(constraint, count, **words)) {
            return refuse(error, "\"%s\" is not right after %s, which takes %s.", **words,
                          option->names[0], option->wanted);
        }
    }
    return count >= option->least ||
           refuse(error, "%s is alone, and takes %s.", option->names[0], option->wanted);
}

static bool parse_option(struct pktmon_constraint *constraint, char ***words, bool *seen,
                         GError **error)
{
    const char *word = *(*words)++;
    const struct option *option = find_option(word);

    if (!option) {
        return refuse(error, "\"%s\" is not among the options, which are " OPTION_NAMES ".", word);
    }
    if (seen[option - options]) {
        return refuse(error, "%s is there twice: give another filter for the second.",
                      option->names[0]);
    }
    seen[option - options] = true;
    constraint->present |= option->present;
    return parse_values(constraint, option, words, error);
}

static bool parse_words(struct pktmon_constraint *constraint, char **words, GError **error)
{
    bool seen[G_N_ELEMENTS(options)] = {false};

    /* More than fits is too long, too: what is kept of it is longer than a name may be. */
    if (*words && **words != '-') {
        g_strlcpy(constraint->name, *words++, sizeof(constraint->name));
    }
    while (*words) {
        if (!parse_option(constraint, &words, seen, error)) {
            return false;
        }
    }
    return true;
}

static bool split(const char *text, char ***words, GError **error)
{
    g_autoptr(GError) cause = NULL;

    if (!g_utf8_validate(text, -1, NULL)) {
        return refuse(error, "it is not UTF-8: write it with characters that are.");
    }
    if (g_shell_parse_argv(text, NULL, words, &cause)) {
        return true;
    }
    if (g_error_matches(cause, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)) {
        *words = g_new0(char *, 1);
        return true;
    }
    return refuse(error, "a quote or backslash is without its other half: add it.");
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

/* --- values into words --- */

static const char *find_number(const struct named_number *names, size_t count, uint16_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return NULL;
}

/* Quoted where a shell would see anything but one word in it. */
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
    const char *name = find_number(ethertypes, G_N_ELEMENTS(ethertypes), constraint->ethertype);

    if (name) {
        g_string_append_printf(text, " -d %s", name);
    } else {
        g_string_append_printf(text, " -d 0x%04x", constraint->ethertype);
    }
}

static void append_transport(GString *text, const struct pktmon_constraint *constraint)
{
    /* Flags alone say that it is TCP. */
    uint16_t number =
        has(constraint, PKTMON_CONDITION_TRANSPORT) ? constraint->transport : IPPROTO_TCP;
    const char *name = find_number(transports, G_N_ELEMENTS(transports), number);

    if (name) {
        g_string_append_printf(text, " -t %s", name);
    } else {
        g_string_append_printf(text, " -t %u", number);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(tcp_flags) && has(constraint, PKTMON_CONDITION_TCP_FLAGS);
         i++) {
        if (constraint->tcp_flags & tcp_flags[i].number) {
            g_string_append_printf(text, " %s", tcp_flags[i].name);
        }
    }
}

static void append_ips(GString *text, const struct pktmon_constraint *constraint)
{
    for (guint i = 0; i < 2 && has(constraint, PKTMON_CONDITION_IP1 << i); i++) {
        g_autofree char *address = pktmon_constraint_address(constraint, i);

        g_string_append_printf(text, "%s %s", i == 0 ? " -i" : "", address);
    }
}

static void append_ports(GString *text, const struct pktmon_constraint *constraint)
{
    for (guint i = 0; i < 2 && has(constraint, PKTMON_CONDITION_PORT1 << i); i++) {
        g_string_append_printf(text, "%s %u", i == 0 ? " -p" : "", constraint->ports[i]);
    }
}

static void append_encap(GString *text, const struct pktmon_constraint *constraint)
{
    g_string_append(text, " -e");
    if (has(constraint, PKTMON_CONDITION_VXLAN_PORT)) {
        g_string_append_printf(text, " %u", constraint->vxlan_port);
    }
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
        if (has(constraint, writers[i].conditions)) {
            writers[i].append(text, constraint);
        }
    }
    if (text->str[0] == ' ') { /* no name */
        g_string_erase(text, 0, 1);
    }
    return g_string_free(text, FALSE);
}

char *pktmon_constraint_address(const struct pktmon_constraint *constraint, guint index)
{
    unsigned bits = prefix_length(constraint, index);
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
