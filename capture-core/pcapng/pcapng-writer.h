/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pcapng writer: turns events, which come in the order of time, into pcapng. It writes an
 * Interface Description Block before a component's first record, chooses the carrier of
 * descriptions, and keeps the account of losses.
 */
#ifndef PKTMON_PCAPNG_PCAPNG_WRITER_H
#define PKTMON_PCAPNG_PCAPNG_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "pktmon/capture-info.h"
#include "pktmon/component.h"
#include "pktmon/errors.h"
#include "pktmon/event.h"

struct pcapng_writer_options {
    int fd; /* borrowed; blocking writes */
    enum pktmon_carrier carrier;
    bool live;               /* one link type and snap length for all interface blocks */
    uint32_t snaplen;        /* of all interface blocks of a live capture; 0 = 262144 */
    const char *application; /* shb_userappl */
    /* A filter chooses the packets: counters of components without such a packet are written once,
     * at the end. */
    bool matches_only;
    /* Writes no interface "@pktmon", whose link type differs from the packets'. Counters, notices
     * and continuations of journeys are left out, and descriptions too unless they are blocks. */
    bool packets_only;
    /* As few frames on "@pktmon" as possible: one for the beginning, one for all counters of a
     * reading, one for all descriptions that are known at a time. Descriptions are not repeated.
     * Not with PKTMON_CARRIER_EACH. */
    bool quiet;
};

struct pcapng_writer;

/* Writes nothing yet. registry and capture are borrowed and outlive the writer. */
struct pcapng_writer *pcapng_writer_new(const struct pcapng_writer_options *options,
                                        const struct pktmon_registry *registry,
                                        const struct pktmon_capture_info *capture);

/* Writes and flushes the section header and the interface "@pktmon", so that the file is valid
 * pcapng from the start, before anything is known of the capture. */
bool pcapng_writer_open(struct pcapng_writer *writer, GError **error);

/* Announces packets of this component and link type, while it has this name (NULL: the registry's).
 * Before pcapng_writer_begin() their interface block is written before all packets, for programs
 * that sort a file; later it is written now, if there is none. */
void pcapng_writer_declare(struct pcapng_writer *writer, uint32_t component, uint16_t link_type,
                           const char *name);

/* Writes and flushes the capture's description, and first the blocks of pcapng_writer_open() if
 * that was not called. */
bool pcapng_writer_begin(struct pcapng_writer *writer, uint64_t time, GError **error);

/* Adds one event to the buffer, or to what waits for others of its kind (quiet). A journey is one
 * frame, on the interface of its first hop's component and of the link type of its bytes; what its
 * record has no room for follows as continuations, each a frame on "@pktmon" with the same time, as
 * is a journey that goes on with one that was written open. False with error: writing failed. False
 * without error: the reader closed the pipe (pcapng_writer_closed()). */
bool pcapng_writer_write(struct pcapng_writer *writer, const struct pktmon_event *event,
                         GError **error);

/* Writes again the descriptions of the capture, of all filters, and of the components with records
 * since their last description. Does nothing where the writer is quiet. */
bool pcapng_writer_repeat_descriptions(struct pcapng_writer *writer, uint64_t time, GError **error);

/* Hands the buffer, and what waits for others, to the file descriptor. After a failure (here, or in
 * a call that flushed) the output may end within a block, and nothing more can be written. */
bool pcapng_writer_flush(struct pcapng_writer *writer, GError **error);

/* Writes the interface statistics and flushes. */
bool pcapng_writer_end(struct pcapng_writer *writer, uint64_t time, GError **error);

/* Ends the section as pcapng_writer_end() does, and begins another one in another file. That one is
 * complete by itself: it has the descriptions of all filters, and of each component before its
 * first record there. Each loss is reported in the statistics of one section only. fd is borrowed;
 * the previous descriptor is no longer used. */
bool pcapng_writer_continue(struct pcapng_writer *writer, int fd, uint64_t time, GError **error);

/* Bytes of the section so far, including the buffer. */
uint64_t pcapng_writer_size(const struct pcapng_writer *writer);

/* Bytes of the section that are in the file. After a partial write, the file ends with its last
 * whole block. */
uint64_t pcapng_writer_written(struct pcapng_writer *writer);

/* What the file lacks of the journeys that were written. */
struct pcapng_writer_lack {
    uint64_t continuations; /* journeys whose continuation was left out (packets_only) */
    uint64_t shortened;     /* frames with a hop that was too large to be kept whole */
};
struct pcapng_writer_lack pcapng_writer_lack(const struct pcapng_writer *writer);

/* Whether the section has the component's description, and packets of it. */
bool pcapng_writer_has_described(const struct pcapng_writer *writer, uint32_t component);
bool pcapng_writer_has_packets_of(const struct pcapng_writer *writer, uint32_t component);

/* Whether the other end of the pipe was closed (EPIPE): a normal end, not an error. */
bool pcapng_writer_closed(const struct pcapng_writer *writer);

void pcapng_writer_free(struct pcapng_writer *writer);

#endif
