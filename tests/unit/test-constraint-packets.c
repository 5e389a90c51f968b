/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets Packet Monitor's filters match. */
#include <glib.h>
#include <string.h>

#include "pktmon/constraint.h"
#include "filter/expression.h"
#include "frames.h"
#include "providers/provider.h"
#include "providers/ebpf/cbpf/translate.h"

/* --- packets --- */

/* eth: 02:..:0a to 02:..:0b; ip: 10.1.2.3 to 10.1.2.4, DSCP 0; ip6: 2001:db8::1 to 2001:db8::2,
 * DSCP 0; "back": the opposite direction, with DSCP 4 and 46; ip-outside: 192.168.1.1 to 8.8.8.8,
 * DSCP 46. A frame's number is its index in the table. */
static const char *const kinds[] = {
    /* 0 */ "eth ip tcp-syn",               /* port 0xc000 to 80 */
    /* 1 */ "eth-back ip-back tcp-syn-ack", /* port 80 to 0xc000 */
    /* 2 */ "eth ip tcp-http data",         /* PSH ACK, port 0xc000 to 80 */
    /* 3 */ "eth-back ip-back tcp-fin",     /* FIN ACK, port 22 to 0xc002 */
    /* 4 */ "eth ip udp data",              /* port 0xc002 to 9000 */
    /* 5 */ "eth-broadcast ip-outside udp-query",
    /* 6 */ "eth ip icmp-echo data",
    /* 7 */ "eth ip-options tcp-syn",
    /* 8 */ "eth ip-first udp data",
    /* not the first fragment: its data looks like ports */ "eth ip-later udp data", /* looks as if
                                                                                        it had the
                                                                                        ports, but
                                                                                        has not */
    /* 10 */ "eth ip-last tcp-syn",
    /* 11 */ "eth ip sctp data", /* port 2905 to 2906 */
    /* 12 */ "eth ip6 tcp-syn",
    /* 13 */ "eth-back ip6-back tcp-syn-ack",
    /* 14 */ "eth ip6 udp data",
    /* 15 */ "eth ip6 icmp6-echo data",
    /* 16 */ "eth ip6 fragment6 udp data",
    /* 17 */ "eth ip6 hop-by-hop udp",
    /* 18 */ "eth arp",
    /* 19 */ "eth lldp",
    /* 20 */ "eth ip udp-heartbeat", /* port 0xc006 to 3343 */
    /* 21 */ "eth ip6 udp-heartbeats",
    /* 22 */ "eth ip tcp-urgent", /* all but FIN, SYN and RST */
    /* 23 */ "802.3 stp",
    /* 24 */ "eth ip ip6 udp",
};

#define END       (-1)
#define MAX_KINDS (G_N_ELEMENTS(kinds) + 1)

