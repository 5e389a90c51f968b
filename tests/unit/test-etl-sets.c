/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several files: those of one session are one log, and those of several are refused. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events.h"
#include "reading.h"

#define FLOW       160
#define COMPONENT  20
#define MULTI_FILE 8 /* LogFileMode */
#define NIC        7
#define MOST_FILES 8

/* A folder of logs, removed after the test. */
struct folder {
    char *path;
    char *files[MOST_FILES];
    size_t count;
};

static void folder_open(struct folder *folder)
{
    *folder = (struct folder){.path = g_dir_make_tmp("etl-test-XXXXXX", NULL)};
}

static void folder_close(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        g_unlink(folder->files[i]);
        g_free(folder->files[i]);
    }
    g_rmdir(folder->path);
    g_free(folder->path);
}

/* A log with one packet at the NIC, under this name, if any. */
static const char *add_log(struct folder *folder, const char *name,
                           const struct writer_options *options, const char *nic)
{
    struct writer *writer = writer_new(options);
    g_autoptr(GByteArray) frame = udp_frame(1, "payload");
    const struct packet_body body = {.group = folder->count + 1,
                                     .number = 1,
                                     .appearance = 1,
                                     .direction = 3,
                                     .type = 1,
                                     .component = NIC,
                                     .edge = 1,
                                     .data = frame->data,
                                     .size = (uint16_t)frame->len};
    add_pktmon(writer, 0, options->start_ticks + 10, FLOW, body_packet(&body));
    if (nic)
        add_pktmon(writer, 0, options->start_ticks + 20, COMPONENT,
                   body_component(NIC, 2, nic, "A NIC"));
    g_autoptr(GByteArray) log = writer_finish(writer);
    char *path = g_build_filename(folder->path, name, NULL);
    g_assert_true(g_file_set_contents(path, (const char *)log->data, log->len, NULL));
    folder->files[folder->count++] = path;
    return path;
}

/* The numbered file of a session, as the logger begins it. */
static const char *add_part(struct folder *folder, unsigned number, int64_t ticks, const char *nic)
{
    const struct writer_options options = {.mode = MULTI_FILE, .start_ticks = ticks};
    g_autofree char *name = g_strdup_printf("PktMon%u.etl", number);
    return add_log(folder, name, &options, nic);
}

static void expect_name(const char *const *paths, guint packets, const char *name)
{
    struct reading reading;
    reading_open(&reading, paths, NULL);
    g_assert_no_error(reading.error);
    g_assert_cmpuint(reading_count(&reading, PKTMON_RECORD_PACKET), ==, packets);
    const struct pktmon_component *nic = pktmon_registry_find(reading.registry, NIC);
    g_assert_cmpstr(nic ? nic->name : NULL, ==, name);
    reading_close(&reading);
}

/* A single sentence with these words. */
static void expect_refusal(const char *one, const char *other, const char *words)
{
    const char *const paths[] = {one, other, NULL};
    struct reading reading;
    reading_open(&reading, paths, NULL);
    g_assert_null(reading.provider);
    g_assert_error(reading.error, PKTMON_ERROR, PKTMON_ERROR_ARGUMENT);
    g_assert_nonnull(strstr(reading.error->message, words));
    g_assert_nonnull(strstr(reading.error->message, other));
    reading_close(&reading);
}

static void test_other_boot(void)
{
    const struct writer_options monday = {0},
                                tuesday = {.start_filetime =
                                               WRITER_START_FILETIME + INT64_C(864000000000)},
                                other_build = {.build = 26100};
    struct folder folder;
    folder_open(&folder);
    const char *one = add_log(&folder, "monday.etl", &monday, "a.sys");
    const char *two = add_log(&folder, "tuesday.etl", &tuesday, "b.sys");
    const char *three = add_log(&folder, "other.etl", &other_build, "c.sys");
    expect_refusal(one, two, "mergecap");
    expect_refusal(one, three, "mergecap");
    folder_close(&folder);
}

/* Each file names component 7, or only one does: both are separate captures. */
static void test_other_session_of_the_boot(void)
{
    const struct writer_options plain = {0}, merged = {.compression = WRITER_XPRESS},
                                later = {.start_ticks = 5000},
                                merged_later = {.start_ticks = 5000, .compression = WRITER_XPRESS};
    struct folder folder;
    folder_open(&folder);
    const char *one = add_log(&folder, "a.etl", &plain, NULL);
    const char *two = add_log(&folder, "b.etl", &later, "b.sys");
    const char *three = add_log(&folder, "c.etl", &merged, "c.sys");
    const char *four = add_log(&folder, "d.etl", &merged_later, "d.sys");
    expect_refusal(one, two, "two captures");
    expect_refusal(one, three, "two captures");
    expect_refusal(three, four, "two captures");
    folder_close(&folder);
}

static void test_conflicting_parts(void)
{
    struct folder folder;
    folder_open(&folder);
    const char *one = add_part(&folder, 1, 0, "a.sys"), *two = add_part(&folder, 2, 5000, "b.sys");
    expect_refusal(one, two, "two captures");
    folder_close(&folder);
}

