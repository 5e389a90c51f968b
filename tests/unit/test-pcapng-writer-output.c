/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounts of the pcapng writer, and how it writes its bytes. */
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "fixture.h"

static void test_counters(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_metadata_field field;
    struct block block;

    put(&fixture, (struct pktmon_event){
                      .record = PKTMON_RECORD_COUNTERS,
                      .time = START + 1,
                      .component = 1,
                      .counters = {.edge = PKTMON_EDGE_LOWER,
                                   .has_flow = true,
                                   .packets_in = 10,
                                   .bytes_in = 840,
                                   .packets_out = 3,
                                   .bytes_out = 252},
                  });
    put(&fixture, (struct pktmon_event){
                      .record = PKTMON_RECORD_COUNTERS,
                      .time = START + 2,
                      .component = 2,
                      .counters = {.has_drops = true, .drops_in = 1, .drop_bytes_in = 60},
                  });
    finish(&fixture, START + 3);
    assert_outline(&fixture, "SIEACNCNT");
    block = find_block(&fixture, PACKET, PKTMON_RECORD_COUNTERS, 0);
    assert_line(&block, "counters eth0 lower: in 10 packets 840 bytes, out 3 packets 252 bytes");
    g_assert_cmpuint(block_packet(&block).time, ==, START + 1);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_BYTES_IN), ==, 840);
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_CAPTURE_ID), ==,
                     CAPTURE_ID);
    g_assert_false(metadata_find(block_metadata(&block), PKTMON_FIELD_DROPS_IN, &field));
    block = find_block(&fixture, PACKET, PKTMON_RECORD_COUNTERS, 1);
    assert_line(&block, "counters br0: dropped in 1 packet 60 bytes, out 0 packets 0 bytes");
    g_assert_cmpuint(metadata_number(block_metadata(&block), PKTMON_FIELD_DROPS_OUT), ==, 0);
    g_assert_false(metadata_find(block_metadata(&block), PKTMON_FIELD_PACKETS_IN, &field));
    clear(&fixture);
}

/* isb_ifrecv and isb_ifdrop of the n-th statistics block. */
static void assert_statistics(const struct fixture *fixture, guint n, uint64_t received,
                              uint64_t dropped)
{
    struct block block = find_block(fixture, STATISTICS, 0, n);
    size_t length = 0;
    const uint8_t *value = option_find(block.body + 12, block.body_size - 12, 4, &length);

    g_assert_cmpuint(block.body[0], ==, n);
    g_assert_cmpmem(value, length, &received, sizeof(received));
    value = option_find(block.body + 12, block.body_size - 12, 5, &length);
    g_assert_cmpmem(value, length, &dropped, sizeof(dropped));
}

/* The next packet reports a loss, or else the counters do; never both. */
static void test_loss(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_event event = packet_event(START + 1, 1);
    struct pktmon_event counters = {.record = PKTMON_RECORD_COUNTERS,
                                    .component = 1,
                                    .counters = {.edge = 1, .has_flow = true, .lost = 3}};

    put(&fixture, event);
    event.packet.lost = 4;
    put(&fixture, event);
    put(&fixture, counters);
    counters.counters.edge = 2;
    counters.counters.lost = 1;
    put(&fixture, counters);
    put(&fixture, packet_event(START + 2, 2));
    counters.counters.lost = 11; /* in all: ten more, after the last packet */
    put(&fixture, counters);
    finish(&fixture, START + 3);
    assert_outline(&fixture, "SIEACIPPNNCIPNTTT");
    assert_statistics(&fixture, 0, 7, 0);
    assert_statistics(&fixture, 1, 2, 14);
    assert_statistics(&fixture, 2, 1, 0);
    clear(&fixture);
}

static struct pktmon_event retired(uint64_t time, uint32_t component)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_RETIRED, .time = time, .component = component};
}

static struct pktmon_event counters_event(uint64_t time, uint32_t component, uint64_t packets)
{
    return (struct pktmon_event){
        .record = PKTMON_RECORD_COUNTERS,
        .time = time,
        .component = component,
        .counters = {.edge = PKTMON_EDGE_LOWER, .has_flow = true, .packets_in = packets}};
}

/* A component that has gone leaves nothing but its statistics; if it comes back, it is a new one.
 */
