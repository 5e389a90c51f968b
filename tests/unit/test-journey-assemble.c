/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journeys of made events: when they are written, and what they say. */
#include <glib.h>

#include "journey-run.h"

/* Events, what is written when all is over, and the options. */
struct whole_case {
    const char *events, *written;
};

static void check_whole(const struct whole_case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        struct journey_run fixture;

        g_test_message("%s", cases[i].events);
        journey_run_init(&fixture, &journey_run_usual);
        journey_run_give(&fixture, cases[i].events);
        journey_run_finish(&fixture, cases[i].written);
        journey_run_clear(&fixture);
    }
}

/* --- closing --- */

static void test_settles(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture, "1 7 a Lower Tx; 2 7 b Lower Rx; 3 7 b Lower Rx consumed");
    journey_run_advance(&fixture, 12.9, "");
    journey_run_advance(&fixture, 13, "1 7 1/1 consumed 3 a → b\n");
    /* a drop follows the delivery */
    journey_run_give(&fixture, "20 8 a Lower Rx delivered; 25 8 a Lower Rx dropped");
    journey_run_advance(&fixture, 34.9, "");
    journey_run_advance(&fixture, 35, "20 8 1/1 dropped 2 a\n");
    journey_run_clear(&fixture);
}

static void test_hold(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture, "1 7 a Lower Tx; 150 7 b Lower Rx");
    journey_run_advance(&fixture, 200.9, "");
    journey_run_advance(&fixture, 201, "1 7 1/1 unknown open 2 a → b\n");
    /* what comes later is one continuation for each time */
    journey_run_give(&fixture, "300 7 b Upper Rx; 400 7 c Lower Rx");
    journey_run_advance(&fixture, 499, "");
    journey_run_advance(&fixture, 500, "300 7 1/1 unknown open continued 2 … → b → c\n");
    journey_run_give(&fixture, "600 7 c Upper Rx dropped");
    journey_run_advance(&fixture, 610, "600 7 1/1 dropped continued 1 … → c\n");
    /* long after, nobody knows of it */
    journey_run_give(&fixture, "10700 7 c Upper Rx");
    journey_run_advance(&fixture, 11000, "10700 7 1/1 unknown open 1 c\n");
    journey_run_clear(&fixture);
}

static void test_no_hold(void)
{
    const struct journey_options options = {.settle = 10 * MS, .memory = 16 << 20};
    struct journey_run fixture;

    journey_run_init(&fixture, &options);
    journey_run_give(&fixture, "1 7 a Lower Tx; 100000 7 b Lower Rx");
    journey_run_check(&fixture, "");
    journey_run_finish(&fixture, "1 7 1/1 unknown open 2 a → b\n");
    journey_run_clear(&fixture);
}

static void test_join(void)
{
    const struct journey_options options = {
        .hold = 200 * MS, .settle = 10 * MS, .join = 20 * MS, .memory = 16 << 20};
    struct journey_run fixture;

    journey_run_init(&fixture, &options);
    journey_run_give(&fixture, "1 7 a Lower Tx; 15 7 b Lower Rx");
    journey_run_advance(&fixture, 34, "");
    journey_run_advance(&fixture, 35, "1 7 1/1 unknown 2 a → b\n");
    journey_run_give(&fixture, "40 7 c Lower Rx");
    journey_run_finish(&fixture, "40 7 1/1 unknown 1 c\n");
    journey_run_clear(&fixture);
}

/* Those that ended wait for the ones before them. */
static void test_order(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture,
                     "1 7 a Lower Tx; 2 8 a Lower Tx dropped; 3 counters; 4 9 a Lower Tx consumed; "
                     "5 7 b Lower Rx; 6 loss a");
    journey_run_advance(&fixture, 150, "");
    journey_run_advance(&fixture, 201,
                        "1 7 1/1 unknown open 2 a → b\n2 8 1/1 dropped 1 a\n3 counters\n"
                        "4 9 1/1 consumed 1 a\n6 event\n");
    journey_run_give(&fixture, "210 counters");
    journey_run_check(&fixture, "210 counters\n");
    journey_run_clear(&fixture);
}

