/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream: events, already in the order of time, become pcapng. It writes an Interface
 * Description Block before a component's first word, chooses the carrier of descriptions, and
 * keeps the account of what was lost.
 */
#ifndef PKTMON_STREAM_H
#define PKTMON_STREAM_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "component.h"
#include "event.h"
#include "provider.h"
#include "public.h"

/* dumpcap ends a capture at a longer block (Wireshark 4.0 to 4.6, WTAP_MAX_PACKET_SIZE_STANDARD).
 */
#define PKTMON_MAX_BLOCK_SIZE 262144

enum pktmon_carrier {
    PKTMON_CARRIER_FRAMES, /* descriptions are frames on "@pktmon": for pipes */
    PKTMON_CARRIER_BLOCKS, /* descriptions are Custom Blocks: for regular files */
};

struct pktmon_stream_options {
    int fd; /* borrowed; blocking writes */
    enum pktmon_carrier carrier;
    bool live;               /* one link type and snap length for all interface blocks */
    uint32_t snaplen;        /* of all interface blocks of a live capture; 0 = 262144 */
    const char *application; /* shb_userappl */
    /* Packets are chosen by a filter: counters of components without any such packet are written
     * once, at the end. */
    bool matches_only;
    /* No interface "@pktmon", whose link type would be another one than the packets': descriptions
     * are blocks, and counters and events are left out. */
    bool packets_only;
};

struct pktmon_stream;

/* Writes nothing yet. registry and capture are borrowed and outlive the stream. */
PKTMON_PUBLIC struct pktmon_stream *pktmon_stream_new(const struct pktmon_stream_options *options,
                                                      const struct pktmon_registry *registry,
                                                      const struct pktmon_capture *capture);

/* Writes and flushes the section header and the interface "@pktmon", so that the file is one from
 * the start, before anything is known of the capture. */
PKTMON_PUBLIC bool pktmon_stream_open(struct pktmon_stream *stream, GError **error);

/* Writes and flushes the capture's description, and before it what pktmon_stream_open() writes if
 * that was not called. */
PKTMON_PUBLIC bool pktmon_stream_begin(struct pktmon_stream *stream, uint64_t time, GError **error);

/* Adds one event to the buffer. False: the reader closed the pipe (G_IO_ERROR-free: error is set
 * with PKTMON_ERROR_FAILED only for real failures; pktmon_stream_closed() tells the two apart). */
PKTMON_PUBLIC bool pktmon_stream_write(struct pktmon_stream *stream,
                                       const struct pktmon_event *event, GError **error);

/* Writes the descriptions of the capture, of all components that have spoken since they were
 * described, and of all filters again. */
PKTMON_PUBLIC bool pktmon_stream_repeat_descriptions(struct pktmon_stream *stream, uint64_t time,
                                                     GError **error);

/* Hands all that is buffered to the file descriptor. After a failure (here or in a call that
 * flushed) the output may end within a block: nothing more can be written. */
PKTMON_PUBLIC bool pktmon_stream_flush(struct pktmon_stream *stream, GError **error);

/* Writes the interface statistics and flushes. */
PKTMON_PUBLIC bool pktmon_stream_end(struct pktmon_stream *stream, uint64_t time, GError **error);

/* Ends the section as pktmon_stream_end() does, and begins another one on another file: complete by
 * itself, with the descriptions of all filters, and of each component before it speaks there. What
 * was lost is told by the statistics of one section only. fd is borrowed, the one before is not
 * used any more. */
PKTMON_PUBLIC bool pktmon_stream_continue(struct pktmon_stream *stream, int fd, uint64_t time,
                                          GError **error);

/* Bytes of the section so far, those in the buffer too. */
PKTMON_PUBLIC uint64_t pktmon_stream_size(const struct pktmon_stream *stream);

/* Bytes of the section that the file has: where it could not take all of them they end with the
 * last whole block. */
PKTMON_PUBLIC uint64_t pktmon_stream_written(struct pktmon_stream *stream);

/* Whether the section has the component's description, and packets that passed it. */
PKTMON_PUBLIC bool pktmon_stream_speaks_of(const struct pktmon_stream *stream, uint32_t component);
PKTMON_PUBLIC bool pktmon_stream_has_packets_of(const struct pktmon_stream *stream,
                                                uint32_t component);

/* Whether the other end of the pipe was closed (EPIPE): a normal end, not an error. */
PKTMON_PUBLIC bool pktmon_stream_closed(const struct pktmon_stream *stream);

PKTMON_PUBLIC void pktmon_stream_free(struct pktmon_stream *stream);

#endif
