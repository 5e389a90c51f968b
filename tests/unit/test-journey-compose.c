/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of a frame, of several observations. */
#include <glib.h>
#include <string.h>

#include "frames.h"
#include "journey-script.h"
#include "journey/compose.h"
#include "model/event-copy.h"

#define MAX_OBSERVATIONS 8

struct fixture {
    struct journey_script script;
    struct event_copy *copies[MAX_OBSERVATIONS];
    guint count;
    struct journey_sources sources;
    struct pktmon_journey journey;
    GByteArray *memory;
};

static void add(struct fixture *fixture, const struct pktmon_event *event, uint16_t lane)
{
    struct event_copy *copy = event_copy_new(event);
    struct journey_form form;

    journey_form_read(&form, &copy->event.packet, 0);
    journey_sources_add(&fixture->sources, &copy->event, &form, (uint16_t)fixture->count, lane,
                        true);
    fixture->copies[fixture->count++] = copy;
}

static void compose(struct fixture *fixture)
{
    const struct journey_sources *others[] = {&fixture->sources};

    journey_compose(&fixture->journey, &fixture->sources, others, 1, fixture->memory);
}

static void fixture_init(struct fixture *fixture, const char *text, uint16_t lane)
{
    g_auto(GStrv) lines = g_strsplit(text, "; ", -1);

    memset(fixture, 0, sizeof(*fixture));
    journey_script_init(&fixture->script);
    fixture->memory = g_byte_array_new();
    for (guint i = 0; lines[i]; i++) {
        const struct pktmon_event event = journey_script_read(&fixture->script, lines[i]);

        add(fixture, &event, lane);
    }
    compose(fixture);
}

static void fixture_clear(struct fixture *fixture)
{
    for (guint i = 0; i < fixture->count; i++)
        event_copy_unref(fixture->copies[i]);
    g_byte_array_unref(fixture->memory);
    journey_script_clear(&fixture->script);
}

struct bytes_case {
    const char *observations;
    const char *bytes; /* as frame_make(); NULL: the observation's, cut as it is */
    uint16_t hop;
    uint16_t lane;
    bool composed;
};

static void check_case(const struct bytes_case *expected)
{
    struct fixture fixture;
    const struct pktmon_journey *journey = &fixture.journey;

    g_test_message("%s", expected->observations);
    fixture_init(&fixture, expected->observations, expected->lane);
    g_assert_cmpuint(journey->bytes_hop, ==, expected->hop);
    g_assert_cmpint(journey->composed, ==, expected->composed);
    if (expected->bytes) {
        struct frame frame = frame_make(expected->bytes);

        g_assert_cmpmem(journey->data, journey->caplen, frame.bytes->data, frame.bytes->len);
        g_assert_cmpuint(journey->origlen, ==, frame.bytes->len);
        g_byte_array_unref(frame.bytes);
    } else {
        const struct pktmon_packet *packet = &fixture.copies[expected->hop]->event.packet;

        g_assert_cmpmem(journey->data, journey->caplen, packet->data, packet->caplen);
        g_assert_cmpuint(journey->origlen, ==, packet->origlen);
    }
    fixture_clear(&fixture);
}

static void check_cases(const struct bytes_case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++)
        check_case(&cases[i]);
}

#define UDP   "bytes=eth,ip,udp,data"
#define VLAN  "bytes=eth,vlan,ip,udp,data"
#define VXLAN "bytes=eth,ip,vxlan,eth,ip,udp,data"

static void test_headers(void)
{
    static const struct bytes_case cases[] = {
        {"1 7 a Lower Rx " UDP "; 2 7 b Lower Rx " UDP, NULL, 0, 0, false},
        {"1 7 a Lower Rx " VLAN "; 2 7 b Lower Rx " UDP, "eth ip udp data", 1, 0, false},
        {"1 7 a Lower Rx " VXLAN "; 2 7 b Lower Rx " UDP, "eth ip udp data", 1, 0, false},
        {"1 7 a Lower Rx " UDP " made-link; 2 7 b Lower Rx " UDP, "eth ip udp data", 1, 0, false},
        {"1 7 a Lower Rx " UDP " made-link; 2 7 b Lower Rx " VLAN, "eth vlan ip udp data", 1, 0,
         false},
        {"1 7 a Lower Rx " VXLAN "; 2 7 b Lower Rx " UDP " made-link", "eth ip udp data", 1, 0,
         false},
        {"1 7 a Lower Rx bytes=eth,ip,ip,udp,data; 2 7 b Lower Rx bytes=eth,ip,ip,udp,data", NULL,
         0, 0, false},
    };

    check_cases(cases, G_N_ELEMENTS(cases));
}

