/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ring files say besides packets: counters, events and the descriptions of components that no
 * packet is of. It must not push packets out, of which the newest files are all that is kept, so it
 * has a quarter of each file. What finds no room there waits: events for the next file, and of each
 * counter its newest reading for the end, where there is a quarter more.
 */
#ifndef PKTMON_CLI_RING_WORDS_H
#define PKTMON_CLI_RING_WORDS_H

#include "ring-files.h"
#include "stream.h"

struct ring_words {
    struct pktmon_stream *stream; /* borrowed */
    uint64_t room;                /* bytes of each file */
    uint64_t used;                /* of the file that is written now */
    GHashTable *readings;         /* struct waiting by its key: the newest of each counter */
    GQueue notices;               /* of struct event_copy: the newest ones */
    uint64_t left_out;            /* notices that were older */
};

/* What is written is handed to this. */
typedef void ring_words_writer(void *context, const struct pktmon_event *event);

void ring_words_init(struct ring_words *words, struct pktmon_stream *stream,
                     const struct file_limits *limits);
void ring_words_clear(struct ring_words *words);

/* A word that came, no packet: true if it is to be written now; else it waits, or nobody needs it.
 * full: the file waits for a packet to begin the next one with. */
bool ring_words_admit(struct ring_words *words, const struct pktmon_event *event, bool full);
/* The file has grown by a word. */
void ring_words_count(struct ring_words *words, uint64_t bytes);
/* There is another file, with room for the events that wait. time: of the newest event, before
 * which nothing may be written now. */
void ring_words_begin_file(struct ring_words *words, uint64_t time, ring_words_writer *writer,
                           void *context);
/* The end has come: what waits, counters of components with packets in this file first. Returns how
 * many words found no room at all. */
uint64_t ring_words_end(struct ring_words *words, uint64_t time, ring_words_writer *writer,
                        void *context);

#endif