static void test_retired(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_event event = packet_event(START + 1, 1);

    event.packet.lost = 3;
    put(&fixture, event);
    put(&fixture, retired(START + 2, 1));
    put(&fixture, retired(START + 2, 2)); /* it had no records */
    put(&fixture, packet_event(START + 3, 1));
    finish(&fixture, START + 4);
    assert_outline(&fixture, "SIEACIPTCIPTT");
    struct block block = find_block(&fixture, STATISTICS, 0, 0);
    g_assert_cmpuint(block.body[0], ==, 1);
    block = find_block(&fixture, STATISTICS, 0, 2);
    g_assert_cmpuint(block.body[0], ==, 2);
    g_assert_cmpuint(find_packet(&fixture, 1).interface, ==, 2);
    clear(&fixture);
}

/* Nor does what is described later look at what it had before. */
static void test_returned(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});

    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, retired(START + 2, 1));
    put(&fixture, packet_event(START + 3, 1));
    put(&fixture, (struct pktmon_event){
                      .record = PKTMON_RECORD_COMPONENT, .time = START + 4, .component = 1});
    put(&fixture, packet_event(START + 5, 1));
    finish(&fixture, START + 6);
    g_assert_cmpuint(find_packet(&fixture, 1).interface, ==, 2);
    g_assert_cmpuint(find_packet(&fixture, 2).interface, ==, 2);
    clear(&fixture);
}

/* If components without a matching packet come and go, one sentence reports them, however many
 * there are. */
static void test_matches_only(void)
{
    struct fixture fixture =
        begin((struct pcapng_writer_options){.live = true, .matches_only = true});
    struct pktmon_event last = counters_event(START + 5, 2, 9);
    struct block block;

    put(&fixture, (struct pktmon_event){.record = PKTMON_RECORD_COMPONENT, .component = 1});
    put(&fixture, counters_event(START + 1, 1, 4));
    put(&fixture, counters_event(START + 2, 1, 5));
    put(&fixture,
        (struct pktmon_event){
            .record = PKTMON_RECORD_EVENT,
            .time = START + 3,
            .component = 1,
            .notice = {.provider = "pktmon", .id = PKTMON_NOTICE_DEVICE_GONE, .message = "gone"}});
    put(&fixture, retired(START + 4, 1));
    put(&fixture, counters_event(START + 4, 2, 8));
    last.counters.last = true;
    put(&fixture, last);
    finish(&fixture, START + 6);
    assert_outline(&fixture, "SIEACNET");
    block = find_block(&fixture, PACKET, PKTMON_RECORD_EVENT, 1);
    g_autofree char *message = metadata_text(block_metadata(&block), PKTMON_FIELD_EVENT_MESSAGE);
    g_assert_cmpstr(
        message, ==,
        "Counters of removed components without a packet in this capture are not written: "
        "1 component, 5 packets at its edges, 0 drops.");
    clear(&fixture);
}

/* Continues in another file, which the fixture owns from then on. */
static void continue_in_next_file(struct fixture *fixture, uint64_t time)
{
    g_autoptr(GError) error = NULL;
    int fd = memfd_create("next", MFD_CLOEXEC);

    g_assert_true(pcapng_writer_continue(fixture->writer, fd, time, &error));
    g_assert_no_error(error);
    close(fixture->fd);
    fixture->fd = fd;
}

/* Each file is complete by itself: descriptions in the first are repeated in the next if they are
 * needed. */
static void test_continue(void)
{
    struct fixture fixture =
        begin((struct pcapng_writer_options){.live = true, .carrier = PKTMON_CARRIER_BLOCKS});

    put(&fixture,
        (struct pktmon_event){.record = PKTMON_RECORD_FILTER, .filter = {.id = 1, .text = "icmp"}});
    put(&fixture, packet_event(START + 1, 1));
    put(&fixture, packet_event(START + 2, 2));
    continue_in_next_file(&fixture, START + 3);
    uint64_t size = pcapng_writer_size(fixture.writer);
    g_assert_cmpuint(size, ==, lseek(fixture.fd, 0, SEEK_END));
    put(&fixture, packet_event(START + 4, 2));
    g_assert_cmpuint(pcapng_writer_size(fixture.writer), >, size + FRAME_SIZE);
    finish(&fixture, START + 5);
    g_assert_cmpuint(pcapng_writer_size(fixture.writer), ==, fixture.size);
    assert_outline(&fixture, "SIEafcIPTT");
    g_assert_cmpuint(find_packet(&fixture, 0).interface, ==, 1);
    assert_statistics(&fixture, 1, 1, 0);
    clear(&fixture);
}