static void test_no_group(void)
{
    static const struct whole_case cases[] = {
        {"1 0 a Lower Rx; 1 0 a Lower Rx dropped", "1 0 1/1 unknown 1 a\n1 0 1/1 dropped 1 a\n"},
    };

    check_whole(cases, G_N_ELEMENTS(cases));
}

/* --- what a journey says --- */

static void test_total(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture, "1 7 a Lower Tx; 9 7 b Lower Rx consumed");
    journey_run_finish(&fixture, "1 7 1/1 consumed 2 a → b\n");
    g_assert_cmpuint(fixture.total, ==, 8 * MS);
    journey_run_give(&fixture, "100 7 b Lower Rx");
    journey_run_finish(&fixture, "100 7 1/1 consumed continued 1 … → b\n");
    g_assert_cmpuint(fixture.total, ==, 99 * MS);
    journey_run_clear(&fixture);
}

static void test_copies(void)
{
    static const struct whole_case cases[] = {
        {"1 7 in Lower Rx; 2 7 out1 Lower Tx copy=2 of=1 dropped; 3 7 phys2 Lower Tx copy=3 of=1",
         "1 7 1/1 forwarded open 3 in → phys2 (+1 copy)\n"},
        {"1 7 in Lower Rx; 2 7 out1 Lower Tx copy=2 of=1 dropped; 3 7 veth2 Lower Tx copy=3 of=1",
         "1 7 1/1 dropped open 3 in → out1 (+1 copy)\n"},
    };

    check_whole(cases, G_N_ELEMENTS(cases));
}

static void test_losses(void)
{
    static const struct whole_case cases[] = {
        {"1 7 a Lower Rx dropped lost=3", "1 7 1/1 unknown 1 a\n"},
        {"1 counters; 100 7 phys0 Lower Tx; 101 counters; 101 loss a",
         "1 counters\n100 7 1/1 unknown 1 phys0\n101 counters\n101 event\n"},
        {"1 counters; 100 7 phys0 Lower Tx; 101 counters; 101 loss ?",
         "1 counters\n100 7 1/1 forwarded 1 phys0\n101 counters\n101 event\n"},
    };

    check_whole(cases, G_N_ELEMENTS(cases));
}

static void test_pieces(void)
{
    static const struct whole_case cases[] = {
        /* the whole, and runs of its pieces at two places, one of which fares otherwise */
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1; 3 7 c Lower Rx piece=1; 4 7 b Lower Rx piece=2; "
         "5 7 c Lower Rx piece=2; 6 7 b Lower Rx piece=3 dropped; 7 7 b Lower Rx piece=4; "
         "8 7 c Lower Rx piece=4",
         "1 7 1/1 dropped open 6(8) a → b\n"},
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1; 3 7 b Lower Rx piece=2 cpu=3; "
         "4 7 b Lower Rx piece=3 cpu=3; 5 7 b Lower Rx piece=5 cpu=3; "
         "6 7 b Lower Rx piece=6 cpu=3 copy=2 of=1",
         "1 7 1/1 unknown open 5(6) a → b (+1 copy)\n"},
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1 lost=1; 3 7 b Lower Rx piece=2",
         "1 7 1/1 unknown open 3 a → b\n"},
        /* pieces that are never seen whole, and what is seen whole later */
        {"1 7 a Lower Tx piece=1; 2 7 a Lower Tx piece=2; 3 7 b Lower Rx piece=2; "
         "4 7 b Lower Rx piece=1 consumed",
         "1 7 1/1 consumed open 2 a → b\n2 7 1/1 consumed open 2 a → b\n"},
        {"1 7 a Lower Tx piece=1; 2 7 a Lower Tx piece=2; 3 7 b Lower Rx consumed",
         "1 7 1/1 consumed 2 a → b\n2 7 1/1 in 7 consumed 1 a\n"},
        /* a log numbers packets that were never one */
        {"1 7 a Lower Tx numbered; 2 7 a Lower Tx piece=1 numbered",
         "1 7 1/1 unknown open 1 a\n2 7 1/1 unknown open 1 a\n"},
    };

    check_whole(cases, G_N_ELEMENTS(cases));
}

/* --- forms --- */

