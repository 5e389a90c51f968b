/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session over a provider that plays events: what it lets pass, truncates, repeats and reports.
 */
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "providers/provider.h"
#include "capture/file-sink.h"
#include "model/clock.h"
#include "fixture.h"
#include "pktmon/monitor.h"
#include "pktmon/session.h"
#include "played-events.h"
#include "session/monitor-private.h"
#include "session/session-run.h"

#define MS PKTMON_NS_PER_MS

/* Ethernet, IPv4, ICMP; the rest is zero. */
static const uint8_t icmp_frame[100] = {[12] = 0x08, [14] = 0x45, [17] = 86, [22] = 64, [23] = 1};
static const uint8_t udp_frame[100] = {[12] = 0x08, [14] = 0x45, [17] = 86, [22] = 64, [23] = 17};

static struct pktmon_monitor *monitor;

static struct pktmon_session *new_session(const struct pktmon_session_options *options,
                                          GError **error)
{
    return pktmon_session_new(monitor, "test", options, error);
}

/* Reads what was written to a file. */
static struct fixture fixture_of(int fd)
{
    struct fixture fixture = {.fd = fd, .size = (size_t)lseek(fd, 0, SEEK_END)};

    fixture.data = g_malloc(fixture.size);
    g_assert_cmpint(pread(fd, fixture.data, fixture.size, 0), ==, (gssize)fixture.size);
    return fixture;
}

/* The output of the session, with blocks as the carrier. The caller clears it. */
static struct fixture run(const struct pktmon_session_options *options)
{
    g_autoptr(GError) error = NULL;
    int fd = memfd_create("session", MFD_CLOEXEC);
    struct pktmon_session *session = new_session(options, &error);

    g_assert_no_error(error);
    g_assert_true(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    return fixture_of(fd);
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

/* Each packet is written as it comes. */
static struct pktmon_session_options defaults(void)
{
    struct pktmon_session_options options;

    pktmon_session_options_init(&options);
    options.view = PKTMON_VIEW_APPEARANCES;
    play_reset();
    return options;
}

static void test_everything_passes(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(2, udp_frame, 2), {0}};

    play.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacIPcIPTTT");
    g_assert_cmpuint(find_packet(&fixture, 0).caplen, ==, sizeof(icmp_frame));
    g_assert_true(play.options.flow);
    g_assert_true(play.options.drops);
    g_assert_cmpuint(play.options.points, ==, PKTMON_POINTS_STACK);
    g_assert_cmpuint(play.options.buffer_size, ==, 64);
    g_assert_cmpint(play.freed, ==, 1);
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
        play.events = events;
        struct fixture fixture = run(&options);
        assert_outline(&fixture, cases[i].outline);
        done(&fixture);
    }
}

static void assert_refused(const struct pktmon_session_options *options, const char *word)
{
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = new_session(options, &error);

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
    struct pktmon_session *session = new_session(&options, &error);

    int fd = memfd_create("unstarted", MFD_CLOEXEC);

    play.fail_start = true;
    g_assert_false(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error));
    close(fd);
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_PERMISSION);
    pktmon_session_free(session);
    g_assert_cmpint(play.freed, ==, 1);
}

/* A released copy is not a drop: it is a passing packet. */
static void test_types(void)
{
    struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(2, icmp_frame, 2), packet_of(3, icmp_frame, 3), {0}};
    events[1].packet.dropped = true;
    events[2].packet.copy_released = true;

    struct pktmon_session_options options = defaults();
    options.type = PKTMON_CAPTURE_FLOW;
    play.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacIPTT");
    g_assert_false(play.options.drops);
    done(&fixture);

    options = defaults();
    options.type = PKTMON_CAPTURE_DROP;
    play.events = events;
    fixture = run(&options);
    assert_outline(&fixture, "SIEacIPTT");
    g_assert_false(play.options.flow);
    done(&fixture);

    options = defaults();
    play.events = events;
    fixture = run(&options);
    assert_outline(&fixture, "SIEacIPcIPcIPTTTT");
    done(&fixture);
}

/* The filter sees whole packets even if they are truncated, and the file says which one matched. */
static void test_filter(void)
{
    struct pktmon_session_options options = defaults();
    struct pktmon_event events[] = {packet_of(1, icmp_frame, 1), packet_of(1, udp_frame, 2), {0}};

    events[1].packet.group++;
    options.capture_filter = "icmp and ether[99] = 0 and greater 100";
    options.pkt_size = 20;
    play.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEafcIPTT");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(block_packet(&block).caplen, ==, 20);
    g_assert_cmpuint(block_packet(&block).origlen, ==, sizeof(icmp_frame));
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_FILTER_ID), ==, 1);
    g_assert_cmpuint(play.options.pkt_size, ==, 20);
    g_assert_cmpuint(play.options.filter_count, ==, 1);
    done(&fixture);
}