/* Over all files, each loss is reported once. */
static void test_loss_of_several_files(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    struct pktmon_event event = packet_event(START + 1, 1);
    struct pktmon_event counters = {.record = PKTMON_RECORD_COUNTERS,
                                    .component = 1,
                                    .counters = {.edge = 1, .has_flow = true, .lost = 7}};

    event.packet.lost = 4;
    put(&fixture, event);
    put(&fixture, counters); /* 7 are reported here, ... */
    continue_in_next_file(&fixture, START + 2);
    event.packet.lost = 3; /* ... including these three, ... */
    put(&fixture, event);
    event.packet.lost = 5; /* ... but not these. */
    put(&fixture, event);
    counters.counters.lost = 14;
    put(&fixture, counters);
    finish(&fixture, START + 3);
    assert_statistics(&fixture, 1, 2, 7);
    clear(&fixture);
}

static void test_filters_are_repeated(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    char changing[] = "tcp";
    struct block block;

    put(&fixture,
        (struct pktmon_event){.record = PKTMON_RECORD_FILTER, .filter = {.id = 1, .text = "icmp"}});
    put(&fixture, (struct pktmon_event){.record = PKTMON_RECORD_FILTER,
                                        .filter = {.id = 1, .name = "web", .text = changing}});
    changing[0] = 'X'; /* the event was borrowed */
    g_assert_true(pcapng_writer_repeat_descriptions(fixture.writer, START + 1, &error));
    finish(&fixture, START + 2);
    assert_outline(&fixture, "SIEAFFAFT");
    block = find_block(&fixture, PACKET, PKTMON_RECORD_FILTER, 2);
    assert_line(&block, "filter 1 web: tcp");
    text = metadata_text(block_metadata(&block), PKTMON_FIELD_FILTER_TEXT);
    g_assert_cmpstr(text, ==, "tcp");
    clear(&fixture);
}

/* The reader closed the pipe: an end, not an error, and nothing more is written. */
static void test_closed_pipe(void)
{
    g_autoptr(GError) error = NULL;
    struct pktmon_event event = packet_event(START + 1, 1);
    struct fixture fixture;
    int pipe_fds[2];

    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    fixture = fixture_on(pipe_fds[1], (struct pcapng_writer_options){.live = true});
    g_assert_true(pcapng_writer_begin(fixture.writer, START, &error));
    g_assert_false(pcapng_writer_closed(fixture.writer));
    close(pipe_fds[0]);
    g_assert_true(pcapng_writer_write(fixture.writer, &event, &error));
    g_assert_false(pcapng_writer_flush(fixture.writer, &error));
    g_assert_no_error(error);
    g_assert_true(pcapng_writer_closed(fixture.writer));
    g_assert_false(pcapng_writer_write(fixture.writer, &event, &error));
    g_assert_false(pcapng_writer_repeat_descriptions(fixture.writer, START, &error));
    g_assert_false(pcapng_writer_flush(fixture.writer, &error));
    g_assert_false(pcapng_writer_end(fixture.writer, START, &error));
    g_assert_no_error(error);
    clear(&fixture);
}

static void test_full_disk(void)
{
    g_autoptr(GError) error = NULL;
    struct fixture fixture = fixture_on(open("/dev/full", O_WRONLY | O_CLOEXEC),
                                        (struct pcapng_writer_options){.live = true});

    g_assert_false(pcapng_writer_begin(fixture.writer, START, &error));
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED);
    g_assert_false(pcapng_writer_closed(fixture.writer));
    clear(&fixture);
}

/* When the disk becomes full, the file holds whole blocks, and their size is known. */
static void test_disk_that_becomes_full(void)
{
    const struct rlimit limit = {.rlim_cur = 3000, .rlim_max = RLIM_INFINITY};
    struct rlimit before;
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    g_autoptr(GError) error = NULL;
    g_autofree uint8_t *data = NULL;
    size_t offset = 0, size;
    struct block block;

    for (guint i = 0; i < 100; i++)
        put(&fixture, packet_event(START + i, 1));
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &limit);
    g_assert_false(pcapng_writer_flush(fixture.writer, &error));
    setrlimit(RLIMIT_FSIZE, &before);
    g_assert_error(error, PKTMON_ERROR, PKTMON_ERROR_FAILED);
    size = lseek(fixture.fd, 0, SEEK_END);
    g_assert_cmpuint(size, <=, 3000);
    g_assert_cmpuint(size, >, 2000);
    g_assert_cmpuint(size, ==, pcapng_writer_written(fixture.writer));
    data = g_malloc(size);
    g_assert_cmpint(pread(fixture.fd, data, size, 0), ==, size);
    while (block_next(data, size, &offset, &block))
        ;
    g_assert_cmpuint(offset, ==, size);
    clear(&fixture);
}

