/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the record of a journey (journey-format.h) from any bytes: the journey, then its hops one
 * by one, the observations of each run, and the bytes of each.
 *
 * Nothing is allocated. What is read points into the record, into the frame, and into the memory of
 * the decoder, of the hop and of the caller: all of them must stay. Texts are as they stand in the
 * record: whoever shows them makes them valid and printable first.
 *
 * No dependency but libc: the dissector uses it too.
 */
#ifndef PKTMON_MODEL_JOURNEY_DECODE_H
#define PKTMON_MODEL_JOURNEY_DECODE_H

#include "pktmon/journey.h"

#include "journey-format.h"

/* The frame that the record is beside, as it is now. Borrowed. */
struct journey_frame {
    uint64_t time; /* ns since 1970 */
    const uint8_t *data;
    size_t size; /* bytes at data */
};

struct journey_table {
    struct {
        uint16_t at, size; /* in the record; of texts without the zero byte */
    } entries[JOURNEY_MAX_TEXTS];
    size_t count;
};

struct journey_decoder {
    /* Without hops, whose number is known. data and caplen are those of the frame as it is now (of
     * none, where the journey has no bytes), origlen and what else there is are as they were
     * written. path: NULL = none. */
    struct pktmon_journey journey;
    bool malformed; /* something of the record could not be read, so far */
    bool cut;       /* the frame lacks bytes that it had when it was written */
    bool foreign;   /* it begins with others than it had: no hop's bytes are made of them */

    /* Private. */
    const uint8_t *record;
    struct journey_reader sections[JOURNEY_SECTION_COUNT];
    struct journey_table texts, edits, extras;
    uint32_t ids[JOURNEY_MAX_COMPONENTS];
    const char *names[JOURNEY_MAX_COMPONENTS]; /* NULL = could not be read */
    size_t component_count;
    char made_names[JOURNEY_MADE_NAMES];
    const uint8_t *base;
    size_t base_size;
    struct journey_values before;
    uint64_t time;
    size_t hops_read;
    char path[PKTMON_PATH_SIZE];
};

/* One hop line, or one observation of a run. Of a line, hop.pieces is NULL: journey_decode_piece()
 * has them. */
struct journey_decoded_hop {
    struct pktmon_hop hop;     /* whose event is the one here */
    struct pktmon_event event; /* packet.data is NULL until journey_decode_bytes() */
    struct pktmon_nbl nbl;     /* where event.packet.nbl points to, if anywhere */
    struct pktmon_nbl_value nbl_values[JOURNEY_MAX_NBL];

    /* Private. */
    struct journey_reader edits;
    struct journey_reader pieces; /* of a run */
    uint32_t pieces_left;
    struct journey_piece_values piece;
};

/* value: that of PKTMON_FIELD_JOURNEY. False: it is no journey. */
bool journey_decode_open(struct journey_decoder *decoder, const uint8_t *value, size_t size,
                         const struct journey_frame *frame);

/* Whether one of the hops that are still to be read is a drop. It takes a tenth of the time that
 * reading them takes. */
bool journey_decode_has_drop(const struct journey_decoder *decoder);

/* False: no more hops. At most PKTMON_JOURNEY_MAX_HOPS come. */
bool journey_decode_next(struct journey_decoder *decoder, struct journey_decoded_hop *hop);

/* The next observation of a run: first the second one, as the first one is the run itself. It is a
 * hop of one observation, which points into the run's. False: no more are known; what is missing of
 * run->pieces_left could not be read, or was not kept. */
bool journey_decode_piece(struct journey_decoder *decoder, struct journey_decoded_hop *run,
                          struct journey_decoded_hop *piece);

/*
 * Sets the packet's data, and makes it in room bytes at memory if it is not that of the frame.
 * False: fewer than the captured length are there (frame cut, no room, or malformed); the packet's
 * captured length then is what is there.
 */
bool journey_decode_bytes(const struct journey_decoder *decoder, struct journey_decoded_hop *hop,
                          uint8_t *memory, size_t room);

#endif