/* Once a packet has matched, it stays in the capture, however it changes; before that, it is left
 * out. */
static void test_followed(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, udp_frame, 1), packet_of(1, icmp_frame, 2), packet_of(1, udp_frame, 3), {0}};

    options.capture_filter = "icmp";
    play.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEafcIPPTT");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_APPEARANCE), ==, 2);
    done(&fixture);
}

/* If the provider has judged a packet, its verdict is used. */
static void test_judged(void)
{
    struct pktmon_session_options options = defaults();
    struct pktmon_event events[] = {packet_of(1, udp_frame, 1), packet_of(1, icmp_frame, 2), {0}};

    events[0].judged = events[1].judged = true;
    events[0].filters = 1;
    options.capture_filter = "icmp";
    play.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEafcIPTT");
    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_APPEARANCE), ==, 1);
    done(&fixture);
}

/* Cuts an observation of more bytes than a repeat has. */
static void expect_sizes(const struct pktmon_session_options *options,
                         const struct pktmon_event *events, uint32_t first, uint32_t second)
{
    play.events = events;
    struct fixture fixture = run(options);
    g_assert_cmpuint(find_packet(&fixture, 0).caplen, ==, first);
    g_assert_cmpuint(find_packet(&fixture, 1).caplen, ==, second);
    done(&fixture);
}

static struct pktmon_event repeat_of(uint32_t component, const uint8_t *frame)
{
    struct pktmon_event event = packet_of(component, frame, 2);

    event.packet.repeats = true;
    return event;
}

static void test_sizes(void)
{
    const struct {
        uint32_t pkt_size, repeat_size;
        bool has_repeat_size;
        uint32_t asked, asked_repeat, first, second;
    } cases[] = {
        {0, 0, false, 0, 256, 100, 100},     {60, 0, false, 60, 60, 60, 60},
        {60, 20, true, 60, 20, 60, 20},      {20, 60, true, 60, 60, 20, 60},
        {60, 0, true, 0, 0, 60, 100},        {0, 20, true, 0, 20, 100, 20},
        {300, 0, false, 300, 256, 100, 100},
    };
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), repeat_of(1, icmp_frame), {0}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct pktmon_session_options options = defaults();
        options.pkt_size = cases[i].pkt_size;
        options.repeat_size = cases[i].repeat_size;
        options.has_repeat_size = cases[i].has_repeat_size;
        expect_sizes(&options, events, cases[i].first, cases[i].second);
        g_assert_cmpuint(play.options.pkt_size, ==, cases[i].asked);
        g_assert_cmpuint(play.options.repeat_size, ==, cases[i].asked_repeat);
    }
}

/* A later appearance is cut only if an earlier one has its bytes. */
static void test_later_whole(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(1, icmp_frame, 2), {0}};

    options.repeat_size = 20;
    options.has_repeat_size = true;
    expect_sizes(&options, events, 100, 100);
}

/* What the capture itself has not kept is no reason to cut a repeat. */
static void test_repeat_of_unkept(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(2, icmp_frame, 1), repeat_of(1, icmp_frame), repeat_of(1, icmp_frame), {0}};

    options.components = "1";
    options.repeat_size = 20;
    options.has_repeat_size = true;
    expect_sizes(&options, events, 100, 20);
    g_assert_cmpuint(play.options.repeat_size, ==, 0);
}

static void test_counters_only(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {packet_of(1, icmp_frame, 1), counters_of(1, 1), {0}};

    options.counters_only = true;
    play.events = events;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacNT");
    g_assert_false(play.options.flow);
    g_assert_false(play.options.drops);
    done(&fixture);
}

/* Only counters that changed are written, but at the end all that are not zero. */
static void test_counters(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {counters_of(1, 0), counters_of(1, 5), counters_of(1, 5),
                                          counters_of(2, 5), counters_of(1, 6), {0}};
    const struct pktmon_event last[] = {
        counters_of(1, 6), counters_of(2, 5), counters_of(3, 0), {0}};

    play.events = events;
    play.last_events = last;
    struct fixture fixture = run(&options);
    assert_outline(&fixture, "SIEacNcNNNNT");
    done(&fixture);
}

