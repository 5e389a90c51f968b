/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the metadata record of each kind holds, and the line of text that a reader without our
 * dissector sees in its place. The functions append to what the caller has begun.
 */
#ifndef PKTMON_RECORD_H
#define PKTMON_RECORD_H

#include <glib.h>

#include "component.h"
#include "event.h"
#include "metadata.h"
#include "provider.h"

/* Everything but TRUNCATED, which is known only when the packet's block is built. */
void pktmon_record_put_packet(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event);
void pktmon_record_put_counters(struct pktmon_metadata_writer *writer,
                                const struct pktmon_event *event);
void pktmon_record_put_notice(struct pktmon_metadata_writer *writer,
                              const struct pktmon_event *event);
void pktmon_record_put_filter(struct pktmon_metadata_writer *writer,
                              const struct pktmon_filter_description *filter);
void pktmon_record_put_component(struct pktmon_metadata_writer *writer,
                                 const struct pktmon_component *component);
void pktmon_record_put_capture(struct pktmon_metadata_writer *writer,
                               const struct pktmon_capture *capture);

/* name: of the component that the event is about. */
void pktmon_line_put_counters(GString *line, const char *name, const struct pktmon_event *event);
void pktmon_line_put_notice(GString *line, const char *name, const struct pktmon_event *event);
void pktmon_line_put_filter(GString *line, const struct pktmon_filter_description *filter);
void pktmon_line_put_component(GString *line, const struct pktmon_component *component);
void pktmon_line_put_capture(GString *line, const struct pktmon_capture *capture);

/* What plain Wireshark shows of a drop: "Dropped by eth0: NETFILTER_DROP at nft_do_chain+0x3e8".
 * Returns text. */
#define PKTMON_COMMENT_SIZE 1024
const char *pktmon_drop_comment(char text[PKTMON_COMMENT_SIZE], const char *name,
                                const struct pktmon_packet *packet);

#endif
