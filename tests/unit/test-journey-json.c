/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets as JSON: what json-glib reads of it is what went in. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "cli/journey-json.h"
#include "frames.h"

#define TIME UINT64_C(1796063122000000789)

/* A journey of two hops, of which the second is a drop, and one packet's bytes. */
struct fixture {
    struct frame frame;
    struct pktmon_event events[2];
    struct pktmon_hop hops[2];
    struct pktmon_journey journey;
    struct pktmon_event event;
    GString *json;
    JsonParser *parser;
};

static struct pktmon_event make_packet(const struct frame *frame, uint64_t time)
{
    return (struct pktmon_event){.record = PKTMON_RECORD_PACKET,
                                 .time = time,
                                 .component = 7,
                                 .packet = {.group = UINT64_MAX,
                                            .appearance = 1,
                                            .copy = 1,
                                            .edge = PKTMON_EDGE_LOWER,
                                            .edge_name = "Lower",
                                            .direction = PKTMON_DIRECTION_RX,
                                            .packet_type = PKTMON_PACKET_ETHERNET,
                                            .cpu = -1,
                                            .queue = -1,
                                            .link_type = 1,
                                            .data = frame->bytes->data,
                                            .caplen = frame->bytes->len,
                                            .origlen = frame->bytes->len}};
}

static void set_up(struct fixture *fixture, const char *kind)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->frame = frame_make(kind);
    fixture->json = g_string_new(NULL);
    fixture->parser = json_parser_new();
    for (guint i = 0; i < G_N_ELEMENTS(fixture->events); i++) {
        fixture->events[i] = make_packet(&fixture->frame, TIME + 1500 * i);
        fixture->hops[i] = (struct pktmon_hop){
            .event = &fixture->events[i], .name = "a/eth0", .count = 1, .form = 1};
    }
    fixture->journey = (struct pktmon_journey){
        .group = UINT64_MAX,
        .time = TIME,
        .total = 1500,
        .fate = PKTMON_FATE_DROPPED,
        .form = 1,
        .forms = 1,
        .link_type = 1,
        .data = fixture->frame.bytes->data,
        .caplen = fixture->frame.bytes->len,
        .origlen = fixture->frame.bytes->len,
        .hops = fixture->hops,
        .hop_count = G_N_ELEMENTS(fixture->hops),
        .observations = 2,
        .path = "a/eth0 → b/netfilter input",
    };
    fixture->event = (struct pktmon_event){.record = PKTMON_RECORD_JOURNEY,
                                           .time = TIME,
                                           .component = 7,
                                           .journey = &fixture->journey};
}

static void tear_down(struct fixture *fixture)
{
    g_byte_array_unref(fixture->frame.bytes);
    g_string_free(fixture->json, TRUE);
    g_object_unref(fixture->parser);
}

/* The object that was written: one line. */
static JsonObject *written(struct fixture *fixture, const struct pktmon_event *event,
                           const struct pktmon_registry *registry)
{
    const struct cli_json_options options = {.registry = registry};
    GError *error = NULL;

    g_string_truncate(fixture->json, 0);
    g_assert_true(cli_json_append_event(fixture->json, &options, event));
    g_assert_true(g_utf8_validate(fixture->json->str, (gssize)fixture->json->len, NULL));
    g_assert_true(strchr(fixture->json->str, '\n') == fixture->json->str + fixture->json->len - 1);
    json_parser_load_from_data(fixture->parser, fixture->json->str, -1, &error);
    g_assert_no_error(error);
    return json_node_get_object(json_parser_get_root(fixture->parser));
}

static void assert_text(JsonObject *object, const char *key, const char *expected)
{
    g_assert_cmpstr(json_object_get_string_member_with_default(object, key, NULL), ==, expected);
}

static void assert_number(JsonObject *object, const char *key, gint64 expected)
{
    g_assert_cmpint(json_object_get_int_member_with_default(object, key, -1), ==, expected);
}

static JsonObject *hop_of(JsonObject *packet, guint index)
{
    return json_array_get_object_element(json_object_get_array_member(packet, "hops"), index);
}

