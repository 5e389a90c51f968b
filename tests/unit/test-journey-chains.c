/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fate of a packet, of its chains: the rules of docs/internals/journeys-and-fates.md. */
#include <glib.h>

#include "journey-script.h"
#include "journey/chains.h"
#include "pktmon/journey.h"

static const char *const fate_names[] = {
#define X(NAME, number, name) [number] = name,
    PKTMON_FATES(X)
#undef X
};

struct fixture {
    struct journey_script script;
    struct journey_chains *chains;
    struct journey_losses *losses;
};

static void fixture_init(struct fixture *fixture, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "; ", -1);

    journey_script_init(&fixture->script);
    fixture->chains = journey_chains_new();
    fixture->losses = journey_losses_new();
    for (guint i = 0; lines[i]; i++) {
        const struct pktmon_event event = journey_script_read(&fixture->script, lines[i]);

        journey_losses_take(fixture->losses, &event);
        if (event.record == PKTMON_RECORD_PACKET)
            journey_chains_add(fixture->chains, &event,
                               journey_script_hands_out(&fixture->script, event.component),
                               (uint8_t)(i + 1));
    }
}

static void fixture_clear(struct fixture *fixture)
{
    journey_chains_free(fixture->chains);
    journey_losses_free(fixture->losses);
    journey_script_clear(&fixture->script);
}

struct fate_case {
    const char *events, *fate;
    bool ended;
};

static void check_fates(const struct fate_case *cases, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        struct fixture fixture;

        g_test_message("%s", cases[i].events);
        fixture_init(&fixture, cases[i].events);
        g_assert_cmpstr(fate_names[journey_chains_fate(fixture.chains, fixture.losses)], ==,
                        cases[i].fate);
        g_assert_cmpint(journey_chains_ended(fixture.chains), ==, cases[i].ended);
        fixture_clear(&fixture);
    }
}

static void test_one_copy(void)
{
    static const struct fate_case cases[] = {
        {"1 7 eth0 Lower Rx", "unknown", false},
        {"1 7 eth0 Lower Rx dropped", "dropped", true},
        {"1 7 eth0 Lower Rx; 2 7 sockets Lower Rx delivered", "delivered", true},
        {"1 7 eth0 Lower Rx; 2 7 kernel Lower Rx consumed", "consumed", true},
        /* the socket that was about to take it had no room */
        {"1 7 sockets Lower Rx delivered; 2 7 sockets Lower Rx dropped", "dropped", true},
        {"1 7 sockets Lower Rx dropped; 2 7 sockets Lower Rx delivered", "dropped", true},
        {"1 7 sockets Lower Rx consumed; 2 7 sockets Lower Rx delivered", "delivered", true},
        {"1 7 sockets Lower Rx delivered; 2 7 sockets Lower Rx consumed", "delivered", true},
        /* the socket was closed before the program had read the packet */
        {"1 7 sockets Lower Rx delivered; 2 7 sockets Lower Rx released", "delivered", true},
        {"1 7 eth0 Lower Rx released", "unknown", true},
    };

    check_fates(cases, G_N_ELEMENTS(cases));
}

static void test_forwarded(void)
{
    static const struct fate_case cases[] = {
        {"1 7 in Lower Rx; 2 7 phys0 Lower Tx", "forwarded", true},
        {"1 7 in Lower Rx; 2 7 phys0 Upper Tx", "unknown", false},
        {"1 7 phys0 Lower Rx", "unknown", false},
        {"1 7 in Lower Rx; 2 7 veth0 Lower Tx", "unknown", false},
        /* it came back */
        {"1 7 phys0 Lower Tx; 2 7 in Lower Rx", "unknown", false},
        {"1 7 phys0 Lower Tx; 2 7 in Lower Rx dropped", "dropped", true},
        {"1 7 phys0 Lower Tx; 2 7 phys0 Lower Tx released", "unknown", true},
        {"1 7 phys0 Lower Tx; 2 7 phys0 Lower Tx consumed", "consumed", true},
    };

    check_fates(cases, G_N_ELEMENTS(cases));
}

static void test_copies(void)
{
    static const struct fate_case cases[] = {
        {"1 7 in Lower Rx dropped; 2 7 out Lower Tx copy=2 of=1", "dropped", false},
        {"1 7 in Lower Rx dropped; 2 7 phys0 Lower Tx copy=2 of=1", "forwarded", true},
        {"1 7 a Lower Rx delivered; 2 7 a Lower Rx copy=2 of=1 dropped", "delivered", true},
        {"1 7 a Lower Rx consumed; 2 7 phys0 Lower Tx copy=2 of=1", "forwarded", true},
        {"1 7 a Lower Rx delivered; 2 7 a Lower Rx copy=2 of=1", "delivered", false},
        {"1 7 a Lower Rx released; 2 7 a Lower Rx copy=2 of=1 consumed", "consumed", true},
    };

    check_fates(cases, G_N_ELEMENTS(cases));
}

