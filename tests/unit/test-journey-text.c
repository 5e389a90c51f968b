/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets and other events as lines of text. */
#include <glib.h>
#include <string.h>

#include "cli/journey-text.h"
#include "journey-run.h"

#define SECOND UINT64_C(1000000000)

/* The lines of the journeys of a script (journey-run.h). */
struct fixture {
    struct journey_script script;
    struct cli_text_options options;
    GString *text;
};

static void take_event(void *context, const struct pktmon_event *event)
{
    struct fixture *fixture = context;

    cli_text_append_event(fixture->text, &fixture->options, event);
}

static void take_journey(void *context, const struct pktmon_journey *journey)
{
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_JOURNEY, .time = journey->time, .journey = journey};

    take_event(context, &event);
}

static void set_up(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    journey_script_init(&fixture->script);
    fixture->text = g_string_new(NULL);
}

static void tear_down(struct fixture *fixture)
{
    journey_script_clear(&fixture->script);
    g_string_free(fixture->text, TRUE);
}

static void read_scripts(struct fixture *fixture, const char *const *scripts)
{
    const struct journey_options options = {.hold = 200 * MS,
                                            .settle = 10 * MS,
                                            .memory = 16 << 20,
                                            .name = journey_script_name,
                                            .hands_out = journey_script_hands_out,
                                            .context = &fixture->script};
    const struct journey_output output = {take_journey, take_event, fixture};
    struct journey_assembler *assembler = journey_assembler_new(&options, &output);

    for (; *scripts; scripts++) {
        const struct pktmon_event event = journey_script_read(&fixture->script, *scripts);

        journey_assembler_take(assembler, &event);
    }
    journey_assembler_finish(assembler);
    journey_assembler_free(assembler);
}

static void expect(struct fixture *fixture, const char *text)
{
    g_assert_cmpstr(fixture->text->str, ==, text);
    g_string_truncate(fixture->text, 0);
}

static const char *const delivered[] = {
    "1 1 a/eth0 Upper Tx bytes=eth,ip,tcp-syn", "1.002 1 a/eth0 Lower Tx bytes=eth,ip,tcp-syn",
    "1.0155 1 b/eth0 Lower Rx bytes=eth,ip,tcp-syn",
    "1.084 1 b/sockets Upper Rx delivered bytes=eth,ip,tcp-syn", NULL};

static void test_delivered(void)
{
    struct fixture fixture;

    set_up(&fixture);
    read_scripts(&fixture, delivered);
    expect(&fixture, "00:00:00.001000 10.1.2.3:49152 > 10.1.2.4:80 TCP [SYN] len 0  "
                     "a/eth0 → b/eth0 → b/sockets  delivered  84.00 us\n");
    tear_down(&fixture);
}

/* What routing does to a packet is not worth a word. */
static void test_changed(void)
{
    static const char *const scripts[] = {
        "1 1 a/eth0 Lower Tx", "1.5 1 b/eth0 Lower Rx bytes=eth,vlan,ip,udp,data",
        "2 1 c/eth0 Lower Rx delivered bytes=eth,ip,udp,data,data", NULL};
    struct fixture fixture;

    set_up(&fixture);
    read_scripts(&fixture, scripts);
    g_assert_nonnull(strstr(fixture.text->str, "c/eth0  delivered, payload changed  1.000 ms\n"));
    tear_down(&fixture);
}

/* Where the terminal has ASCII alone. */
static void test_ascii(void)
{
    struct fixture fixture;

    set_up(&fixture);
    fixture.options.is_ascii = true;
    read_scripts(&fixture, delivered);
    expect(&fixture, "00:00:00.001000 10.1.2.3:49152 > 10.1.2.4:80 TCP [SYN] len 0  "
                     "a/eth0 -> b/eth0 -> b/sockets  delivered  84.00 us\n");
    tear_down(&fixture);
}

