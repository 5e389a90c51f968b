/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of pktmon.path. Hops are written as "component edge direction [word ...]", parted by
 * semicolons; the words are those of read_word().
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "journey-script.h"
#include "journey/path.h"

#define MAX_HOPS 400

struct fixture {
    struct pktmon_event events[MAX_HOPS];
    struct pktmon_hop hops[MAX_HOPS];
    struct journey_path path;
    GPtrArray *names; /* of components: id - 1 is the index; "?" has none */
    GPtrArray *bytes; /* of struct frame's bytes */
};

static struct fixture *fixture_new(void)
{
    struct fixture *fixture = g_new0(struct fixture, 1);

    fixture->names = g_ptr_array_new_with_free_func(g_free);
    fixture->bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    fixture->path = (struct journey_path){.hops = fixture->hops, .copy = 1};
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    g_ptr_array_unref(fixture->names);
    g_ptr_array_unref(fixture->bytes);
    g_free(fixture);
}

static const char *name_of(const struct fixture *fixture, uint32_t component)
{
    const char *name = g_ptr_array_index(fixture->names, component - 1);

    return strcmp(name, "?") == 0 ? NULL : name;
}

static void read_word(struct pktmon_hop *hop, struct pktmon_event *event, const char *word)
{
    struct pktmon_packet *packet = &event->packet;
    const char *value = strchr(word, '=');
    guint number = value ? (guint)strtoul(value + 1, NULL, 10) : 0;

    if (g_str_has_prefix(word, "copy="))
        packet->copy = number;
    else if (g_str_has_prefix(word, "of="))
        packet->copy_of = number;
    else if (g_str_has_prefix(word, "piece="))
        packet->packet_number = hop->last_number = (uint16_t)number;
    else if (g_str_has_prefix(word, "last="))
        hop->last_number = (uint16_t)number;
    else if (g_str_has_prefix(word, "form="))
        hop->form = (uint8_t)number;
    else if (g_str_equal(word, "dropped"))
        packet->dropped = true;
    else if (g_str_equal(word, "released"))
        packet->copy_released = true;
    else if (g_str_equal(word, "consumed"))
        packet->end = PKTMON_END_CONSUMED;
    else if (g_str_equal(word, "content"))
        packet->linked = PKTMON_LINKED_BY_CONTENT;
    else if (g_str_equal(word, "windows"))
        packet->edge_name = "Upper";
    else if (g_str_equal(word, "nowhere"))
        event->component = 0;
    else
        g_error("no word is %s", word);
}

static void add_hop(struct fixture *fixture, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    size_t at = fixture->path.hop_count++;
    struct pktmon_event *event = &fixture->events[at];
    struct pktmon_hop *hop = &fixture->hops[at];

    g_assert_cmpuint(at, <, MAX_HOPS);
    *event = (struct pktmon_event){.record = PKTMON_RECORD_PACKET,
                                   .component = journey_script_component(fixture->names, words[0]),
                                   .packet = {.copy = 1}};
    *hop = (struct pktmon_hop){
        .event = event, .name = name_of(fixture, event->component), .count = 1, .form = 1};
    journey_script_set_edge(&event->packet, words[1]);
    journey_script_set_direction(&event->packet, words[2]);
    for (guint i = 3; words[i]; i++) {
        if (g_str_has_prefix(words[i], "bytes="))
            journey_script_set_bytes(fixture->bytes, &event->packet, words[i] + strlen("bytes="));
        else
            read_word(hop, event, words[i]);
    }
}

static void add_hops(struct fixture *fixture, const char *text)
{
    g_auto(GStrv) hops = g_strsplit(text, "; ", -1);

    for (guint i = 0; hops[i]; i++)
        add_hop(fixture, hops[i]);
}

static void check(const struct fixture *fixture, const char *wanted)
{
    char text[PKTMON_PATH_SIZE];

    journey_path_write(text, &fixture->path);
    g_assert_cmpstr(text, ==, wanted);
}

struct way {
    const char *hops, *wanted;
};

static void check_ways(const struct way *ways, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        struct fixture *fixture = fixture_new();

        add_hops(fixture, ways[i].hops);
        check(fixture, ways[i].wanted);
        fixture_free(fixture);
    }
}

/* --- components --- */

#define OVER_BRIDGE                                                                                \
    "a/netfilter output In; a/netfilter postrouting In; a/eth0 Upper Tx; a/eth0 Lower Tx; "        \
    "sw/port-a Lower Rx; sw/port-a Upper Rx; sw/port-b Upper Tx; sw/port-b Lower Tx; "             \
    "b/eth0 Lower Rx; b/eth0 Upper Rx; b/netfilter prerouting In; "
