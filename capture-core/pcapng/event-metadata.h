/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the metadata record of each kind, and the line of text that a reader without our
 * dissector sees instead. The functions append to a record or line that the caller has begun.
 */
#ifndef PKTMON_PCAPNG_EVENT_METADATA_H
#define PKTMON_PCAPNG_EVENT_METADATA_H

#include <glib.h>

#include "pktmon/component.h"
#include "pktmon/event.h"
#include "pktmon/metadata.h"
#include "pktmon/capture-info.h"

/* Everything but TRUNCATED, which is known only when the packet's block is built. */
void pcapng_record_put_packet(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event);
/* enum pcapng_flags of its direction on its host. */
uint32_t pcapng_direction_flags(const struct pktmon_packet *packet);
void pcapng_record_put_counters(struct pktmon_metadata_writer *writer,
                                const struct pktmon_event *event);
void pcapng_record_put_notice(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event);
void pcapng_record_put_filter(struct pktmon_metadata_writer *writer,
                              const struct pktmon_filter_description *filter);
void pcapng_record_put_component(struct pktmon_metadata_writer *writer,
                                 const struct pktmon_component *component);
void pcapng_record_put_capture(struct pktmon_metadata_writer *writer,
                               const struct pktmon_capture_info *capture);

/* name: of the component that the event concerns. */
void pcapng_line_put_counters(GString *line, const char *name, const struct pktmon_event *event);
void pcapng_line_put_notice(GString *line, const char *name, const struct pktmon_event *event);
void pcapng_line_put_filter(GString *line, const struct pktmon_filter_description *filter);
void pcapng_line_put_component(GString *line, const struct pktmon_component *component);
void pcapng_line_put_capture(GString *line, const struct pktmon_capture_info *capture);

/* What Wireshark shows of a drop without our dissector: "Dropped by eth0: NETFILTER_DROP at
 * nft_do_chain+0x3e8". Returns text. */
#define PKTMON_COMMENT_SIZE 1024
const char *pcapng_drop_comment(char text[PKTMON_COMMENT_SIZE], const char *name,
                                const struct pktmon_packet *packet);

/* The same of the hops of a frame, one after the other: of many drops the first ones, and how many
 * more there are. */
#define PCAPNG_DROPS_MAX 5
struct pcapng_drops {
    GString *text;
    uint64_t count, more; /* from 0 */
};

/* name: of the hop's component; count: observations of the hop. */
void pcapng_drops_add(struct pcapng_drops *drops, const char *name,
                      const struct pktmon_packet *packet, uint32_t count);
/* NULL: there is no drop. */
const char *pcapng_drops_end(struct pcapng_drops *drops);

#endif