static void test_payload(void)
{
    static const struct bytes_case cases[] = {
        {"1 7 a Lower Rx " UDP "; 2 7 b Lower Rx cap=60 " UDP, NULL, 0, 0, false},
        {"1 7 a Lower Rx made-link; 2 7 b Lower Rx cap=60", "eth ip udp data", 1, 0, false},
        {"1 7 a Lower Rx cap=60; 2 7 b Lower Rx", "eth ip udp data", 0, 0, false},
        {"1 7 a Lower Rx " VXLAN "; 2 7 b Lower Rx cap=60 " UDP, "eth ip udp data", 1, 0, false},
        {"1 7 a Lower Rx " VLAN "; 2 7 b Lower Rx " UDP " cap=60", "eth ip udp data", 1, 0, false},
        /* translated */
        {"1 7 a Lower Rx " VLAN "; 2 7 b Lower Rx bytes=eth,ip-outside,udp,data cap=60",
         "eth ip-outside udp data", 1, 0, false},
        /* of another length */
        {"1 7 a Lower Rx bytes=eth,vlan,ip,udp,data,data; 2 7 b Lower Rx cap=60 " UDP, NULL, 1, 0,
         false},
        /* nothing to compare */
        {"1 7 a Lower Rx " VLAN "; 2 7 b Lower Rx cap=45 " UDP, NULL, 1, 0, false},
        /* another piece, the whole */
        {"1 7 a Lower Rx piece=1 " VLAN "; 2 7 b Lower Rx piece=2 cap=60", NULL, 1, 2, false},
        {"1 7 a Lower Rx piece=2 " VLAN "; 2 7 b Lower Rx piece=2 cap=60", "eth ip udp data", 1, 2,
         true},
        {"1 7 a Lower Rx cap=60; 2 7 b Lower Rx piece=1", NULL, 0, 0, false},
        {"1 7 a Lower Rx piece=1 cap=60; 2 7 b Lower Rx cap=70", NULL, 0, 1, false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct bytes_case expected = cases[i];

        /* whatever is whole in the end of cut headers is composed */
        expected.composed = expected.bytes != NULL;
        check_case(&expected);
    }
}

/* The byte of what is cut is another one than in what is whole. */
static void check_changed(guint byte)
{
    struct fixture fixture;

    fixture_init(&fixture, "1 7 a Lower Rx " VLAN, 0);
    struct pktmon_event event = journey_script_read(&fixture.script, "2 7 b Lower Rx cap=60 " UDP);
    g_autofree uint8_t *data = g_memdup2(event.packet.data, event.packet.caplen);
    data[byte] ^= 1;
    event.packet.data = data;
    add(&fixture, &event, 0);
    compose(&fixture);
    g_assert_cmpuint(fixture.journey.bytes_hop, ==, 1);
    g_assert_cmpuint(fixture.journey.caplen, ==, 60);
    g_assert_false(fixture.journey.composed);
    fixture_clear(&fixture);
}

/* The beginning of the payload, and IP's length. */
static void test_changed_payload(void)
{
    check_changed(59);
    check_changed(42);
    check_changed(17);
}

/* The packet that was kept whole is found among many that were not. */
static void test_donor_is_kept(void)
{
    struct fixture fixture;

    fixture_init(&fixture,
                 "1 7 a Lower Rx cap=50 " VLAN "; 2 7 a Lower Rx " VLAN
                 "; 3 7 a Lower Rx cap=60 " VLAN "; 4 7 a Lower Rx cap=70 " VLAN
                 "; 5 7 a Lower Rx cap=60 " UDP "; 6 7 a Lower Rx cap=70 " UDP,
                 0);
    g_assert_cmpuint(fixture.journey.bytes_hop, ==, 4);
    g_assert_true(fixture.journey.composed);
    g_assert_cmpuint(fixture.journey.caplen, ==, fixture.journey.origlen);
    fixture_clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-compose/headers", test_headers);
    g_test_add_func("/journey-compose/payload", test_payload);
    g_test_add_func("/journey-compose/changed-payload", test_changed_payload);
    g_test_add_func("/journey-compose/donor-is-kept", test_donor_is_kept);
    return g_test_run();
}