static const struct {
    const char *filter;
    gint8 matches[MAX_KINDS]; /* numbers of frames, and END */
} verdicts[] = {
    {"-d IPv4", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-d IPv6", {12, 13, 14, 15, 16, 17, 21, END}},
    {"-d ARP", {18, END}},
    {"-d 0x88cc", {19, END}},
    {"-d 0x8100", {END}},
    {"--dscp 0", {0, 2, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 20, 21, 22, 24, END}},
    {"--dscp 4", {1, 3, END}},
    {"--dscp 46", {5, 13, END}},
    {"--dscp 46 -d IPv4", {5, END}},
    {"--dscp 46 -d IPv6", {13, END}},
    {"-t TCP", {0, 1, 2, 3, 7, 10, 12, 13, 22, END}},
    {"-t UDP", {4, 5, 8, 9, 14, 16, 20, 21, END}},
    {"-t ICMP", {6, END}},
    {"-t ICMPv6", {15, END}},
    {"-t 132", {11, END}},
    {"-t 41", {24, END}},
    {"-t 44", {16, END}},
    {"-t 0", {17, END}},
    {"-t UDP -d IPv6", {14, 16, 21, END}},
    {"-t TCP SYN", {0, 1, 7, 12, 13, END}},
    {"-t TCP SYN ACK", {1, 13, END}},
    {"-t TCP ACK", {1, 2, 3, 13, 22, END}},
    {"-t TCP PSH ACK", {2, 22, END}},
    {"-t TCP FIN", {3, END}},
    {"-t TCP RST", {END}},
    {"-t TCP URG ECE CWR", {22, END}},
    {"-t TCP SYN -d IPv6", {12, 13, END}},
    {"-i 10.1.2.3", {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 10.1.2.4 10.1.2.3", {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 10.1.2.3 10.1.2.3", {END}},
    {"-i 10.1.2.3 10.1.2.5", {END}},
    {"-i 10.1.2.3/32", {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 10.1.2.5/31", {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 10.1.2.5/31 10.1.2.5/31", {END}},
    {"-i 10.1.2.5/29 10.1.2.5/29", {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 10.1.2.3 10.0.0.0/8", {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 10.0.0.0/8 8.0.0.0/8", {END}},
    {"-i 8.0.0.0/8 192.168.1.1", {5, END}},
    {"-i 0.0.0.0/0", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 22, 24, END}},
    {"-i 0.0.0.0/0 8.8.8.8", {5, END}},
    {"-i 2001:db8::1", {12, 13, 14, 15, 16, 17, 21, END}},
    {"-i 2001:db8::1 2001:db8::2", {12, 13, 14, 15, 16, 17, 21, END}},
    {"-i 2001:db8::2 2001:db8::2", {END}},
    {"-i 2001:db8::3", {END}},
    {"-i 2001:db8::3/126 2001:db8::1", {12, 13, 14, 15, 16, 17, 21, END}},
    {"-i 2001:db8::1 2001:db8:1::/48", {END}},
    {"-i ::/0", {12, 13, 14, 15, 16, 17, 21, END}},
    {"-p 80", {0, 1, 2, 7, 12, 13, END}},
    {"-p 80 49152", {0, 1, 2, 7, 12, 13, END}},
    {"-p 49152 80", {0, 1, 2, 7, 12, 13, END}},
    {"-p 80 80", {END}},
    {"-p 80 443", {END}},
    {"-p 9000", {4, 8, 14, END}},
    {"-p 2905", {11, END}},
    {"-p 2906 2905", {11, END}},
    {"-t 132 -p 2906", {11, END}},
    {"-t TCP -p 9000", {END}},
    {"-t UDP -p 9000", {4, 8, 14, END}},
    {"-t UDP -p 80", {END}},
    {"-p 3343 3343", {21, END}},
    {"-b", {20, 21, END}},
    {"-b -p 49158", {20, END}},
    {"-b -p 3343", {20, 21, END}},
    {"-b -p 3343 3343", {21, END}},
    {"-b -p 80", {END}},
    {"-m 02-00-00-00-00-0b",
     {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, END}},
    {"-m 02-00-00-00-00-0a ff-ff-ff-ff-ff-ff", {5, END}},
    {"-m 02-00-00-00-00-0a 02-00-00-00-00-0a", {END}},
    {"-m 01-80-c2-00-00-00 02-00-00-00-00-0a", {23, END}},
    {"-m 02-00-00-00-00-0a -d IPv4 -p 53", {5, END}},
    {"-i 10.1.2.3 -t icmp", {6, END}},
    {"MySmbSyn -i 10.1.2.4 -t TCP SYN -p 80", {0, 1, 7, END}},
    {"-i 2001:db8::/32 -t TCP SYN -p 80 49152 --dscp 46", {13, END}},
    {"-p 80 -e", {0, 1, 2, 7, 12, 13, END}},
};

static struct filter_expression *compile(const struct pktmon_constraint *constraint)
{
    g_autofree char *ethernet = pktmon_constraint_ethernet(constraint);
    g_autofree char *ip = pktmon_constraint_ip(constraint), *words = NULL;
    const struct filter_expression_texts texts = {{ethernet, ip}};
    struct filter_expression *expression = filter_expression_new_any(&texts, 1, &words);
    size_t count;

    g_assert_cmpstr(words, ==, NULL);
    filter_expression_code(expression, FILTER_FORM_IP, &count);
    g_assert_true((ip != NULL) == (count > 1));
    return expression;
}

static struct filter_expression *parse(const char *filter)
{
    struct pktmon_constraint constraint;
    g_autoptr(GError) error = NULL;

    pktmon_constraint_parse(&constraint, filter, &error);
    g_assert_no_error(error);
    return compile(&constraint);
}

static bool matches(const struct filter_expression *expression, const char *kind)
{
    struct frame frame = frame_make(kind);
    bool verdict = filter_expression_matches(expression, FILTER_FORM_ETHERNET, frame.bytes->data,
                                             frame.bytes->len, frame.bytes->len);

    g_byte_array_unref(frame.bytes);
    return verdict;
}

static bool matches_without_link(const struct filter_expression *expression, const char *kind)
{
    struct frame frame = frame_make(kind);
    guint length = frame.bytes->len - frame.network;
    bool verdict = frame.network > 0 &&
                   filter_expression_matches(expression, FILTER_FORM_IP,
                                             frame.bytes->data + frame.network, length, length);

    g_byte_array_unref(frame.bytes);
    return verdict;
}

/* Inserts tags into a frame, behind the link header, whose name is the first word. */
static char *with_tags(const char *kind, const char *tags)
{
    const char *rest = strchr(kind, ' ');

    return g_strdup_printf("%.*s %s%s", (int)(rest - kind), kind, tags, rest);
}

static bool is_listed(const gint8 *numbers, gint8 number)
{
    while (*numbers != END && *numbers != number)
        numbers++;
    return *numbers == number;
}

/* A frame with a length has no Ethertype, so no tag can precede it. */
static bool can_be_tagged(const char *kind)
{
    return g_str_has_prefix(kind, "eth");
}

static void check_tagged(const struct filter_expression *expression, const char *kind,
                         const char *tags, bool wanted)
{
    g_autofree char *tagged = with_tags(kind, tags);

    g_test_message("%s", tagged);
    g_assert_true(matches(expression, tagged) == wanted);
}

static void test_verdicts(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verdicts); i++) {
        struct filter_expression *expression = parse(verdicts[i].filter);
        bool of_link = strstr(verdicts[i].filter, "-m ") != NULL;

        g_test_message("%s", verdicts[i].filter);
        for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            bool wanted = is_listed(verdicts[i].matches, (gint8)kind);
            bool has_ip = strstr(kinds[kind], " ip") != NULL;

            g_test_message("%s", kinds[kind]);
            g_assert_true(matches(expression, kinds[kind]) == wanted);
            g_assert_true(matches_without_link(expression, kinds[kind]) ==
                          (wanted && has_ip && !of_link));
            if (can_be_tagged(kinds[kind]) && !g_str_has_suffix(verdicts[i].filter, "0x8100")) {
                check_tagged(expression, kinds[kind], "vlan", wanted);
                check_tagged(expression, kinds[kind], "vlan-200", wanted);
                check_tagged(expression, kinds[kind], "qinq vlan", wanted);
                check_tagged(expression, kinds[kind], "qinq-9100 vlan-200", wanted);
            }
        }
        filter_expression_free(expression);
    }
}

