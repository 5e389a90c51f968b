/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session over a source that plays a script: what it lets pass, cuts, repeats and tells. */
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fixture.h"
#include "session.h"

#define MS PKTMON_NS_PER_MS

/* Ethernet, IPv4, ICMP; the rest is zero. */
static const uint8_t icmp_frame[100] = {[12] = 0x08, [14] = 0x45, [17] = 86, [22] = 64, [23] = 1};
static const uint8_t udp_frame[100] = {[12] = 0x08, [14] = 0x45, [17] = 86, [22] = 64, [23] = 17};

/* What the source delivers from read() and from stop(); each list ends with record 0. */
static struct {
    const struct pktmon_event *events, *last_events;
    struct pktmon_provider_options options; /* that it was asked for */
    struct pktmon_session *stop_in_read;
    int64_t clock_step;  /* ns, of the real-time clock at the first read() */
    uint64_t read_until; /* monotonic; 0: one read() is all */
    bool fail_start;
    int readings, freed;
} script;

static int64_t stepped_by;

/* The real clocks, but the real-time one can be set without harm to the machine. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, id, now);

    if (id == CLOCK_REALTIME) {
        int64_t nanoseconds = now->tv_nsec + stepped_by % 1000000000;
        now->tv_sec += stepped_by / 1000000000 + nanoseconds / 1000000000;
        now->tv_nsec = nanoseconds % 1000000000;
    }
    return status;
}

static void deliver(struct pktmon_provider *provider, const struct pktmon_event *events)
{
    for (; events && events->record; events++) {
        struct pktmon_event event = *events;
        event.time += pktmon_clock_real();
        provider->sink->event(provider->sink, &event);
    }
}

static void describe(struct pktmon_registry *registry, uint32_t id, const char *name,
                     const char *netns)
{
    struct pktmon_component *component = pktmon_registry_get(registry, id);

    pktmon_component_set(&component->name, name);
    pktmon_component_set(&component->type, "veth");
    pktmon_component_set(&component->netns, netns);
}

static bool script_enumerate(struct pktmon_provider *provider, GError **error)
{
    (void)error;
    describe(provider->registry, 1, "eth0", NULL);
    describe(provider->registry, 2, "blue/eth0", "blue");
    describe(provider->registry, 3, "blue/br0", "blue");
    return true;
}

static bool script_start(struct pktmon_provider *provider, GError **error)
{
    (void)provider;
    if (script.fail_start) {
        g_set_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION, "Join the group.");
    }
    return !script.fail_start;
}

static int script_read(struct pktmon_provider *provider, int timeout_ms, GError **error)
{
    (void)error;
    g_assert_cmpint(timeout_ms, >=, 0);
    g_assert_cmpint(timeout_ms, <=, 100);
    deliver(provider, script.events);
    script.events = NULL;
    if (script.stop_in_read) {
        pktmon_session_stop(script.stop_in_read);
        return 1;
    }
    stepped_by = script.clock_step;
    if (script.read_until > pktmon_clock_monotonic()) {
        g_usleep((gulong)timeout_ms * 1000);
        return 1;
    }
    return 0;
}

static bool script_read_counters(struct pktmon_provider *provider, GError **error)
{
    (void)provider, (void)error;
    script.readings++;
    return true;
}

static bool script_stop(struct pktmon_provider *provider, GError **error)
{
    (void)error;
    deliver(provider, script.last_events);
    return true;
}

static void script_free(struct pktmon_provider *provider)
{
    script.freed++;
    g_free(provider);
}

static const struct pktmon_provider_ops script_ops = {
    .name = "script",
    .enumerate = script_enumerate,
    .start = script_start,
    .read = script_read,
    .read_counters = script_read_counters,
    .stop = script_stop,
    .free = script_free,
};

static struct pktmon_provider *script_new(const struct pktmon_provider_options *options,
                                          struct pktmon_registry *registry,
                                          struct pktmon_capture *capture, struct pktmon_sink *sink,
                                          GError **error)
{
    struct pktmon_provider *provider = g_new0(struct pktmon_provider, 1);

    (void)error;
    *provider = (struct pktmon_provider){&script_ops, registry, capture, sink};
    script.options = *options;
    return provider;
}

/* What the session wrote, with blocks as the carrier. The caller clears it. */
static struct fixture run(const struct pktmon_session_options *options)
{
    g_autoptr(GError) error = NULL;
    struct fixture fixture = {.fd = memfd_create("session", MFD_CLOEXEC)};
    struct pktmon_session *session = pktmon_session_new_from(options, script_new, &error);

