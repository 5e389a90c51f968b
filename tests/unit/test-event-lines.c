/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that a reader does not keep up with are counted, each once. */
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/event-lines.h"

#define EVENTS     200000 /* more lines than may wait */
#define FEW_EVENTS 1000   /* for which there is room */

struct fixture {
    int reader, writer;
    struct cli_event_lines *lines;
};

static void set_up(struct fixture *fixture)
{
    int ends[2];

    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    fixture->reader = ends[0];
    fixture->writer = ends[1];
    const struct cli_event_lines_options options = {.fd = fixture->writer};
    fixture->lines = cli_event_lines_new(&options);
}

static void give_packets(struct fixture *fixture, unsigned count)
{
    static const uint8_t bytes[64] = {[12] = 8, [13] = 6};
    const struct pktmon_event event = {
        .record = PKTMON_RECORD_PACKET,
        .time = 1,
        .packet = {.link_type = 1, .data = bytes, .caplen = 64, .origlen = 64}};
    const struct pktmon_event counters = {.record = PKTMON_RECORD_COUNTERS};

    for (unsigned i = 0; i < count; i++) {
        cli_event_lines_take(fixture->lines, &event);
        cli_event_lines_take(fixture->lines, &counters);
    }
    cli_event_lines_flush(fixture->lines);
}

/* Lines of packets, and what the others say was left out. */
struct seen {
    uint64_t packets, left_out, remarks;
};

static void *read_lines(void *user)
{
    struct fixture *fixture = user;
    struct seen *seen = g_new0(struct seen, 1);
    FILE *file = fdopen(dup(fixture->reader), "r");
    char line[4096];

    while (fgets(line, sizeof(line), file)) {
        const char *remark = strstr(line, "** ");

        g_assert_nonnull(strchr(line, '\n'));
        seen->packets += !remark;
        seen->remarks += remark != NULL;
        seen->left_out += remark ? strtoull(remark + 3, NULL, 10) : 0;
    }
    fclose(file);
    return seen;
}

/* Ends the lines and the pipe. */
static uint64_t finish(struct fixture *fixture)
{
    uint64_t left_out;
    GError *error = NULL;

    g_assert_true(cli_event_lines_finish(fixture->lines, &left_out, &error));
    g_assert_no_error(error);
    cli_event_lines_free(fixture->lines);
    close(fixture->writer);
    return left_out;
}

static void test_slow_reader(void)
{
    struct fixture fixture;

    set_up(&fixture);
    give_packets(&fixture, EVENTS);
    GThread *reader = g_thread_new("reader", read_lines, &fixture);
    g_usleep(G_USEC_PER_SEC / 2);
    give_packets(&fixture, 10);
    uint64_t left_out = finish(&fixture);
    g_autofree struct seen *seen = g_thread_join(reader);
    g_assert_cmpuint(seen->left_out, >, 0);
    g_assert_cmpuint(seen->left_out, ==, left_out);
    g_assert_cmpuint(seen->remarks, ==, 1);
    g_assert_cmpuint(seen->packets + seen->left_out, ==, EVENTS + 10);
    close(fixture.reader);
}

static void test_nothing_is_left_out(void)
{
    struct fixture fixture;

    set_up(&fixture);
    GThread *reader = g_thread_new("reader", read_lines, &fixture);
    give_packets(&fixture, FEW_EVENTS);
    g_assert_cmpuint(finish(&fixture), ==, 0);
    g_autofree struct seen *seen = g_thread_join(reader);
    g_assert_cmpuint(seen->packets, ==, FEW_EVENTS);
    g_assert_cmpuint(seen->remarks, ==, 0);
    close(fixture.reader);
}

static void test_reader_leaves(void)
{
    struct fixture fixture;

    set_up(&fixture);
    g_assert_false(cli_event_lines_are_closed(fixture.lines));
    close(fixture.reader);
    g_assert_true(cli_event_lines_are_closed(fixture.lines));
    give_packets(&fixture, 10);
    finish(&fixture);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event-lines/slow-reader", test_slow_reader);
    g_test_add_func("/event-lines/nothing-is-left-out", test_nothing_is_left_out);
    g_test_add_func("/event-lines/reader-leaves", test_reader_leaves);
    return g_test_run();
}
