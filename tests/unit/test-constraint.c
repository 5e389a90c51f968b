/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of Packet Monitor's filters, and structures that a program fills. */
#include <glib.h>
#include <string.h>

#include "pktmon/constraint.h"
#include "providers/provider.h"

/* --- words --- */

static const struct {
    const char *text, *canonical;
} good[] = {
    {"-p 80", "-p 80"},
    {"--port 0 65535", "-p 0 65535"},
    {"  -P\t0x50  ", "-p 80"},
    {"MySmbSyn -i 10.10.10.10 -t TCP SYN -p 445", "MySmbSyn -t TCP SYN -i 10.10.10.10 -p 445"},
    {"MySubnet -i 10.10.10.0/24", "MySubnet -i 10.10.10.0/24"},
    {"'My web' -p 80", "'My web' -p 80"},
    {"\"it's\" -p 80", "'it'\\''s' -p 80"},
    {"'' -p 80", "-p 80"},
    {"80 -p 80", "80 -p 80"},
    {"-m 02-00-5e-10-00-01", "-m 02-00-5E-10-00-01"},
    {"--mac 02:00:5E:10:00:01 fe-FF-00-00-00-00", "-m 02-00-5E-10-00-01 FE-FF-00-00-00-00"},
    {"--MAC-address 02:00:5E:10:00:01", "-m 02-00-5E-10-00-01"},
    {"-v 0", "-v 0"},
    {"--vlan 4095", "-v 4095"},
    {"-d ipv4", "-d IPv4"},
    {"--data-link IPV6", "-d IPv6"},
    {"--data-link-protocol arp", "-d ARP"},
    {"--ethertype 0x600", "-d 0x0600"},
    {"-d 2048", "-d IPv4"},
    {"-d 0x86DD", "-d IPv6"},
    {"-d 65535", "-d 0xffff"},
    {"--dscp 0", "--dscp 0"},
    {"--DSCP 63", "--dscp 63"},
    {"-t tcp", "-t TCP"},
    {"-t 6 syn", "-t TCP SYN"},
    {"--transport TCP cwr ece urg ack psh rst syn fin", "-t TCP FIN SYN RST PSH ACK URG ECE CWR"},
    {"-t TCP SYN SYN", "-t TCP SYN"},
    {"--transport-protocol udp", "-t UDP"},
    {"--ip-protocol icmp", "-t ICMP"},
    {"-t ICMPv6", "-t ICMPv6"},
    {"-t 0", "-t 0"},
    {"-t 255", "-t 255"},
    {"-t 132 -p 5", "-t 132 -p 5"},
    {"--ip 10.1.2.3 10.1.2.4", "-i 10.1.2.3 10.1.2.4"},
    {"--ip-address 10.1.2.3/0", "-i 0.0.0.0/0"},
    {"-i 10.255.255.255/9 10.255.255.255/31", "-i 10.128.0.0/9 10.255.255.254/31"},
    {"-i 2001:DB8:0::1", "-i 2001:db8::1"},
    {"-i 2001:db8:ffff::/33 ::1/128", "-i 2001:db8:8000::/33 ::1/128"},
    {"-i ::ffff:1.2.3.4/0", "-i ::/0"},
    {"-b", "-b"},
    {"--heartbeat -p 3343 5", "-p 3343 5 -b"},
    {"-t UDP -b", "-t UDP -b"},
    {"-e -p 80", "-p 80 -e"},
    {"--encap 8472 -p 80", "-p 80 -e 8472"},
    {"Все -e 1 -b -p 3343 -i ::/9 -t UDP --dscp 5 -d IPv6 -v 7 -m 02:00:00:00:00:0a",
     "'Все' -m 02-00-00-00-00-0A -v 7 -d IPv6 --dscp 5 -t UDP -i ::/9 -p 3343 -b -e 1"},
};

static void test_good(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        struct pktmon_constraint constraint, again;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", good[i].text);
        g_assert_true(pktmon_constraint_parse(&constraint, good[i].text, &error));
        g_assert_no_error(error);
        g_assert_true(pktmon_constraint_check(&constraint, NULL));
        g_autofree char *canonical = pktmon_constraint_text(&constraint);
        g_assert_cmpstr(canonical, ==, good[i].canonical);
        g_assert_true(pktmon_constraint_parse(&again, canonical, NULL));
        g_assert_cmphex(again.present, ==, constraint.present);
        g_assert_cmpstr(again.name, ==, constraint.name);
        g_autofree char *text = pktmon_constraint_text(&again);
        g_assert_cmpstr(text, ==, canonical);
    }
}

#define LETTERS_16 "abcdefghijklmnop"
#define LETTERS_63 LETTERS_16 LETTERS_16 LETTERS_16 "abcdefghijklmno"