    g_assert_no_error(error);
    g_assert_true(pktmon_session_run(session, fixture.fd, PKTMON_CARRIER_BLOCKS, &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    fixture.size = (size_t)lseek(fixture.fd, 0, SEEK_END);
    fixture.data = g_malloc(fixture.size);
    g_assert_cmpint(pread(fixture.fd, fixture.data, fixture.size, 0), ==, (gssize)fixture.size);
    return fixture;
}

static void done(struct fixture *fixture)
{
    g_free(fixture->data);
    close(fixture->fd);
}

static struct pktmon_event packet_of(uint32_t component, const uint8_t *frame, uint32_t appearance)
{
    return (struct pktmon_event){.record = PKTMON_RECORD_PACKET,
                                 .component = component,
                                 .packet = {.group = 1,
                                            .appearance = appearance,
                                            .cpu = -1,
                                            .queue = -1,
                                            .link_type = ETHERNET,
                                            .data = frame,
                                            .caplen = sizeof(icmp_frame),
                                            .origlen = sizeof(icmp_frame)}};
}

static struct pktmon_event counters_of(uint32_t component, uint64_t packets)
{
    return (struct pktmon_event){.record = PKTMON_RECORD_COUNTERS,
                                 .component = component,
                                 .counters = {.edge = 1, .has_flow = true, .packets_in = packets}};
}

static struct pktmon_session_options defaults(void)
{
    struct pktmon_session_options options;

    pktmon_session_options_init(&options);
    memset(&script, 0, sizeof(script));
    return options;
}

static void test_everything_passes(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(2, udp_frame, 2), {0}};

    script.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacIPcIPTTT");
    g_assert_cmpuint(find_packet(&fixture, 0).caplen, ==, sizeof(icmp_frame));
    g_assert_true(script.options.flow);
    g_assert_true(script.options.drops);
    g_assert_cmpuint(script.options.points, ==, PKTMON_POINTS_STACK);
    g_assert_cmpuint(script.options.buffer_size, ==, 64);
    g_assert_cmpint(script.freed, ==, 1);
    done(&fixture);
}

static void test_components_and_netns(void)
{
    const struct {
        const char *components, *netns, *outline;
    } cases[] = {
        {"1", NULL, "SIEacIPTT"},       {"eth0", NULL, "SIEacIPcIPTTT"},
        {" br0 ,,", NULL, "SIEacIPTT"}, {"eth0", "blue", "SIEacIPTT"},
        {NULL, "current", "SIEacIPTT"}, {NULL, "blue,current", "SIEacIPcIPcIPTTTT"},
        {"", "", "SIEacIPcIPcIPTTTT"},  {NULL, "blue, all", "SIEacIPcIPcIPTTTT"},
    };
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(2, icmp_frame, 2), packet_of(3, icmp_frame, 3), {0}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pktmon_session_options options = defaults();
        options.components = cases[i].components;
        options.netns = cases[i].netns;
        script.events = events;
        struct fixture fixture = run(&options);
        assert_outline(&fixture, cases[i].outline);
        done(&fixture);
    }
}

static void assert_refused(const struct pktmon_session_options *options, const char *word)
{
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = pktmon_session_new_from(options, script_new, &error);

    if (session) {
        int fd = memfd_create("refused", MFD_CLOEXEC);

        g_assert_false(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error));
        close(fd);
    }
    pktmon_session_free(session);
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(error->message, word));
}

static void test_refusals(void)
{
    struct pktmon_session_options options = defaults();
    options.components = "eth0,nothing";
    assert_refused(&options, "\"nothing\"");
    options = defaults();
    options.netns = "red";
    assert_refused(&options, "\"red\"");
    options = defaults();
    options.capture_filter = "tcp prt 80";
    assert_refused(&options, "syntax error");
}

static void test_start_fails(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = pktmon_session_new_from(&options, script_new, &error);

    int fd = memfd_create("unstarted", MFD_CLOEXEC);

    script.fail_start = true;
    g_assert_false(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error));
    close(fd);
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION);
    pktmon_session_free(session);
    g_assert_cmpint(script.freed, ==, 1);
}

static void test_types(void)
{
    struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(2, icmp_frame, 2), packet_of(3, icmp_frame, 3), {0}};
    events[1].packet.dropped = true;
    events[2].packet.copy_released = true;

    struct pktmon_session_options options = defaults();
    options.type = PKTMON_CAPTURE_FLOW;
    script.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacIPTT");
    g_assert_false(script.options.drops);
    done(&fixture);

    options = defaults();
    options.type = PKTMON_CAPTURE_DROP;
    script.events = events;
    fixture = run(&options);
    assert_outline(&fixture, "SIEacIPcIPTTT");
    g_assert_false(script.options.flow);
    done(&fixture);
}