/* --- tags --- */

static const struct {
    const char *filter, *kind;
    bool matches;
} tagged[] = {
    {"-v 100", "eth vlan ip udp", true},
    {"-v 100", "eth vlan arp", true},
    {"-v 100", "eth vlan-200 ip udp", false},
    {"-v 200", "eth vlan-200 ip udp", true}, /* with a priority */
    {"-v 100", "eth ip udp", false},
    {"-v 0", "eth ip udp", false},
    {"-v 10", "eth qinq vlan ip udp", true},
    {"-v 100", "eth qinq vlan ip udp", true},
    {"-v 200", "eth qinq vlan ip udp", false},
    {"-v 200", "eth qinq vlan vlan-200 ip udp", false},
    {"-v 100 -p 9000", "eth vlan ip udp", true},
    {"-v 100 -p 9000", "eth vlan ip6 udp", true},
    {"-v 100 -p 9001", "eth vlan ip udp", false},
    {"-v 200 -p 9000", "eth vlan ip udp", false},
    {"-v 100 -p 9000", "eth qinq vlan ip udp", true},
    {"-v 10 -p 9000", "eth qinq vlan ip udp", true},
    {"-v 200 -p 9000", "eth qinq vlan ip udp", false},
    {"-v 100 -p 9000", "eth qinq vlan vlan-200 ip udp", false}, /* a third tag */
    {"-p 9000", "eth qinq vlan vlan-200 ip udp", false},
    {"-d IPv4", "eth qinq vlan vlan-200 ip udp", false},
    {"-d 0x8100", "eth vlan ip udp", true},
    {"-d 0x8100", "eth qinq vlan ip udp", true},
    {"-d 0x8100", "eth ip udp", false},
    {"-d ARP -v 100", "eth vlan arp", true},
    {"-d ARP -v 100", "eth qinq vlan arp", true},
    {"-d ARP -v 100", "eth vlan ip udp", false},
    {"-m 02-00-00-00-00-0b -v 100", "eth vlan ip udp", true},
    {"-m 02-00-00-00-00-0c -v 100", "eth vlan ip udp", false},
};

