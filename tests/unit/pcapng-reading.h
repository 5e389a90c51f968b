/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pcapng file in memory that the reader reads. */
#ifndef PKTMON_TESTS_UNIT_PCAPNG_READING_H
#define PKTMON_TESTS_UNIT_PCAPNG_READING_H

#include "pcapng/pcapng-reader.h"

struct pcapng_reading {
    int fd;
    struct pcapng_reader *reader;
    struct pcapng_item item;
    GError *error;
};

struct pcapng_reading pcapng_reading_of(const void *data, size_t size);
void pcapng_reading_done(struct pcapng_reading *reading);

/* The next event, which there is; and the next one of this record. */
const struct pktmon_event *pcapng_reading_next(struct pcapng_reading *reading);
const struct pktmon_event *pcapng_reading_next_of(struct pcapng_reading *reading,
                                                  enum pktmon_record record);

void pcapng_reading_assert_end(struct pcapng_reading *reading);
/* What is left of the file can be read up to this error. */
void pcapng_reading_assert_error(struct pcapng_reading *reading, const char *message);

#endif