/* The filter sees whole packets even where they are cut, and the file says which one matched. */
static void test_filter(void)
{
    struct pktmon_session_options options = defaults();
    struct pktmon_event events[] = {packet_of(1, icmp_frame, 1), packet_of(1, udp_frame, 2), {0}};

    events[1].packet.group++;
    options.capture_filter = "icmp and ether[99] = 0 and greater 100";
    options.pkt_size = 20;
    script.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEafcIPTT");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(block_packet(&block).caplen, ==, 20);
    g_assert_cmpuint(block_packet(&block).origlen, ==, sizeof(icmp_frame));
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_FILTER_ID), ==, 1);
    g_assert_cmpuint(script.options.pkt_size, ==, 20);
    g_assert_cmpuint(script.options.filter_count, ==, 1);
    done(&fixture);
}

/* A packet that matched stays in the capture, whatever becomes of it; before, it is left out. */
static void test_followed(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, udp_frame, 1), packet_of(1, icmp_frame, 2), packet_of(1, udp_frame, 3), {0}};

    options.capture_filter = "icmp";
    script.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEafcIPPTT");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_APPEARANCE), ==, 2);
    done(&fixture);
}

/* What the provider says of a filter is believed. */
static void test_judged(void)
{
    struct pktmon_session_options options = defaults();
    struct pktmon_event events[] = {packet_of(1, udp_frame, 1), packet_of(1, icmp_frame, 2), {0}};

    events[0].judged = events[1].judged = true;
    events[0].filters = 1;
    options.capture_filter = "icmp";
    script.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEafcIPTT");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_APPEARANCE), ==, 1);
    done(&fixture);
}

static void test_sizes(void)
{
    const struct {
        uint32_t pkt_size, repeat_size;
        bool has_repeat_size;
        uint32_t asked, first, second;
    } cases[] = {
        {0, 0, false, 0, 100, 100}, {60, 0, false, 60, 60, 60}, {60, 20, true, 60, 60, 20},
        {20, 60, true, 60, 20, 60}, {60, 0, true, 0, 60, 100},  {0, 20, true, 0, 100, 20},
    };
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(1, icmp_frame, 2), {0}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pktmon_session_options options = defaults();
        options.pkt_size = cases[i].pkt_size;
        options.repeat_size = cases[i].repeat_size;
        options.has_repeat_size = cases[i].has_repeat_size;
        script.events = events;
        struct fixture fixture = run(&options);
        g_assert_cmpuint(script.options.pkt_size, ==, cases[i].asked);
        g_assert_cmpuint(find_packet(&fixture, 0).caplen, ==, cases[i].first);
        g_assert_cmpuint(find_packet(&fixture, 1).caplen, ==, cases[i].second);
        done(&fixture);
    }
}

static void test_counters_only(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {packet_of(1, icmp_frame, 1), counters_of(1, 1), {0}};

    options.counters_only = true;
    script.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacNT");
    g_assert_false(script.options.flow);
    g_assert_false(script.options.drops);
    done(&fixture);
}

/* Only what changed is written, but at the end all that is not zero. */
static void test_counters(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {counters_of(1, 0), counters_of(1, 5), counters_of(1, 5),
                                          counters_of(2, 5), counters_of(1, 6), {0}};
    const struct pktmon_event last[] = {
        counters_of(1, 6), counters_of(2, 5), counters_of(3, 0), {0}};

    script.events = events;
    script.last_events = last;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacNcNNNNT");
    done(&fixture);
}

/* A loss before a packet that is not written is told with the next that is. */
static void test_loss_is_kept(void)
{
    struct pktmon_session_options options = defaults();
    struct pktmon_event events[] = {packet_of(1, udp_frame, 1),  packet_of(1, udp_frame, 1),
                                    packet_of(2, icmp_frame, 1), packet_of(1, icmp_frame, 1),
                                    packet_of(1, icmp_frame, 1), {0}};
    for (guint i = 0; i < G_N_ELEMENTS(events) - 1; i++)
        events[i].packet.group = i + 1;
    events[0].packet.lost = 3;
    events[1].packet.lost = 4;
    events[3].packet.lost = 1;
    const uint64_t expected[] = {0, 8, 0};

    options.capture_filter = "icmp";
    script.events = events;
    struct fixture fixture = run(&options);
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, i);
        struct pktmon_metadata_field field = {0};
        metadata_find(block_metadata(&block), PKTMON_FIELD_LOST, &field);
        g_assert_cmpuint(field.number, ==, expected[i]);
    }
    done(&fixture);
}