#define ONE_ARMED "r/eth0 Lower Rx; r/eth0 Upper Rx; r/netfilter forward In; "

static void test_components(void)
{
    static const struct way ways[] = {
        {OVER_BRIDGE "b/netfilter input In consumed", "a/eth0 → sw/port-a → sw/port-b → b/eth0"},
        {OVER_BRIDGE "b/netfilter input In; b/sockets Lower Rx",
         "a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/sockets"},
        {"eth0 Lower Rx", "eth0"},
        {"? Lower Rx; eth0 Upper Tx nowhere", "component 1 → ?"},
        /* visits */
        {ONE_ARMED "r/eth0 Upper Tx; r/eth0 Lower Tx", "r/eth0 → r/eth0"},
        {ONE_ARMED "r/eth0 qdisc In; r/eth0 qdisc Out; r/eth0 Lower Tx", "r/eth0 → r/eth0"},
        {"a/eth0 Upper Tx; a/eth0 qdisc In; a/eth0 Lower Tx", "a/eth0"},
        {"lo Upper Tx; lo Lower Tx; lo Lower Rx; lo Upper Rx", "lo"},
        {"tun0 Lower Tx; tun0 Lower Rx content", "tun0 → tun0"},
        {"tun0 Upper Tx; tun0 Lower Tx; tun0 Upper Tx; tun0 Lower Tx", "tun0 → tun0"},
        {"a Lower Rx; b Lower Tx; a Lower Rx; b Lower Tx", "a → b → a → b"},
        {"eth0 Lower Rx; eth0 Lower Rx dropped", "eth0"},
        {"sw/port-a Lower Rx; sw/port-a Lower Tx", "sw/port-a → sw/port-a"},
        /* of Windows: directions do not make a visit, and numbers of edges are each component's */
        {"switch Upper Ingress; switch Upper Egress; nic Lower Tx", "switch → nic"},
        {"filter prerouting Rx windows; filter input Rx windows; tcpip Lower Rx", "filter → tcpip"},
    };

    check_ways(ways, G_N_ELEMENTS(ways));
}

static void test_hooks(void)
{
    static const struct way ways[] = {
        {OVER_BRIDGE "b/netfilter input In; b/netfilter input In dropped",
         "a/eth0 → sw/port-a → sw/port-b → b/eth0 → b/netfilter input"},
        /* changed, or queued */
        {"r/in Lower Rx; r/netfilter prerouting In; r/netfilter prerouting Out; r/out Lower Tx",
         "r/in → r/netfilter prerouting → r/out"},
        {"r/netfilter forward In; r/netfilter forward Out; r/netfilter postrouting In; "
         "r/netfilter postrouting Out; r/netfilter postrouting Out dropped",
         "r/netfilter forward → r/netfilter postrouting"},
        {"r/in Lower Rx; r/netfilter prerouting In released", "r/in → r/netfilter prerouting"},
        /* it waits there still */
        {"r/in Lower Rx; r/netfilter prerouting In", "r/in → r/netfilter prerouting"},
        /* nothing else is known */
        {"r/netfilter output In consumed", "r/netfilter output"},
        /* of other families, and of queues: only drops */
        {"eth0 Upper Tx; eth0 qdisc In; eth0 qdisc Out dropped", "eth0 qdisc"},
        {"eth0 Lower Rx; eth0 ingress In dropped", "eth0 ingress"},
        {"sw/port-a Lower Rx; sw bridge-input Rx dropped", "sw/port-a → sw bridge-input"},
        {"eth0 Lower Rx; a/netfilter arp-input In dropped", "eth0 → a/netfilter arp-input"},
    };

    check_ways(ways, G_N_ELEMENTS(ways));
}

/* --- copies and pieces --- */

static void test_copies(void)
{
    struct fixture *fixture = fixture_new();

    add_hops(fixture,
             "in Lower Rx; out1 Lower Tx; out2 Lower Tx copy=2 of=1; "
             "out3 Lower Tx copy=3 of=1; b/eth0 Lower Rx copy=2; tap Lower Rx copy=4 of=2");
    check(fixture, "in → out1 (+3 copies)");
    fixture->path.copy = 2;
    check(fixture, "in → out1 → out2 → b/eth0 (+2 copies)");
    fixture->path.copy = 4;
    check(fixture, "in → out1 → out2 → b/eth0 → tap (+1 copy)");
    fixture->path.copy = 9; /* it has no hop */
    check(fixture, "in → out1 → out2 → b/eth0 → tap (+1 copy)");
    fixture_free(fixture);
}

