/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the journey's record share: a journey is written, read, and compared. */
#ifndef JOURNEY_WRITTEN_H
#define JOURNEY_WRITTEN_H

#include <glib.h>

#include "model/journey-decode.h"
#include "pcapng/journey-record.h"

/* A record, and the value of its field in memory of exactly that size. */
struct written_journey {
    struct journey_written result;
    size_t size; /* of the whole record, without the capture's id */
    uint8_t *value;
    size_t value_size;
};

/* Components: one that has no name, and those whose name begins with "blue/" and has their number.
 * Others are "component", or in a table. */
#define NAMELESS   7
#define BLUE       0x100000
#define BLUE_COUNT 400

/* room: bytes that the record may have. False: it has no room. */
bool write_journey_into(struct written_journey *written, const struct pktmon_journey *journey,
                        size_t room);
struct written_journey write_journey(const struct pktmon_journey *journey);
void clear_journey(struct written_journey *written);

/* Opens what was written, beside the first size bytes of the frame. */
void open_journey(struct journey_decoder *decoder, const struct written_journey *written,
                  const struct pktmon_journey *journey, size_t size);

/* The record has the journey, and its first hops, in all fields; an uncut hop has its bytes, too.
 */
void assert_written(const struct written_journey *written, const struct pktmon_journey *journey);
void assert_hop(const struct pktmon_hop *hop, const struct pktmon_hop *expected);

/* Writes as many records as it takes, and compares each. Returns their number. */
guint assert_all_written(const struct pktmon_journey *journey);

const char *component_name(void *context, uint32_t id);

#endif
