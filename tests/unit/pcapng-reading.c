/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcapng-reading.h"

#include <sys/mman.h>
#include <unistd.h>

static int file_of(const void *data, size_t size)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    g_assert_cmpint(write(fd, data, size), ==, size);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

struct pcapng_reading pcapng_reading_of(const void *data, size_t size)
{
    struct pcapng_reading reading = {.fd = file_of(data, size), .reader = pcapng_reader_new()};

    pcapng_reader_open(reading.reader, reading.fd);
    return reading;
}

void pcapng_reading_done(struct pcapng_reading *reading)
{
    pcapng_reader_free(reading->reader);
    close(reading->fd);
    g_clear_error(&reading->error);
}

const struct pktmon_event *pcapng_reading_next(struct pcapng_reading *reading)
{
    g_assert_true(pcapng_reader_next(reading->reader, &reading->item, &reading->error));
    g_assert_no_error(reading->error);
    return reading->item.event;
}

const struct pktmon_event *pcapng_reading_next_of(struct pcapng_reading *reading,
                                                  enum pktmon_record record)
{
    const struct pktmon_event *event = pcapng_reading_next(reading);

    while (event->record != record)
        event = pcapng_reading_next(reading);
    return event;
}

void pcapng_reading_assert_end(struct pcapng_reading *reading)
{
    g_assert_false(pcapng_reader_next(reading->reader, &reading->item, &reading->error));
    g_assert_no_error(reading->error);
}

void pcapng_reading_assert_error(struct pcapng_reading *reading, const char *message)
{
    while (pcapng_reader_next(reading->reader, &reading->item, &reading->error))
        continue;
    g_assert_nonnull(reading->error);
    g_assert_cmpstr(reading->error->message, ==, message);
}