/* Part of the message. */
static const struct {
    const char *text, *words;
} bad[] = {
    {"", "no condition"},
    {"   # -p 80", "no condition"},
    {"Name", "no condition"},
    {"-e", "no condition"},
    {"'-p 80", "quote"},
    {"\xff -p 80", "UTF-8"},
    {LETTERS_63 "p -p 80", "63 characters"},
    {"'-x' -p 80", "\"-x\" is not one of the options"},
    {"-p80", "\"-p80\" is not one of the options"},
    {"--ports 80", "\"--ports\" is not one of the options"},
    {"- -p 80", "\"-\" is not one of the options"},
    {"Two names -p 80", "\"names\" is not one of the options"},
    {"-p 80 -p 443", "-p is given twice"},
    {"-p 80 --port 443", "-p is given twice"},
    {"-p", "-p has no value"},
    {"-p -b", "-p has no value"},
    {"-p 65536", "\"65536\" is not a value of -p, which takes one or two numbers from 0 to 65535"},
    {"-p -1", "-p has no value"},
    {"-p ''", "\"\" is not a value of -p"},
    {"-p +1", "\"+1\" is not a value of -p"},
    {"-p 80x", "\"80x\" is not a value of -p"},
    {"-p 0x", "\"0x\" is not a value of -p"},
    {"-p 1 2 3", "\"3\" is not a value of -p"},
    {"-p 80,443", "\"80,443\" is not a value of -p"},
    {"-p http", "\"http\" is not a value of -p"},
    {"-m", "-m has no value"},
    {"-m 02-00-5E-10-00", "\"02-00-5E-10-00\" is not a value of -m"},
    {"-m 02-00-5E-10-00:01", "\"02-00-5E-10-00:01\" is not a value of -m"},
    {"-m 02-00-5E-10-00-0g", "\"02-00-5E-10-00-0g\" is not a value of -m"},
    {"-m 02-00-5E-10-00-011", "\"02-00-5E-10-00-011\" is not a value of -m"},
    {"-m 02.00.5E.10.00.01", "\"02.00.5E.10.00.01\" is not a value of -m"},
    {"-v 4096", "\"4096\" is not a value of -v, which takes one number from 0 to 4095"},
    {"-v 1 2", "\"2\" is not a value of -v"},
    {"-d 0x5ff", "\"0x5ff\" is not a value of -d"},
    {"-d 65536", "\"65536\" is not a value of -d"},
    {"-d IP", "\"IP\" is not a value of -d"},
    {"-d ARP IPv4", "\"IPv4\" is not a value of -d"},
    {"--dscp 64", "\"64\" is not a value of --dscp"},
    {"-t 256", "\"256\" is not a value of -t"},
    {"-t SYN", "\"SYN\" is not a value of -t"},
    {"-t TCP NS", "\"NS\" is not a value of -t"},
    {"-t TCP UDP", "\"UDP\" is not a value of -t"},
    {"-t UDP SYN", "\"SYN\" is not a value of -t"},
    {"-i 10.1.2", "\"10.1.2\" is not a value of -i"},
    {"-i 10.1.2.256", "\"10.1.2.256\" is not a value of -i"},
    {"-i 10.1.2.3/33", "\"10.1.2.3/33\" is not a value of -i"},
    {"-i 10.1.2.3/", "\"10.1.2.3/\" is not a value of -i"},
    {"-i 10.1.2.3/8/8", "\"10.1.2.3/8/8\" is not a value of -i"},
    {"-i /8", "\"/8\" is not a value of -i"},
    {"-i ''", "\"\" is not a value of -i"},
    {"-i ::1/129", "\"::1/129\" is not a value of -i"},
    {"-i fe80::1%eth0", "\"fe80::1%eth0\" is not a value of -i"},
    {"-i 10.1.2.3 ::1", "\"::1\" is not a value of -i, which takes one or two addresses, both"},
    {"-i ::1 10.1.2.3", "\"10.1.2.3\" is not a value of -i"},
    {"-i localhost", "\"localhost\" is not a value of -i"},
    {"-b 3343", "\"3343\" is not a value of -b, which takes nothing"},
    {"-p 80 -e 0", "\"0\" is not a value of -e"},
    {"-p 80 -e 1 2", "\"2\" is not a value of -e"},
    {"-d ARP -i 10.1.2.3", "leave these out, or -d"},
    {"-d 0x88cc -b", "leave these out, or -d"},
    {"-d IPv4 -i ::1", "leave -d out"},
    {"-d IPv6 -i 10.1.2.3", "leave -d out"},
    {"-t ICMP -p 80", "leave -p out"},
    {"-t TCP -b", "heartbeats are UDP"},
    {"-b -p 1 2", "3343"},
};

static void test_bad(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct pktmon_constraint constraint;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad[i].text);
        g_assert_false(pktmon_constraint_parse(&constraint, bad[i].text, &error));
        g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
        g_assert_true(g_str_has_prefix(error->message, "The filter \""));
        g_assert_true(g_str_has_suffix(error->message, "."));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        if (!strstr(error->message, bad[i].words))
            g_error("%s: lacks \"%s\"", error->message, bad[i].words);
        g_assert_false(pktmon_constraint_parse(&constraint, bad[i].text, NULL));
    }
}