static void test_flood(void)
{
    struct fixture *fixture = fixture_new();

    add_hop(fixture, "sw/port-0 Lower Rx");
    for (int i = 1; i <= 99; i++) {
        g_autofree char *hop = g_strdup_printf("sw/port-%d Lower Tx copy=%d of=1", i, i + 1);

        add_hop(fixture, hop);
    }
    add_hop(fixture, "sw/port-100 Lower Tx");
    check(fixture, "sw/port-0 → sw/port-100 (+99 copies)");
    fixture_free(fixture);
}

static void test_pieces(void)
{
    struct fixture *fixture = fixture_new();

    add_hops(fixture, "a/eth0 Lower Tx; b/eth0 Lower Rx piece=1 last=45; "
                      "c/eth0 Lower Rx piece=46; b/ipv4 Lower Rx piece=3 dropped; "
                      "d/eth0 Lower Tx piece=3 copy=2 of=1; d/out Lower Tx piece=4 copy=2 of=1");
    fixture->path.piece = 3;
    check(fixture, "a/eth0 → b/eth0 → b/ipv4 (+1 copy)");
    fixture->path.piece = 45;
    check(fixture, "a/eth0 → b/eth0 (+1 copy)");
    fixture->path.piece = 46;
    check(fixture, "a/eth0 → c/eth0 (+1 copy)");
    fixture->path.piece = 0;
    check(fixture, "a/eth0 (+1 copy)");
    /* the piece of the parent, before the parent as it was whole */
    fixture->path.copy = 2;
    fixture->path.piece = 3;
    check(fixture, "a/eth0 → b/eth0 → b/ipv4 → d/eth0 (+1 copy)");
    fixture_free(fixture);
}

/* Providers that know no copies. */
static void test_no_copies(void)
{
    struct fixture *fixture = fixture_new();

    add_hops(fixture, "a Lower Rx copy=0; b Lower Tx copy=0");
    fixture->path.copy = 0;
    check(fixture, "a → b");
    fixture_free(fixture);
}

/* --- forms --- */

#define MASQUERADED                                                                                \
    "a/eth0 Lower Tx bytes=eth,ip,udp,data; r/in Lower Rx bytes=eth,ip,udp,data; "                 \
    "r/netfilter postrouting In bytes=eth,ip,udp,data; "                                           \
    "r/netfilter postrouting Out form=2 bytes=eth,ip-outside,udp,data; "                           \
    "r/out Lower Tx form=2 bytes=eth,ip-outside,udp,data"

static void test_forms(void)
{
    struct fixture *fixture = fixture_new();

    add_hops(fixture, MASQUERADED);
    check(fixture, "a/eth0 → r/in → [NAT] → r/out");
    fixture->path.form = 1;
    check(fixture, "a/eth0 → r/in → [NAT] → …");
    fixture->path.form = 2;
    check(fixture, "… → [NAT] → r/out");
    add_hops(fixture, "c/eth0 Lower Rx form=3 bytes=eth,ip,esp,data");
    check(fixture, "… → [NAT] → r/out → [new form] → …");
    fixture->path.form = 1;
    check(fixture, "a/eth0 → r/in → [NAT] → …");
    add_hops(fixture, "d/eth0 Lower Rx form=1 bytes=eth,ip,udp,data; d/sockets Lower Rx");
    check(fixture, "a/eth0 → r/in → [NAT] → … → [new form] → d/eth0 → d/sockets");
    fixture->path.form = 0;
    check(fixture, "a/eth0 → r/in → [NAT] → r/out → [new form] → c/eth0 → [new form] → d/eth0 → "
                   "d/sockets");
    fixture_free(fixture);
}

/* A form that was seen at hooks alone, and one that only another copy had. */
static void test_hidden_forms(void)
{
    struct fixture *fixture = fixture_new();

    add_hops(fixture, "r/in Lower Rx bytes=eth,ip,udp; "
                      "r/netfilter prerouting Out form=2 bytes=eth,ip-back,udp; "
                      "r/netfilter forward In form=2 bytes=eth,ip-back,udp; "
                      "r/out Lower Tx form=3 bytes=eth,ip,udp; "
                      "r/other Lower Tx form=4 bytes=eth,ip-back,udp copy=2 of=1");
    fixture->path.form = 2;
    check(fixture, "… → [NAT] → r/netfilter prerouting → r/netfilter forward → [NAT] → … "
                   "(+1 copy)");
    fixture->path.form = 4;
    check(fixture, "… → [NAT] → r/other");
    fixture->path.form = 9;
    check(fixture, "… (+1 copy)");
    fixture_free(fixture);
}

