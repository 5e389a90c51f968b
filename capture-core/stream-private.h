/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a stream, for each other. */
#ifndef PKTMON_STREAM_PRIVATE_H
#define PKTMON_STREAM_PRIVATE_H

#include "interfaces.h"
#include "output.h"
#include "pcapng.h"
#include "record.h"
#include "stream.h"
#include "unwritten.h"

/* The buffer is handed to the file descriptor when it has grown to this. */
#define STREAM_FLUSH_SIZE (1024 * 1024)

#define STREAM_NAME_SIZE sizeof("component 4294967295")

struct stream_filter {
    uint16_t id;
    char *name;
    char *text;
};

/* A component whose description was written. */
struct stream_described {
    bool spoken; /* since it was written last */
};

struct pktmon_stream {
    struct pktmon_stream_options options;
    char *application;
    const struct pktmon_registry *registry; /* borrowed */
    const struct pktmon_capture *capture;   /* borrowed */
    bool closed;
    bool opened; /* the section has its header */
    uint64_t start_time;
    uint64_t size; /* of the section, without what is in the buffer */
    GByteArray *buffer;
    struct pktmon_output *output;
    struct pktmon_interfaces *interfaces;
    struct pktmon_interface *own;               /* "@pktmon" */
    GTree *described;                           /* component id -> struct stream_described */
    struct unwritten *unwritten;                /* counters of those that are not */
    GPtrArray *filters;                         /* of struct stream_filter, owned */
    GString *line;                              /* scratch */
    uint8_t metadata[PKTMON_METADATA_MAX_SIZE]; /* the record being written */
};

/* --- stream.c --- */

/* A pipe whose reader has gone is a normal end, noted in stream->closed. */
bool stream_put_buffer(struct pktmon_stream *stream, GError **error);

/* --- stream-describe.c --- */

/* What can be said of a component that the registry does not name: "component 7". */
const char *stream_component_name(const struct pktmon_stream *stream, uint32_t id,
                                  char text[STREAM_NAME_SIZE]);
/* Begins the record that is written next; its memory is the stream's scratch. */
struct pktmon_metadata_writer stream_begin_metadata(struct pktmon_stream *stream,
                                                    enum pktmon_record record);
/* A metadata record as a frame on "@pktmon", with stream->line to be read. */
void stream_put_frame(struct pktmon_stream *stream, uint64_t time,
                      const struct pktmon_metadata_writer *writer);
void stream_describe_capture(struct pktmon_stream *stream, uint64_t time);
void stream_describe_filter(struct pktmon_stream *stream, uint64_t time,
                            const struct pktmon_filter_description *filter);
void stream_describe_filters(struct pktmon_stream *stream, uint64_t time);
/* Nothing where the registry does not know the component. */
void stream_describe_component(struct pktmon_stream *stream, uint64_t time, uint32_t id);
/* Before the first word of a component comes its description. */
void stream_introduce(struct pktmon_stream *stream, uint64_t time, uint32_t component);

#endif
