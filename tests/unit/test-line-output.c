/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for a reader that may be slow, or go away. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/line-output.h"

#define LIMIT     (1u << 20)
#define LINE      "a line of some length\n"
#define LINE_SIZE (sizeof(LINE) - 1)

struct fixture {
    int reader, writer;
    struct cli_line_output *output;
};

static void set_up(struct fixture *fixture)
{
    int ends[2];

    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    fixture->reader = ends[0];
    fixture->writer = ends[1];
    fixture->output = cli_line_output_new(fixture->writer, LIMIT);
}

static void tear_down(struct fixture *fixture)
{
    cli_line_output_free(fixture->output);
    if (fixture->reader >= 0)
        close(fixture->reader);
    close(fixture->writer);
}

static void add_lines(struct fixture *fixture, unsigned count)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < count; i++)
        g_string_append(text, LINE);
    cli_line_output_add(fixture->output, text, count);
    g_assert_cmpuint(text->len, ==, 0);
}

/* The whole text that was written so far, once the writer was closed. */
static size_t read_bytes(int fd, size_t size)
{
    g_autofree char *bytes = g_malloc(size);
    size_t done = 0;
    ssize_t got = 1;

    while (done < size && got > 0) {
        got = read(fd, bytes + done, size - done);
        done += (size_t)MAX(got, 0);
    }
    for (size_t i = 0; i + LINE_SIZE <= done; i += LINE_SIZE)
        g_assert_cmpmem(bytes + i, LINE_SIZE, LINE, LINE_SIZE);
    return done;
}

static void test_all_is_written(void)
{
    struct fixture fixture;

    set_up(&fixture);
    for (unsigned i = 0; i < 10; i++)
        add_lines(&fixture, 100);
    g_assert_cmpuint(cli_line_output_finish(fixture.output, 5000), ==, 0);
    g_assert_cmpuint(read_bytes(fixture.reader, 1000 * LINE_SIZE), ==, 1000 * LINE_SIZE);
    g_assert_false(cli_line_output_is_closed(fixture.output));
    tear_down(&fixture);
}

/* Adding never waits; what waits is known, and at the end a reader that has stopped is given up. */
static void test_reader_stops(void)
{
    const unsigned batch = 4096 / LINE_SIZE;
    unsigned batches = 0;
    struct fixture fixture;

    set_up(&fixture);
    while (cli_line_output_has_room(fixture.output, batch * LINE_SIZE)) {
        add_lines(&fixture, batch);
        batches++;
        g_assert_cmpuint(batches * batch * LINE_SIZE, <, 2 * LIMIT);
    }
    g_assert_cmpuint(batches * batch * LINE_SIZE, >, LIMIT / 2);
    uint64_t left = cli_line_output_finish(fixture.output, 50);
    g_assert_cmpuint(left, >, 0);
    g_assert_cmpuint(left, <=, batches * batch);
    g_assert_false(cli_line_output_is_closed(fixture.output));
    tear_down(&fixture);
}

static void test_reader_leaves(void)
{
    struct fixture fixture;

    set_up(&fixture);
    close(fixture.reader);
    fixture.reader = -1;
    add_lines(&fixture, 10);
    cli_line_output_finish(fixture.output, 5000);
    g_assert_true(cli_line_output_is_closed(fixture.output));
    g_assert_cmpint(cli_line_output_error(fixture.output), ==, 0);
    tear_down(&fixture);
}

static void test_no_space(void)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct cli_line_output *output = cli_line_output_new(full, LIMIT);
    g_autoptr(GString) text = g_string_new(LINE);

    cli_line_output_add(output, text, 1);
    g_assert_cmpuint(cli_line_output_finish(output, 5000), ==, 1);
    g_assert_cmpint(cli_line_output_error(output), ==, ENOSPC);
    cli_line_output_free(output);
    close(full);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/line-output/all-is-written", test_all_is_written);
    g_test_add_func("/line-output/reader-stops", test_reader_stops);
    g_test_add_func("/line-output/reader-leaves", test_reader_leaves);
    g_test_add_func("/line-output/no-space", test_no_space);
    return g_test_run();
}