static void test_journey(void)
{
    struct fixture fixture;

    set_up(&fixture, "eth ip tcp-syn");
    struct pktmon_packet *dropped = &fixture.events[1].packet;
    dropped->dropped = true;
    dropped->drop_reason = "NETFILTER_DROP";
    dropped->drop_code = 8;
    dropped->drop_location = "nft_do_chain+0x1a2";
    dropped->edge = PKTMON_EDGE_INPUT;
    dropped->edge_name = "input";
    dropped->pid = 12;
    dropped->comm = "curl";
    dropped->cpu = 0;
    fixture.events[1].component = 9;
    fixture.hops[1].name = "b/netfilter";
    JsonObject *packet = written(&fixture, &fixture.event, NULL);

    assert_text(packet, "record", "packet");
    assert_text(packet, "view", "packets");
    assert_text(packet, "time", "1796063122.000000789");
    assert_text(packet, "group", "18446744073709551615");
    assert_text(packet, "source", "10.1.2.3");
    assert_number(packet, "source_port", 49152);
    assert_text(packet, "destination", "10.1.2.4");
    assert_number(packet, "destination_port", 80);
    assert_text(packet, "protocol", "TCP");
    assert_text(packet, "summary", "10.1.2.3:49152 > 10.1.2.4:80 TCP [SYN] len 0");
    assert_text(packet, "path", "a/eth0 → b/netfilter input");
    assert_text(packet, "fate", "dropped");
    assert_number(packet, "total", 1500);
    assert_number(packet, "length", fixture.frame.bytes->len);
    g_assert_false(json_object_has_member(packet, "open"));
    g_assert_false(json_object_has_member(packet, "merged_into"));
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(packet, "hops")), ==, 2);

    JsonObject *first = hop_of(packet, 0), *last = hop_of(packet, 1);
    assert_text(first, "component_name", "a/eth0");
    assert_number(first, "component", 7);
    assert_number(first, "elapsed", 0);
    assert_text(first, "edge_name", "Lower");
    assert_text(first, "direction", "Rx");
    g_assert_false(json_object_has_member(first, "packet_type"));
    g_assert_false(json_object_has_member(first, "dropped"));
    g_assert_false(json_object_has_member(first, "cpu"));
    assert_text(last, "component_name", "b/netfilter");
    assert_number(last, "elapsed", 1500);
    g_assert_true(json_object_get_boolean_member(last, "dropped"));
    assert_text(last, "drop_reason", "NETFILTER_DROP");
    assert_number(last, "drop_code", 8);
    assert_text(last, "drop_location", "nft_do_chain+0x1a2");
    assert_text(last, "comm", "curl");
    assert_number(last, "cpu", 0);
    tear_down(&fixture);
}

/* A continuation has no bytes, and says what packet it is of all the same. */
static void test_continuation(void)
{
    struct fixture fixture;

    set_up(&fixture, "eth ip udp data");
    fixture.journey.data = NULL;
    fixture.journey.caplen = fixture.journey.origlen = 0;
    fixture.journey.continued = fixture.journey.open = true;
    fixture.hops[0].count = 3;
    fixture.hops[0].last = TIME + 20;
    fixture.hops[0].last_number = 4;
    JsonObject *packet = written(&fixture, &fixture.event, NULL);

    assert_text(packet, "summary", "10.1.2.3:49154 > 10.1.2.4:9000 UDP len 55");
    g_assert_true(json_object_get_boolean_member(packet, "continued"));
    g_assert_true(json_object_get_boolean_member(packet, "open"));
    g_assert_false(json_object_has_member(packet, "length"));
    assert_number(hop_of(packet, 0), "count", 3);
    assert_number(hop_of(packet, 0), "elapsed_last", 20);
    assert_number(hop_of(packet, 0), "packet_number_last", 4);
    tear_down(&fixture);
}