/* A drop, with its reason and place, is red. */
static void test_dropped(void)
{
    struct fixture fixture;
    struct pktmon_event events[2];
    struct pktmon_hop hops[2];

    set_up(&fixture);
    fixture.options.is_colored = true;
    events[0] = journey_script_read(&fixture.script, "1 1 a/eth0 Lower Tx");
    events[1] = journey_script_read(&fixture.script, "2.5 1 b/netfilter input In dropped");
    events[1].packet.drop_reason = "NETFILTER_DROP";
    events[1].packet.drop_location = "nft_do_chain+0x1a2";
    for (guint i = 0; i < 2; i++)
        hops[i] = (struct pktmon_hop){&events[i],
                                      journey_script_name(&fixture.script, events[i].component), 1};
    struct pktmon_journey journey = {.time = events[0].time,
                                     .total = 1500000,
                                     .fate = PKTMON_FATE_DROPPED,
                                     .form = 1,
                                     .forms = 1,
                                     .link_type = 1,
                                     .data = events[0].packet.data,
                                     .caplen = events[0].packet.caplen,
                                     .origlen = events[0].packet.origlen,
                                     .hops = hops,
                                     .hop_count = 2,
                                     .observations = 2,
                                     .path = "a/eth0 → b/netfilter input"};
    take_journey(&fixture, &journey);
    expect(&fixture, "\033[31m00:00:00.001000 10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55  "
                     "a/eth0 → b/netfilter input  "
                     "dropped NETFILTER_DROP at b/netfilter input (nft_do_chain+0x1a2)  "
                     "1.500 ms\033[0m\n");

    /* A copy's drop is trouble, and alike drops are named once. */
    journey.fate = PKTMON_FATE_DELIVERED;
    hops[1].count = 3;
    events[1].packet.drop_location = NULL;
    take_journey(&fixture, &journey);
    expect(&fixture, "\033[33m00:00:00.001000 10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55  "
                     "a/eth0 → b/netfilter input  "
                     "delivered, 3 drops: 3 × NETFILTER_DROP at b/netfilter input  "
                     "1.500 ms\033[0m\n");
    tear_down(&fixture);
}

/* It says by itself what packet it is of, what became of it, and that it is the rest. */
static void test_continuation(void)
{
    static const char *const scripts[] = {"1 1 a/eth0 Upper Tx",
                                          "400 2 c/eth0 Upper Tx bytes=eth,arp",
                                          "900 1 a/eth0 Lower Tx dropped", NULL};
    struct fixture fixture;

    set_up(&fixture);
    read_scripts(&fixture, scripts);
    expect(&fixture,
           "00:00:00.001000 10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55  a/eth0  "
           "unknown, end not seen  0 ns\n"
           "00:00:00.400000 ARP who has 10.1.2.4? tell 10.1.2.3  c/eth0  "
           "unknown, end not seen  0 ns\n"
           "00:00:00.900000 [continued] 10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55  … → a/eth0  "
           "dropped without a reason at a/eth0 Lower  899.0 ms\n");
    tear_down(&fixture);
}

/* Names, reasons and messages may hold what a terminal obeys. */
static void test_controls(void)
{
    static const char evil[] = "\033]0;x\a\r\n\xC2\x9B"
                               "2J\xE2\x80\xAE\xFF";
    struct fixture fixture;
    struct pktmon_event event;

    set_up(&fixture);
    event = journey_script_read(&fixture.script, "1 1 a/eth0 Lower Rx dropped");
    event.packet.drop_reason = event.packet.drop_location = event.packet.edge_name = evil;
    struct pktmon_hop hop = {&event, evil, 1};
    struct pktmon_journey journey = {
        .fate = PKTMON_FATE_DROPPED, .hops = &hop, .hop_count = 1, .path = evil};
    take_journey(&fixture, &journey);
    take_event(&fixture, &event);
    event = (struct pktmon_event){.record = PKTMON_RECORD_EVENT,
                                  .notice = {.level = PKTMON_LEVEL_WARNING, .message = evil}};
    take_event(&fixture, &event);
    g_assert_true(g_utf8_validate(fixture.text->str, -1, NULL));
    g_auto(GStrv) lines = g_strsplit(fixture.text->str, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 4);
    for (const char *at = fixture.text->str; *at; at = g_utf8_next_char(at)) {
        GUnicodeType type = g_unichar_type(g_utf8_get_char(at));

        g_assert_true(*at == '\n' || (type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT));
    }
    tear_down(&fixture);
}