#define OUT    "bytes=eth,ip,tcp-syn"
#define OUT2   "bytes=eth,ip-outside,tcp-syn"
#define BACK   "bytes=eth,ip-back,tcp-syn-ack"
#define BEFORE "1 7 a Lower Tx " OUT "; 2 7 in Lower Rx " OUT "; "
#define MASQUERADED                                                                                \
    BEFORE "3 7 out Lower Tx " OUT2 "; 4 7 b Lower Rx " OUT2 "; 5 7 b Lower Rx consumed " OUT2

static void test_forms(void)
{
    static const struct whole_case cases[] = {
        {MASQUERADED, "1 7 1/2 side 1 consumed 2 a → in → [NAT] → …\n"
                      "3 7 2/2 side 2 consumed 3 … → [NAT] → out → b\n"},
        /* a frame of its own, at its own time */
        {BEFORE "2.5 counters; 3 7 out Lower Tx " OUT2,
         "1 7 1/2 side 1 unknown open 2 a → in → [NAT] → …\n2.5 counters\n"
         "3 7 2/2 side 2 unknown open 1 … → [NAT] → out\n"},
        /* and back */
        {BEFORE "3 7 out Lower Tx " OUT2 "; 4 7 in Lower Tx " OUT,
         "1 7 1/2 side 1 unknown open 3 a → in → [NAT] → … → [NAT] → in\n"
         "3 7 2/2 side 2 unknown open 1 … → [NAT] → out → [NAT] → …\n"},
        /* tags and tunnels are hops */
        {"1 7 a Lower Tx bytes=eth,ip,udp,data; 2 7 b Lower Tx bytes=eth,vlan,ip,udp,data; "
         "3 7 b Lower Tx bytes=eth,ip-outside,vxlan,eth,ip,udp,data",
         "1 7 1/1 unknown open 3 a → b\n"},
        /* what is encrypted is no translation */
        {"1 7 a Lower Tx bytes=eth,ip,udp,data; 2 7 b Lower Tx bytes=eth,ip-outside,esp",
         "1 7 1/2 unknown open 1 a → [new form] → …\n"
         "2 7 2/2 unknown open 1 … → [new form] → b\n"},
        /* too few bytes to tell */
        {"1 7 a Lower Tx " OUT "; 2 7 b Lower Rx cap=30 " OUT "; 3 7 c Lower Rx cap=0 " OUT,
         "1 7 1/1 unknown open 3 a → b → c\n"},
        {"1 7 a Lower Tx cap=34 " OUT "; 2 7 b Lower Rx " OUT, "1 7 1/1 unknown open 2 a → b\n"},
    };

    check_whole(cases, G_N_ELEMENTS(cases));
}

/* The other direction of a connection has its sides the other way round. */
static void test_sides(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture, MASQUERADED);
    journey_run_finish(&fixture, "1 7 1/2 side 1 consumed 2 a → in → [NAT] → …\n"
                                 "3 7 2/2 side 2 consumed 3 … → [NAT] → out → b\n");
    journey_run_give(&fixture,
                     "20 8 b Lower Tx " OUT2 "; 21 8 in Lower Tx " BACK "; 22 8 a Lower Rx " OUT);
    /* dropped on the way back: it has no other frame */
    journey_run_give(&fixture, "30 9 b Lower Tx " OUT2 "; 31 9 out Lower Rx dropped " OUT2);
    journey_run_give(&fixture, "40 10 a Lower Tx dropped " OUT);
    journey_run_finish(&fixture, "20 8 1/2 side 2 unknown open 1 b → [NAT] → …\n"
                                 "21 8 2/2 side 1 unknown open 2 … → [NAT] → in → a\n"
                                 "30 9 1/1 dropped 2 b → out\n40 10 1/1 side 1 dropped 1 a\n");
    journey_run_clear(&fixture);
}

/* Of two translations the first form is on side 1; each packet has one frame that is not on side 2,
 * though it does not get as far as side 1. */