static void test_same_file_twice(void)
{
    const struct writer_options options = {0};
    struct folder folder;
    folder_open(&folder);
    const char *log = add_log(&folder, "a.etl", &options, "a.sys");
    g_autofree char *detour = g_strdup_printf("%s/./a.etl", folder.path);
    expect_refusal(log, log, "given twice");
    expect_refusal(log, detour, "given twice");
    g_autofree char *bytes = NULL;
    gsize size;
    g_assert_true(g_file_get_contents(log, &bytes, &size, NULL));
    char *copy = g_build_filename(folder.path, "copy.etl", NULL);
    g_assert_true(g_file_set_contents(copy, bytes, (gssize)size, NULL));
    folder.files[folder.count++] = copy;
    expect_refusal(log, copy, "is a copy of");
    folder_close(&folder);
}

/* A log and an interrupted copy of it: different bytes, but the same packets. */
static void test_part_of_a_log(void)
{
    const struct writer_options options = {.mode = MULTI_FILE};
    struct folder folder;
    struct writer *writer = writer_new(&options);
    folder_open(&folder);
    for (uint16_t nic = NIC; nic < NIC + 2; nic++) {
        add_pktmon(writer, 0, nic, COMPONENT, body_component(nic, 2, "nic.sys", "A NIC"));
        writer_flush(writer, 0);
    }
    g_autoptr(GByteArray) log = writer_finish(writer);
    for (guint cut = 0; cut < 2; cut++) {
        char *path = g_build_filename(folder.path, cut ? "part.etl" : "whole.etl", NULL);
        gssize size = (gssize)log->len - (cut ? 4096 : 0);
        g_assert_true(g_file_set_contents(path, (const char *)log->data, size, NULL));
        folder.files[folder.count++] = path;
    }
    expect_refusal(folder.files[0], folder.files[1], "hold the same buffers");
    folder_close(&folder);
}

/* The last part has the names, whichever part is missing. A part of an earlier session is not used.
 */
static void test_missing_in_the_middle(void)
{
    struct folder folder;
    folder_open(&folder);
    const char *one = add_part(&folder, 1, 1000, NULL), *two = add_part(&folder, 2, 2000, NULL);
    const char *five = add_part(&folder, 5, 5000, "nic.sys");
    add_part(&folder, 9, 500, "earlier.sys");
    const char *const first[] = {one, NULL}, *const begin[] = {two, one, NULL},
                      *const gap[] = {one, five, NULL};
    expect_name(first, 1, "nic.sys");
    expect_name(begin, 2, "nic.sys");
    expect_name(gap, 2, "nic.sys");
    folder_close(&folder);
}

/* Other things with the name of a part: a pipe without a writer, and a text file. */
static void test_others_beside(void)
{
    struct folder folder;
    folder_open(&folder);
    const char *one = add_part(&folder, 1, 1000, NULL);
    add_part(&folder, 2, 2000, "nic.sys");
    char *pipe = g_build_filename(folder.path, "PktMon8.etl", NULL);
    char *text = g_build_filename(folder.path, "PktMon9.etl", NULL);
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    g_assert_true(g_file_set_contents(text, "no log", -1, NULL));
    folder.files[folder.count++] = pipe;
    folder.files[folder.count++] = text;
    const char *const first[] = {one, NULL};
    expect_name(first, 1, "nic.sys");
    folder_close(&folder);
}

/* Leading zeros, which people add so that files sort. */
/* Anything but a regular file that the user did not name is not even opened: that could wake a
 * writer that waits for the reader of a pipe, or trigger a device. */
static void test_pipe_beside(void)
{
    struct folder folder;
    struct inotify_event event;
    int opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    folder_open(&folder);
    const char *const one[] = {add_part(&folder, 1, 0, NULL), NULL};
    char *pipe = g_build_filename(folder.path, "PktMon2.etl", NULL);
    folder.files[folder.count++] = pipe;
    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    g_assert_cmpint(inotify_add_watch(opened, pipe, IN_OPEN), >=, 0);
    expect_name(one, 1, NULL);
    g_assert_cmpint(read(opened, &event, sizeof(event)), <, 0);
    close(opened);
    folder_close(&folder);
}

static void test_leading_zeros(void)
{
    const struct writer_options begin = {.mode = MULTI_FILE},
                                end = {.mode = MULTI_FILE, .start_ticks = 5000};
    struct folder folder;
    folder_open(&folder);
    const char *one = add_log(&folder, "trace08.etl", &begin, NULL);
    add_log(&folder, "trace10.etl", &end, "nic.sys");
    const char *const first[] = {one, NULL};
    expect_name(first, 1, "nic.sys");
    folder_close(&folder);
}

/* A file's descriptions of its own components take precedence. */
static void test_own_descriptions(void)
{
    struct folder folder;
    folder_open(&folder);
    const char *one = add_part(&folder, 1, 1000, "own.sys");
    add_part(&folder, 2, 2000, "other.sys");
    const char *const only[] = {one, NULL};
    expect_name(only, 1, "own.sys");
    folder_close(&folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/etl/sets/other-boot", test_other_boot);
    g_test_add_func("/etl/sets/other-session-of-the-boot", test_other_session_of_the_boot);
    g_test_add_func("/etl/sets/conflicting-parts", test_conflicting_parts);
    g_test_add_func("/etl/sets/same-file-twice", test_same_file_twice);
    g_test_add_func("/etl/sets/part-of-a-log", test_part_of_a_log);
    g_test_add_func("/etl/sets/missing-in-the-middle", test_missing_in_the_middle);
    g_test_add_func("/etl/sets/others-beside", test_others_beside);
    g_test_add_func("/etl/sets/pipe-beside", test_pipe_beside);
    g_test_add_func("/etl/sets/leading-zeros", test_leading_zeros);
    g_test_add_func("/etl/sets/own-descriptions", test_own_descriptions);
    return g_test_run();
}