static void test_appearances(void)
{
    static const char *const scripts[] = {"1 1 a/eth0 Lower Rx bytes=eth,ip,icmp-echo",
                                          "2 1 a/netfilter input In dropped lost=3", NULL};
    struct fixture fixture;
    struct pktmon_registry *registry = pktmon_registry_new();

    set_up(&fixture);
    fixture.options.registry = registry;
    for (guint i = 0; scripts[i]; i++) {
        const struct pktmon_event event = journey_script_read(&fixture.script, scripts[i]);
        struct pktmon_component *component = pktmon_registry_get(registry, event.component);

        pktmon_component_set(&component->name,
                             journey_script_name(&fixture.script, event.component));
        take_event(&fixture, &event);
    }
    expect(&fixture, "00:00:00.001000 10.1.2.3 > 10.1.2.4 ICMP echo request id 4660 seq 1 len 0  "
                     "a/eth0 Lower Rx\n"
                     "00:00:00.002000 10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55  "
                     "a/netfilter input In  dropped without a reason  3 records lost\n");
    pktmon_registry_free(registry);
    tear_down(&fixture);
}

/* An event about a packet says which. */
static void test_packet_of_notice(void)
{
    static const char *const scripts[] = {"1 5 a/eth0 Upper Tx dropped", NULL};
    struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .notice = {.level = PKTMON_LEVEL_WARNING, .message = "It is bad.", .group = 5}};
    struct cli_text_packets packets = {0};
    struct fixture fixture;

    set_up(&fixture);
    fixture.options.packets = &packets;
    read_scripts(&fixture, scripts);
    g_string_truncate(fixture.text, 0);
    take_event(&fixture, &event);
    expect(&fixture, "00:00:00.000000 ** It is bad. (10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55)\n");
    event.notice.group = 6;
    take_event(&fixture, &event);
    expect(&fixture, "00:00:00.000000 ** It is bad.\n");
    tear_down(&fixture);
}

static void test_notices(void)
{
    struct pktmon_event event = {
        .record = PKTMON_RECORD_EVENT,
        .time = 3661 * SECOND,
        .notice = {.level = PKTMON_LEVEL_WARNING, .message = "5 packets were lost."}};
    struct fixture fixture;

    set_up(&fixture);
    take_event(&fixture, &event);
    expect(&fixture, "01:01:01.000000 ** 5 packets were lost.\n");
    event.notice.level = PKTMON_LEVEL_INFORMATION;
    take_event(&fixture, &event);
    event.record = PKTMON_RECORD_COUNTERS;
    take_event(&fixture, &event);
    expect(&fixture, "");
    tear_down(&fixture);
}

int main(int argc, char **argv)
{
    g_setenv("TZ", "UTC", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-text/delivered", test_delivered);
    g_test_add_func("/journey-text/changed", test_changed);
    g_test_add_func("/journey-text/ascii", test_ascii);
    g_test_add_func("/journey-text/dropped", test_dropped);
    g_test_add_func("/journey-text/continuation", test_continuation);
    g_test_add_func("/journey-text/controls", test_controls);
    g_test_add_func("/journey-text/appearances", test_appearances);
    g_test_add_func("/journey-text/packet-of-notice", test_packet_of_notice);
    g_test_add_func("/journey-text/notices", test_notices);
    return g_test_run();
}
