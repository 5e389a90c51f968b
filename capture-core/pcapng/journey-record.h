/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the record of a journey. The format is in model/journey-format.h, its reader in
 * model/journey-decode.h.
 */
#ifndef PKTMON_PCAPNG_JOURNEY_RECORD_H
#define PKTMON_PCAPNG_JOURNEY_RECORD_H

#include "pktmon/journey.h"
#include "pktmon/metadata.h"

/* Memory for one record at a time: about 300 KiB. */
struct journey_encoder;
struct journey_encoder *journey_encoder_new(void);
void journey_encoder_free(struct journey_encoder *encoder);

struct journey_written {
    size_t hops; /* hop lines of the journey that the record has; the rest needs a continuation */
    uint32_t pieces; /* observations that it has of the next line, which is a run; 0 = none */
    bool cut;        /* something of a hop was too long: bytes of a packet, a text, its nbl */
};

/*
 * Adds the journey to a record that was begun as PKTMON_RECORD_JOURNEY, and sets what was written:
 * at least one observation of a journey that has any, at most PKTMON_JOURNEY_MAX_HOPS lines, in a
 * record of at most JOURNEY_MAX_RECORD bytes. False: the writer has no room for that; nothing was
 * added, and its overflow is set.
 *
 * The journey's data and caplen are those of the frame that is written. What does not fit is left
 * to the caller: see journey-rest.h.
 */
bool journey_record_put(struct journey_encoder *encoder, struct pktmon_metadata_writer *writer,
                        const struct pktmon_journey *journey, struct journey_written *written);

#endif
