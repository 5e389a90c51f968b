/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions that share one provider, which plays a script: none disturbs another. */
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "monitor-run.h"

static void test_data_sources(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    struct pktmon_registry *registry = pktmon_monitor_data_sources(monitor, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(pktmon_registry_find(registry, 2)->name, ==, "eth1");
    g_assert_cmpstr(pktmon_component_property(pktmon_registry_find(registry, 1), "ifindex"), ==,
                    "7");
    pktmon_registry_free(registry);
    end();
}

static void test_one(void)
{
    begin();
    struct run *run = start(NULL);
    g_assert_cmpuint(script_state().asked.filter_count, ==, 0);
    g_assert_cmpuint(run->received.started, ==, 1);
    for (uint32_t i = 0; i < 1000; i++)
        script_send(1, 1, i);
    set_active(run, false);
    assert_numbers(run, 0, 1000, 1);
    g_assert_cmpuint(run->received.stopped, ==, 1);
    g_assert_cmpuint(run->received.packets_in, ==, 1000);
    g_assert_cmpint(script_state().providers, ==, 0);
    set_active(run, true); /* again */
    script_send(1, 1, 1000);
    wait_for(&run->received, has_packets, 1001);
    run_free(run);
    end();
}

/* Four sessions, each with its own filter, in one set of programs. */
static void test_disjoint(void)
{
    static const char *const filters[] = {"udp port 1", "udp port 2", "udp port 3", NULL};
    struct run *runs[4];

    begin();
    for (guint i = 0; i < 4; i++)
        runs[i] = start(filters[i]);
    g_assert_cmpint(script_state().started, ==, 1);
    g_assert_cmpuint(script_state().asked.filter_count, ==, 4);
    for (uint32_t i = 0; i < 9000; i++)
        script_send(1, 1 + i % 3, i);
    for (guint i = 0; i < 4; i++)
        set_active(runs[i], false);
    for (guint i = 0; i < 3; i++) {
        assert_numbers(runs[i], i, 3000, 3);
        g_assert_cmpuint(runs[i]->received.filter_ids[1], ==, 3000);
        run_free(runs[i]);
    }
    assert_numbers(runs[3], 0, 9000, 1);
    g_assert_cmpuint(runs[3]->received.filter_ids[0], ==, 9000);
    run_free(runs[3]);
    end();
}

/* Sends numbered packets to port 1 until it is stopped. */
struct sender {
    GThread *thread;
    gint stop;
    uint32_t sent;
};

static void *send_on(void *data)
{
    struct sender *sender = data;

    while (!g_atomic_int_get(&sender->stop)) {
        for (int i = 0; i < 20; i++)
            script_send(1, 1, sender->sent++);
        g_usleep(500);
    }
    return NULL;
}

static void test_join_and_leave(void)
{
    struct sender sender = {0};

    begin();
    struct run *whole = start("udp port 1");
    sender.thread = g_thread_new("sender", send_on, &sender);
    for (guint i = 0; i < 12; i++) {
        struct run *guest = start(i % 3 ? "udp port 1" : i % 2 ? "udp port 2" : NULL);
        g_usleep(10000);
        set_active(guest, false);
        const GArray *numbers = guest->received.numbers;
        if (numbers->len > 0) { /* what it received is complete */
            assert_numbers(guest, g_array_index(numbers, uint32_t, 0), numbers->len, 1);
        }
        g_assert_true(numbers->len > 0 || (i % 3 == 0 && i % 2));
        g_assert_cmpuint(guest->received.lost, ==, 0);
        run_free(guest);
    }
    g_atomic_int_set(&sender.stop, 1);
    g_thread_join(sender.thread);
    set_active(whole, false);
    assert_numbers(whole, 0, sender.sent, 1);
    g_assert_cmpuint(whole->received.lost, ==, 0);
    g_assert_cmpuint(whole->received.packets_in, ==, sender.sent);
    run_free(whole);
    end();
}

/* More filters than one set of programs can have. */
static void test_many(void)
{
    struct run *runs[70];

    begin();
    for (guint i = 0; i < G_N_ELEMENTS(runs); i++) {
        g_autofree char *filter = g_strdup_printf("udp port %u", i + 1);
        runs[i] = start(filter);
    }
    g_assert_cmpint(script_state().started, ==, 2);
    for (guint i = 0; i < G_N_ELEMENTS(runs); i++)
        script_send(2, i + 1, i);
    for (guint i = 0; i < G_N_ELEMENTS(runs); i++) {
        set_active(runs[i], false);
        assert_numbers(runs[i], i, 1, 1);
        run_free(runs[i]);
    }
    end();
}

/* A blocked callback loses its own events, all of which are reported, and no other stream's. */
static void test_slow(void)
{
    enum { COUNT = 20000 };

    begin();
    struct run *fast = start("udp port 1"), *slow = run_new("udp port 1", 0, 100000);
    set_active(slow, true);
    hold(&slow->received, true);
    script_send(1, 1, 0);
    wait_for(&slow->received, does_wait, 0);
    for (uint32_t i = 1; i < COUNT; i++)
        script_send(1, 1, i);
    wait_for(&fast->received, has_packets, COUNT);
    hold(&slow->received, false);
    g_usleep(100000);
    script_send(1, 1, COUNT);
    set_active(slow, false);
    set_active(fast, false);
    assert_numbers(fast, 0, COUNT + 1, 1);
    g_assert_cmpuint(fast->received.lost + fast->received.missed.read, ==, 0);
    g_assert_cmpuint(slow->received.numbers->len, <, COUNT / 2);
    g_assert_cmpuint(slow->received.numbers->len, >, 100);
    g_assert_cmpuint(slow->received.lost, ==, COUNT + 1 - slow->received.numbers->len);
    g_assert_cmpuint(slow->received.missed.read, ==, slow->received.lost);
    g_assert_cmpuint(slow->received.counters_lost, ==, slow->received.lost);
    g_assert_cmpuint(pktmon_stream_missed(slow->received.stream).read, ==, slow->received.lost);
    g_assert_cmpuint(slow->received.loss_notices, >, 0);
    g_assert_cmpuint(slow->received.packets_in, ==, COUNT + 1);
    run_free(fast);
    run_free(slow);
    end();
}

static void test_baseline(void)
{
    begin();
    struct run *first = start(NULL);
    for (uint32_t i = 0; i < 100; i++)
        script_send(1, 1, i);
    struct run *second = start("udp port 9");
    for (uint32_t i = 0; i < 50; i++)
        script_send(1, 1, 100 + i);
    wait_for(&second->received, has_counted, 50);
    wait_for(&first->received, has_counted, 150);
    set_active(second, false);
    set_active(first, false);
    g_assert_cmpuint(second->received.packets_in, ==, 50);
    g_assert_cmpuint(second->received.drops_in, ==, 0);
    g_assert_cmpuint(second->received.drop_reasons, ==, 0);
    g_assert_cmpuint(first->received.packets_in, ==, 150);
    g_assert_cmpuint(first->received.drops_in, ==, 7);
    g_assert_cmpuint(first->received.drop_reasons, ==, 2);
    run_free(first);
    run_free(second);
    end();
}

static void add(struct run *run, const char *words)
{
    struct pktmon_constraint constraint;
    g_autoptr(GError) error = NULL;

    g_assert_true(pktmon_constraint_parse(&constraint, words, &error));
    g_assert_true(pktmon_session_add_constraint(run->session, &constraint, &error));
    g_assert_no_error(error);
}

/* From all packets to those of one constraint, and then of two. */
static void test_add_while_active(void)
{
    begin();
    struct run *other = start("udp port 1"), *run = start(NULL);
    script_send(1, 1, 0);
    wait_for(&run->received, has_packets, 1);
    add(run, "-p 2");
    script_send(1, 1, 1);
    script_send(1, 2, 2);
    wait_for(&run->received, has_packets, 2);
    add(run, "-p 3 -t udp");
    script_send(1, 3, 4);
    script_send(1, 2, 6);
    script_send(1, 1, 7);
    set_active(run, false);
    set_active(other, false);
    assert_numbers(run, 0, 4, 2);
    g_assert_cmpuint(run->received.filters, ==, 2);
    g_assert_cmpuint(run->received.filter_ids[1], ==, 2);
    g_assert_cmpuint(run->received.filter_ids[2], ==, 1);
    g_assert_cmpuint(other->received.numbers->len, ==, 3);

    /* They still hold when the session is active again. */
    set_active(run, true);
    script_send(1, 1, 1);
    script_send(1, 3, 8);
    set_active(run, false);
    assert_numbers(run, 0, 5, 2);
    run_free(run);
    run_free(other);
    end();
}

static void test_sources(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    struct run *run = run_new(NULL, 0, 0);
    g_assert_true(pktmon_session_add_source(run->session, 2, &error));
    set_active(run, true);
    script_send(1, 1, 1);
    script_send(2, 1, 0);
    wait_for(&run->received, has_packets, 1);
    g_assert_true(pktmon_session_add_source(run->session, 1, &error));
    script_send(1, 1, 1);
    script_send(2, 1, 2);
    g_assert_false(pktmon_session_add_source(run->session, 9, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    set_active(run, false);
    assert_numbers(run, 0, 3, 1);
    run_free(run);
    end();
}

/* A session that cannot share the programs gets its own provider; sessions that were active already
 * judge all packets themselves. */
static void test_refusal(void)
{
    begin();
    struct run *first = start(NULL);
    g_atomic_int_set(&script.refuse, 1);
    struct run *second = start("udp port 2");
    g_assert_cmpint(script_state().started, ==, 2);
    g_atomic_int_set(&script.refuse, 0);
    struct run *third = start("udp port 3");
    g_atomic_int_set(&script.refuse, 2);
    add(third, "-p 4");
    for (uint32_t i = 0; i < 100; i++)
        script_send(1, 1 + i % 5, i);
    set_active(first, false);
    set_active(second, false);
    set_active(third, false);
    assert_numbers(first, 0, 100, 1);
    assert_numbers(second, 1, 20, 5);
    g_assert_cmpuint(third->received.numbers->len, ==, 40);
    g_assert_cmpuint(third->received.filter_ids[1], ==, 20);
    g_assert_cmpuint(third->received.filter_ids[2], ==, 20);
    run_free(first);
    run_free(second);
    run_free(third);
    end();
}

/* A provider that cannot change is asked for everything, once. */
static void test_rigid(void)
{
    begin();
    script.cannot_change = true;
    struct run *first = run_new("udp port 1", 50, 0);
    set_active(first, true);
    struct run *second = start("udp port 2");
    add(second, "-p 3");
    const struct script_state state = script_state();
    g_assert_cmpint(state.started, ==, 1);
    g_assert_cmpuint(state.asked.filter_count, ==, 0);
    g_assert_cmpuint(state.asked.pkt_size, ==, 0);
    for (uint32_t i = 0; i < 90; i++)
        script_send(1, 1 + i % 3, i);
    set_active(first, false);
    set_active(second, false);
    assert_numbers(first, 0, 30, 3);
    g_assert_cmpuint(first->received.caplen, ==, 50);
    g_assert_cmpuint(second->received.numbers->len, ==, 60);
    g_assert_cmpuint(second->received.caplen, ==, 60);
    run_free(first);
    run_free(second);
    end();
}

static void add_output(struct run *run, int descriptor)
{
    g_autoptr(GError) error = NULL;

    pktmon_session_add_output(run->session, descriptor, &error);
    g_assert_no_error(error);
}

/* The connections behind all outputs are left out; a file has none. */
static void test_outputs(void)
{
    g_autoptr(GError) error = NULL;
    int pipe_ends[2], file = open("/proc/self/exe", O_RDONLY);

    begin();
    g_assert_cmpint(pipe(pipe_ends), ==, 0);
    struct run *one = run_new("udp port 1", 0, 0), *other = run_new("udp port 2", 0, 0);
    add_output(one, pipe_ends[1]);
    add_output(one, file);
    set_active(one, true);
    g_assert_cmpuint(script_state().asked.output_count, ==, 1);
    g_assert_false(script_state().asked.keep_own);
    add_output(other, pipe_ends[0]);
    set_active(other, true);
    g_assert_cmpuint(script_state().asked.output_count, ==, 2);
    g_assert_false(pktmon_session_add_output(other->session, pipe_ends[0], &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    run_free(one);
    run_free(other);
    end();
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    close(file);
}

/* The most that any session wants of each packet is captured. */
static void test_sizes(void)
{
    begin();
    struct run *small = run_new("udp port 1", 48, 0), *large = run_new("udp port 1", 54, 0);
    set_active(small, true);
    g_assert_cmpuint(script_state().asked.pkt_size, ==, 48);
    set_active(large, true);
    g_assert_cmpuint(script_state().asked.pkt_size, ==, 54);
    script_send(1, 1, 0);
    script_send_unjudged(1, 1, 1);
    script_send_unjudged(1, 2, 2);
    wait_for(&small->received, has_packets, 2);
    wait_for(&large->received, has_packets, 2);
    set_active(large, false);
    script_send(1, 1, 2);
    set_active(small, false);
    assert_numbers(small, 0, 3, 1);
    assert_numbers(large, 0, 2, 1);
    g_assert_cmpuint(small->received.caplen, ==, 48);
    g_assert_cmpuint(large->received.caplen, ==, 54);
    run_free(small);
    run_free(large);
    end();
}

/* Checks which namespaces the provider was asked for. */
static void assert_wants(bool red, bool blue)
{
    const struct script_state state = script_state();

    g_assert_cmpint(state.wants[0], ==, red);
    g_assert_cmpint(state.wants[1], ==, blue);
}

static bool wants_blue(void)
{
    return script_state().wants[1];
}

/* The provider is asked for the namespaces of all sessions, and for no others. This changes no
 * programs. */
static void test_namespaces(void)
{
    struct run *runs[3];

    begin();
    runs[0] = run_new_in("red");
    set_active(runs[0], true);
    assert_wants(true, false);
    runs[1] = run_new_in("blue");
    set_active(runs[1], true);
    assert_wants(true, true);
    g_assert_cmpint(script_state().changes, ==, 0);
    set_active(runs[1], false);
    while (wants_blue()) { /* some seconds */
        g_usleep(10000);
    }
    assert_wants(true, false);
    g_assert_cmpint(script_state().changes, ==, 0);
    runs[2] = run_new_in(NULL);
    set_active(runs[2], true);
    assert_wants(true, true);
    for (guint i = 0; i < G_N_ELEMENTS(runs); i++)
        run_free(runs[i]);
    end();
}

static void test_renamed(void)
{
    begin();
    struct run *first = start(NULL), *second = start(NULL);
    script_rename(1, "wan0");
    script_send(1, 1, 0);
    set_active(first, false);
    set_active(second, false);
    g_assert_cmpstr(first->received.name, ==, "wan0");
    g_assert_cmpstr(second->received.name, ==, "wan0");
    run_free(first);
    run_free(second);
    end();
}

/* Several streams of one session, one of which is attached later and freed earlier. */
static void test_streams(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    struct run *first = start("udp port 1"), *second = run_new(NULL, 0, 0);
    g_assert_false(pktmon_session_attach(first->session, second->received.stream, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_clear_error(&error);
    pktmon_session_free(second->session);
    second->session = NULL;
    script_send(1, 1, 0);
    wait_for(&first->received, has_packets, 1);
    g_assert_true(pktmon_session_attach(first->session, second->received.stream, &error));
    script_send(1, 1, 1);
    script_send(1, 2, 1);
    wait_for(&second->received, has_packets, 1);
    pktmon_stream_free(second->received.stream);
    second->received.stream = NULL;
    script_send(1, 1, 2);
    set_active(first, false);
    assert_numbers(first, 0, 3, 1);
    assert_numbers(second, 1, 1, 1);
    run_free(first);
    run_free(second);
    end();
}

/* A stream gets journeys, beside one that gets observations, and the rest when it ends. */
static void test_journeys(void)
{
    begin();
    struct run *journeys = run_new_of_journeys(), *packets = start(NULL);
    set_active(journeys, true);
    for (guint i = 0; i < 10; i++)
        script_send(1, 1, i);
    wait_for(&packets->received, has_packets, 10);
    /* until the hold is over */
    wait_for(&journeys->received, has_journeys, 10);
    script_send(1, 1, 10);
    wait_for(&packets->received, has_packets, 11);
    set_active(journeys, false);
    g_assert_cmpuint(journeys->received.journeys, ==, 11);
    g_assert_cmpuint(journeys->received.numbers->len, ==, 0);
    run_free(journeys);
    run_free(packets);
    end();
}

static void test_refused_words(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    g_assert_null(pktmon_session_new(monitor, "", NULL, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_clear_error(&error);
    struct run *run = start(NULL);
    g_assert_false(pktmon_session_add_expression(run->session, "udp prt 5", false, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_assert_true(g_str_has_prefix(error->message, "test: "));
    run->received.call = run->session;
    script_send(1, 1, 0);
    wait_for(&run->received, has_packets, 1);
    g_assert_true(run->received.refused);
    run_free(run);
    end();
}

static void test_start_fails(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    script.fail_start = true;
    struct run *run = run_new(NULL, 0, 0);
    g_assert_false(pktmon_session_set_active(run->session, true, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION);
    g_assert_cmpuint(run->received.started + run->received.stopped, ==, 0);
    script.fail_start = false;
    set_active(run, true);
    run_free(run);
    end();
}

/* The provider fails: all streams get the reason, once, and can start again. */
static void test_provider_fails(void)
{
    g_autoptr(GError) error = NULL;

    begin();
    struct run *first = start(NULL), *second = start("udp port 1");
    g_atomic_int_set(&script.fail, 1);
    wait_for(&first->received, has_stopped, 1);
    wait_for(&second->received, has_stopped, 1);
    g_assert_cmpstr(first->received.error, ==, "The agent has ended: start again.");
    g_atomic_int_set(&script.fail, 0);
    g_assert_false(pktmon_session_set_active(first->session, false, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED);
    g_clear_pointer(&first->received.error, g_free);
    set_active(first, true);
    script_send(1, 1, 0);
    set_active(first, false);
    assert_numbers(first, 0, 1, 1);
    run_free(first);
    run_free(second);
    end();
}

/* Sessions start and end in several threads at the same time. */
static void *come_and_go(void *data)
{
    guint index = GPOINTER_TO_UINT(data);
    g_autofree char *filter = g_strdup_printf("udp port %u", index);

    for (guint i = 0; i < 10; i++) {
        struct run *run = start(filter);
        script_send(1, index, i);
        wait_for(&run->received, has_packets, 1);
        if (i % 2) {
            add(run, "-p 77");
            set_active(run, false);
        }
        run_free(run);
    }
    return NULL;
}

static void test_threads(void)
{
    GThread *threads[6];

    begin();
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("user", come_and_go, GUINT_TO_POINTER(i + 1));
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    end();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/monitor/data-sources", test_data_sources);
    g_test_add_func("/monitor/one", test_one);
    g_test_add_func("/monitor/disjoint", test_disjoint);
    g_test_add_func("/monitor/join-and-leave", test_join_and_leave);
    g_test_add_func("/monitor/many", test_many);
    g_test_add_func("/monitor/slow", test_slow);
    g_test_add_func("/monitor/baseline", test_baseline);
    g_test_add_func("/monitor/add-while-active", test_add_while_active);
    g_test_add_func("/monitor/sources", test_sources);
    g_test_add_func("/monitor/refusal", test_refusal);
    g_test_add_func("/monitor/rigid", test_rigid);
    g_test_add_func("/monitor/outputs", test_outputs);
    g_test_add_func("/monitor/sizes", test_sizes);
    g_test_add_func("/monitor/namespaces", test_namespaces);
    g_test_add_func("/monitor/renamed", test_renamed);
    g_test_add_func("/monitor/streams", test_streams);
    g_test_add_func("/monitor/journeys", test_journeys);
    g_test_add_func("/monitor/refused-words", test_refused_words);
    g_test_add_func("/monitor/start-fails", test_start_fails);
    g_test_add_func("/monitor/provider-fails", test_provider_fails);
    g_test_add_func("/monitor/threads", test_threads);
    return g_test_run();
}