static void test_values(void)
{
    static const uint8_t mac[6] = {2, 0, 0x5e, 0x10, 0, 0xfe}, ip[4] = {10, 1, 2, 3};
    struct pktmon_constraint constraint;

    g_assert_true(pktmon_constraint_parse(
        &constraint,
        LETTERS_63 " -m 02-00-5E-10-00-FE -v 7 -d IPv4 --dscp 5 -t TCP SYN ACK -i 10.1.2.3 "
                   "10.1.0.0/16 -p 80 443 -e 8472",
        NULL));
    g_assert_cmphex(constraint.present, ==,
                    PKTMON_CONDITION_MAC1 | PKTMON_CONDITION_VLAN | PKTMON_CONDITION_ETHERTYPE |
                        PKTMON_CONDITION_DSCP | PKTMON_CONDITION_TRANSPORT | PKTMON_CONDITION_IP1 |
                        PKTMON_CONDITION_IP2 | PKTMON_CONDITION_PREFIX2 | PKTMON_CONDITION_PORT1 |
                        PKTMON_CONDITION_PORT2 | PKTMON_CONDITION_TCP_FLAGS |
                        PKTMON_CONDITION_ENCAP | PKTMON_CONDITION_VXLAN_PORT);
    g_assert_cmpstr(constraint.name, ==, LETTERS_63);
    g_assert_cmpmem(constraint.macs[0], 6, mac, 6);
    g_assert_cmpmem(constraint.ips[0], 4, ip, 4);
    g_assert_cmpuint(constraint.vlan, ==, 7);
    g_assert_cmphex(constraint.ethertype, ==, 0x800);
    g_assert_cmpuint(constraint.dscp, ==, 5);
    g_assert_cmpuint(constraint.transport, ==, 6);
    g_assert_cmpuint(constraint.prefixes[1], ==, 16);
    g_assert_cmpuint(constraint.ports[0], ==, 80);
    g_assert_cmpuint(constraint.ports[1], ==, 443);
    g_assert_cmphex(constraint.tcp_flags, ==, 0x12);
    g_assert_cmpuint(constraint.vxlan_port, ==, 8472);
}

/* --- structures that a program fills --- */

static const struct {
    struct pktmon_constraint constraint;
    const char *words; /* of the error */
} bad_structures[] = {
    {{.name = ""}, "no condition"},
    {{.present = PKTMON_CONDITION_IPV6 | PKTMON_CONDITION_ENCAP}, "no condition"},
    {{.present = PKTMON_CONDITION_HEARTBEAT, .name = "-b"}, "dash"},
    {{.present = PKTMON_CONDITION_HEARTBEAT, .name = "\xff"}, "UTF-8"},
    {{.present = PKTMON_CONDITION_MAC2}, "without a first"},
    {{.present = PKTMON_CONDITION_IP2}, "without a first"},
    {{.present = PKTMON_CONDITION_PORT2}, "without a first"},
    {{.present = PKTMON_CONDITION_VLAN, .vlan = 4096}, "4095"},
    {{.present = PKTMON_CONDITION_DSCP, .dscp = 64}, "63"},
    {{.present = PKTMON_CONDITION_HEARTBEAT | PKTMON_CONDITION_VXLAN_PORT}, "VXLAN"},
    {{.present = PKTMON_CONDITION_ETHERTYPE, .ethertype = 0x5ff}, "length"},
    {{.present = PKTMON_CONDITION_IP1 | PKTMON_CONDITION_PREFIX1, .prefixes = {33}}, "prefix"},
    {{.present = PKTMON_CONDITION_IP1 | PKTMON_CONDITION_IP2 | PKTMON_CONDITION_PREFIX2 |
                 PKTMON_CONDITION_IPV6,
      .prefixes = {0, 129}},
     "prefix"},
    {{.present = PKTMON_CONDITION_TCP_FLAGS | PKTMON_CONDITION_TRANSPORT, .transport = 17},
     "only TCP"},
    {{.present = PKTMON_CONDITION_TCP_FLAGS | PKTMON_CONDITION_HEARTBEAT}, "heartbeats"},
};

static void test_structures(void)
{
    struct pktmon_constraint flags = {.present = PKTMON_CONDITION_TCP_FLAGS, .tcp_flags = 2};

    for (gsize i = 0; i < G_N_ELEMENTS(bad_structures); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad_structures[i].words);
        g_assert_false(pktmon_constraint_check(&bad_structures[i].constraint, &error));
        g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
        g_assert_nonnull(strstr(error->message, bad_structures[i].words));
    }
    g_assert_true(pktmon_constraint_check(&flags, NULL));
    g_autofree char *text = pktmon_constraint_text(&flags);
    g_assert_cmpstr(text, ==, "-t TCP SYN");
    memset(flags.name, 'x', sizeof(flags.name));
    g_assert_false(pktmon_constraint_check(&flags, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/constraint/good", test_good);
    g_test_add_func("/constraint/bad", test_bad);
    g_test_add_func("/constraint/values", test_values);
    g_test_add_func("/constraint/structures", test_structures);
    return g_test_run();
}