static void test_two_translations(void)
{
    struct journey_run run;

    journey_run_init(&run, &journey_run_usual);
    journey_run_give(&run, "1 7 a Lower Tx " OUT "; 2 7 b Lower Tx " OUT2
                           "; 3 7 c Lower Tx bytes=eth,ip-multicast,tcp-syn");
    journey_run_give(&run, "4 8 c Lower Rx bytes=eth,ip-multicast,tcp-syn; "
                           "5 8 b Lower Rx dropped " OUT2);
    journey_run_finish(&run, "1 7 1/3 side 1 unknown open 1 a → [NAT] → …\n"
                             "2 7 2/3 side 2 unknown open 1 … → [NAT] → b → [NAT] → …\n"
                             "3 7 3/3 side 2 unknown open 1 … → [NAT] → c\n"
                             "4 8 1/2 side 2 dropped 1 c → [NAT] → …\n"
                             "5 8 2/2 side 1 dropped 1 … → [NAT] → b\n");
    journey_run_clear(&run);
}

static void test_fragments(void)
{
    static const struct whole_case cases[] = {
        /* pieces of a whole, the later ones first */
        {"1 7 a Lower Tx bytes=eth,ip,udp,data; 2 7 b Lower Tx piece=2 "
         "bytes=eth,ip-later,udp,data; "
         "3 7 b Lower Tx piece=1 bytes=eth,ip-first,udp,data",
         "1 7 1/1 unknown open 3 a → b\n"},
        /* from outside, the later ones first, then as one */
        {"1 7 a Lower Rx piece=2 bytes=eth,ip-later,udp,data; "
         "2 7 a Lower Rx piece=1 bytes=eth,ip-first,udp,data; 3 7 b Lower Rx bytes=eth,ip,udp,data",
         "1 7 1/1 unknown open 2 a → b\n2 7 1/1 in 7 unknown open 1 a\n"},
        {"1 7 a Lower Rx piece=2 bytes=eth,ip-later,udp,data; 3 7 b Lower Rx bytes=eth,ip,udp,data",
         "1 7 1/1 unknown open 2 a → b\n"},
        /* the whole is translated */
        {"1 7 a Lower Rx piece=2 bytes=eth,ip-later,udp,data; "
         "2 7 a Lower Rx piece=1 bytes=eth,ip-first,udp,data; "
         "3 7 b Lower Rx bytes=eth,ip,udp,data; 4 7 c Lower Tx bytes=eth,ip-outside,udp,data",
         "1 7 1/2 side 1 unknown open 2 a → b → [NAT] → …\n"
         "2 7 1/2 in 7 side 1 unknown open 1 a\n"
         "4 7 2/2 side 2 unknown open 1 … → [NAT] → c\n"},
        {"1 7 a Lower Tx piece=1 bytes=eth,ip-first,udp,data; "
         "2 7 a Lower Tx piece=2 bytes=eth,ip-later,udp,data; 3 7 b Lower Rx bytes=eth,ip,udp,data",
         "1 7 1/1 unknown open 2 a → b\n2 7 1/1 in 7 unknown open 1 a\n"},
    };

    check_whole(cases, G_N_ELEMENTS(cases));
}

/* --- segments of other groups --- */

#define DATA(sequence)  " seq=" #sequence " bytes=eth,ip,tcp-http"      /* 16 bytes */
#define GROWN(sequence) " seq=" #sequence " bytes=eth,ip,tcp-http,data" /* 71 bytes */
#define SEGMENTS                                                                                   \
    "1 7 a Lower Tx" DATA(100) "; 2 8 a Lower Tx" DATA(116) "; 3 9 a Lower Tx" DATA(               \
        132) "; "                                                                                  \
             "4 10 a Lower Tx" DATA(200) "; 5 11 a Lower Tx" DATA(90) "; "

static void check_merged(const char *events, const char *written)
{
    struct journey_options options = journey_run_usual;
    struct journey_run run;

    options.find_merged = true;
    journey_run_init(&run, &options);
    journey_run_give(&run, events);
    journey_run_finish(&run, written);
    journey_run_clear(&run);
}