static void test_pieces(void)
{
    static const struct fate_case cases[] = {
        /* nothing more is expected of what was cut */
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1 delivered; 3 7 b Lower Rx piece=2 delivered",
         "delivered", true},
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1 delivered; 3 7 b Lower Rx piece=2", "delivered",
         false},
        {"1 7 a Lower Tx; 2 7 b Lower Rx copy=2 of=1 piece=1 dropped", "dropped", true},
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1 dropped; 3 7 c Lower Rx", "dropped", false},
        /* what was merged again goes on as the whole */
        {"1 7 a Lower Tx; 2 7 b Lower Rx piece=1; 3 7 b Lower Rx piece=2; 4 7 c Lower Rx delivered",
         "delivered", true},
        {"1 7 b Lower Rx piece=1; 2 7 b Lower Rx piece=2; 3 7 c Lower Rx; 4 7 c Lower Rx delivered",
         "delivered", true},
        {"1 7 b Lower Rx piece=1; 2 7 b Lower Rx piece=2; 3 7 c Lower Rx delivered; "
         "4 7 d Lower Rx piece=2",
         "delivered", false},
        {"1 7 b Lower Rx piece=1; 2 7 b Lower Rx piece=2 copy=2 of=1; 3 7 c Lower Rx delivered",
         "delivered", false},
    };

    check_fates(cases, G_N_ELEMENTS(cases));
}

static void test_losses(void)
{
    static const struct fate_case cases[] = {
        {"1 7 a Lower Rx delivered lost=1", "unknown", true},
        {"1 7 a Lower Rx dropped; 2 7 a Lower Rx incomplete", "unknown", true},
        {"100 counters; 3000 7 phys0 Lower Tx; 3100 counters; 3100 loss a", "unknown", true},
        {"100 counters; 3000 7 a Lower Rx dropped; 3100 counters; 3100 loss a", "dropped", true},
        {"100 counters; 3000 7 a Lower Rx delivered; 3001 7 b Lower Tx copy=2 of=1; "
         "3100 counters; 3100 loss a",
         "delivered", false},
        {"100 counters; 3000 7 a Lower Rx dropped; 3001 7 b Lower Tx copy=2 of=1; "
         "3100 counters; 3100 loss a",
         "unknown", false},
        {"100 counters; 3000 7 a Lower Rx released; 3100 counters; 3100 loss a", "unknown", true},
        /* without a component */
        {"100 counters; 3000 7 phys0 Lower Tx; 3100 counters; 3100 loss ?", "forwarded", true},
        /* before the second before the reading before */
        {"100 counters; 200 7 phys0 Lower Tx; 3000 counters; 4000 counters; 4000 loss a",
         "forwarded", true},
    };

    check_fates(cases, G_N_ELEMENTS(cases));
}

static void test_deciding(void)
{
    static const struct {
        const char *events;
        uint32_t copy;
        uint16_t piece;
    } cases[] = {
        {"1 7 a Lower Rx dropped; 2 7 a Lower Rx copy=2 of=1 delivered; "
         "3 7 a Lower Rx copy=3 of=1 delivered",
         2, 0},
        {"1 7 a Lower Rx; 2 7 a Lower Rx piece=1; 3 7 a Lower Rx piece=2 consumed", 1, 2},
        /* of an unknown fate, what has not ended */
        {"1 7 a Lower Rx released; 2 7 a Lower Rx copy=2 of=1", 2, 0},
        {"1 7 a Lower Rx released; 2 7 a Lower Rx copy=2 of=1 released", 2, 0},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const struct journey_chain *chain;
        struct fixture fixture;

        fixture_init(&fixture, cases[i].events);
        chain = journey_chains_deciding(fixture.chains,
                                        journey_chains_fate(fixture.chains, fixture.losses));
        g_assert_cmpuint(journey_chain_copy(chain), ==, cases[i].copy);
        g_assert_cmpuint(journey_chain_number(chain), ==, cases[i].piece);
        fixture_clear(&fixture);
    }
}

/* The form of an observation is the number of its line here. */
static void test_form_before(void)
{
    static const struct {
        const char *events, *next;
        uint8_t form;
    } cases[] = {
        {"1 7 a Lower Rx; 2 7 a Lower Rx", "3 7 a Lower Rx", 2},
        {"1 7 a Lower Rx; 2 7 a Lower Rx copy=2 of=1", "3 7 a Lower Rx", 1},
        {"1 7 a Lower Rx; 2 7 a Lower Rx copy=2 of=1", "3 7 a Lower Rx copy=3 of=1", 1},
        {"1 7 a Lower Rx; 2 7 a Lower Rx copy=2 of=1", "3 7 a Lower Rx piece=1", 1},
        {"1 7 a Lower Rx; 2 7 a Lower Rx piece=4; 3 7 a Lower Rx",
         "4 7 a Lower Rx copy=2 of=1 piece=4", 2},
        {"1 7 a Lower Rx; 2 7 a Lower Rx copy=2 of=1", "3 7 a Lower Rx copy=9 of=8", 2},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture fixture;

        fixture_init(&fixture, cases[i].events);
        const struct pktmon_event next = journey_script_read(&fixture.script, cases[i].next);
        g_assert_cmpuint(journey_chains_form(fixture.chains, &next.packet), ==, cases[i].form);
        fixture_clear(&fixture);
    }
}

