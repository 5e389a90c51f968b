/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of metadata records: the inverse of event-metadata.h, from any bytes. A record that lacks
 * fields gives an event that lacks them too.
 */
#ifndef PKTMON_PCAPNG_METADATA_EVENT_H
#define PKTMON_PCAPNG_METADATA_EVENT_H

#include <glib.h>
#include <stdbool.h>

#include "pktmon/capture-info.h"
#include "pktmon/component.h"
#include "pktmon/event.h"
#include "pktmon/metadata.h"

/* Windows alone has such values: more than there are fields come from no writer of ours. */
#define METADATA_MAX_NBL 64

/* What an event points to that was read of a record: valid until the next one. */
struct metadata_memory {
    size_t used;
    struct pktmon_nbl nbl;
    struct pktmon_nbl_value nbl_values[METADATA_MAX_NBL];
    /* texts with their zero bytes: a record has four bytes of a header before each */
    char texts[PKTMON_METADATA_MAX_SIZE];
};

/* The value of the record's first such field; 0: it has none. */
uint64_t pcapng_record_number(const struct pktmon_metadata_reader *record, enum pktmon_field field);

/*
 * Reads a record of a packet, of counters, of a filter or of a notice; false: of another kind.
 * Time, and of a packet the bytes, their link type, the queue and the traffic, are not in the
 * record, and stay as they are. The record has at most PKTMON_METADATA_MAX_SIZE bytes; its
 * malformed says whether something could not be read.
 */
bool pcapng_record_get_event(struct pktmon_metadata_reader *record, struct metadata_memory *memory,
                             struct pktmon_event *event);

/* Sets what the record says of the component, and what it does not say to nothing. True: something
 * has changed. */
bool pcapng_record_get_component(struct pktmon_metadata_reader *record,
                                 struct pktmon_component *component);
/* Likewise of the capture; its id stays as it is. */
bool pcapng_record_get_capture(struct pktmon_metadata_reader *record,
                               struct pktmon_capture_info *capture);

#endif
