/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of ring files besides packets: counters, notices, and descriptions of components that
 * have no packet. They must not push packets out of the newest files, which are all that is kept,
 * so they may fill a quarter of each file. Records that do not fit wait: notices for the next file,
 * and the latest reading of each counter for the end, where they may fill another quarter.
 */
#ifndef PKTMON_CLI_RING_RECORDS_H
#define PKTMON_CLI_RING_RECORDS_H

#include "ring-files.h"
#include "capture/file-sink.h"

struct cli_ring_records {
    struct file_sink *file; /* borrowed */
    uint64_t room;          /* bytes in each file */
    uint64_t used;          /* bytes in the current file */
    GHashTable *readings;   /* struct waiting_reading by its key: the latest of each counter */
    GQueue notices;         /* of struct event_copy: the newest ones */
    uint64_t left_out;      /* older notices, which were discarded */
};

/* Writes a record. */
typedef void cli_ring_records_writer(void *context, const struct pktmon_event *event);

void cli_ring_records_init(struct cli_ring_records *records, struct file_sink *file,
                           const struct cli_file_limits *limits);
void cli_ring_records_clear(struct cli_ring_records *records);

/* A record that is not a packet: true if it is to be written now; else it waits, or is not needed.
 * full: the file is full, and the next packet begins a new one. */
bool cli_ring_records_admit(struct cli_ring_records *records, const struct pktmon_event *event,
                            bool full);
/* The current file has grown by a record. */
void cli_ring_records_count(struct cli_ring_records *records, uint64_t bytes);
/* A new file has begun, with room for waiting notices. time: of the newest event; no record may
 * have an earlier time. */
void cli_ring_records_begin_file(struct cli_ring_records *records, uint64_t time,
                                 cli_ring_records_writer *writer, void *context);
/* At the end of the capture: writes the waiting records, first the counters of components with
 * packets in this file. Returns how many records did not fit. */
uint64_t cli_ring_records_end(struct cli_ring_records *records, uint64_t time,
                              cli_ring_records_writer *writer, void *context);

#endif