/* Text as it comes, and as a reader of the JSON has it. */
static void test_escapes(void)
{
    static const struct {
        const char *text, *read;
    } texts[] = {
        {"a \"b\"\\c", "a \"b\"\\c"},
        {"\x1B[31m\x07\t\n\x7F", "\x1B[31m\x07\t\n\x7F"},
        {"\xC2\x9B"
         "31m \xE2\x80\xAE \xE2\x80\xA8",
         "\xC2\x9B"
         "31m \xE2\x80\xAE \xE2\x80\xA8"},
        {"\xF3\xA0\x81\x81 \xF0\x9F\x90\xA7", "\xF3\xA0\x81\x81 \xF0\x9F\x90\xA7"},
        {"\xFF\xC3 \xE2\x86", "\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    struct fixture fixture;

    set_up(&fixture, "eth arp");
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        fixture.hops[0].name = texts[i].text;
        JsonObject *packet = written(&fixture, &fixture.event, NULL);

        assert_text(hop_of(packet, 0), "component_name", texts[i].read);
        for (const char *at = fixture.json->str; at[1]; at++)
            g_assert_true((guchar)*at >= ' ' && *at != 0x7F);
        g_assert_null(strstr(fixture.json->str, "\xC2\x9B"));
        g_assert_null(strstr(fixture.json->str, "\xE2\x80\xAE"));
    }
    tear_down(&fixture);
}

static void test_appearance(void)
{
    struct fixture fixture;
    struct pktmon_registry *registry = pktmon_registry_new();
    struct pktmon_component *component = pktmon_registry_get(registry, 7);

    pktmon_component_set(&component->name, "sw/port-a");
    set_up(&fixture, "eth ip6 icmp6-echo");
    JsonObject *packet = written(&fixture, &fixture.events[0], registry);

    assert_text(packet, "view", "appearances");
    assert_text(packet, "component_name", "sw/port-a");
    assert_text(packet, "edge_name", "Lower");
    assert_text(packet, "protocol", "ICMPv6");
    g_assert_false(json_object_has_member(packet, "source_port"));
    g_assert_false(json_object_has_member(packet, "hops"));
    packet = written(&fixture, &fixture.events[0], NULL);
    g_assert_false(json_object_has_member(packet, "component_name"));
    pktmon_registry_free(registry);
    tear_down(&fixture);
}

static void test_other_events(void)
{
    const struct pktmon_drop_count reason = {.reason = "NO_SOCKET", .packets_in = 2};
    const struct pktmon_event counters = {
        .record = PKTMON_RECORD_COUNTERS,
        .time = TIME,
        .component = 3,
        .counters = {.has_drops = true, .drops_in = 2, .reasons = &reason, .reason_count = 1}};
    const struct pktmon_event notice = {.record = PKTMON_RECORD_EVENT,
                                        .time = TIME,
                                        .notice = {.provider = "pktmon",
                                                   .id = PKTMON_NOTICE_LOST,
                                                   .level = PKTMON_LEVEL_WARNING,
                                                   .message = "Lost.",
                                                   .group = 5}};
    const struct pktmon_event other = {.record = PKTMON_RECORD_RETIRED, .component = 3};
    const struct cli_json_options options = {0};
    struct fixture fixture;

    set_up(&fixture, "eth arp");
    JsonObject *object = written(&fixture, &counters, NULL);
    assert_text(object, "record", "counters");
    assert_number(object, "counters_drops_in", 2);
    g_assert_false(json_object_has_member(object, "counters_packets_in"));
    g_assert_false(json_object_has_member(object, "edge"));
    JsonArray *reasons = json_object_get_array_member(object, "reasons");
    assert_text(json_array_get_object_element(reasons, 0), "drop_reason", "NO_SOCKET");

    object = written(&fixture, &notice, NULL);
    assert_text(object, "record", "event");
    assert_number(object, "event_id", PKTMON_NOTICE_LOST);
    assert_text(object, "event_level", "Warning");
    assert_text(object, "event_message", "Lost.");
    assert_text(object, "group", "5");

    g_string_truncate(fixture.json, 0);
    g_assert_false(cli_json_append_event(fixture.json, &options, &other));
    g_assert_cmpstr(fixture.json->str, ==, "");
    tear_down(&fixture);
}

/* A member that all flags and values of a packet add has the name of a field, but for these. */
static void test_names_of_fields(void)
{
    static const char *const own[] = {
        "elapsed", "count", "elapsed_last", "packet_number_last", "length", "queue", NULL};
    static const char *const fields[] = {
#define X(NAME, number, kind, field) field,
        PKTMON_FIELDS(X)
#undef X
    };
    static const struct pktmon_nbl_value values[] = {
        {.field = PKTMON_FIELD_NBL_CHECKSUM_TEXT, .text = "good"},
        {.field = PKTMON_FIELD_NBL_VLAN, .number = 5}};
    static const struct pktmon_nbl nbl = {values, G_N_ELEMENTS(values)};
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct fixture fixture;
    GList *members;

    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        g_hash_table_add(known, g_strdelimit(g_strdup(fields[i] + strlen("pktmon.")), ".", '_'));
    set_up(&fixture, "eth ip igrp");
    fixture.hops[0].count = 2;
    struct pktmon_packet *packet = &fixture.events[0].packet;
    packet->dropped = packet->copy_released = packet->incomplete = packet->l2_synthesised = true;
    packet->copy_of = packet->packet_number = packet->filter_id = packet->end = 1;
    packet->linked = PKTMON_LINKED_BY_CONTENT;
    packet->packet_type = PKTMON_PACKET_IP;
    packet->drop_reason = packet->drop_location = packet->comm = packet->cgroup = "x";
    packet->netns = "x";
    packet->drop_location_code = packet->pid = packet->gso_size = packet->gso_segs = 1;
    packet->cpu = packet->queue = 1;
    packet->lost = 1;
    packet->origlen++;
    packet->nbl = &nbl;
    JsonObject *hop = hop_of(written(&fixture, &fixture.event, NULL), 0);
    members = json_object_get_members(hop);
    for (GList *at = members; at; at = at->next) {
        if (!g_hash_table_contains(known, at->data) && !g_strv_contains(own, at->data))
            g_error("\"%s\" is no field's name", (const char *)at->data);
    }
    g_assert_cmpuint(g_list_length(members), ==, 38);
    assert_text(hop, "nbl_checksum_text", "good");
    assert_number(hop, "nbl_vlan", 5);
    g_list_free(members);
    tear_down(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-json/journey", test_journey);
    g_test_add_func("/journey-json/continuation", test_continuation);
    g_test_add_func("/journey-json/escapes", test_escapes);
    g_test_add_func("/journey-json/appearance", test_appearance);
    g_test_add_func("/journey-json/other-events", test_other_events);
    g_test_add_func("/journey-json/names-of-fields", test_names_of_fields);
    return g_test_run();
}