static void test_continued(void)
{
    struct fixture *fixture = fixture_new();

    fixture->path.continued = true;
    check(fixture, "");
    add_hops(fixture, MASQUERADED);
    check(fixture, "… → a/eth0 → r/in → [NAT] → r/out");
    fixture->path.form = 2;
    check(fixture, "… → [NAT] → r/out");
    fixture_free(fixture);
}

/* --- length --- */

static void test_middle(void)
{
    struct fixture *fixture = fixture_new();

    for (int i = 0; i < 30; i++) {
        g_autofree char *hop = g_strdup_printf("router-%02d/eth0 Lower Tx", i);

        add_hop(fixture, hop);
    }
    check(
        fixture,
        "router-00/eth0 → router-01/eth0 → router-02/eth0 → router-03/eth0 → "
        "router-04/eth0 → … → router-25/eth0 → router-26/eth0 → router-27/eth0 → router-28/eth0 → "
        "router-29/eth0");
    add_hops(fixture, "x Lower Tx copy=2");
    fixture->path.continued = true;
    check(fixture, "… → router-00/eth0 → router-01/eth0 → router-02/eth0 → router-03/eth0 → … → "
                   "router-25/eth0 → router-26/eth0 → router-27/eth0 → router-28/eth0 → "
                   "router-29/eth0 (+1 copy)");
    fixture_free(fixture);
}

static void test_long_names(void)
{
    struct fixture *fixture = fixture_new();
    GString *hop = g_string_new(NULL);

    for (int i = 0; i < 60; i++)
        g_string_append(hop, "ä");
    g_string_append(hop, " Lower Rx");
    add_hop(fixture, hop->str);
    check(fixture, "äääääääääääääääääää…äääääääääääääääääää");
    g_string_free(hop, TRUE);
    fixture_free(fixture);
}

/* Names and ways of any lengths: whole characters, and no more bytes than there may be. */
static void test_any_lengths(void)
{
    static const char *const characters[] = {"a", "ä", "→", "😀"};
    GRand *rand = g_rand_new_with_seed(12);

    for (int round = 0; round < 3000; round++) {
        struct fixture *fixture = fixture_new();
        int hops = g_rand_int_range(rand, 1, 40), longest = g_rand_int_range(rand, 2, 120);
        char text[PKTMON_PATH_SIZE];

        for (int i = 0; i < hops; i++) {
            GString *name = g_string_new(NULL);
            g_autofree char *hop = NULL;

            for (int left = g_rand_int_range(rand, 1, longest); left > 0; left--)
                g_string_append(name, characters[g_rand_int_range(rand, 0, 4)]);
            hop = g_strdup_printf("%s Lower Tx copy=%u of=%u", name->str,
                                  g_rand_int_range(rand, 0, 3) == 0 ? 4294967295U - i : 1, 1);
            add_hop(fixture, hop);
            g_string_free(name, TRUE);
        }
        fixture->path.continued = g_rand_boolean(rand);
        journey_path_write(text, &fixture->path);
        g_assert_true(g_utf8_validate(text, -1, NULL));
        g_assert_cmpuint(strlen(text), >, 0);
        g_assert_null(strstr(text, "… → … → …"));
        if (strstr(text, "(+"))
            g_assert_true(g_str_has_suffix(text, " copies)") || g_str_has_suffix(text, " copy)"));
        fixture_free(fixture);
    }
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(void);
    } tests[] = {
        {"/journey-path/components", test_components},
        {"/journey-path/hooks", test_hooks},
        {"/journey-path/copies", test_copies},
        {"/journey-path/flood", test_flood},
        {"/journey-path/pieces", test_pieces},
        {"/journey-path/no-copies", test_no_copies},
        {"/journey-path/forms", test_forms},
        {"/journey-path/hidden-forms", test_hidden_forms},
        {"/journey-path/continued", test_continued},
        {"/journey-path/middle", test_middle},
        {"/journey-path/long-names", test_long_names},
        {"/journey-path/any-lengths", test_any_lengths},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_func(tests[i].path, tests[i].test);
    return g_test_run();
}