static void test_tagged(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tagged); i++) {
        struct filter_expression *expression = parse(tagged[i].filter);

        g_test_message("%s: %s", tagged[i].filter, tagged[i].kind);
        g_assert_true(matches(expression, tagged[i].kind) == tagged[i].matches);
        g_assert_false(matches_without_link(expression, "eth ip udp") &&
                       strstr(tagged[i].filter, "-v"));
        filter_expression_free(expression);
    }
}

/* An IPv4 packet with the length 0x8100 where a second tag would have its Ethertype, and with
 * addresses and ports as if there were one. */
static void test_no_tag(void)
{
    struct frame frame = frame_make("eth vlan vlan-200 ip udp data");
    struct filter_expression *expression = parse("-p 9000");

    g_assert_true(filter_expression_matches(expression, FILTER_FORM_ETHERNET, frame.bytes->data,
                                            frame.bytes->len, frame.bytes->len));
    memcpy(frame.bytes->data + 12, "\x08\0\x45", 3);
    g_assert_false(filter_expression_matches(expression, FILTER_FORM_ETHERNET, frame.bytes->data,
                                             frame.bytes->len, frame.bytes->len));
    filter_expression_free(expression);
    g_byte_array_unref(frame.bytes);
}

/* --- cases that no frame of the table has --- */

/* A frame with one byte changed. */
static const struct {
    const char *filter, *kind;
    guint at;
    uint8_t byte;
    bool matches;
} changed[] = {
    /* The congestion bits are not part of the DSCP. */
    {"--dscp 46", "eth ip-outside udp", 15, 0xbb, true},
    {"--dscp 46", "eth ip-outside udp", 15, 0xbc, false},
    {"--dscp 46", "eth ip6-back udp", 15, 0xb1, true},
    {"--dscp 46", "eth ip6-back udp", 15, 0xc1, false},
    {"--dscp 46", "eth ip6-back udp", 14, 0x6a, false},
    /* A heartbeat is UDP. */
    {"-b", "eth ip udp-heartbeat", 37, 0x0f, true},
    {"-b", "eth ip udp-heartbeat", 37, 0x10, false},
    {"-b", "eth ip udp-heartbeat", 23, 6, false},
    {"-p 3343", "eth ip udp-heartbeat", 23, 6, true},
    {"-b", "eth ip6 udp-heartbeats", 20, 6, false},
    /* Only the first fragment has flags. */
    {"-t TCP SYN", "eth ip tcp-syn", 20, 0x20, true},
    {"-t TCP SYN", "eth ip tcp-syn", 21, 0x01, false},
};