/* What the provider still held when it was stopped is written. */
static void test_stop(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event last[] = {packet_of(1, icmp_frame, 1), counters_of(1, 1), {0}};
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = pktmon_session_new_from(&options, script_new, &error);
    int ends[2];
    char bytes[4096];

    g_assert_cmpint(pipe(ends), ==, 0);
    script.last_events = last;
    script.stop_in_read = session;
    g_assert_true(pktmon_session_run(session, ends[1], PKTMON_CARRIER_FRAMES, &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    struct fixture fixture = {.fd = ends[0], .data = (uint8_t *)bytes};
    fixture.size = (size_t)read(ends[0], bytes, sizeof(bytes));
    assert_outline(&fixture, "SIEACIPNTT");
    close(ends[0]);
    close(ends[1]);
}

/* The reader goes away: the run ends, and that is no error. */
static void test_closed_pipe(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = pktmon_session_new_from(&options, script_new, &error);
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    close(ends[0]);
    g_assert_true(pktmon_session_run(session, ends[1], PKTMON_CARRIER_FRAMES, &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    close(ends[1]);
}

/* A disk that is full is an error, though the provider is stopped all the same. */
static void test_full_disk(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = pktmon_session_new_from(&options, script_new, &error);
    FILE *full = fopen("/dev/full", "we");

    g_assert_nonnull(full);
    g_assert_false(pktmon_session_run(session, fileno(full), PKTMON_CARRIER_BLOCKS, &error));
    g_assert_nonnull(error);
    pktmon_session_free(session);
    fclose(full);
}

static void test_unknown_source(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;

    options.provider = "dpdk";
    g_assert_null(pktmon_session_new(&options, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
}

static void test_filter_check(void)
{
    g_autofree char *words = pktmon_filter_check("udp prt 53");

    g_assert_nonnull(words);
    g_assert_null(pktmon_filter_check("vlan 7 and udp port 53"));
}

/* The capture goes on in its own time, and says what happened to the clock. */
static void test_clock_is_set(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event last[] = {packet_of(1, icmp_frame, 1), {0}};

    script.last_events = last;
    script.clock_step = 2500 * (int64_t)MS;
    script.read_until = pktmon_clock_monotonic() + 1200 * MS;
    struct fixture fixture = run(&options);
    stepped_by = 0;

    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_EVENT, 1);
    struct pktmon_metadata_reader reader = block_metadata(&block);
    g_autofree char *message = metadata_text(reader, PKTMON_FIELD_EVENT_MESSAGE);
    /* By 2.5 s, and what the machine itself corrects meanwhile. */
    g_assert_true(strstr(message, "forward by 2.50") || strstr(message, "forward by 2.49"));
    g_assert_cmpuint(metadata_number(reader, PKTMON_FIELD_EVENT_ID), ==, PKTMON_NOTICE_CLOCK_STEP);
    struct block packet = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(block_packet(&block).time, <=, block_packet(&packet).time);
    g_assert_cmpint(script.readings, ==, 1); /* of the counters, within 1.2 s */
    done(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    g_test_add_func("/session/everything-passes", test_everything_passes);
    g_test_add_func("/session/components-and-netns", test_components_and_netns);
    g_test_add_func("/session/refusals", test_refusals);
    g_test_add_func("/session/start-fails", test_start_fails);
    g_test_add_func("/session/types", test_types);
    g_test_add_func("/session/filter", test_filter);
    g_test_add_func("/session/followed", test_followed);
    g_test_add_func("/session/judged", test_judged);
    g_test_add_func("/session/sizes", test_sizes);
    g_test_add_func("/session/counters-only", test_counters_only);
    g_test_add_func("/session/counters", test_counters);
    g_test_add_func("/session/loss-is-kept", test_loss_is_kept);
    g_test_add_func("/session/stop", test_stop);
    g_test_add_func("/session/closed-pipe", test_closed_pipe);
    g_test_add_func("/session/full-disk", test_full_disk);
    g_test_add_func("/session/unknown-source", test_unknown_source);
    g_test_add_func("/session/filter-check", test_filter_check);
    g_test_add_func("/session/clock-is-set", test_clock_is_set);
    return g_test_run();
}