/* Each of many copies ends for itself, and has its place in what is counted. */
static void test_crowd(void)
{
    struct fixture fixture;
    size_t size;

    fixture_init(&fixture, "1 7 a Lower Rx released");
    size = journey_chains_size(fixture.chains);
    struct pktmon_event event = journey_script_read(&fixture.script, "2 7 b Lower Tx of=1");
    for (uint32_t copy = 2; copy < 30000; copy++) {
        event.packet.copy = copy;
        journey_chains_add(fixture.chains, &event, false, 1);
    }
    g_assert_false(journey_chains_ended(fixture.chains));
    g_assert_cmpuint(journey_chains_count(fixture.chains), ==, 29999);
    g_assert_cmpuint(journey_chains_size(fixture.chains), >,
                     size + 29998 * sizeof(struct journey_chain));
    event.packet.end = PKTMON_END_CONSUMED;
    for (uint32_t copy = 29999; copy > 1; copy--) {
        g_assert_false(journey_chains_ended(fixture.chains));
        event.packet.copy = copy;
        journey_chains_add(fixture.chains, &event, false, 1);
    }
    g_assert_true(journey_chains_ended(fixture.chains));
    g_assert_false(journey_chains_dropped(fixture.chains));
    fixture_clear(&fixture);
}

/* --- the same, counted anew for each question --- */

#define MAX_HISTORY 40

static bool is_of(const struct pktmon_packet *packet, uint32_t copy, uint16_t number)
{
    return packet->copy == copy && packet->packet_number == number;
}

static bool is_first_of_chain(const struct pktmon_event *history, guint at)
{
    for (guint i = 0; i < at; i++) {
        if (journey_chain_key(&history[i].packet) == journey_chain_key(&history[at].packet))
            return false;
    }
    return true;
}

/* Whether the chain of the observation has ended after so many. */
static bool chain_has_ended(const struct pktmon_event *history, guint count, guint of)
{
    const struct pktmon_packet *packet = &history[of].packet;
    bool ended = false, moved = false, has_left = false;

    for (guint i = 0; i < count; i++) {
        const struct pktmon_packet *other = &history[i].packet;

        if (is_of(other, packet->copy, packet->packet_number)) {
            ended |= other->dropped || other->end || other->copy_released;
            moved = false;
            has_left = history[i].component == 1 && other->edge == PKTMON_EDGE_LOWER;
        } else if (packet->packet_number != 0) {
            moved |= is_of(other, packet->copy, 0);
        } else if (other->packet_number != 0 && is_first_of_chain(history, i)) {
            moved |= other->copy == packet->copy || other->copy_of == packet->copy;
        }
    }
    return ended || moved || has_left;
}

static bool all_have_ended(const struct pktmon_event *history, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (!chain_has_ended(history, count, i))
            return false;
    }
    return true;
}

static struct pktmon_event make_any(GRand *rand, uint64_t time)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_PACKET,
        .time = time,
        .component = (uint32_t)g_rand_int_range(rand, 1, 4),
        .packet = {.copy = (uint32_t)g_rand_int_range(rand, 1, 4),
                   .copy_of = (uint32_t)g_rand_int_range(rand, 0, 3),
                   .packet_number = (uint16_t)g_rand_int_range(rand, 0, 4),
                   .edge = (uint16_t)g_rand_int_range(rand, 1, 3),
                   .direction = PKTMON_DIRECTION_TX,
                   .end = g_rand_int_range(rand, 0, 3) == 0 ? PKTMON_END_DELIVERED : 0,
                   .dropped = g_rand_int_range(rand, 0, 12) == 0,
                   .copy_released = g_rand_int_range(rand, 0, 12) == 0},
    };
}

static void test_any_order(void)
{
    GRand *rand = g_rand_new_with_seed(12);
    guint ended = 0;

    for (int round = 0; round < 3000; round++) {
        struct journey_chains *chains = journey_chains_new();
        struct pktmon_event history[MAX_HISTORY];

        for (guint i = 0; i < MAX_HISTORY; i++) {
            history[i] = make_any(rand, i + 1);
            journey_chains_add(chains, &history[i], history[i].component == 1, 1);
            g_assert_cmpint(journey_chains_ended(chains), ==, all_have_ended(history, i + 1));
            ended += journey_chains_ended(chains);
        }
        journey_chains_free(chains);
    }
    g_assert_cmpuint(ended, >, 1000);
    g_rand_free(rand);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journey-chains/one-copy", test_one_copy);
    g_test_add_func("/journey-chains/forwarded", test_forwarded);
    g_test_add_func("/journey-chains/copies", test_copies);
    g_test_add_func("/journey-chains/pieces", test_pieces);
    g_test_add_func("/journey-chains/losses", test_losses);
    g_test_add_func("/journey-chains/deciding", test_deciding);
    g_test_add_func("/journey-chains/form-before", test_form_before);
    g_test_add_func("/journey-chains/crowd", test_crowd);
    g_test_add_func("/journey-chains/any-order", test_any_order);
    return g_test_run();
}