static void test_changed(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(changed); i++) {
        struct filter_expression *expression = parse(changed[i].filter);
        struct frame frame = frame_make(changed[i].kind);
        uint8_t *data = frame.bytes->data;
        guint length = frame.bytes->len;

        g_test_message("%s: %s", changed[i].filter, changed[i].kind);
        data[changed[i].at] = changed[i].byte;
        g_assert_true(filter_expression_matches(expression, FILTER_FORM_ETHERNET, data, length,
                                                length) == changed[i].matches);
        g_assert_true(filter_expression_matches(expression, FILTER_FORM_IP, data + 14, length - 14,
                                                length - 14) == changed[i].matches);
        filter_expression_free(expression);
        g_byte_array_unref(frame.bytes);
    }
}

/* Flags alone imply TCP, whatever other protocols have in the same place. */
static void test_flags_alone(void)
{
    const struct pktmon_constraint flags = {.present = PKTMON_CONDITION_TCP_FLAGS,
                                            .tcp_flags = 0x10};
    struct filter_expression *expression = compile(&flags);

    g_assert_true(matches(expression, "eth ip tcp-fin"));
    g_assert_true(matches(expression, "eth ip6 tcp-fin"));
    g_assert_false(matches(expression, "eth ip6 udp data"));
    g_assert_false(matches(expression, "eth ip udp data"));
    filter_expression_free(expression);
}

/* --- several conditions --- */

static const char *const conditions[] = {
    "-m 02-00-00-00-00-0a",
    "-m 02-00-00-00-00-0b ff-ff-ff-ff-ff-ff",
    "-v 100",
    "-v 10",
    "-d IPv4",
    "-d IPv6",
    "-d ARP",
    "-d 0x88cc",
    "--dscp 0",
    "--dscp 46",
    "-t TCP",
    "-t TCP SYN",
    "-t UDP",
    "-t ICMPv6",
    "-t 132",
    "-i 10.1.2.3",
    "-i 10.1.2.4 10.0.0.0/8",
    "-i 2001:db8::1",
    "-i 2001:db8::2 2001:db8::/32",
    "-p 80",
    "-p 9000 49154",
    "-p 49158",
    "-b",
};

static void check_both(const char *one, const char *other, const struct filter_expression *first,
                       const struct filter_expression *second)
{
    static const char *const tags[] = {"vlan", "qinq vlan"};
    g_autofree char *filter = g_strdup_printf("%s %s", one, other);
    struct pktmon_constraint constraint;
    /* Conditions that no packet can meet are refused; then no packet may meet both texts. */
    struct filter_expression *both =
        pktmon_constraint_parse(&constraint, filter, NULL) ? compile(&constraint) : NULL;

    g_test_message("%s", filter);
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        bool wanted = matches(first, kinds[i]) && matches(second, kinds[i]);

        g_assert_true((both && matches(both, kinds[i])) == wanted);
        for (gsize tag = 0; tag < G_N_ELEMENTS(tags) && can_be_tagged(kinds[i]); tag++) {
            g_autofree char *kind = with_tags(kinds[i], tags[tag]);

            wanted = matches(first, kind) && matches(second, kind);
            g_assert_true((both && matches(both, kind)) == wanted);
        }
    }
    filter_expression_free(both);
}

