/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCP segments that were sent one by one, and merged on receive: the merged packet goes on as the
 * first of them, and the others are not observed again. Which ones these are, their sequence
 * numbers tell.
 */
#ifndef PKTMON_JOURNEY_SEGMENTS_H
#define PKTMON_JOURNEY_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "form.h"

struct journey_segment {
    uint32_t sequence; /* of the first byte */
    uint32_t length;   /* bytes of payload; 0: no segment with payload */
};

/* False: it is none, or the bytes at hand do not tell. */
bool journey_segment_read(struct journey_segment *segment, const struct pktmon_packet *packet,
                          const struct journey_form *form);

/* The newest segments of each of the newest streams. */
struct journey_streams;

#define JOURNEY_MAX_SEGMENTS 64 /* of each stream; a packet is merged of fewer */

/* max: streams; more take the place of those that were used longest ago. */
struct journey_streams *journey_streams_new(size_t max);
void journey_streams_free(struct journey_streams *streams);
size_t journey_streams_size(const struct journey_streams *streams);
size_t journey_streams_size_of_one(void);

/* form: tells the stream, and its direction. group: of the segment's packet. */
void journey_streams_add(struct journey_streams *streams, const struct journey_form *form,
                         const struct journey_segment *segment, uint64_t group);
/* The groups of the other segments that lie within this one, and behind its beginning, of those
 * with the same sequence number the newest. They are forgotten. Returns how many there are. */
size_t journey_streams_take(struct journey_streams *streams, const struct journey_form *form,
                            const struct journey_segment *whole,
                            uint64_t groups[JOURNEY_MAX_SEGMENTS]);

#endif