static void test_merged(void)
{
    /* those before it and behind it are others */
    check_merged(SEGMENTS "6 7 b Lower Rx" GROWN(100) "; 7 7 b Lower Rx delivered" GROWN(100),
                 "1 7 1/1 delivered 3 a → b\n2 8 1/1 in 7 delivered 1 a\n"
                 "3 9 1/1 in 7 delivered 1 a\n4 10 1/1 unknown open 1 a\n"
                 "5 11 1/1 unknown open 1 a\n");
    /* the other direction, a packet that ended, one that is elsewhere */
    check_merged(
        "1 7 a Lower Tx" DATA(100) "; 2 8 a Lower Tx dropped" DATA(
            116) "; "
                 "3 9 c Lower Tx" DATA(132) "; "
                                            "4 10 a Lower Tx seq=120 bytes=eth,ip-back,tcp-http; "
                                            "5 7 b Lower Rx dropped" GROWN(100),
        "1 7 1/1 dropped 2 a → b\n2 8 1/1 dropped 1 a\n3 9 1/1 unknown open 1 c\n"
        "4 10 1/1 unknown open 1 a\n");
    /* a retransmission: the newer one */
    check_merged("1 7 a Lower Tx" DATA(100) "; 2 8 a Lower Tx" DATA(116) "; 3 9 a Lower Tx" DATA(
                     116) "; 5 7 b Lower Rx dropped" GROWN(100),
                 "1 7 1/1 dropped 2 a → b\n2 8 1/1 unknown open 1 a\n"
                 "3 9 1/1 in 7 dropped 1 a\n");
    /* it is observed again */
    check_merged("1 7 a Lower Tx" DATA(100) "; 2 8 a Lower Tx" DATA(
                     116) "; 5 7 b Lower Rx dropped" GROWN(100) "; 6 8 b Lower Rx" DATA(116),
                 "1 7 1/1 dropped 2 a → b\n2 8 1/1 unknown open 2 a → b\n");
}

/* It waits for what it was merged into. */
static void test_merged_waits(void)
{
    struct journey_options options = journey_run_usual;
    struct journey_run run;

    options.find_merged = true;
    journey_run_init(&run, &options);
    journey_run_give(&run, "1 8 a Lower Tx" DATA(116) "; 2 7 a Lower Tx" DATA(
                               100) "; 3 7 b Lower Rx" GROWN(100));
    journey_run_advance(&run, 50, "");
    journey_run_give(&run, "60 7 b Upper Rx consumed" GROWN(100));
    journey_run_advance(&run, 70, "1 8 1/1 in 7 consumed 1 a\n2 7 1/1 consumed 3 a → b\n");
    journey_run_clear(&run);
}

/* A form that begins after the others were written is no continuation: it has bytes. */
static void test_late_form(void)
{
    struct journey_run fixture;

    journey_run_init(&fixture, &journey_run_usual);
    journey_run_give(&fixture, BEFORE);
    journey_run_finish(&fixture, "1 7 1/1 unknown open 2 a → in\n");
    journey_run_give(&fixture, "300 7 in Upper Rx " OUT "; 301 7 out Lower Tx " OUT2);
    journey_run_finish(&fixture, "300 7 1/2 side 1 unknown open continued 1 … → in → [NAT] → …\n"
                                 "301 7 2/2 side 2 unknown open 1 … → [NAT] → out\n");
    journey_run_clear(&fixture);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(void);
    } tests[] = {
        {"/journey-assemble/settles", test_settles},
        {"/journey-assemble/hold", test_hold},
        {"/journey-assemble/no-hold", test_no_hold},
        {"/journey-assemble/join", test_join},
        {"/journey-assemble/order", test_order},
        {"/journey-assemble/no-group", test_no_group},
        {"/journey-assemble/total", test_total},
        {"/journey-assemble/copies", test_copies},
        {"/journey-assemble/losses", test_losses},
        {"/journey-assemble/pieces", test_pieces},
        {"/journey-assemble/forms", test_forms},
        {"/journey-assemble/sides", test_sides},
        {"/journey-assemble/two-translations", test_two_translations},
        {"/journey-assemble/fragments", test_fragments},
        {"/journey-assemble/late-form", test_late_form},
        {"/journey-assemble/merged", test_merged},
        {"/journey-assemble/merged-waits", test_merged_waits},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_func(tests[i].path, tests[i].test);
    return g_test_run();
}