/* A packet matches two options together exactly if it matches each of them. */
static void test_pairs(void)
{
    struct filter_expression *expressions[G_N_ELEMENTS(conditions)];

    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
        expressions[i] = parse(conditions[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
        for (gsize j = 0; j < i; j++) {
            if (strncmp(conditions[i], conditions[j], 3) != 0)
                check_both(conditions[i], conditions[j], expressions[i], expressions[j]);
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++)
        filter_expression_free(expressions[i]);
}

/* --- several filters --- */

static void test_any(void)
{
    static const struct filter_expression_texts texts[] = {
        {{"vlan 100 and udp", NULL}},
        {{"tcp port 80", "tcp port 80"}},
        {{"ether host 02:00:00:00:00:0c or arp", "ether host 02:00:00:00:00:0c"}},
        {{"icmp", NULL}},
    };
    struct filter_expression *expression =
        filter_expression_new_any(texts, G_N_ELEMENTS(texts), NULL);

    g_assert_true(matches(expression, "eth vlan ip udp"));
    g_assert_true(matches(expression, "eth ip tcp-syn"));
    g_assert_true(matches(expression, "eth arp"));
    g_assert_true(matches(expression, "eth ip icmp-echo"));
    g_assert_false(matches(expression, "eth ip udp"));
    g_assert_false(matches(expression, "eth vlan-200 ip udp"));
    g_assert_false(matches(expression, "eth lldp"));
    g_assert_true(matches_without_link(expression, "eth ip tcp-syn"));
    g_assert_false(matches_without_link(expression, "eth ip udp"));
    g_assert_false(matches_without_link(expression, "eth ip icmp-echo"));
    filter_expression_free(expression);
}

static void test_none(void)
{
    static const struct filter_expression_texts texts[] = {{{"tcp", NULL}}, {{"no words", NULL}}};
    struct filter_expression *expression = filter_expression_new_any(NULL, 0, NULL);
    g_autofree char *words = NULL;

    g_assert_false(matches(expression, "eth ip tcp-syn"));
    g_assert_false(matches_without_link(expression, "eth ip tcp-syn"));
    filter_expression_free(expression);
    g_assert_null(filter_expression_new_any(texts, G_N_ELEMENTS(texts), &words));
    g_assert_nonnull(words);
}

/* The maximum number of filters, each as long as possible, still fits into the kernel. */
static void test_many(void)
{
    struct filter_expression_texts texts[32];
    g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func(g_free);
    struct filter_expression *expression;

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *filter =
            g_strdup_printf("-p %u %u --dscp 4 -t TCP SYN ACK", 49 + i, 49152);
        struct pktmon_constraint constraint;

        g_assert_true(pktmon_constraint_parse(&constraint, filter, NULL));
        for (int form = 0; form < FILTER_FORMS; form++) {
            char *text = form == FILTER_FORM_ETHERNET ? pktmon_constraint_ethernet(&constraint)
                                                      : pktmon_constraint_ip(&constraint);

            texts[i].of[form] = text;
            g_ptr_array_add(kept, text);
        }
    }
    expression = filter_expression_new_any(texts, G_N_ELEMENTS(texts), NULL);
    for (int form = 0; form < FILTER_FORMS; form++) {
        g_autoptr(GArray) body = NULL;
        size_t count;
        const struct sock_filter *code = filter_expression_code(expression, form, &count);

        g_assert_cmpint(cbpf_translate(code, count, 256, &body), ==, CBPF_TRANSLATED);
    }
    g_assert_true(matches(expression, "eth-back ip-back tcp-syn-ack"));
    g_assert_true(matches(expression, "eth-back qinq vlan ip-back tcp-syn-ack"));
    g_assert_true(matches_without_link(expression, "eth-back ip-back tcp-syn-ack"));
    g_assert_false(matches(expression, "eth ip tcp-syn"));
    filter_expression_free(expression);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/constraint/verdicts", test_verdicts);
    g_test_add_func("/constraint/tagged", test_tagged);
    g_test_add_func("/constraint/no-tag", test_no_tag);
    g_test_add_func("/constraint/changed", test_changed);
    g_test_add_func("/constraint/flags-alone", test_flags_alone);
    g_test_add_func("/constraint/pairs", test_pairs);
    g_test_add_func("/expression/any", test_any);
    g_test_add_func("/expression/none", test_none);
    g_test_add_func("/expression/many", test_many);
    return g_test_run();
}