#define FLOOD 30000

static void ignore_signal(G_GNUC_UNUSED int number)
{
}

/* Reads the pipe in small steps, and leaves signals to the writer. The steps are longer than the
 * interval of the signals, so that some arrive while the writer blocks with nothing written
 * (EINTR). */
static void *read_slowly(void *fd)
{
    GByteArray *data = g_byte_array_new();
    uint8_t part[30011];
    sigset_t alarm;
    ssize_t length;

    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    while ((length = read(GPOINTER_TO_INT(fd), part, sizeof(part))) > 0) {
        g_byte_array_append(data, part, length);
        g_usleep(3000);
    }
    return data;
}

/* Partial and interrupted writes lose nothing, and a full buffer is written without a flush. */
static void test_slow_reader(void)
{
    const struct sigaction action = {.sa_handler = ignore_signal};
    const struct itimerval every_ms = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) data = NULL;
    struct fixture fixture;
    guint packets = 0;
    size_t offset = 0;
    struct block block;
    GThread *reader;
    int pipe_fds[2];

    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    sigaction(SIGALRM, &action, NULL);
    reader = g_thread_new("reader", read_slowly, GINT_TO_POINTER(pipe_fds[0]));
    fixture = fixture_on(pipe_fds[1], (struct pcapng_writer_options){.live = true});
    setitimer(ITIMER_REAL, &every_ms, NULL);
    g_assert_true(pcapng_writer_begin(fixture.writer, START, &error));
    for (guint i = 0; i < FLOOD; i++)
        put(&fixture, packet_event(START + i, 1));
    g_assert_true(pcapng_writer_end(fixture.writer, START + FLOOD, &error));
    setitimer(ITIMER_REAL, &never, NULL);
    clear(&fixture); /* closes the pipe, which ends the reader */
    data = g_thread_join(reader);
    close(pipe_fds[0]);

    while (block_next(data->data, data->len, &offset, &block))
        packets += block.type == PACKET;
    g_assert_cmpuint(packets, ==, FLOOD + 3);
}

/* Without a flush, data is written once there is a megabyte of it. */
static void test_flush_by_itself(void)
{
    struct fixture fixture = begin((struct pcapng_writer_options){.live = true});
    off_t begun = lseek(fixture.fd, 0, SEEK_END);

    for (guint i = 0; i < 10000; i++) /* of more than 200 bytes each */
        put(&fixture, packet_event(START + i, 1));
    g_assert_cmpint(lseek(fixture.fd, 0, SEEK_END), >=, begun + 1024 * 1024);
    finish(&fixture, START + 10000);
    clear(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    g_test_add_func("/pcapng-writer-output/counters", test_counters);
    g_test_add_func("/pcapng-writer-output/loss", test_loss);
    g_test_add_func("/pcapng-writer-output/continue", test_continue);
    g_test_add_func("/pcapng-writer-output/loss-of-several-files", test_loss_of_several_files);
    g_test_add_func("/pcapng-writer-output/filters-are-repeated", test_filters_are_repeated);
    g_test_add_func("/pcapng-writer-output/closed-pipe", test_closed_pipe);
    g_test_add_func("/pcapng-writer-output/full-disk", test_full_disk);
    g_test_add_func("/pcapng-writer-output/disk-that-becomes-full", test_disk_that_becomes_full);
    g_test_add_func("/pcapng-writer-output/slow-reader", test_slow_reader);
    g_test_add_func("/pcapng-writer-output/flush-by-itself", test_flush_by_itself);
    g_test_add_func("/pcapng-writer-output/retired", test_retired);
    g_test_add_func("/pcapng-writer-output/returned", test_returned);
    g_test_add_func("/pcapng-writer-output/matches-only", test_matches_only);
    return g_test_run();
}
