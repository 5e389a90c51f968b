/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the pcapng writer share. */
#ifndef PKTMON_PCAPNG_PCAPNG_WRITER_PRIVATE_H
#define PKTMON_PCAPNG_PCAPNG_WRITER_PRIVATE_H

#include "interfaces.h"
#include "descriptor-writer.h"
#include "pcapng-blocks.h"
#include "event-metadata.h"
#include "journey-record.h"
#include "pcapng-writer.h"
#include "unwritten.h"

/* The buffer is handed to the descriptor writer at this size. */
#define PCAPNG_WRITER_FLUSH_SIZE (1024 * 1024)

#define PCAPNG_WRITER_NAME_SIZE sizeof("component 4294967295")

/* A component whose description is in the file. */
struct pcapng_writer_described {
    bool has_new_records; /* it has records since its last description */
    bool is_in_journey;   /* it is a hop's */
};

/* Records that wait for others, to be one frame. */
enum pcapng_writer_batch { BATCH_BEGINNING, BATCH_DESCRIPTIONS, BATCH_COUNTERS, BATCH_COUNT };

struct pcapng_writer_waiting {
    GByteArray *records; /* of pcapng_put_record() */
    guint count;
    uint64_t first, newest; /* times */
    GString *line;
};

struct pcapng_writer {
    struct pcapng_writer_options options;
    char *application;
    const struct pktmon_registry *registry;    /* borrowed */
    const struct pktmon_capture_info *capture; /* borrowed */
    bool closed;
    bool opened; /* the section has its header */
    uint64_t start_time;
    uint64_t size; /* of the section, without the bytes in the buffer */
    GByteArray *buffer;
    struct descriptor_writer *output;
    struct pcapng_interfaces *interfaces;
    struct pcapng_interface *own;    /* "@pktmon" */
    GTree *described;                /* component id -> struct pcapng_writer_described */
    struct unwritten *unwritten;     /* counters of components that are not described */
    GPtrArray *filters;              /* known-filters.h */
    struct journey_encoder *encoder; /* NULL: no journey came so far */
    struct pcapng_writer_waiting waiting[BATCH_COUNT]; /* empty unless the writer is quiet */
    uint64_t newest;                                   /* time of the newest frame */
    uint64_t left_out, shortened;                      /* of journeys: see pcapng-writer.h */
    GString *line, *comment;                           /* scratch */
    uint8_t metadata[PKTMON_METADATA_MAX_SIZE];        /* the record being written */
};

/* Functions of pcapng-writer-events.c. */

/* The interface for packets of the component. Writes its description and the interface's block
 * first, if needed. name: NULL = as the registry has it. */
struct pcapng_interface *pcapng_writer_get_interface(struct pcapng_writer *writer, uint64_t time,
                                                     uint32_t component, uint16_t link_type,
                                                     const char *name);
/* False: the capture is live, and not of this link type. */
bool pcapng_writer_takes_link_type(const struct pcapng_writer *writer, uint16_t link_type,
                                   GError **error);

/* Function of pcapng-writer-journey.c. */
bool pcapng_writer_write_journey(struct pcapng_writer *writer, const struct pktmon_event *event,
                                 GError **error);

/* Functions of pcapng-writer-describe.c. */

/* The name of a component, or "component 7" if the registry has no name for it. */
const char *pcapng_writer_component_name(const struct pcapng_writer *writer, uint32_t id,
                                         char text[PCAPNG_WRITER_NAME_SIZE]);
/* Begins the next metadata record, in the writer's scratch memory. */
struct pktmon_metadata_writer pcapng_writer_begin_metadata(struct pcapng_writer *writer,
                                                           enum pktmon_record kind);
/* Writes a frame on "@pktmon", with writer->line as its readable text. Its metadata record and
 * options are the block's. */
void pcapng_writer_put_own(struct pcapng_writer *writer, struct pcapng_packet_block block);
/* The same, with this metadata record, and without options. */
void pcapng_writer_put_frame(struct pcapng_writer *writer, uint64_t time,
                             const struct pktmon_metadata_writer *record);
/* The same, but a quiet writer keeps it until more of its kind come. */
void pcapng_writer_gather(struct pcapng_writer *writer, enum pcapng_writer_batch batch,
                          uint64_t time, const struct pktmon_metadata_writer *record);
/* Writes what waits in this batch, or in all. */
void pcapng_writer_put_batch(struct pcapng_writer *writer, enum pcapng_writer_batch batch);
void pcapng_writer_put_batches(struct pcapng_writer *writer);
/* Writes the descriptions that wait, before a frame of one of the components. While a reading goes
 * on they wait with its counters. */
void pcapng_writer_put_descriptions(struct pcapng_writer *writer);
/* Writes what waits, unless the event may become a part of it. */
void pcapng_writer_make_way(struct pcapng_writer *writer, const struct pktmon_event *event);
void pcapng_writer_describe_capture(struct pcapng_writer *writer, uint64_t time);
void pcapng_writer_describe_filter(struct pcapng_writer *writer, uint64_t time,
                                   const struct pktmon_filter_description *filter);
void pcapng_writer_describe_filters(struct pcapng_writer *writer, uint64_t time);
/* Writes the descriptions of the capture, its filters, and the components with records since the
 * last call. A reader that keeps only the newest bytes needs no others. */
void pcapng_writer_describe_again(struct pcapng_writer *writer, uint64_t time);
/* Does nothing if the registry does not know the component. */
void pcapng_writer_describe_component(struct pcapng_writer *writer, uint64_t time, uint32_t id);
/* Writes the description of a component before its first record. */
struct pcapng_writer_described *pcapng_writer_introduce(struct pcapng_writer *writer, uint64_t time,
                                                        uint32_t component);

#endif