/* A loss before a packet that is not written is reported with the next packet. */
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
    play.events = events;
    struct fixture fixture = run(&options);
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, i);
        struct pktmon_metadata_field field = {0};
        metadata_find(block_metadata(&block), PKTMON_FIELD_LOST, &field);
        g_assert_cmpuint(field.number, ==, expected[i]);
    }
    done(&fixture);
}

/* Events that the provider still held when it was stopped are written. */
static void test_stop(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event last[] = {packet_of(1, icmp_frame, 1), counters_of(1, 1), {0}};
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = new_session(&options, &error);
    int ends[2];
    char bytes[4096];

    g_assert_cmpint(pipe(ends), ==, 0);
    play.last_events = last;
    play.stop_in_read = session;
    g_assert_true(pktmon_session_run(session, ends[1], PKTMON_CARRIER_FRAMES, &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    struct fixture fixture = {.fd = ends[0], .data = (uint8_t *)bytes};
    fixture.size = (size_t)read(ends[0], bytes, sizeof(bytes));
    assert_outline(&fixture, "SIEACIPNTT");
    close(ends[0]);
    close(ends[1]);
}

/* Additions hold in a run (the UDP packet is another appearance of the first one), and are refused
 * once it has begun; a session has only one run. */
static void test_one_run(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(1, udp_frame, 1), packet_of(2, icmp_frame, 1), {0}};
    g_autoptr(GError) error = NULL, refused = NULL, again = NULL;
    struct pktmon_session *session = new_session(&options, &error);
    int fd = memfd_create("session", MFD_CLOEXEC);

    play.events = events;
    g_assert_true(pktmon_session_add_source(session, 1, &error));
    g_assert_true(pktmon_session_add_expression(session, "icmp", false, &error));
    g_assert_null(pktmon_session_registry(session));
    g_assert_true(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error));
    g_assert_no_error(error);
    g_assert_nonnull(pktmon_registry_find(pktmon_session_registry(session), 2));
    g_assert_false(pktmon_session_add_source(session, 2, &refused));
    g_assert_error(refused, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_assert_false(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &again));
    g_assert_error(again, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    pktmon_session_free(session);
    struct fixture fixture = fixture_of(fd);
    assert_outline(&fixture, "SIEafcIPPTT");
    done(&fixture);
}

/* A stop signal may come before the run. */
static void test_stop_before_run(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = new_session(&options, &error);
    int fd = memfd_create("session", MFD_CLOEXEC);

    play.read_until = clock_monotonic() + 20000 * MS;
    pktmon_session_stop(session);
    g_assert_true(pktmon_session_run(session, fd, PKTMON_CARRIER_BLOCKS, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(clock_monotonic(), <, play.read_until);
    play.read_until = 0;
    pktmon_session_free(session);
    close(fd);
}

/* Files one after another, each of which begins with a packet. */
struct rotation {
    struct file_sink *file;
    int fds[2], used;
    guint flushes, ends;
};

static void rotate(void *context, const struct pktmon_event *event)
{
    struct rotation *rotation = context;

    if (event->record == PKTMON_RECORD_PACKET && rotation->used++ == 1)
        g_assert_true(file_sink_continue(rotation->file, rotation->fds[1], event->time));
    g_assert_true(file_sink_write(rotation->file, event));
}

static void count_flush(void *context)
{
    ((struct rotation *)context)->flushes++;
}

static void count_end(void *context)
{
    ((struct rotation *)context)->ends++;
}

static void test_rotation(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event events[] = {
        packet_of(1, icmp_frame, 1), packet_of(1, udp_frame, 1), {0}};
    struct rotation rotation = {
        .fds = {memfd_create("first", MFD_CLOEXEC), memfd_create("second", MFD_CLOEXEC)}};
    const struct file_sink_options sink = {
        .fd = rotation.fds[0],
        .carrier = PKTMON_CARRIER_BLOCKS,
        .application = "test",
        .hooks = {
            .take = rotate, .caught_up = count_flush, .finish = count_end, .context = &rotation}};
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = new_session(&options, &error);

    play.events = events;
    rotation.file = file_sink_new(&sink);
    g_assert_true(session_run(session, file_sink_base(rotation.file), &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    g_assert_cmpuint(rotation.flushes, >=, 2);
    g_assert_cmpuint(rotation.ends, ==, 1);
    struct fixture first = fixture_of(rotation.fds[0]), second = fixture_of(rotation.fds[1]);
    assert_outline(&first, "SIEacIPTT");
    assert_outline(&second, "SIEacIPTT");
    done(&first);
    done(&second);
}

/* The reader goes away: the run ends, and that is no error. */
static void test_closed_pipe(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = new_session(&options, &error);
    int ends[2];

    g_assert_cmpint(pipe(ends), ==, 0);
    close(ends[0]);
    g_assert_true(pktmon_session_run(session, ends[1], PKTMON_CARRIER_FRAMES, &error));
    g_assert_no_error(error);
    pktmon_session_free(session);
    close(ends[1]);
}

/* A full disk is an error, and the provider is stopped anyway. */
static void test_full_disk(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;
    struct pktmon_session *session = new_session(&options, &error);
    FILE *full = fopen("/dev/full", "we");

    g_assert_nonnull(full);
    g_assert_false(pktmon_session_run(session, fileno(full), PKTMON_CARRIER_BLOCKS, &error));
    g_assert_nonnull(error);
    pktmon_session_free(session);
    fclose(full);
}

static void test_unknown_provider(void)
{
    struct pktmon_session_options options = defaults();
    g_autoptr(GError) error = NULL;

    options.provider = "dpdk";
    g_assert_null(new_session(&options, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
}

static void test_filter_check(void)
{
    g_autofree char *words = pktmon_filter_check("udp prt 53");

    g_assert_nonnull(words);
    g_assert_null(pktmon_filter_check("vlan 7 and udp port 53"));
}

/* The capture keeps its own time, and reports that the clock was set. */
static void test_clock_is_set(void)
{
    struct pktmon_session_options options = defaults();
    const struct pktmon_event last[] = {packet_of(1, icmp_frame, 1), {0}};

    options.counters_interval_ms = 1000;
    play.last_events = last;
    play.clock_step = 2500 * (int64_t)MS;
    play.read_until = clock_monotonic() + 1200 * MS;
    struct fixture fixture = run(&options);
    play.stepped_by = 0;

    struct block block = find_block(&fixture, PACKET, PKTMON_RECORD_EVENT, 1);
    struct pktmon_metadata_reader reader = block_metadata(&block);
    g_autofree char *message = metadata_text(reader, PKTMON_FIELD_EVENT_MESSAGE);
    /* By 2.5 s, plus what the machine itself corrects meanwhile. */
    g_assert_true(strstr(message, "forward by 2.50") || strstr(message, "forward by 2.49"));
    g_assert_cmpuint(metadata_number(reader, PKTMON_FIELD_EVENT_ID), ==, PKTMON_NOTICE_CLOCK_STEP);
    struct block packet = find_block(&fixture, PACKET, PKTMON_RECORD_PACKET, 0);
    g_assert_cmpuint(block_packet(&block).time, <=, block_packet(&packet).time);
    g_assert_cmpint(play.readings, ==, 1); /* of the counters, within 1.2 s */
    done(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    monitor = monitor_new_from(play_new);
    g_test_add_func("/session/everything-passes", test_everything_passes);
    g_test_add_func("/session/components-and-netns", test_components_and_netns);
    g_test_add_func("/session/refusals", test_refusals);
    g_test_add_func("/session/start-fails", test_start_fails);
    g_test_add_func("/session/types", test_types);
    g_test_add_func("/session/filter", test_filter);
    g_test_add_func("/session/followed", test_followed);
    g_test_add_func("/session/judged", test_judged);
    g_test_add_func("/session/sizes", test_sizes);
    g_test_add_func("/session/later-whole", test_later_whole);
    g_test_add_func("/session/repeat-of-unkept", test_repeat_of_unkept);
    g_test_add_func("/session/counters-only", test_counters_only);
    g_test_add_func("/session/counters", test_counters);
    g_test_add_func("/session/loss-is-kept", test_loss_is_kept);
    g_test_add_func("/session/stop", test_stop);
    g_test_add_func("/session/one-run", test_one_run);
    g_test_add_func("/session/stop-before-run", test_stop_before_run);
    g_test_add_func("/session/rotation", test_rotation);
    g_test_add_func("/session/closed-pipe", test_closed_pipe);
    g_test_add_func("/session/full-disk", test_full_disk);
    g_test_add_func("/session/unknown-provider", test_unknown_provider);
    g_test_add_func("/session/filter-check", test_filter_check);
    g_test_add_func("/session/clock-is-set", test_clock_is_set);
    int status = g_test_run();
    pktmon_monitor_free(monitor);
    return status;
}
