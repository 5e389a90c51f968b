/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pcapng reader: turns files of ours, one after the other, back into events. It takes any
 * bytes: a file of another program has no events, and is counted.
 *
 * Files that were merged hold several captures. What was written while one capture ran is one,
 * however many files, or sections of a file, it is in.
 */
#ifndef PKTMON_PCAPNG_PCAPNG_READER_H
#define PKTMON_PCAPNG_PCAPNG_READER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/capture-info.h"
#include "pktmon/component.h"
#include "pktmon/errors.h"
#include "pktmon/event.h"

/* What is known of a capture so far. A component without a description is not in the registry. */
struct pcapng_capture {
    struct pktmon_capture_info *info;
    struct pktmon_registry *registry;
    GPtrArray *filters; /* private: known-filters.h */
};

/* Valid until the next one is read; the capture as long as the reader. */
struct pcapng_item {
    const struct pktmon_event *event;
    const struct pcapng_capture *capture;
    /* Of a packet: the name of its component as it was then; not valid UTF-8 perhaps; NULL: not
     * known. */
    const char *name;
};

/* Of all files. */
struct pcapng_reader_counts {
    uint64_t events;
    uint64_t foreign_packets;   /* without a record of ours */
    uint64_t foreign_blocks;    /* neither packets nor interfaces, sections, or statistics */
    uint64_t unknown_records;   /* of a newer version */
    uint64_t damaged_records;   /* of which something could not be read */
    uint64_t unread_components; /* descriptions for which there is no room */
    uint64_t unread_captures;   /* events of captures for which there is no room */
    uint64_t unread_pieces;     /* observations of runs, of which the record has the number only */
    uint64_t cut_frames;        /* another program has cut a frame, whose hops lack bytes now */
};

struct pcapng_reader;

struct pcapng_reader *pcapng_reader_new(void);
void pcapng_reader_free(struct pcapng_reader *reader);

/* The next file: a regular file, or a pipe, which is read to its end. fd is borrowed until the next
 * call. */
void pcapng_reader_open(struct pcapng_reader *reader, int fd);

/*
 * The next event. A component's description is an event when it is the first or another one than
 * before, and so are those of the capture and of filters. The time of what has none in the file is
 * that of the event before. A journey is one event, with all of its hops and their bytes.
 *
 * False with error: the file is damaged here, is no pcapng, or cannot be read. False without error:
 * it ends here. Another file can be opened in each case.
 */
bool pcapng_reader_next(struct pcapng_reader *reader, struct pcapng_item *item, GError **error);

struct pcapng_reader_counts pcapng_reader_counts(const struct pcapng_reader *reader);
/* Bytes read of this file. */
uint64_t pcapng_reader_offset(const struct pcapng_reader *reader);

#endif
